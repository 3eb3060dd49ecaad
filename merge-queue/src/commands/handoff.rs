//! `handoff`: records that work is handed over (runbook v2, `queue-record-handoff`).

mod fields;

use std::collections::BTreeSet;

use cli::{Exit, Failure, Out};
use records::merge_queue::Event;
use records::{Handoff, Reason};

use self::fields::Fields;
use super::refuse;
use crate::args::HandoffArgs;
use crate::desk::{self, Desk};
use crate::git::pins::{self, PinOf};
use crate::git::{gather, lane};
use crate::rules::definitions::Definitions;
use crate::rules::diff::path_text;
use crate::rules::facts::Relation;
use crate::show;

pub(super) fn run(desk: &Desk, args: HandoffArgs, out: &mut Out) -> Result<Exit, Failure> {
    let definitions = desk.sound_definitions()?;
    let task = desk::find(&definitions, &args.task.task)?;
    let listed = args.changed_files_text.clone();
    let args = if args.json { Fields::read()?.under(args) } else { Fields::from(args) };
    let Some(owner) = args.owner else {
        return Err(Failure::usage("handoff", "nobody is named as the owner")
            .hint("give --owner, or the field 'owner'"));
    };
    if !args.results.is_empty() && args.results.len() != args.commands.len() {
        let (commands, results) = (args.commands.len(), args.results.len());
        let why = format!("{results} results for {commands} commands");
        return Err(Failure::usage("--result", why).hint("give one --result for each --command"));
    }
    let branch = match args.branch {
        Some(branch) => branch,
        None => branch_of_lane(desk, &definitions, task)?,
    };
    let Some(tip) = gather::at_branch(desk, &definitions, &branch)?.commit else {
        return Err(Failure::usage("--branch", format_args!("there is no branch '{branch}'")));
    };
    let commit = match &args.commit {
        None => tip.clone(),
        Some(given) => desk
            .git
            .commit(given)?
            .ok_or_else(|| Failure::usage("--commit", format_args!("'{given}' names no commit")))?,
    };
    let mut reasons = Vec::new();
    if !desk.objects.reachable(&commit, &tip)? {
        let message = format!("{commit} is not on the branch {branch}");
        let next = "commit the work to the branch, or name the branch that holds it";
        reasons.push(Reason::new("commit_not_on_branch", message, next));
    }
    let changed_files = match changed(desk, &definitions, &commit)? {
        Ok(changed_files) => changed_files,
        Err(reason) => {
            reasons.push(reason);
            Vec::new()
        }
    };
    if reasons.is_empty() {
        reasons.extend(other_files(&args.changed_files, &changed_files, &branch, false));
        if let Some(listed) = listed {
            reasons.extend(other_words(&listed, &changed_files, &branch));
        }
    }
    if !reasons.is_empty() {
        return refuse(task, "handoff", reasons, out);
    }
    let role = task.role.as_ref().and_then(|role| definitions.roles.get(role));
    let handoff = Handoff {
        owner,
        model: args.model.or_else(|| role.and_then(|role| role.model.clone())),
        branch,
        commit,
        commands: args.commands,
        results: args.results,
        changed_files,
        risks: args.risks,
        next_step: args.next_step,
    };
    // First, so that no handed over work is without one.
    pins::pin(&desk.git, &PinOf::Task(task.id.clone()), &handoff.commit)?;
    let event = desk.record(task, "handoff", |event| event.handoff = Some(handoff))?;
    out.print(&Event(event), |event, page| show::event(&event.0, page))?;
    Ok(Exit::Yes)
}

/// Why the paths in a text are not those that the branch changes. A path may have a blank in it, so that words
/// are compared.
fn other_words(listed: &str, computed: &[String], branch: &str) -> Option<Reason> {
    let words = |text: &str| -> Vec<String> {
        let words = text.split(|c: char| c.is_whitespace() || c == ',');
        words.filter(|word| !word.is_empty()).map(Into::into).collect()
    };
    let (dots, named): (Vec<_>, Vec<_>) =
        words(listed).into_iter().partition(|word| word == "..." || word == "…");
    let computed: Vec<String> = computed.iter().flat_map(|path| words(path)).collect();
    other_files(&named, &computed, branch, !dots.is_empty())
}

/// Why the named paths are not those that the branch changes, or with `some`, not among those; a handoff that
/// names none is of all.
fn other_files(named: &[String], computed: &[String], branch: &str, some: bool) -> Option<Reason> {
    let named: BTreeSet<&String> = named.iter().collect();
    let computed: BTreeSet<&String> = computed.iter().collect();
    let list = |paths: BTreeSet<&&String>| {
        paths.into_iter().map(|path| path.as_str()).collect::<Vec<_>>().join(", ")
    };
    let (extra, left_out) =
        (list(named.difference(&computed).collect()), list(computed.difference(&named).collect()));
    let message = match (extra.is_empty(), left_out.is_empty()) {
        _ if named.is_empty() => return None,
        (true, _) if some => return None,
        (true, true) => return None,
        (false, left_out) if some || left_out => format!("{branch} does not change {extra}"),
        (true, false) => format!("{branch} also changes {left_out}"),
        (false, _) => format!("{branch} changes {left_out}, and not {extra}"),
    };
    let next = "commit what is missing, or name no files: they are computed";
    Some(Reason::new("changed_files_differ", message, next))
}

fn branch_of_lane(
    desk: &Desk,
    definitions: &Definitions,
    task: &crate::rules::definitions::Task,
) -> Result<String, Failure> {
    let path = lane::require(desk, definitions, task, None)?;
    lane::standing(&path)?.branch.ok_or_else(|| {
        Failure::usage(path.display(), "no branch is checked out there")
            .hint("name the branch with --branch")
    })
}

/// The paths that the commit changes against its base, as far as the base is known here.
fn changed(
    desk: &Desk,
    definitions: &Definitions,
    commit: &str,
) -> Result<Result<Vec<String>, Reason>, Failure> {
    let base = desk.base(definitions)?;
    let Some(tip) = base.tip(&desk.git)? else {
        return Err(Failure::usage("queue.base", format_args!("there is no '{}'", base.shown)));
    };
    let update = format!("{} in the lane", base.merge_command());
    Ok(match gather::relation(desk, &tip, commit)? {
        Relation::Branched(branched) => {
            Ok(branched.changes.iter().map(|change| path_text(&change.path)).collect())
        }
        Relation::CutOff => {
            let message = format!("this clone does not reach back to where it left {}", base.shown);
            Err(Reason::new("history_cut_off", message, "git fetch --unshallow"))
        }
        Relation::Unrelated | Relation::Unknown => {
            let message = format!("{commit} has no commit in common with {}", base.shown);
            Err(Reason::without_step("not_based_on_base", message))
        }
        Relation::Several(_) => {
            let message = format!("{commit} and {} have several merge bases", base.shown);
            Err(Reason::new("merge_base_ambiguous", message, update))
        }
    })
}
