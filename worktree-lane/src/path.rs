//! `path`: where a lane is.

use std::os::unix::ffi::OsStrExt as _;

use cli::{Exit, Failure, Out};

use crate::here::Here;
use crate::history::History;
use crate::registry::{self, NotFound};

/// Prints the path as it is, whatever bytes it has; on a refusal stdout stays empty.
pub(crate) fn run(here: &Here, lane: &str, out: &mut Out) -> Result<Exit, Failure> {
    let history = History::load_to_show(here, out)?;
    let entries = registry::survey(here, &history)?;
    let why = match registry::find(&entries, lane) {
        Ok(entry) if entry.half_made() => {
            "it is still being made, or the run that made it was killed".to_owned()
        }
        Ok(entry) if entry.missing => {
            format!("its folder {} is gone", entry.worktree.path.display())
        }
        Ok(entry) => {
            if let Some(claim) = entry.claim() {
                let (owner, until) = (claim.owner, claim.until);
                out.note(&format!("lane {lane}: claimed by '{owner}' until {until}"));
            }
            out.raw(entry.worktree.path.as_os_str().as_bytes())?;
            out.raw(b"\n")?;
            return Ok(Exit::Yes);
        }
        Err(NotFound::Unknown) => "there is no such lane; see worktree-lane list".to_owned(),
        Err(NotFound::Ambiguous(paths)) => {
            format!("more than one worktree goes by that name: {}", paths.join(", "))
        }
    };
    out.note(&format!("lane {lane}: {why}"));
    Ok(Exit::No)
}
