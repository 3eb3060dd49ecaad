//! Files that git ignores and a lane needs all the same, such as `.env`: copied or linked from the
//! main worktree by rule.
//!
//! Which files a pattern means is git's own answer (`choose`). Nothing is written through a symbolic
//! link, over anything that is there, or where it would show up as a change of the lane.

mod choose;
mod copy;
mod folder;
mod link;
pub(crate) mod same;

use std::path::{Path, PathBuf};

use cli::Failure;

use crate::here::Here;
use crate::lane_git::LaneGit;
use crate::settings::Lanes;

/// How many names a note shows.
const SHOWN: usize = 3;
/// How many files are copied at most: more are a folder that should be linked, or a mistake.
const MOST: usize = 100_000;

/// A lane that gets its files, and the main worktree that has them.
#[derive(Debug, Clone, Copy)]
struct Ground<'a> {
    here: &'a Here,
    main: &'a Path,
    lane: &'a Path,
    git: &'a LaneGit,
}

/// Copies and links what the rules say into the lane at `path`. Gives what is worth telling: what a
/// rule named and the lane did not get.
///
/// # Errors
/// When git fails or the lane cannot be written to. What was written until then is undone with the
/// lane.
pub(crate) fn plant(
    here: &Here,
    git: &LaneGit,
    path: &Path,
    rules: &Lanes,
) -> Result<Vec<String>, Failure> {
    let Some(main) = here.main.as_deref() else {
        let asked = !(rules.copy.is_empty() && rules.link.is_empty());
        let why = "nothing is copied or linked: a bare repository has no main worktree";
        return Ok(asked.then(|| why.to_owned()).into_iter().collect());
    };
    let ground = Ground { here, main, lane: path, git };
    let mut notes = Vec::new();
    let links = choose::links(ground, &rules.link, &mut notes)?;
    link::all(ground, &links, &mut notes)?;
    let files = choose::copies(ground, &rules.copy, &links, &mut notes)?;
    if files.len() > MOST {
        let what = format!("{} files match .worktreeinclude and lanes.copy", files.len());
        let why = format!("more than {MOST} are not copied");
        return Err(Failure::world(what, why).hint("narrow the patterns, or use lanes.link"));
    }
    for file in &files {
        notes.extend(copy::one(main, path, file)?);
    }
    Ok(notes)
}

/// One note about many files; none about none.
fn note(names: &[PathBuf], what: &str) -> Option<String> {
    let shown: Vec<_> = names.iter().take(SHOWN).map(|name| name.to_string_lossy()).collect();
    let more = if names.len() > SHOWN { ", …" } else { "" };
    (!names.is_empty()).then(|| format!("{what}: {}{more}", shown.join(", ")))
}
