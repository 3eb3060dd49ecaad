//! How far every shard of a log was shown.

use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::FileExt as _;
use std::path::Path;

use audit_log::{
    Fresh, Head, LONGEST, SourceName, instants, modified, open_source, placed_without_time,
};
use journal::{Damage, Lines};

use crate::head::head;
use crate::known::Known;
use crate::sources::{Identity, Source, identity};

/// How many bytes of lines are taken at a time.
const PIECE: u64 = 4 << 20;

/// How many bytes before the next one are looked at to see that it is still the file that was shown.
const BEFORE: u64 = 64;

/// How many files are remembered that are not there any more; they may come back with their folder.
const GONE: usize = 10_000;

/// How far the shards were shown, by what they are and not by what they are called, because `consolidate`
/// renames them and never changes a byte of them.
#[derive(Default)]
pub(crate) struct Tails {
    marks: HashMap<Identity, Mark>,
}

/// How far a file was shown.
#[derive(Debug, Default)]
struct Mark {
    to: u64,
    /// The last bytes before `to`, as far as they are known.
    before: Vec<u8>,
    /// Up to here an unfinished line goes on.
    unfinished: u64,
}

/// What is new in a file.
#[derive(Default)]
pub(crate) struct News {
    /// With the instant that it is placed by.
    pub entries: Vec<Fresh>,
    pub damaged: Vec<Damage>,
    /// Whether the file does not hold any more what was shown of it.
    pub cut: bool,
    /// Whether there is more.
    pub more: bool,
}

impl Tails {
    /// Counts a file as shown up to `to`.
    pub(crate) fn is_shown(&mut self, file: Identity, to: u64) {
        self.marks.insert(file, Mark { to, ..Mark::default() });
    }

    /// Forgets files that are not in `sources`, when there are many.
    pub(crate) fn forget_but(&mut self, sources: &[Source]) {
        if self.marks.len() > sources.len() + GONE {
            let there: io::Result<HashSet<Identity>> =
                sources.iter().map(Source::identity).collect();
            // When one was renamed meanwhile, the next listing will do.
            if let Ok(there) = there {
                self.marks.retain(|identity, _| there.contains(identity));
            }
        }
    }

    /// What is new in the shard `name` at `path`, and not known. A file that is gone has nothing new: whoever
    /// renames it makes it be looked at again.
    pub(crate) fn news(
        &mut self,
        name: &SourceName,
        path: &Path,
        known: &mut Known,
    ) -> io::Result<News> {
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
        let mark = self.marks.entry(identity(&found)).or_default();
        if !mark.holds(&file)? {
            (*mark, news.cut) = (Mark::default(), true);
        }
        if found.len() == mark.to || mark.is_unfinished(&file, found.len())? {
            return Ok(news);
        }
        let (mut lines, mut stated) = (Vec::new(), Vec::new());
        let mut to = mark.to;
        for line in Lines::starting_at(path, Rest { file: &file, at: to }, to, LONGEST) {
            let line = match line {
                Ok(line) => line,
                Err(cause) if to == mark.to => return Err(io::Error::other(cause)),
                // What was read before it is shown, and the next look meets it first.
                Err(_) => break,
            };
            match head(&line) {
                Ok(head) => {
                    if known.in_shard(&head, &line.bytes) {
                        stated.push(head.timestamp);
                        lines.push((head, line.offset, line.bytes));
                    }
                }
                // The rest of it is still to come.
                Err(_) if !line.is_terminated() => {
                    mark.unfinished = line.end;
                    break;
                }
                Err(damage) => news.damaged.push(damage),
            }
            to = line.end;
            if to > mark.to + PIECE {
                news.more = true;
                break;
            }
        }
        if to > mark.to {
            // Where they cannot be read, nothing is compared the next time.
            mark.before = read(&file, to.saturating_sub(BEFORE), to).unwrap_or_default();
            mark.to = to;
        }
        let placed = instants(&stated, placed_without_time(name, modified(&found)));
        let entry = |((head, offset, bytes), at): ((Head, u64, Vec<u8>), _)| Fresh {
            at,
            source: 0,
            offset,
            id: head.id,
            bytes,
        };
        news.entries = lines.into_iter().zip(placed).map(entry).collect();
        Ok(news)
    }
}

impl Mark {
    /// Whether the file still holds what was shown last.
    fn holds(&self, file: &File) -> io::Result<bool> {
        let before = read(file, self.to.saturating_sub(BEFORE), self.to)?;
        let wanted = BEFORE.min(self.to);
        Ok(before.len() as u64 == wanted && before.ends_with(&self.before))
    }

    /// Whether the file of `len` bytes has no more than a line that is not finished yet. A long line that
    /// comes in many parts is not read anew for each.
    fn is_unfinished(&mut self, file: &File, len: u64) -> io::Result<bool> {
        if self.unfinished <= self.to || len < self.unfinished {
            return Ok(false);
        }
        let new = read(file, self.unfinished, len)?;
        if new.contains(&b'\n') || new.trim_ascii_end().ends_with(b"}") {
            return Ok(false);
        }
        self.unfinished = len;
        Ok(true)
    }
}

/// The bytes of `file` from `from` to `to`, as far as there are any.
fn read(file: &File, from: u64, to: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    Rest { file, at: from }.take(to - from).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Reads a file from a place on.
struct Rest<'a> {
    file: &'a File,
    at: u64,
}

impl Read for Rest<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read_at(buffer, self.at)?;
        self.at += read as u64;
        Ok(read)
    }
}
