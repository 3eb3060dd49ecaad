//! A folder of its own for each lane, for what a command needs while it runs.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use cli::Failure;

use crate::here::Here;

/// `<git common dir>/switchyard/scratch/<lane>/`, removed when this is dropped. The caller holds the
/// lane's lock, so what is there at the start was left by a run that was killed, and goes.
#[derive(Debug)]
pub(crate) struct Scratch {
    dir: PathBuf,
}

impl Scratch {
    /// An empty folder for the lane.
    pub(crate) fn new(here: &Here, lane: &str) -> Result<Self, Failure> {
        let dir = here.state_dir()?.join("scratch").join(lane.to_ascii_lowercase());
        match fs::remove_dir_all(&dir) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(Failure::io("cannot remove", &dir, &error));
            }
            _ => {}
        }
        journal::create_dirs(&dir)?;
        Ok(Self { dir })
    }

    /// Where it is.
    pub(crate) fn dir(&self) -> &Path {
        &self.dir
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if fs::remove_dir_all(&self.dir).is_err() {
            // The next command for the lane removes it.
        }
    }
}
