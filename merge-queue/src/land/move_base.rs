//! The single step that lands work: the move of the base from the commit that was judged.

use cli::Failure;
use repo::{Error, Git, Ran};

use super::follow;
use crate::desk::Desk;
use crate::git::base::{Base, NETWORK};

/// The move.
#[derive(Debug, Clone, Copy)]
pub(super) struct Move<'a> {
    /// Where the base was judged, in full.
    pub(super) before: &'a str,
    /// What it is moved to, which descends from it, in full.
    pub(super) after: &'a str,
    /// The call that finds out what has happened, to be typed.
    pub(super) again: &'a str,
}

/// How it ended.
#[derive(Debug)]
#[must_use = "the base may not have moved"]
pub(super) enum Moved {
    /// The base has what it was moved to.
    Done,
    /// Somebody else moved it first: nothing has landed, and the same may land on what the base is now.
    Lost(Failure),
    /// A hook of the remote did not take what was to land: nothing has landed, and something else may.
    Refused(Failure),
}

/// Moves the base, or leaves it where it is.
///
/// Whatever git answered, what counts is where the base is afterwards: a push may arrive although
/// the connection broke before the answer, and it may have gone to another place than the base is
/// fetched from.
pub(super) fn move_base(desk: &Desk, base: &Base, step: Move<'_>) -> Result<Moved, Failure> {
    let ran = match &base.remote {
        Some(remote) => push(desk, base, remote, step),
        None => move_local(desk, base, step),
    };
    let again = format!("run '{}' again: it finds out what has happened", step.again);
    let refused = ran.as_ref().is_ok_and(is_refused);
    let said = match ran {
        Ok(ran) if ran.ok() => {
            // Seen with remote.pushurl, and with a hook of the remote that moves the branch back.
            format!("git says that it has moved, but it does not hold {}", step.after)
        }
        Ok(ran) => complaint(&ran),
        Err(Error::Interrupted { signal, .. }) => {
            let why = format!("interrupted by signal {signal}; it may have moved or not");
            return Err(Failure::world(format_args!("moving {}", base.shown), why).hint(again));
        }
        Err(error) => error.to_string(),
    };
    base.fetch(&desk.git).map_err(|failure| {
        let why = format!("{said}; and it is unknown whether it has moved: {failure}");
        Failure::world(format_args!("cannot move {}", base.shown), why).hint(&again)
    })?;
    let tip = base.tip(&desk.git)?;
    if let Some(tip) = &tip
        && desk.objects.reachable(step.after, tip)?
    {
        return Ok(Moved::Done);
    }
    let what = format!("cannot move {}", base.shown);
    if tip.as_deref() == Some(step.before) {
        let failure = Failure::world(what, said).hint("nothing has landed");
        if refused { Ok(Moved::Refused(failure)) } else { Err(failure) }
    } else {
        let why = "somebody else moved it meanwhile; nothing has landed";
        let hint = format!("run '{}' again", step.again);
        Ok(Moved::Lost(Failure::later(what, why).hint(hint)))
    }
}

fn push(desk: &Desk, base: &Base, remote: &str, step: Move<'_>) -> Result<Ran, Error> {
    // The new commit descends from the old one, so that the lease never forces anything: it only
    // refuses a base that has moved.
    let lease = format!("--force-with-lease=refs/heads/{}:{}", base.branch, step.before);
    let refspec = format!("{}:refs/heads/{}", step.after, base.branch);
    let args = ["push", "--porcelain", "--atomic", "--no-follow-tags", &lease, remote, &refspec];
    desk.git.with_limit(NETWORK).try_run(args)
}

/// Without a remote: together with the worktree that has the base checked out, if one has.
fn move_local(desk: &Desk, base: &Base, step: Move<'_>) -> Result<Ran, Error> {
    let (before, after) = (step.before, step.after);
    match follow::checked_out(desk, base)?.first() {
        Some(worktree) => follow::fast_forward(&Git::new(&worktree.path), base, after),
        None => follow::swap(desk, base, before, after),
    }
}

/// Whether a hook of the remote said no (`[remote rejected] … (pre-receive hook declined)`). A remote that cannot
/// store anything rejects, too, whatever it is.
fn is_refused(ran: &Ran) -> bool {
    let stdout = String::from_utf8_lossy(&ran.stdout);
    let mut rejected = stdout.lines().filter(|line| line.starts_with('!'));
    rejected.any(|line| line.contains("[remote rejected]") && line.contains("hook declined"))
}

/// What git said, without the lines that only repeat it.
fn complaint(ran: &Ran) -> String {
    let stdout = String::from_utf8_lossy(&ran.stdout);
    let stderr = String::from_utf8_lossy(&ran.stderr);
    // With --porcelain the fate of a ref is on stdout: `!\t<from>:<to>\t[remote rejected] (why)`.
    let rejected = stdout.lines().filter(|line| line.starts_with('!'));
    let rejected = rejected.filter_map(|line| line.rsplit('\t').next());
    let noise =
        |line: &&str| !line.starts_with("error: failed to push") && !line.starts_with("To ");
    let said = stderr.lines().map(str::trim).filter(|line| !line.is_empty()).filter(noise).take(5);
    let words: Vec<&str> = rejected.chain(said).collect();
    if words.is_empty() { format!("git ended with {}", ran.status) } else { words.join("; ") }
}
