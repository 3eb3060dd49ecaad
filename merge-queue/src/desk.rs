//! The repository that a call works on, opened once.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use cli::{Failure, Out};
use records::{QueueEvent, TaskId};
use repo::{Git, Place};

use crate::definition_files::DefinitionFiles;
use crate::git::base::Base;
use crate::git::merges::Merges;
use crate::git::objects::Objects;
use crate::git::scratch;
use crate::git::worktree_state::Look;
use crate::history::{self, History, Version};
use crate::index::{self, Index, Joined, Trouble};
use crate::rules::definitions::{Definitions, Task};
use crate::rules::{added, validate};

/// The repository, its definitions and who is asking.
pub(crate) struct Desk {
    /// The repository.
    pub(crate) place: Place,
    /// The coordinator's checkout: the main worktree. `None` when the repository has none.
    pub(crate) coordinator: Option<PathBuf>,
    /// Git in the coordinator's checkout, or where the call came from.
    pub(crate) git: Git,
    /// Commits and trees.
    pub(crate) objects: Objects,
    /// What merging comes to.
    pub(crate) merges: Merges,
    actor: Option<String>,
    /// The journal as this call has read it, and how the file was just before.
    read: RefCell<Option<(Version, Rc<History>)>>,
    /// The index, where there is one, and the version of the journal that it was brought up to date with.
    index: RefCell<Option<(Version, Option<Index>)>>,
    /// Why there is none, to be told once.
    trouble: RefCell<Option<String>>,
    /// What was in each worktree when it was looked at.
    looks: RefCell<HashMap<PathBuf, Look>>,
}

impl Desk {
    /// Opens the repository that `dir` belongs to.
    pub(crate) fn open(dir: &Path, actor: Option<String>) -> Result<Self, Failure> {
        let place = Place::find(dir)?;
        let coordinator = match place.main_worktree() {
            Ok(path) => Some(path.to_path_buf()),
            Err(repo::Error::Bare { .. }) => None,
            Err(error) => return Err(error.into()),
        };
        let git = Git::new(coordinator.as_deref().unwrap_or(place.worktree()));
        scratch::heal(&place)?;
        let objects = Objects::open(&place);
        Ok(Self {
            place,
            coordinator,
            git,
            objects,
            merges: Merges::default(),
            actor,
            read: RefCell::default(),
            index: RefCell::default(),
            trouble: RefCell::default(),
            looks: RefCell::default(),
        })
    }

    /// The same repository, for a rehearsal: objects are written to `folder`.
    pub(crate) fn writing_objects_to(&self, folder: &Path) -> Result<Self, Failure> {
        let git = self.git.writing_objects_to(folder, &self.place.common_dir().join("objects"));
        let objects = Objects::open(&self.place).also_in(folder, &git)?;
        Ok(Self {
            place: self.place.clone(),
            coordinator: self.coordinator.clone(),
            git,
            objects,
            merges: Merges::default(),
            actor: self.actor.clone(),
            read: RefCell::default(),
            // An index that is brought up to date is written.
            index: RefCell::new(Some((history::version(&self.place), None))),
            trouble: RefCell::default(),
            looks: RefCell::default(),
        })
    }

    /// What is in a worktree besides its commit, as it was when it was first looked at. It takes a while
    /// where there are many files, and git itself refuses to overwrite what came since.
    pub(crate) fn look(&self, worktree: &Path) -> Result<Look, Failure> {
        if let Some(look) = self.looks.borrow().get(worktree) {
            return Ok(look.clone());
        }
        let look = Look::at(&Git::new(worktree))?;
        self.looks.borrow_mut().insert(worktree.to_path_buf(), look.clone());
        Ok(look)
    }

    /// From here on worktrees are looked at anew.
    pub(crate) fn forget_looks(&self) {
        self.looks.borrow_mut().clear();
    }

    /// The definitions as they are written. They are read from the coordinator's checkout wherever the
    /// call comes from: a lane must not bring its own rules, and the answer must not depend on the
    /// working directory.
    pub(crate) fn written(&self) -> Result<DefinitionFiles, Failure> {
        DefinitionFiles::read(self.git.dir())
    }

    /// The checked definitions, with their mistakes, and the tasks that were added to them.
    pub(crate) fn definitions(&self) -> Result<Definitions, Failure> {
        let DefinitionFiles { first, named, sources } = self.written()?;
        if !first.present {
            let file = self.git.dir().join(config::FILE_NAME);
            let what = format!("no tasks are defined in {}", file.display());
            let why = if first.file.is_some() { "no section 'queue'" } else { "no such file" };
            let hint =
                "a minimal file is one line: queue: {tasks: [{id: my-task, title: My task}]}";
            return Err(Failure::usage(what, why).hint(hint));
        }
        // Named from the top of the repository, so that the answer is the same everywhere.
        let shown = Path::new(config::FILE_NAME);
        let checked = validate::check_all(shown, first.section, named);
        let mut definitions = Definitions { sources, ..checked };
        self.join_added(&mut definitions)?;
        Ok(definitions)
    }

    /// Joins the tasks that were added to those of the files.
    fn join_added(&self, definitions: &mut Definitions) -> Result<(), Failure> {
        let journal = history::file(&self.place).display().to_string();
        let digest = index::digest(&journal, &definitions.sources);
        if let Some(Some(Joined { tasks, mistakes })) = self.indexed(|index| index.joined(&digest))
        {
            definitions.tasks.extend(tasks);
            definitions.mistakes.extend(mistakes);
            return Ok(());
        }
        let (tasks, mistakes) = (definitions.tasks.len(), definitions.mistakes.len());
        let added = match self.indexed(Index::added) {
            Some(events) => events.into_iter().map(|event| (event.seq, event.added)).collect(),
            None => self.journal()?.added(),
        };
        added::join(definitions, &journal, added);
        let joined = Joined {
            tasks: definitions.tasks.get(tasks..).unwrap_or_default().to_vec(),
            mistakes: definitions.mistakes.get(mistakes..).unwrap_or_default().to_vec(),
        };
        self.indexed(|index| index.keep_joined(&digest, &joined, definitions));
        Ok(())
    }

    /// The definitions, which must be without a mistake before anything is recorded.
    pub(crate) fn sound_definitions(&self) -> Result<Definitions, Failure> {
        let definitions = self.definitions()?;
        match definitions.mistakes.split_first() {
            None => Ok(definitions),
            Some((first, rest)) => {
                let place = format!("{}:{}:{}", first.file, first.line, first.column);
                let more = match rest.len() {
                    0 => String::new(),
                    count => format!(" (and {count} more)"),
                };
                Err(Failure::usage(place, format_args!("{}{more}", first.message))
                    .hint("'merge-queue validate' lists all mistakes"))
            }
        }
    }

    /// The base branch.
    pub(crate) fn base(&self, definitions: &Definitions) -> Result<Base, Failure> {
        Base::find(&self.git, definitions.base.as_deref())
    }

    /// The journal; what a reader should know about it goes to stderr.
    pub(crate) fn history(&self, out: &Out) -> Result<Rc<History>, Failure> {
        let history = self.journal()?;
        self.remark(&history.remarks, out);
        Ok(history)
    }

    /// The same, with the events of these tasks at least.
    pub(crate) fn history_of<'t>(
        &self,
        tasks: impl IntoIterator<Item = &'t TaskId>,
        out: &Out,
    ) -> Result<Rc<History>, Failure> {
        let history = self.journal_of(tasks)?;
        self.remark(&history.remarks, out);
        Ok(history)
    }

    /// The journal with the events of these tasks at least.
    pub(crate) fn journal_of<'t>(
        &self,
        tasks: impl IntoIterator<Item = &'t TaskId>,
    ) -> Result<Rc<History>, Failure> {
        let tasks: BTreeSet<&TaskId> = tasks.into_iter().collect();
        let found = self.indexed(|index| {
            Ok(History {
                events: index.events_of(&tasks)?,
                last: index.events(),
                tasks: Some(tasks.iter().map(|task| (*task).clone()).collect()),
                damage: Vec::new(),
                remarks: index.remarks().cloned().collect(),
            })
        });
        found.map_or_else(|| self.journal(), |history| Ok(Rc::new(history)))
    }

    /// Says on stderr what a reader should know.
    pub(crate) fn remark(&self, remarks: &[String], out: &Out) {
        for remark in self.trouble.take().iter().chain(remarks) {
            out.note(remark);
        }
    }

    /// The journal. It is read once, and again only when it has changed since.
    pub(crate) fn journal(&self) -> Result<Rc<History>, Failure> {
        let version = history::version(&self.place);
        let mut read = self.read.borrow_mut();
        if let Some((_, history)) = read.as_ref().filter(|(of, _)| *of == version) {
            return Ok(Rc::clone(history));
        }
        let history = Rc::new(history::load(&self.place)?);
        *read = Some((version, Rc::clone(&history)));
        Ok(history)
    }

    /// Lets go of what was read of the journal.
    pub(crate) fn forget(&self) {
        self.read.take();
    }

    /// What `read` finds in the index, which is up to date with the journal; `None` when there is none to
    /// answer from, so that the journal must be read.
    pub(crate) fn indexed<T>(
        &self,
        mut read: impl FnMut(&mut Index) -> Result<T, Trouble>,
    ) -> Option<T> {
        /// Others may write at the same moment, and a damaged index is made anew.
        const TRIES: u32 = 4;
        let mut kept = self.index.borrow_mut();
        for _ in 0..TRIES {
            let version = history::version(&self.place);
            if kept.as_ref().is_none_or(|(of, _)| *of != version) {
                *kept = None;
            }
            let synced = match kept.take() {
                Some((_, index)) => Ok(index),
                None => Index::sync(&self.place),
            };
            let found = synced.and_then(|mut index| {
                let found = index.as_mut().map(&mut read).transpose();
                if found.is_ok() {
                    *kept = Some((version, index));
                }
                found
            });
            match found {
                Ok(found) => return found,
                Err(Trouble::Busy) => {}
                Err(Trouble::Damaged(why)) => match index::move_aside(&self.place) {
                    Ok(aside) => self.tell(format!(
                        "the index queue.db was damaged and is made anew ({why}); the old one is {}",
                        aside.display()
                    )),
                    Err(trouble) => return self.without(version, &mut kept, trouble),
                },
                Err(trouble) => return self.without(version, &mut kept, trouble),
            }
        }
        None
    }

    /// There is no index for this version of the journal.
    fn without<T>(
        &self,
        version: Version,
        kept: &mut Option<(Version, Option<Index>)>,
        trouble: Trouble,
    ) -> Option<T> {
        *kept = Some((version, None));
        if let Trouble::Unwritable(why) = trouble {
            self.tell(format!("the index queue.db cannot be used, and the journal is read: {why}"));
        }
        None
    }

    /// Keeps a note on the index, which is told once.
    fn tell(&self, note: String) {
        self.trouble.borrow_mut().get_or_insert(note);
    }

    /// Brings the index up to date with what this call has recorded. One that has looked at nothing has
    /// recorded nothing.
    pub(crate) fn keep_index(&self) {
        if self.index.borrow().is_some() {
            self.indexed(|_| Ok(()));
        }
    }

    /// Records an event about `task`; `fill` adds the payload.
    pub(crate) fn record(
        &self,
        task: &Task,
        kind: &str,
        fill: impl FnOnce(&mut QueueEvent),
    ) -> Result<QueueEvent, Failure> {
        let blank = self.blank(&task.id, kind)?;
        let appended = history::append(&self.place, |seq, _| {
            let mut event = QueueEvent { seq, ..blank };
            fill(&mut event);
            Ok(Some(event))
        })?;
        appended
            .map(|(event, _)| event)
            .ok_or_else(|| Failure::world("cannot record", "the event was not appended"))
    }

    /// An event without a number and a payload.
    pub(crate) fn blank(&self, task: &TaskId, kind: &str) -> Result<QueueEvent, Failure> {
        Ok(QueueEvent::blank(0, cli::clock::now(), self.actor()?, task.clone(), kind))
    }

    /// An event about the whole queue, without a number and a payload.
    pub(crate) fn blank_of_queue(&self, kind: &str) -> Result<QueueEvent, Failure> {
        Ok(QueueEvent::of_queue(0, cli::clock::now(), self.actor()?, kind))
    }

    /// Who records.
    fn actor(&self) -> Result<String, Failure> {
        let named = |name: String| Some(name.trim().to_owned()).filter(|name| !name.is_empty());
        if let Some(name) = self.actor.clone().and_then(named) {
            return Ok(name);
        }
        if let Some(name) = std::env::var("USER").ok().and_then(named) {
            return Ok(name);
        }
        let ran = self.git.try_run(["config", "--get", "user.name"])?;
        named(String::from_utf8_lossy(&ran.stdout).into_owned()).ok_or_else(|| {
            Failure::usage("who records this", "neither $USER nor git's user.name says")
                .hint("give --actor NAME")
        })
    }
}

/// The task that `text` names.
pub(crate) fn find<'a>(definitions: &'a Definitions, text: &str) -> Result<&'a Task, Failure> {
    definitions.task(text).ok_or_else(|| {
        let ids: Vec<&str> = definitions.tasks.iter().map(|task| task.id.as_str()).collect();
        let known = if ids.is_empty() { "none".into() } else { ids.join(", ") };
        let why = format!("{} defines no such task", definitions.file.display());
        Failure::usage(format_args!("task '{text}'"), why).hint(format!("the tasks are: {known}"))
    })
}
