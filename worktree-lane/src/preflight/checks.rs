//! Whether work may be assigned to a lane: a pure function of the facts. A question without an
//! answer is a reason against it.

use records::{Condition, Reason};
use repo::shell_words;

use crate::claim::claimed;
use crate::facts::Checked;
use crate::lane_git::some;
use crate::told;

use super::base::Based;
use super::look::{Facts, Standing};
use super::space::Space;

/// The condition that there is such a lane and that it is whole.
pub(crate) const LANE: &str = "lane";

/// The conditions that are looked at when that one is met, in their order.
pub(crate) const OTHERS: [&str; 10] = [
    "linked",
    "own_branch",
    "branch_once",
    "no_operation",
    "clean",
    "based_on_base",
    "submodules",
    "unclaimed",
    "unlocked",
    "space",
];

/// One condition with the reasons why it does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Finding {
    /// The condition.
    pub(crate) condition: Condition,
    /// Why it is not met. A condition that cannot be judged because of another one has none of its
    /// own.
    pub(crate) reasons: Vec<Reason>,
}

/// What speaks for or against one condition.
enum Found {
    Met(String),
    Against(Vec<Reason>),
    /// Another condition has to be met first.
    Open(&'static str),
}

/// Every condition, in a stable order.
pub(crate) fn findings(facts: &Facts) -> Vec<Finding> {
    let lane = Found::Met(format!("{} at {}", facts.lane, facts.path));
    let others: [Found; OTHERS.len()] = [
        linked(facts),
        own_branch(facts),
        branch_once(facts),
        no_operation(facts),
        in_whole(facts, clean),
        based_on_base(facts),
        in_whole(facts, submodules),
        unclaimed(facts),
        unlocked(facts),
        in_whole(facts, space),
    ];
    let codes = std::iter::once(LANE).chain(OTHERS);
    codes
        .zip(std::iter::once(lane).chain(others))
        .map(|(code, found)| finding(code, found))
        .collect()
}

fn finding(code: &str, found: Found) -> Finding {
    match found {
        Found::Met(detail) => {
            Finding { condition: Condition::met(code, detail), reasons: Vec::new() }
        }
        Found::Open(detail) => {
            Finding { condition: Condition::unmet(code, detail), reasons: Vec::new() }
        }
        Found::Against(reasons) => {
            let messages: Vec<&str> = reasons.iter().map(|r| r.message.as_str()).collect();
            Finding { condition: Condition::unmet(code, messages.join("; ")), reasons }
        }
    }
}

fn linked(facts: &Facts) -> Found {
    known(&facts.mismatch, "the folder", |mismatch| match mismatch {
        None => met("the folder and git's folder for it name each other"),
        Some(why) => against(told::mismatch(&facts.lane, &facts.path, why)),
    })
}

fn own_branch(facts: &Facts) -> Found {
    if facts.operation.known().is_some_and(|operations| !operations.is_empty()) {
        return Found::Open("not told while git is in the middle of something");
    }
    let own = &facts.own_branch;
    let at = |args: &[&str]| git_in(facts, args);
    known(&facts.standing, "the branch", |standing| match standing {
        Standing::Own => met(format!("'{own}' is checked out")),
        Standing::Other { branch, own_exists } => {
            let message = format!("'{branch}' is checked out, not the lane's branch '{own}'");
            let next =
                if *own_exists { at(&["switch", own]) } else { at(&["switch", "--create", own]) };
            against(Reason::new("other_branch", message, next))
        }
        Standing::Detached { own_exists, contained } => {
            let message = format!("HEAD is detached, not on the lane's branch '{own}'");
            let next = match (own_exists, contained) {
                (false, _) => at(&["switch", "--create", own]),
                (true, true) => at(&["switch", own]),
                // These commits are on no branch; which they belong to is for a person to say.
                (true, false) => at(&["log", "--oneline", &format!("{own}..HEAD")]),
            };
            against(Reason::new("detached", message, next))
        }
    })
}

fn branch_once(facts: &Facts) -> Found {
    known(&facts.also_at, "other worktrees", |paths| {
        let own = &facts.own_branch;
        if paths.is_empty() {
            return met(format!("no other worktree uses '{own}'"));
        }
        let paths: Vec<String> = paths.iter().map(|p| p.to_string_lossy().into_owned()).collect();
        let message = format!("the branch '{own}' is also used at {}", some(&paths));
        against(Reason::new("branch_checked_out", message, "worktree-lane list"))
    })
}

fn no_operation(facts: &Facts) -> Found {
    known(&facts.operation, "operations in progress", |operations| {
        if operations.is_empty() {
            return met("git is in the middle of nothing");
        }
        let message = format!("in the middle of: {}", operations.join(", "));
        against(Reason::new("operation_in_progress", message, git_in(facts, &["status"])))
    })
}

fn clean(facts: &Facts) -> Found {
    known(&facts.changes, "changed files", |changes| {
        let add = git_in(facts, &["add", "--all"]);
        let commit = format!("{add} && {}", git_in(facts, &["commit"]));
        let mut all = Vec::new();
        if !changes.tracked.is_empty() {
            let message = format!("changes that are not committed: {}", some(&changes.tracked));
            all.push(Reason::new("uncommitted", message, &*commit));
        }
        if !changes.untracked.is_empty() {
            let message = format!("files that git does not track: {}", some(&changes.untracked));
            all.push(Reason::new("untracked", message, &*commit));
        }
        if !changes.hidden.is_empty() {
            let message = format!(
                "changes that git was told to overlook (assume-unchanged, skip-worktree): {}",
                some(&changes.hidden)
            );
            all.push(Reason::new("hidden_changes", message, "save them elsewhere, or commit them"));
        }
        if all.is_empty() {
            return met("nothing is staged, changed or untracked");
        }
        Found::Against(all)
    })
}

fn based_on_base(facts: &Facts) -> Found {
    let (base, behind) = match &facts.based {
        Based::Unknown(reason) => return against(reason.clone()),
        Based::Known { base, behind } => (base, *behind),
    };
    let fetched = if base.fetched { ", just fetched" } else { "" };
    let stands = format!("{} at {}{fetched}", base.name, short(&base.commit));
    if behind == 0 {
        return met(format!("it has all of {stands}"));
    }
    let commits = if behind == 1 { "1 commit".into() } else { format!("{behind} commits") };
    let message = format!("it is {commits} behind {stands}");
    let next = shell_words(["worktree-lane", "sync", &facts.lane]);
    against(Reason::new("behind_base", message, next))
}

fn submodules(facts: &Facts) -> Found {
    known(&facts.submodules, "submodules", |missing| {
        if missing.is_empty() {
            return met("none is missing");
        }
        let names: Vec<String> = missing.iter().map(|p| p.to_string_lossy().into_owned()).collect();
        let message = format!("submodules are not checked out: {}", some(&names));
        let next = git_in(facts, &["submodule", "update", "--init", "--recursive"]);
        against(Reason::new("submodules_missing", message, next))
    })
}

fn unclaimed(facts: &Facts) -> Found {
    match (&facts.claim, &facts.owner) {
        (None, _) => met("nobody has claimed it"),
        (Some(claim), Some(owner)) if claim.owner == *owner => {
            met(format!("'{owner}' has claimed it until {}", claim.until))
        }
        (Some(claim), _) => against(claimed(&facts.lane, claim)),
    }
}

fn unlocked(facts: &Facts) -> Found {
    match &facts.locked {
        None => met("it is not locked"),
        Some(why) => against(told::locked(&facts.lane, &facts.path, why)),
    }
}

fn space(facts: &Facts) -> Found {
    known(&facts.space, "the disk", |Space { bytes, files, rooms }| {
        let (mut all, mut free) = (Vec::new(), Vec::new());
        for room in rooms {
            let at = room.at.display();
            free.push(format!("{} are free at {at}", mebibytes(room.bytes)));
            if room.bytes < *bytes {
                let message = format!(
                    "{} are free at {at}, and {} are needed",
                    mebibytes(room.bytes),
                    mebibytes(*bytes)
                );
                all.push(Reason::without_step("no_space", message));
            }
            if let Some(left) = room.files.filter(|left| left < files) {
                let message =
                    format!("{left} more files (inodes) fit at {at}, and {files} are needed");
                all.push(Reason::without_step("no_inodes", message));
            }
        }
        if all.is_empty() { met(free.join(", ")) } else { Found::Against(all) }
    })
}

/// What git says about the files of a folder that is not the lane's is about something else.
fn in_whole(facts: &Facts, look: impl FnOnce(&Facts) -> Found) -> Found {
    match &facts.mismatch {
        Checked::Known(None) => look(facts),
        _ => Found::Open("not told while the folder is not the lane's"),
    }
}

fn met(detail: impl Into<String>) -> Found {
    Found::Met(detail.into())
}

fn against(reason: Reason) -> Found {
    Found::Against(vec![reason])
}

/// Goes on with what was found, or makes a reason of not knowing.
fn known<T>(checked: &Checked<T>, what: &str, go_on: impl FnOnce(&T) -> Found) -> Found {
    match checked {
        Checked::Known(value) => go_on(value),
        Checked::Unknown(why) => {
            let message = format!("cannot tell about {what}: {why}");
            against(Reason::without_step("cannot_tell", message))
        }
    }
}

fn git_in(facts: &Facts, args: &[&str]) -> String {
    shell_words(["git", "-C", &facts.path].iter().chain(args))
}

/// The first characters of a commit, for sentences; the whole id stands in its own field.
fn short(commit: &str) -> &str {
    commit.get(..12).unwrap_or(commit)
}

fn mebibytes(bytes: u64) -> String {
    format!("{} MiB", bytes >> 20)
}

#[cfg(test)]
mod tests;
