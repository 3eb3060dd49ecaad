//! `preflight`: may work be assigned to a lane? (Runbook v2, section 1: "Preflight the target lane
//! before assigning work".)
//!
//! A question and no promise: it takes no lock. Whoever is told yes claims the lane next.

pub(crate) mod base;
mod checks;
mod look;
mod space;
mod submodules;

use cli::{Exit, Failure, Out, Page, Tone};
use records::worktree_lane::Preflight;
use records::{Condition, Reason};
use repo::shell_words;

use crate::args::preflight as args;
use crate::held;
use crate::here::Here;
use crate::history::History;
use crate::registry::{self, Entry, NotFound};

use base::Based;
use look::Facts;

/// Runs `preflight`.
pub(crate) fn run(here: &Here, asked: &args::Preflight, out: &mut Out) -> Result<Exit, Failure> {
    // A damaged line could hide whose the lane is.
    let entries = registry::survey(here, &History::load(here)?)?;
    let answer = match find(&entries, asked) {
        Err(reason) => unfit(asked, None, reason),
        Ok(entry) => match held::not_for_us(entry) {
            Some(reason) => unfit(asked, Some(entry), reason),
            None => judged(entry, &look::gather(here, &entries, entry, asked)?),
        },
    };
    out.print(&answer, show)?;
    Ok(if answer.ready { Exit::Yes } else { Exit::No })
}

/// The lane that is meant, or why there is none.
fn find<'a>(entries: &'a [Entry], asked: &args::Preflight) -> Result<&'a Entry, Reason> {
    if let Some(name) = &asked.lane {
        return registry::find(entries, name).map_err(|why| held::unknown(name, &why));
    }
    let role = asked.role.as_deref().unwrap_or_default();
    let belongs = |entry: &&Entry| {
        entry.known.as_ref().is_some_and(|known| known.last.role.as_deref() == Some(role))
    };
    let found: Vec<&Entry> = entries.iter().filter(belongs).collect();
    // The role's own lane bears its name; others were made for it and one issue.
    let own = found.iter().find(|entry| entry.lane() == Some(role));
    match (own, found.as_slice()) {
        (Some(one), _) | (None, [one]) => Ok(one),
        (None, []) => Err(Reason::new(
            "unknown_lane",
            format!("no lane belongs to the role '{role}'"),
            shell_words(["worktree-lane", "add", "--role", role]),
        )),
        (None, more) => {
            let paths = more.iter().map(|e| e.worktree.path.to_string_lossy().into_owned());
            Err(held::unknown(role, &NotFound::Ambiguous(paths.collect())))
        }
    }
}

/// The answer for a lane that is not there or not whole: nothing else was looked at.
fn unfit(asked: &args::Preflight, entry: Option<&Entry>, reason: Reason) -> Preflight {
    let name = asked.lane.as_ref().or(asked.role.as_ref()).cloned().unwrap_or_default();
    let known = entry.and_then(|entry| entry.known.as_ref()).map(|known| &known.last);
    let lane = Condition::unmet(checks::LANE, reason.message.clone());
    let others = checks::OTHERS.iter().map(|code| Condition::unmet(code, "it was not looked at"));
    Preflight {
        lane: known.map_or(name, |event| event.lane.clone()),
        ready: false,
        path: entry.map(|entry| entry.worktree.path.to_string_lossy().into_owned()),
        role: known.and_then(|event| event.role.clone()),
        branch: entry.and_then(|entry| entry.worktree.branch.clone()),
        head: entry.and_then(|entry| entry.worktree.head.clone()),
        owner: entry.and_then(Entry::claim).map(|claim| claim.owner),
        base: known.and_then(|event| event.base.clone()),
        base_commit: None,
        fetched: false,
        behind: None,
        conditions: std::iter::once(lane).chain(others).collect(),
        reasons: vec![reason],
    }
}

/// The answer for a lane that was looked at.
fn judged(entry: &Entry, facts: &Facts) -> Preflight {
    let findings = checks::findings(facts);
    let known = entry.known.as_ref().map(|known| &known.last);
    let ready = findings.iter().all(|finding| finding.condition.met);
    let (conditions, reasons): (Vec<_>, Vec<_>) =
        findings.into_iter().map(|finding| (finding.condition, finding.reasons)).unzip();
    let (base, behind) = match &facts.based {
        Based::Known { base, behind, .. } => (Some(base), Some(*behind)),
        Based::Unknown(_) => (None, None),
    };
    Preflight {
        lane: facts.lane.clone(),
        ready,
        path: Some(facts.path.clone()),
        role: known.and_then(|event| event.role.clone()),
        branch: entry.worktree.branch.clone(),
        head: entry.worktree.head.clone(),
        owner: facts.claim.as_ref().map(|claim| claim.owner.clone()),
        base: base.map(|b| b.name.clone()).or_else(|| known.and_then(|e| e.base.clone())),
        base_commit: base.map(|base| base.commit.clone()),
        fetched: base.is_some_and(|base| base.fetched),
        behind,
        conditions,
        reasons: reasons.into_iter().flatten().collect(),
    }
}

fn show(answer: &Preflight, page: &mut Page) {
    let (tone, word) = if answer.ready { (Tone::Good, "ready") } else { (Tone::Bad, "not ready") };
    page.line(tone, format_args!("lane {} is {word}", answer.lane));
    page.conditions(&answer.conditions);
    page.reasons(&answer.reasons);
}
