//! What is going on in a worktree: uncommitted changes, operations half done.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use cli::Failure;
use repo::{Error, Git, Place, shell_words};

/// Git looks at the files themselves: settings that let it trust a monitor, a cache or half of a
/// file's time stamp would let a changed file pass for an unchanged one.
const LOOK: [&str; 8] = [
    "-c",
    "core.fsmonitor=false",
    "-c",
    "core.untrackedCache=false",
    "-c",
    "core.checkStat=default",
    "-c",
    "core.trustctime=true",
];

const STATUS: [&str; 6] = [
    "status",
    "--porcelain=v1",
    "-z",
    "--no-renames",
    "--untracked-files=normal",
    "--ignore-submodules=none",
];

/// On the objects as they are: with a replaced commit, its replacement would be what is compared with.
fn status(git: &Git, more: &[&str]) -> Result<Vec<u8>, Error> {
    let args: Vec<&str> = LOOK.into_iter().chain(STATUS).chain(more.iter().copied()).collect();
    let ran = git.program(&args).env("GIT_NO_REPLACE_OBJECTS", "1").run()?;
    if ran.ok() { Ok(ran.stdout) } else { Err(git.failure(&args, &ran)) }
}

/// Whether this clone replaces objects by others (`git replace`): what is checked out is then not known
/// to be what a commit has.
pub(crate) fn replaces_objects(git: &Git) -> Result<bool, Failure> {
    Ok(!git.bytes(["for-each-ref", "--count=1", "refs/replace"])?.is_empty())
}

/// The paths with changes, tracked and untracked. Ignored files do not count; what the user's
/// configuration hides from `git status` does.
pub(crate) fn dirt(git: &Git) -> Result<Vec<Vec<u8>>, Failure> {
    Ok(listed(git, &[])?)
}

/// What is in a worktree besides its commit.
#[derive(Debug, Clone, Default)]
pub(crate) struct Look {
    /// As [`dirt`] has it.
    pub(crate) dirt: Vec<Vec<u8>>,
    /// As [`hidden`] has it.
    pub(crate) hidden: Vec<Vec<u8>>,
    /// The paths that git ignores; a folder that is ignored as a whole stands for all that is in it,
    /// and ends with `/`.
    pub(crate) ignored: Vec<Vec<u8>>,
}

impl Look {
    /// Looks.
    pub(crate) fn at(git: &Git) -> Result<Self, Failure> {
        let listed = status(git, &["--ignored=matching"])?;
        let mut look = Self { hidden: hidden(git)?, ..Self::default() };
        for entry in listed.split(|byte| *byte == 0) {
            // Two letters and a blank come before the path.
            match (entry.strip_prefix(b"!! "), entry.get(3..)) {
                (Some(ignored), _) => look.ignored.push(ignored.to_vec()),
                (None, Some(changed)) => look.dirt.push(changed.to_vec()),
                (None, None) => {}
            }
        }
        Ok(look)
    }
}

/// The tracked files with changes, staged or not, and submodules that stand at another commit or have changed files
/// of their own. The caller has switched hooks off where that matters; none runs here.
pub(crate) fn changed(git: &Git) -> Result<Vec<Vec<u8>>, Error> {
    listed(git, &["--untracked-files=no", "--ignore-submodules=untracked"])
}

/// A file with changes that are not staged.
pub(crate) struct Unstaged {
    pub(crate) path: Vec<u8>,
    pub(crate) tracked: bool,
}

/// The files with changes that are not staged; `None` when something else is
/// changed as well: staged, or not merged.
pub(crate) fn unstaged(git: &Git) -> Result<Option<Vec<Unstaged>>, Error> {
    let listed = status(git, &["--untracked-files=all"])?;
    let mut found = Vec::new();
    for entry in listed.split(|byte| *byte == 0).filter(|entry| !entry.is_empty()) {
        match entry {
            [b' ', _, b' ', path @ ..] => found.push(Unstaged { path: path.into(), tracked: true }),
            [b'?', b'?', b' ', path @ ..] => {
                found.push(Unstaged { path: path.into(), tracked: false });
            }
            _ => return Ok(None),
        }
    }
    Ok(Some(found))
}

/// The files that are neither tracked nor ignored.
pub(crate) fn untracked(git: &Git) -> Result<Vec<Vec<u8>>, Error> {
    let args: Vec<&str> =
        LOOK.into_iter().chain(["ls-files", "--others", "--exclude-standard", "-z"]).collect();
    Ok(git
        .bytes(args)?
        .split(|byte| *byte == 0)
        .filter(|path| !path.is_empty())
        .map(<[u8]>::to_vec)
        .collect())
}

fn listed(git: &Git, more: &[&str]) -> Result<Vec<Vec<u8>>, Error> {
    let listed = status(git, more)?;
    // Two letters and a blank come before the path.
    let entries = listed.split(|byte| *byte == 0).filter_map(|entry| entry.get(3..));
    Ok(entries.map(<[u8]>::to_vec).collect())
}

/// Files whose changes git was told not to look at (`assume-unchanged`, or `skip-worktree` on a file
/// that is there all the same): what runs in such a checkout is not known to be the commit.
pub(crate) fn hidden(git: &Git) -> Result<Vec<Vec<u8>>, Error> {
    let listed = git.bytes(["ls-files", "-v", "-z"])?;
    let mut hidden = Vec::new();
    for entry in listed.split(|byte| *byte == 0) {
        let Some((tag, path)) = entry.split_at_checked(2) else { continue };
        let skipped = tag.eq_ignore_ascii_case(b"S ");
        let assumed = tag.first().is_some_and(u8::is_ascii_lowercase);
        let there = || git.dir().join(OsStr::from_bytes(path)).symlink_metadata().is_ok();
        if assumed || (skipped && there()) {
            hidden.push(path.to_vec());
        }
    }
    Ok(hidden)
}

/// Something that somebody has begun in a worktree and not ended.
#[derive(Debug)]
pub(crate) struct Operation {
    /// Such as `a rebase`.
    pub(crate) what: String,
    /// What to do about it.
    pub(crate) next: String,
}

/// The operation that somebody has begun in the worktree and not ended.
pub(crate) fn operation(worktree: &Path) -> Result<Option<Operation>, Failure> {
    let place = Place::find(worktree)?;
    let traces = [
        ("MERGE_HEAD", "a merge"),
        ("rebase-merge", "a rebase"),
        ("rebase-apply", "a rebase"),
        ("CHERRY_PICK_HEAD", "a cherry-pick"),
        ("REVERT_HEAD", "a revert"),
    ];
    if let Some((_, what)) =
        traces.into_iter().find(|(name, _)| place.git_dir().join(name).exists())
    {
        let status = shell_words(["git", "-C", &worktree.to_string_lossy(), "status"]);
        let next = format!("end it there; {status} says how");
        return Ok(Some(Operation { what: what.into(), next }));
    }
    let lock = place.git_dir().join("index.lock");
    Ok(lock.exists().then(|| Operation {
        what: format!("another git command, which has {},", lock.display()),
        next: "wait for it; where no git is at work there, one was killed, and the file can go"
            .into(),
    }))
}
