//! What is said about claims.

use cli::{Page, Tone};
use records::worktree_lane::{Claim, ClaimEnd};
use records::{LaneClaim, Reason};
use repo::shell_words;

use super::Standing;

/// `'a' until T`, with the process that it lives and dies with.
pub(super) fn who(claim: &LaneClaim) -> String {
    let process = claim.process.as_ref().map(|process| format!(" (process {})", process.pid));
    format!("'{}'{} until {}", claim.owner, process.unwrap_or_default(), claim.until)
}

/// Whose claim a new one follows, for the journal.
pub(super) fn taken_over(standing: &Standing) -> Option<String> {
    ended_before(standing).map(|how| format!("taken over: {how}"))
}

/// How the claim had ended, if it had.
pub(super) fn ended_before(standing: &Standing) -> Option<String> {
    match standing {
        Standing::Ended(claim, ClaimEnd::Lease) => {
            Some(format!("the lease of '{}' ended at {}", claim.owner, claim.until))
        }
        Standing::Ended(claim, ClaimEnd::Process) => {
            let pid = claim.process.as_ref().map(|process| process.pid).unwrap_or_default();
            Some(format!("the process {pid} of '{}' is gone", claim.owner))
        }
        Standing::Free | Standing::Held(_) => None,
    }
}

/// The reason that `owner` has no claim on the lane any longer, or never had.
pub(crate) fn not_claimed(lane: &str, owner: &str, standing: &Standing) -> Reason {
    let next = claim_it(lane, owner);
    match ended_before(standing) {
        Some(how) => Reason::new("claim_ended", how, next),
        None => Reason::new("not_claimed", format!("nobody has claimed lane {lane}"), next),
    }
}

/// The command that claims a lane.
fn claim_it(lane: &str, owner: &str) -> String {
    let begin = shell_words(["worktree-lane", "claim", lane]);
    format!("{begin} {}", owner_flag(owner))
}

/// The command that gives a claim up.
pub(crate) fn release_it(lane: &str, owner: &str) -> String {
    let begin = shell_words(["worktree-lane", "release", lane]);
    format!("{begin} {}", owner_flag(owner))
}

/// `--owner NAME` for a shell, also for a name that begins with `-`.
fn owner_flag(owner: &str) -> String {
    if owner.starts_with('-') {
        shell_words([format!("--owner={owner}")])
    } else {
        shell_words(["--owner", owner])
    }
}

/// An answer for people.
pub(super) fn answer(answer: &Claim, page: &mut Page) {
    let lane = &answer.lane;
    if !answer.done {
        let what = match &*answer.command {
            "claim" => "claimed",
            "renew" => "renewed",
            _ => "released",
        };
        page.line(Tone::Bad, format_args!("lane {lane} was not {what}"));
        page.reasons(&answer.reasons);
        return;
    }
    match (&answer.owner, answer.until) {
        (Some(owner), Some(until)) => {
            page.line(Tone::Good, format_args!("lane {lane} is {owner}'s"));
            page.field("until", cli::clock::local(until));
            if let Some(path) = &answer.path {
                page.field("path", path);
            }
        }
        _ => page.line(Tone::Good, format_args!("lane {lane} is free")),
    }
    if let Some(ended) = &answer.ended {
        let how = match ended.by {
            ClaimEnd::Lease => format!("ended at {}", cli::clock::local(ended.until)),
            ClaimEnd::Process => "ended with its process".to_owned(),
        };
        page.field("before", format_args!("{}'s claim {how}", ended.owner));
    }
}
