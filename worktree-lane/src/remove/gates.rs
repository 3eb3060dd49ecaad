//! Whether a lane may be taken away: a pure function of the facts (lanes reference, finding 4 and
//! cases 38 to 49). There is no flag that overrides it.

use std::path::Path;

use records::Reason;
use repo::shell_words;

use crate::claim::claimed;
use crate::facts::processes::Process;
use crate::facts::{Checked, Facts};
use crate::lane_git::some;
use crate::told;

/// Every reason against taking the lane away, in a stable order; none means yes. A check without an
/// answer is a reason.
pub(crate) fn reasons(facts: &Facts) -> Vec<Reason> {
    let mut all = Vec::new();
    place(facts, &mut all);
    if facts.mismatch.is_some() {
        // What git would say about the files would be about another worktree.
        return all;
    }
    files(facts, &mut all);
    commits(facts, &mut all);
    all
}

/// Whether the branch may be deleted with the lane: only when everything on it is in the base.
pub(crate) fn branch_may_go(facts: &Facts) -> bool {
    facts.branch.is_some() && facts.commits.known().is_some_and(|commits| commits.in_base)
}

/// The lane as a whole: who uses it, what git is doing in it.
fn place(facts: &Facts, all: &mut Vec<Reason>) {
    let at = |args: &[&str]| git_in(facts, args);
    if let Some(claim) = &facts.claim {
        all.push(claimed(&facts.lane, claim));
    }
    if let Some(why) = &facts.locked {
        all.push(told::locked(&facts.lane, &facts.path, why));
    }
    if let Some(why) = &facts.mismatch {
        all.push(told::mismatch(&facts.lane, &facts.path, why));
    }
    known(&facts.operation, "operations in progress", all, |operations, all| {
        if !operations.is_empty() {
            let message = format!("in the middle of: {}", operations.join(", "));
            all.push(Reason::new("operation_in_progress", message, at(&["status"])));
        }
    });
    known(&facts.processes, "processes", all, |processes, all| {
        if !processes.is_empty() {
            let who: Vec<String> = processes.iter().map(ToString::to_string).collect();
            let message = format!("processes work in it: {}", some(&who));
            all.push(Reason::new("process_inside", message, leave(facts, processes)));
        }
    });
    if !facts.nested.is_empty() {
        let paths: Vec<String> = facts.nested.iter().map(|p| p.display().to_string()).collect();
        let message = format!("other worktrees lie inside it: {}", some(&paths));
        let first = paths.first().map_or("", String::as_str);
        all.push(Reason::new(
            "nested_worktree",
            message,
            shell_words(["git", "-C", first, "status"]),
        ));
    }
    known(&facts.mounts, "mounted file systems", all, |mounts, all| {
        if let Some(first) = mounts.first() {
            let paths: Vec<String> = mounts.iter().map(|p| p.display().to_string()).collect();
            let message = format!("file systems are mounted inside it: {}", some(&paths));
            let next = shell_words(["findmnt", &first.to_string_lossy()]);
            all.push(Reason::new("mounted_inside", message, next));
        }
    });
}

/// How to leave the folder, if it is the user's own shell that is there; else how to see what is.
fn leave(facts: &Facts, processes: &[Process]) -> String {
    if processes.iter().all(|process| process.ours)
        && let Some(above) = Path::new(&facts.path).parent()
    {
        return shell_words(["cd", &above.to_string_lossy()]);
    }
    let others = processes.iter().filter(|process| !process.ours);
    let pids: Vec<String> = others.map(|process| process.pid.to_string()).collect();
    format!("ps -fp {}", pids.join(","))
}

/// The files: what only they hold.
fn files(facts: &Facts, all: &mut Vec<Reason>) {
    let save =
        |flags: &[&str]| shell_words(["worktree-lane", "save", &facts.lane].iter().chain(flags));
    known(&facts.changes, "changed files", all, |changes, all| {
        if facts.saved.work {
            return;
        }
        if !changes.tracked.is_empty() {
            let message = format!("changes that are not committed: {}", some(&changes.tracked));
            all.push(Reason::new("uncommitted", message, save(&[])));
        }
        if !changes.untracked.is_empty() {
            let message = format!("files that git does not track: {}", some(&changes.untracked));
            all.push(Reason::new("untracked", message, save(&[])));
        }
        if !changes.hidden.is_empty() {
            let message = format!(
                "changes that git was told to overlook (assume-unchanged, skip-worktree): {}",
                some(&changes.hidden)
            );
            all.push(Reason::new("hidden_changes", message, save(&[])));
        }
    });
    known(&facts.submodules, "submodules", all, |submodules, all| {
        if !submodules.is_empty() {
            let message = format!("submodules have work of their own: {}", some(submodules));
            all.push(Reason::new("submodule_work", message, "commit and push it there"));
        }
    });
    known(&facts.ignored, "ignored files", all, |ignored, all| {
        if !ignored.repositories.is_empty() {
            let message = format!("repositories inside it: {}", some(&ignored.repositories));
            all.push(Reason::new("embedded_repository", message, "push or move them first"));
        }
        if !ignored.precious.is_empty() && !facts.saved.ignored {
            let message =
                format!("ignored files that may be precious: {}", some(&ignored.precious));
            all.push(Reason::new("ignored_precious", message, save(&["--ignored"])));
        }
    });
}

/// The commits: what no other ref holds.
fn commits(facts: &Facts, all: &mut Vec<Reason>) {
    known(&facts.commits, "commits", all, |commits, all| {
        let safe = commits.in_base || commits.on_remote;
        match &facts.branch {
            Some(branch) if !safe => {
                let message = format!(
                    "the commits of '{branch}' are neither in {} nor on a remote branch, as last \
                     fetched",
                    commits.base.as_deref().unwrap_or("a base (none is known)")
                );
                let next = match &commits.remote {
                    Some(remote) => git_in(facts, &["push", "--set-upstream", remote, branch]),
                    None => format!("merge '{branch}', or push it to a remote; there is none yet"),
                };
                all.push(Reason::new("unmerged_commits", message, next));
            }
            None if !safe && !commits.on_any_ref => {
                let message = "HEAD is detached at commits that no branch or tag has";
                let next = git_in(facts, &["switch", "--create", "NAME"]);
                all.push(Reason::new("detached_commits", message, next));
            }
            _ => {}
        }
        if !commits.stashes.is_empty() {
            let message = format!("stashes were made on its branch: {}", some(&commits.stashes));
            all.push(Reason::new("stash_on_branch", message, git_in(facts, &["stash", "list"])));
        }
    });
}

/// Goes on with what was found, or makes a reason of not knowing.
fn known<T>(
    checked: &Checked<T>,
    what: &str,
    all: &mut Vec<Reason>,
    go_on: impl FnOnce(&T, &mut Vec<Reason>),
) {
    match checked {
        Checked::Known(value) => go_on(value, all),
        Checked::Unknown(why) => {
            let message = format!("cannot tell about {what}: {why}");
            all.push(Reason::without_step("cannot_tell", message));
        }
    }
}

fn git_in(facts: &Facts, args: &[&str]) -> String {
    shell_words(["git", "-C", &facts.path].iter().chain(args))
}

#[cfg(test)]
mod tests;
