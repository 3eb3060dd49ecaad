//! Every program that runs at the moment, so that none outlives this one.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use rustix::process::{Pid, Signal, kill_process_group};

/// The process groups of the programs that run, each with its folder. Clones are one and the same.
#[derive(Debug, Clone, Default)]
pub(crate) struct Children {
    groups: Arc<Mutex<BTreeMap<i32, (Pid, PathBuf)>>>,
}

impl Children {
    /// A program began that leads `group`.
    pub(super) fn began(&self, group: Pid, folder: &Path) {
        let mut groups = self.groups.lock().unwrap_or_else(PoisonError::into_inner);
        groups.insert(group.as_raw_nonzero().get(), (group, folder.to_path_buf()));
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
