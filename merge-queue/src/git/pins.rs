//! Refs of the queue's own, which keep commits from being collected.
//!
//! `refs/switchyard/queue/<task>` is the commit that was handed over, so that a task can land although its
//! branch is gone. `refs/switchyard/stage/<batch>` is the end of a chain that is being verified.

use cli::Failure;
use records::TaskId;
use repo::Git;

const QUEUE: &str = "refs/switchyard/queue/";
const STAGE: &str = "refs/switchyard/stage/";

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pin {
    /// What it is for.
    pub(crate) of: PinOf,
    /// The commit, in full.
    pub(crate) commit: String,
}

/// What a pin is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum PinOf {
    /// A task that was handed over.
    Task(TaskId),
    /// A batch that is being verified.
    Batch(String),
}

impl PinOf {
    /// The full name of the ref.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::Task(task) => format!("{QUEUE}{task}"),
            Self::Batch(batch) => format!("{STAGE}{batch}"),
        }
    }
}

/// Keeps `commit`, a full id; what was kept under the same name is let go.
pub(crate) fn pin(git: &Git, of: &PinOf, commit: &str) -> Result<(), Failure> {
    git.bytes(["-c", "core.fsync=committed,reference", "update-ref", &of.name(), commit])?;
    Ok(())
}

/// All of them.
pub(crate) fn all(git: &Git) -> Result<Vec<Pin>, Failure> {
    let listed = git.text([
        "for-each-ref",
        "--format=%(refname) %(objectname)",
        QUEUE.trim_end_matches('/'),
        STAGE.trim_end_matches('/'),
    ])?;
    let pins = listed.lines().filter_map(|line| {
        let (name, commit) = line.split_once(' ')?;
        let task = name.strip_prefix(QUEUE).and_then(|task| task.parse().ok()).map(PinOf::Task);
        let of = task.or_else(|| name.strip_prefix(STAGE).map(|id| PinOf::Batch(id.into())))?;
        Some(Pin { of, commit: commit.into() })
    });
    Ok(pins.collect())
}

/// Lets them go, each only if it is still at its commit: one that was moved meanwhile is somebody else's.
/// Returns what git says where it cannot, such as a lock that a killed git has left: they go with a later
/// call.
pub(crate) fn unpin(git: &Git, pins: &[Pin]) -> Result<Option<String>, Failure> {
    if pins.is_empty() {
        return Ok(None);
    }
    let args = ["update-ref", "--no-deref", "--stdin"];
    let delete = |pin: &Pin| format!("delete {} {}\n", pin.of.name(), pin.commit);
    // All or none; where one is refused, each is tried for itself.
    let all: String = pins.iter().map(delete).collect();
    if git.program(args).stdin(all).run()?.ok() {
        return Ok(None);
    }
    let mut said = None;
    for pin in pins {
        let ran = git.program(args).stdin(delete(pin)).run()?;
        let kept = !ran.ok() && git.commit(&pin.of.name())?.as_deref() == Some(&pin.commit);
        if kept && said.is_none() {
            said = Some(git.failure(&args, &ran).to_string());
        }
    }
    Ok(said)
}
