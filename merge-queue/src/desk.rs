//! The repository that a call works on, opened once.

use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use cli::{Failure, Out};
use records::{QueueEvent, TaskId};
use repo::{Git, Place};

use crate::definition_files::DefinitionFiles;
use crate::git::base::Base;
use crate::git::merges::Merges;
use crate::git::objects::Objects;
use crate::history::{self, History, Version};
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
        let objects = Objects::open(&place);
        Ok(Self {
            place,
            coordinator,
            git,
            objects,
            merges: Merges::default(),
            actor,
            read: RefCell::default(),
        })
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
        let journal = history::file(&self.place).display().to_string();
        added::join(&mut definitions, &journal, self.journal()?.added());
        Ok(definitions)
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
        for remark in &history.remarks {
            out.note(remark);
        }
        Ok(history)
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
