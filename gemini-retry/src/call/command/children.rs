//! Every program that runs at the moment, so that none outlives this one.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Child;
use std::sync::{Arc, Mutex, PoisonError};

use rustix::process::{Pid, Signal, kill_process_group};

/// The process groups of the programs that run, each with its folder. Clones are one and the same.
#[derive(Debug, Clone, Default)]
pub(crate) struct Children {
    groups: Arc<Mutex<BTreeMap<i32, (Pid, PathBuf)>>>,
}

impl Children {
    /// Starts a program that leads its own group. Under the lock: a program that is about to die must
    /// not overlook one that is being started.
    pub(super) fn begin(
        &self,
        folder: &Path,
        start: impl FnOnce() -> io::Result<Child>,
    ) -> io::Result<(Child, Pid)> {
        let mut groups = self.groups.lock().unwrap_or_else(PoisonError::into_inner);
        let child = start()?;
        let group = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
        let group = group.ok_or_else(|| io::Error::other("it has no process id"))?;
        groups.insert(group.as_raw_nonzero().get(), (group, folder.to_path_buf()));
        Ok((child, group))
    }

    /// Kills what is left of a group. Its leader must not have been collected yet: the number could
    /// belong to somebody else then.
    pub(super) fn end(&self, group: Pid) {
        let mut groups = self.groups.lock().unwrap_or_else(PoisonError::into_inner);
        groups.remove(&group.as_raw_nonzero().get());
        // Fails only when nobody is left.
        _ = kill_process_group(group, Signal::KILL);
    }

    /// Kills them all and removes their folders, because this program is about to die.
    pub(crate) fn abandon(&self) {
        let mut groups = self.groups.lock().unwrap_or_else(PoisonError::into_inner);
        for (group, folder) in std::mem::take(&mut *groups).into_values() {
            _ = kill_process_group(group, Signal::KILL);
            drop(std::fs::remove_dir_all(folder));
        }
    }
}
