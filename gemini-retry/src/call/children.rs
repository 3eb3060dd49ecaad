//! Every program that this one has started and that still runs, so that none outlives it.

use std::collections::BTreeMap;
use std::io;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustix::process::{Pid, Signal, kill_process_group};

/// The process groups of the programs that run. Clones are one and the same.
#[derive(Debug, Clone, Default)]
pub(crate) struct Children {
    running: Arc<Mutex<Running>>,
}

#[derive(Debug, Default)]
struct Running {
    /// Each with the folder that goes with it.
    groups: BTreeMap<i32, (Pid, Option<PathBuf>)>,
    /// No more may begin.
    is_over: bool,
}

impl Children {
    /// Starts a program that leads a group of its own. Under the lock: whoever stops them all must
    /// not overlook one that is being started.
    ///
    /// # Errors
    /// When it cannot be started, or all were stopped.
    pub(crate) fn begin(
        &self,
        command: &mut Command,
        folder: Option<&Path>,
    ) -> io::Result<(Child, Pid)> {
        let mut running = self.running();
        if running.is_over {
            return Err(io::Error::other("it was stopped"));
        }
        #[expect(
            clippy::disallowed_methods,
            reason = "repo::Program would take over the signals, which this tool catches itself"
        )]
        let child = command.process_group(0).spawn()?;
        let group = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
        let group = group.ok_or_else(|| io::Error::other("it has no process id"))?;
        running.groups.insert(group.as_raw_nonzero().get(), (group, folder.map(Path::to_path_buf)));
        Ok((child, group))
    }

    /// Kills what is left of a group. Its leader must not have been collected yet: the number could
    /// belong to somebody else then.
    pub(crate) fn end(&self, group: Pid) {
        self.running().groups.remove(&group.as_raw_nonzero().get());
        kill(group);
    }

    /// Kills them all for good and removes their folders, because nobody wants them any more.
    pub(crate) fn abandon(&self) {
        let mut running = self.running();
        running.is_over = true;
        for (group, folder) in std::mem::take(&mut running.groups).into_values() {
            kill(group);
            if let Some(folder) = folder {
                drop(std::fs::remove_dir_all(folder));
            }
        }
    }

    fn running(&self) -> MutexGuard<'_, Running> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn kill(group: Pid) {
    // Fails only when nobody is left.
    _ = kill_process_group(group, Signal::KILL);
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::process::ExitStatusExt as _;

    #[test]
    fn none_runs_on_and_none_begins_after_the_end() {
        let scratch = testkit::Scratch::new();
        let folder = scratch.path("work");
        std::fs::create_dir(&folder).unwrap();
        let children = Children::default();
        let sleep = || Command::new("sleep");
        let (mut child, _) = children.begin(sleep().arg("1000"), Some(&folder)).unwrap();
        children.clone().abandon();
        assert_eq!(child.wait().unwrap().signal(), Some(Signal::KILL.as_raw()));
        assert!(!folder.exists());
        let late = children.begin(sleep().arg("1000"), None).unwrap_err();
        assert_eq!(late.to_string(), "it was stopped");
    }
}
