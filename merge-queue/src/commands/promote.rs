//! `promote --evidence`: what a person needs who decides about a release. It promotes nothing.

use cli::{Exit, Failure, Out};
use records::merge_queue::Refused;
use records::{Reason, Reverted};

use crate::args::PromoteArgs;
use crate::desk::Desk;
use crate::git::gather;
use crate::history::History;
use crate::rules::facts::{Facts, Head, Relation};
use crate::rules::release::{self, Arrival, Range};
use crate::show;

pub(super) fn run(desk: &Desk, args: &PromoteArgs, out: &mut Out) -> Result<Exit, Failure> {
    let definitions = desk.sound_definitions()?;
    let base = desk.base(&definitions)?;
    let fetched = !args.no_fetch && base.fetch(&desk.git)?;
    let history = desk.history(out)?;
    let Some(tip) = base.tip(&desk.git)? else {
        return Err(Failure::usage("queue.base", format_args!("there is no '{}'", base.shown)));
    };
    let source = match &args.source {
        Some(given) => commit(desk, "--source", given)?,
        None => tip.clone(),
    };
    let since = args.since.as_deref().map(|given| commit(desk, "--since", given)).transpose()?;
    let reasons = refusal(desk, &base.shown, &tip, &source, since.as_deref())?;
    if !reasons.is_empty() {
        let refused = Refused { task: source, command: "promote".into(), reasons };
        out.print(&refused, show::refused)?;
        return Ok(Exit::No);
    }
    let mut commits = match &since {
        Some(since) => desk.objects.commits(since, &source)?,
        None => Vec::new(),
    };
    let mut arrivals = arrivals(desk, &history, &base.shown, &source, since.as_deref())?;
    let undone = undone(desk, &history, &source)?;
    commits.retain(|commit| !undone.iter().any(|undone| undone.step.base_after == *commit));
    arrivals.retain(|arrival| {
        let after = arrival.landed.map(|landed| &landed.base_after);
        let out_again = undone.iter().any(|undone| Some(&undone.landing) == after);
        if out_again {
            commits.retain(|commit| !arrival.brought.contains(commit));
        }
        !out_again
    });
    let range = Range { source, since, commits, base: base.shown, fetched };
    let evidence = release::evidence(&definitions, &history, range, &arrivals);
    out.print(&evidence, show::release)?;
    Ok(if evidence.complete { Exit::Yes } else { Exit::No })
}

fn commit(desk: &Desk, option: &str, given: &str) -> Result<String, Failure> {
    let commit = desk.git.commit(given)?;
    commit.ok_or_else(|| Failure::usage(option, format_args!("'{given}' names no commit")))
}

/// Why there is no such release: what is released is in the base ("do not promote release-only fixes"),
/// and after the release before.
fn refusal(
    desk: &Desk,
    base: &str,
    tip: &str,
    source: &str,
    since: Option<&str>,
) -> Result<Vec<Reason>, Failure> {
    let mut reasons = Vec::new();
    if !desk.objects.reachable(source, tip)? {
        let message = format!("{source} is not in {base}");
        let next = format!("bring it into {base} first, or leave --source out");
        reasons.push(Reason::new("source_not_in_base", message, next));
    }
    if let Some(since) = since
        && !desk.objects.reachable(since, source)?
    {
        let message = format!("{source} does not come after {since}");
        let next = "name the release before with --since";
        reasons.push(Reason::new("since_not_in_source", message, next));
    }
    Ok(reasons)
}

/// What was taken out of the base again, as far as `source` has that.
fn undone<'a>(
    desk: &Desk,
    history: &'a History,
    source: &str,
) -> Result<Vec<&'a Reverted>, Failure> {
    let mut undone = Vec::new();
    for reverted in history.events.iter().filter_map(|event| event.reverted.as_ref()) {
        if desk.objects.reachable(&reverted.step.base_after, source)? {
            undone.push(reverted);
        }
    }
    Ok(undone)
}

/// Every task that came in after `since` and is in `source`.
fn arrivals<'a>(
    desk: &Desk,
    history: &'a History,
    base: &str,
    source: &str,
    since: Option<&str>,
) -> Result<Vec<Arrival<'a>>, Failure> {
    let mut arrivals = Vec::new();
    for event in &history.events {
        let (Some(task), Some((landed, commit, reached))) = (&event.task, release::arrival(event))
        else {
            continue;
        };
        let older = match since {
            Some(since) => desk.objects.reachable(reached, since)?,
            None => false,
        };
        if older || !desk.objects.reachable(reached, source)? {
            continue;
        }
        // Nothing keeps the commits of a branch that was squashed once the branch is gone; what they
        // were is then unknown.
        let there = desk.objects.has(commit)?;
        let tree = if there { Some(desk.objects.tree(commit)?) } else { None };
        let head = tree.map(|tree| Head { commit: commit.into(), tree });
        let branch = landed.map_or(commit, |landed| landed.branch.as_str());
        let (relation, brought) = match landed {
            Some(landed) => (
                match &head {
                    Some(_) => gather::relation(desk, &landed.base_before, commit)?,
                    None => Relation::Unknown,
                },
                desk.objects.commits(&landed.base_before, &landed.base_after)?,
            ),
            None => (Relation::Unknown, vec![commit.into()]),
        };
        let facts = Facts {
            base: base.into(),
            head,
            reference: Some(branch.into()),
            relation,
            ..Facts::default()
        };
        arrivals.push(Arrival { event, task, landed, commit, facts, brought });
    }
    Ok(arrivals)
}
