//! `git-check`: are the coordinator's checkout and the lanes as the definitions say (runbook v2,
//! `queue-git-check`)?

use cli::{Exit, Failure, Out, Page, Tone};
use records::merge_queue::GitCheck;
use records::{Condition, Reason};

use crate::desk::Desk;
use crate::git::base::Base;
use crate::git::{lane, rules_of_base, worktree_state};
use crate::rules::definitions::{Definitions, Role};
use crate::rules::diff::path_text;
use crate::rules::facts::Rules;

pub(super) fn run(desk: &Desk, out: &mut Out) -> Result<Exit, Failure> {
    let definitions = desk.sound_definitions()?;
    let base = desk.base(&definitions)?;
    let tip = base.tip(&desk.git)?;
    let mut check = GitCheck {
        sound: false,
        coordinator: desk.coordinator.as_ref().map(|path| path.display().to_string()),
        base: base.shown.clone(),
        base_commit: tip.clone(),
        conditions: Vec::new(),
        reasons: Vec::new(),
    };
    if desk.coordinator.is_some() {
        clean(desk, &mut check)?;
        on_base(desk, &base, tip.as_deref(), &mut check)?;
    } else {
        let message = "the repository has no checkout of its own";
        let next = "work with merge-queue in a clone that has one";
        wrong(&mut check, "coordinator_clean", Reason::new("no_coordinator", message, next));
    }
    rules(desk, &definitions, tip.as_deref(), &mut check)?;
    for (name, role) in &definitions.roles {
        lane_of(desk, name, role, &mut check);
    }
    check.sound = check.reasons.is_empty();
    out.print(&check, show)?;
    Ok(if check.sound { Exit::Yes } else { Exit::No })
}

fn wrong(check: &mut GitCheck, condition: &str, reason: Reason) {
    check.conditions.push(Condition::unmet(condition, &reason.message));
    check.reasons.push(reason);
}

fn clean(desk: &Desk, check: &mut GitCheck) -> Result<(), Failure> {
    const CODE: &str = "coordinator_clean";
    let dirt = worktree_state::dirt(&desk.git)?;
    let hidden = worktree_state::hidden(&desk.git)?;
    if let Some(operation) = worktree_state::operation(desk.git.dir())? {
        let message = format!("{} is under way in the coordinator's checkout", operation.what);
        wrong(check, CODE, Reason::new("operation_under_way", message, operation.next));
    } else if let Some(first) = dirt.first() {
        let message = match dirt.len() {
            1 => format!("{} is not committed", path_text(first)),
            count => format!("{} and {} more are not committed", path_text(first), count - 1),
        };
        let next = "commit it on a branch of a lane, or git stash";
        wrong(check, CODE, Reason::new("coordinator_dirty", message, next));
    } else if let Some(first) = hidden.first() {
        let message = format!("git was told not to look for changes in {}", path_text(first));
        let next = "git update-index --no-assume-unchanged --no-skip-worktree FILE";
        wrong(check, CODE, Reason::new("coordinator_hides_changes", message, next));
    } else {
        let path = desk.git.dir().display().to_string();
        check.conditions.push(Condition::met(CODE, path));
    }
    Ok(())
}

fn on_base(
    desk: &Desk,
    base: &Base,
    tip: Option<&str>,
    check: &mut GitCheck,
) -> Result<(), Failure> {
    const ON: &str = "coordinator_on_base";
    const AT: &str = "coordinator_at_base";
    let standing = lane::standing(desk.git.dir())?;
    let branch = standing.branch.as_deref().unwrap_or("no branch");
    if branch == base.branch {
        check.conditions.push(Condition::met(ON, format!("on {branch}")));
    } else {
        let message = format!("the coordinator's checkout is on {branch}");
        let next = repo::shell_words(["git", "switch", &base.branch]);
        wrong(check, ON, Reason::new("coordinator_off_base", message, next));
    }
    let (shown, commit) = (&base.shown, &standing.commit);
    let Some(tip) = tip else {
        let message = format!("there is no {shown}");
        wrong(check, AT, Reason::new("base_unknown", message, "git fetch"));
        return Ok(());
    };
    if commit == tip {
        check.conditions.push(Condition::met(AT, format!("at {tip}, as {shown}")));
        return Ok(());
    }
    let reason = if desk.objects.reachable(commit, tip)? {
        let next = repo::shell_words(["git", "merge", "--ff-only", shown]);
        Reason::new("coordinator_behind", format!("{commit} is behind {shown}"), next)
    } else if desk.objects.reachable(tip, commit)? {
        let message = format!("{commit} is not pushed to {shown}");
        let next = "bring it in as a task: commits of the coordinator's own are reviewed by nobody";
        Reason::new("coordinator_ahead", message, next)
    } else {
        let message = format!("{commit} and {shown} have both moved on");
        Reason::new("coordinator_diverged", message, "git log --oneline --left-right HEAD...@{u}")
    };
    wrong(check, AT, reason);
    Ok(())
}

fn rules(
    desk: &Desk,
    definitions: &Definitions,
    tip: Option<&str>,
    check: &mut GitCheck,
) -> Result<(), Failure> {
    const CODE: &str = "definitions_of_base";
    let file = definitions.file.display();
    let rules = match tip {
        Some(tip) => rules_of_base::compare(desk, definitions, tip)?,
        None => Rules::Unknown,
    };
    match rules {
        Rules::OfBase => {
            check.conditions.push(Condition::met(CODE, format!("{file} is the base's")));
        }
        Rules::OutsideGit(files) => {
            let detail = format!("not in git: {}", files.join(", "));
            check.conditions.push(Condition::met(CODE, detail));
        }
        Rules::Other(files) => {
            let message = format!("not as in {}: {}", check.base, files.join(", "));
            let next = "bring the checkout to the base, or the change to the base first";
            wrong(check, CODE, Reason::new("definitions_not_of_base", message, next));
        }
        Rules::Unknown => {
            let message = format!("{file} is not known to be the one of {}", check.base);
            let next = "git fetch";
            wrong(check, CODE, Reason::new("definitions_not_of_base", message, next));
        }
    }
    Ok(())
}

/// Looks at the worktree of a role, where one is defined.
fn lane_of(desk: &Desk, name: &str, role: &Role, check: &mut GitCheck) {
    const CODE: &str = "lane_as_defined";
    let Some(worktree) = &role.worktree else { return };
    let shown = worktree.display();
    let standing =
        lane::ours(desk, &desk.git.dir().join(worktree)).and_then(|p| lane::standing(&p));
    let reason = match standing {
        Err(failure) => {
            let message = format!("the lane of {name}, {shown}, cannot be looked at: {failure}");
            Reason::new("lane_unknown", message, "worktree-lane list")
        }
        Ok(standing) => {
            let branch = standing.branch.as_deref().unwrap_or("no branch");
            if role.branch.as_deref().is_none_or(|wanted| wanted == branch) {
                check
                    .conditions
                    .push(Condition::met(CODE, format!("{name}: {shown} is on {branch}")));
                return;
            }
            let wanted = role.branch.as_deref().unwrap_or_default();
            let message = format!("the lane of {name}, {shown}, is on {branch}, not on {wanted}");
            let next = repo::shell_words([
                "git",
                "-C",
                &shown.to_string(),
                "status",
                "--short",
                "--branch",
            ]);
            Reason::new("lane_off_branch", message, next)
        }
    };
    wrong(check, CODE, reason);
}

fn show(check: &GitCheck, page: &mut Page) {
    if check.sound {
        page.line(Tone::Good, "checkout and lanes are as defined");
    } else {
        page.line(Tone::Bad, "checkout or lanes are not as defined");
    }
    page.conditions(&check.conditions);
    page.reasons(&check.reasons);
}
