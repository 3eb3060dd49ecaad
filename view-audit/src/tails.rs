//! How far every file of a log was shown.

use std::collections::{HashMap, HashSet};
use std::fs::Metadata;
use std::hash::{BuildHasher as _, RandomState};
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::time::SystemTime;

use audit_log::{
    Fresh, Inode, LONGEST, SourceName, inode, instants, modified, open_source, placed_without_time,
};
use journal::{Damage, Lines};

use crate::head::head;
use crate::sources::Source;

/// A file, whatever its name: its number may be given to another file later, its birth too is not.
type Identity = (Inode, Option<SystemTime>);

/// How far the shards were shown, by what they are and not by what they are called.
///
/// `consolidate` renames a shard and never changes a byte of it, and it keeps every shard for a day after
/// the last write. So what writers append is in the shards, whichever name they have and whether or not
/// the history has it too, and the history need not be looked at.
#[derive(Default)]
pub(crate) struct Tails {
    shown_to: HashMap<Identity, u64>,
    /// Entries that can be told from others, by the hash of their bytes: each is shown once.
    shown: HashSet<(u64, u64)>,
    hashes: [RandomState; 2],
}

/// What is new in a file.
#[derive(Default)]
pub(crate) struct News {
    /// With the instant that it is placed by.
    pub entries: Vec<Fresh>,
    pub damaged: Vec<Damage>,
    /// Whether the file became shorter than what was shown of it.
    pub cut: bool,
}

impl Tails {
    /// Counts `source` as shown up to `to`.
    pub(crate) fn is_shown(&mut self, source: &Source, to: u64) {
        self.shown_to.insert((source.inode, source.born), to);
    }

    /// What is new in the shard `name` at `path`. A file that is gone or cannot be read has nothing new:
    /// whoever renames it makes it be looked at again.
    pub(crate) fn news(&mut self, name: &SourceName, path: &Path) -> io::Result<News> {
        let mut news = News::default();
        let file = match open_source(path) {
            Ok(file) => file,
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(news),
            Err(cause) => return Err(cause),
        };
        let found = file.metadata()?;
        if !found.is_file() {
            return Ok(news);
        }
        let from = self.shown_to.entry(identity(&found)).or_default();
        if found.len() < *from {
            (*from, news.cut) = (0, true);
        }
        if found.len() == *from {
            return Ok(news);
        }
        let mut bytes = vec![0; usize::try_from(found.len() - *from).map_err(io::Error::other)?];
        // It may be cut back just now; what is left is read, and the next look notices.
        let read = read_up_to(&file, &mut bytes, *from)?;
        bytes.truncate(read);
        let (mut lines, mut stated) = (Vec::new(), Vec::new());
        let ends_whole = bytes.trim_ascii_end().ends_with(b"}");
        for line in Lines::starting_at(path, bytes.as_slice(), *from, LONGEST) {
            let line = line.map_err(io::Error::other)?;
            if !line.is_terminated() && !ends_whole {
                break;
            }
            match head(&line) {
                Ok(head) => {
                    stated.push(head.timestamp);
                    lines.push((head, line.offset, line.bytes));
                }
                // The rest of it is still to come.
                Err(_) if !line.is_terminated() => break,
                Err(damage) => news.damaged.push(damage),
            }
            *from = line.end;
        }
        let placed = instants(&stated, placed_without_time(name, modified(&found)));
        for ((head, offset, bytes), at) in lines.into_iter().zip(placed) {
            let hash = self.hashes.each_ref().map(|hash| hash.hash_one(&bytes));
            let can_be_told = head.id.is_some() && head.timestamp.is_some();
            if !can_be_told || self.shown.insert((hash[0], hash[1])) {
                news.entries.push(Fresh { at, source: 0, offset, id: head.id, bytes });
            }
        }
        Ok(news)
    }
}

fn identity(found: &Metadata) -> Identity {
    (inode(found), found.created().ok())
}

fn read_up_to(file: &std::fs::File, buffer: &mut [u8], from: u64) -> io::Result<usize> {
    let mut done = 0;
    while let Some(rest) = buffer.get_mut(done..).filter(|rest| !rest.is_empty()) {
        match file.read_at(rest, from + done as u64) {
            Ok(0) => break,
            Ok(read) => done += read,
            Err(cause) if cause.kind() == io::ErrorKind::Interrupted => {}
            Err(cause) => return Err(cause),
        }
    }
    Ok(done)
}
