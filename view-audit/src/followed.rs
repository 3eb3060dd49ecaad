//! A log that is followed: what is new in it since the last look.
//!
//! Writers append to shards, and `consolidate` puts what it finds there into the history and renames the
//! shards. So an entry is shown when a shard has it, and when it comes into the history it is known. What
//! comes into a history and is not known was written there by somebody else, and is shown too. For this a
//! history is read before the shards are: then every shard that it was made of is looked at.

use std::io;
use std::path::{Path, PathBuf};

use audit_log::{Head, Log, SourceName, WINDOW};
use cli::Failure;
use journal::Lines;

use crate::head::head;
use crate::history::History;
use crate::inserted::{Base, inserted};
use crate::known::{Known, is_one};
use crate::snapshot::{self, Snapshot, Version};
use crate::sources;
use crate::tails::Tails;

/// How often the shards are listed anew while `consolidate` renames them. After that, the next event, which its work
/// makes, is another chance.
const LISTINGS: u32 = 200;

/// Something to tell.
pub(crate) enum Found<'a> {
    /// The bytes of an entry.
    Entry(&'a [u8]),
    /// Something to say on stderr.
    Note(&'a str),
}

/// Who is told.
type Tell<'a> = dyn FnMut(Found<'_>) -> Result<(), Failure> + 'a;

/// What files were when they were looked at: history, intent and older history.
type Versions = [Option<Version>; 3];

/// A log, and what was shown of it.
pub(crate) struct Followed {
    pub log: Log,
    tails: Tails,
    known: Known,
    history: Base,
    older: Base,
    versions: Versions,
    /// What could not be read, so that it is said once.
    unreadable: Vec<PathBuf>,
}

impl Followed {
    /// A log without entries.
    pub(crate) fn new(log: Log) -> Self {
        Self {
            log,
            tails: Tails::default(),
            known: Known::default(),
            history: Base::default(),
            older: Base::default(),
            versions: [None; 3],
            unreadable: Vec::new(),
        }
    }

    /// A log of which `snapshot` is shown.
    pub(crate) fn begin(log: Log, snapshot: &Snapshot) -> io::Result<Self> {
        let mut followed = Self::new(log);
        for (file, to) in snapshot.sources.iter().filter_map(|shard| shard.read) {
            followed.tails.is_shown(file, to);
        }
        for entry in &snapshot.fresh {
            // It is an object, so it has a head.
            let head = Head::of(&entry.bytes).unwrap_or_default();
            followed.known.in_shard(&head, &entry.bytes);
        }
        followed.history = Base::new(snapshot.history.clone())?;
        followed.older = Base::new(snapshot.older.clone())?;
        Ok(followed)
    }

    /// Finds out where the log is: its folder may be there only now.
    pub(crate) fn find_again(&mut self) {
        if let Ok(log) = Log::at_logs(&self.log.logs) {
            self.log = log;
        }
    }

    /// Tells what is new in these shards, and in the histories when they changed.
    pub(crate) fn look_at(
        &mut self,
        shards: &[(SourceName, PathBuf)],
        tell: &mut Tell<'_>,
    ) -> Result<(), Failure> {
        if self.versions().is_ok_and(|versions| versions == self.versions) {
            return self.shards(shards, tell);
        }
        self.look(tell)
    }

    /// Tells everything that is new.
    pub(crate) fn look(&mut self, tell: &mut Tell<'_>) -> Result<(), Failure> {
        let versions = match self.versions() {
            Ok(versions) => versions,
            Err(error) => return self.cannot(&self.log.history.clone(), &error, tell),
        };
        let changed = versions != self.versions;
        let histories = if changed { self.histories() } else { Ok([None, None]) };
        let is_whole = self.all_shards(tell)?;
        let [history, older] = match histories {
            Ok(histories) => histories,
            Err(failure) => {
                // The next change is another chance.
                self.versions = versions;
                return tell(Found::Note(&failure.to_string()));
            }
        };
        if !is_whole {
            return Ok(());
        }
        let (path, older_path) = (self.log.history.clone(), self.log.older());
        if let Some(new) = history {
            let base = Base::new(new).map_err(|e| Failure::io("cannot read", &path, &e))?;
            let old = std::mem::take(&mut self.history);
            self.history = self.changed(&path, old, base, tell)?;
        }
        if let Some(new) = older {
            let base = Base::new(new).map_err(|e| Failure::io("cannot read", &older_path, &e))?;
            let old = std::mem::take(&mut self.older);
            self.older = self.changed(&older_path, old, base, tell)?;
        }
        self.versions = versions;
        Ok(())
    }

    fn versions(&self) -> io::Result<Versions> {
        let version = snapshot::version;
        Ok([version(&self.log.history)?, version(&self.log.intent)?, version(&self.log.older())?])
    }

    fn histories(&self) -> Result<[Option<History>; 2], Failure> {
        Ok([snapshot::history_alone(&self.log)?, snapshot::older_alone(&self.log)?])
    }

    /// Tells what is new in every shard, and says whether none can have been missed.
    fn all_shards(&mut self, tell: &mut Tell<'_>) -> Result<bool, Failure> {
        let active = self.log.active();
        for _ in 0..LISTINGS {
            let listing = match sources::list(&self.log.logs) {
                Ok(listing) => listing,
                Err(error) => return self.cannot(&active, &error, tell).map(|()| false),
            };
            self.tails.forget_but(&listing.sources);
            let shards: Vec<_> =
                listing.sources.iter().map(|it| (it.name.clone(), it.path.clone())).collect();
            self.shards(&shards, tell)?;
            if sources::list(&self.log.logs).is_ok_and(|later| listing.holds_in(&later)) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn shards(
        &mut self,
        shards: &[(SourceName, PathBuf)],
        tell: &mut Tell<'_>,
    ) -> Result<(), Failure> {
        let mut waiting: Vec<_> = shards.iter().collect();
        while !waiting.is_empty() {
            let mut new = Vec::new();
            let mut more = Vec::new();
            for shard in waiting {
                let (name, path) = shard;
                let news = match self.tails.news(name, path, &mut self.known) {
                    Ok(news) => news,
                    Err(error) => {
                        self.cannot(path, &error, tell)?;
                        continue;
                    }
                };
                if news.cut {
                    tell(Found::Note(&format!("{}: it was cut back", path.display())))?;
                }
                for damage in news.damaged {
                    tell(Found::Note(&damage.to_string()))?;
                }
                new.extend(news.entries);
                if news.more {
                    more.push(shard);
                }
            }
            new.sort_by_key(|entry| entry.at);
            for entry in &new {
                tell(Found::Entry(&entry.bytes))?;
            }
            waiting = more;
        }
        Ok(())
    }

    /// Tells what came into a history and was in no shard, and gives what to compare with the next time. When
    /// another file took its place, what came into the one before is told first. While there is none, or
    /// one that is shorter, somebody may be writing the same lines anew, and these are not told.
    fn changed(
        &mut self,
        path: &Path,
        mut old: Base,
        mut new: Base,
        tell: &mut Tell<'_>,
    ) -> Result<Base, Failure> {
        let failed = |e| Failure::io("cannot read", path, &e);
        if new.history().file().is_none() {
            return Ok(old);
        }
        let is_same = old.history().is_same_file(new.history()).map_err(failed)?;
        new.gone = old.gone.take();
        if !is_same {
            let mut last = Base::new(old.history().now(WINDOW).map_err(failed)?).map_err(failed)?;
            last.gone = new.gone.take();
            self.came(path, &old, &mut last, tell)?;
            new.gone = last.gone.take();
            old = last;
        }
        let len = new.history().len();
        if len < old.history().len() {
            let mut gone = new.gone.take().unwrap_or_default();
            if is_same {
                gone.add_cut(path, old.history(), new.history(), &self.known)?;
            } else {
                gone.add(path, old.history(), 0, &self.known)?;
                old = Base::default();
            }
            new.gone = Some(gone);
        }
        self.came(path, &old, &mut new, tell)?;
        new.gone = new.gone.filter(|gone| gone.is_awaited(len));
        Ok(new)
    }

    fn came(
        &mut self,
        path: &Path,
        old: &Base,
        new: &mut Base,
        tell: &mut Tell<'_>,
    ) -> Result<(), Failure> {
        for (from, to) in inserted(path, old, new.history(), &self.known)? {
            let bytes =
                new.history().slice(from, to).map_err(|e| Failure::io("cannot read", path, &e))?;
            for line in Lines::starting_at(path, bytes.as_slice(), from, audit_log::LONGEST) {
                let line = line?;
                match head(&line) {
                    Ok(head) if is_one(&head) && new.holds_again(self.known.hash(&line.bytes)) => {}
                    Ok(head) => {
                        let is_new = if path == self.log.history {
                            self.known.in_history(&head, &line.bytes)
                        } else {
                            self.known.elsewhere(&head, &line.bytes)
                        };
                        if is_new {
                            tell(Found::Entry(&line.bytes))?;
                        }
                    }
                    Err(damage) => tell(Found::Note(&damage.to_string()))?,
                }
            }
        }
        Ok(())
    }

    /// Says once that something cannot be read.
    fn cannot(
        &mut self,
        path: &Path,
        error: &io::Error,
        tell: &mut Tell<'_>,
    ) -> Result<(), Failure> {
        if self.unreadable.iter().any(|told| told == path) {
            return Ok(());
        }
        self.unreadable.push(path.to_owned());
        tell(Found::Note(&format!("cannot read {}: {error}", path.display())))
    }
}
