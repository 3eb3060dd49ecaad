//! One row: the answers about one worktree, put together.

use cli::Failure;
use jiff::Timestamp;
use records::worktree_lane::{LaneProcess, LaneState, LaneStatus, Merged, Operation};
use records::{Reason, Stamp};

use crate::facts::commits;
use crate::facts::files::{self, Files, Seen};
use crate::facts::processes::{self, Process};
use crate::facts::{Checked, link};
use crate::here::Here;
use crate::history::{Known, Unfinished};
use crate::lane_git::LaneGit;
use crate::registry::Entry;
use crate::told;

use super::repository::Repository;

/// What was read of one worktree alone.
pub(super) struct Read {
    pub(super) git: LaneGit,
    pub(super) seen: Option<Seen>,
    pub(super) operations: Result<Vec<Operation>, Failure>,
}

/// The row before anything was read.
pub(super) fn begin(entry: &Entry) -> LaneStatus {
    let lane = entry.noun();
    let mut row = LaneStatus {
        project: None,
        lane: lane.lane,
        role: lane.role,
        owner: lane.owner,
        claimed_until: lane.claimed_until,
        kind: lane.kind,
        state: LaneState::Whole,
        path: lane.path,
        branch: lane.branch,
        head: lane.head,
        base: lane.base,
        compared_with: None,
        ahead: None,
        behind: None,
        merged: None,
        upstream: None,
        upstream_ahead: None,
        upstream_behind: None,
        pushed: None,
        staged: None,
        unstaged: None,
        conflicted: None,
        untracked: None,
        ignored: None,
        overlooked: None,
        operations: None,
        locked: lane.locked,
        committed_at: None,
        changed_at: None,
        processes: None,
        stashes: None,
        saved: None,
        problems: Vec::new(),
    };
    row.state = state(entry, &mut row.problems);
    row
}

/// A lane that git no longer lists, and its row before anything was read.
pub(super) fn gone(known: &Known) -> (Entry, LaneStatus) {
    let event = &known.last;
    let worktree = repo::Worktree {
        path: (&event.path).into(),
        branch: Some(event.branch.clone()),
        ..repo::Worktree::default()
    };
    let entry =
        Entry { worktree, admin: None, known: Some(known.clone()), missing: true, main: false };
    let message = match known.unfinished() {
        None => "git does not list it: somebody removed it without worktree-lane",
        Some(_) => "a change of it is under way or was cut short, and git does not list it",
    };
    let problems = vec![Reason::new("gone", message, told::look_at_repair(&event.lane))];
    let row = LaneStatus { state: LaneState::Gone, problems, ..begin(&entry) };
    (entry, row)
}

fn state(entry: &Entry, problems: &mut Vec<Reason>) -> LaneState {
    if entry.worktree.bare {
        let why = "a bare repository has no files";
        problems.push(Reason::without_step("bare", why));
        return LaneState::Bare;
    }
    if entry.missing {
        let why = "the folder is gone, and git still lists it";
        let next = entry.lane().map_or_else(
            || {
                "bring the folder back, or tell git where it is now: git worktree repair PATH"
                    .into()
            },
            told::look_at_repair,
        );
        problems.push(Reason::new("missing", why, next));
        return LaneState::Missing;
    }
    let state = match entry.known.as_ref().and_then(Known::unfinished) {
        None => LaneState::Whole,
        Some(Unfinished::Add) => {
            let why = "the run that was making it is under way or was killed";
            let next = "repeat worktree-lane add for this lane: it undoes what is left";
            problems.push(Reason::new("half_made", why, next));
            LaneState::HalfMade
        }
        Some(_) => {
            let why = "a removal or a restoration is under way or was cut short";
            problems.push(Reason::new("unfinished", why, "worktree-lane trash list"));
            LaneState::Unfinished
        }
    };
    let Some(admin) = &entry.admin else { return state };
    match link::mismatch(&entry.worktree.path, admin) {
        Ok(None) => state,
        Ok(Some(why)) => {
            let next = entry.lane().map_or_else(
                || "git worktree repair PATH, when that is what belongs there".into(),
                told::look_at_repair,
            );
            problems.push(Reason::new("mismatch", why, next));
            LaneState::Unlinked
        }
        Err(failure) => {
            problems.push(unknown("its folder", &failure));
            LaneState::Unlinked
        }
    }
}

/// The problem that something could not be found out.
pub(super) fn unknown(what: &str, why: &dyn std::fmt::Display) -> Reason {
    Reason::without_step(UNKNOWN, format!("{what}: {why}"))
}

/// The code of such problems.
pub(super) const UNKNOWN: &str = "unknown";

/// The row with all answers.
pub(super) fn finish(
    here: &Here,
    entry: &Entry,
    mut row: LaneStatus,
    read: Option<Read>,
    repository: &Repository,
) -> LaneStatus {
    if let Some(read) = read {
        let tree = row.head.as_ref().and_then(|head| repository.tree(head));
        match files::count(&read.git, &entry.worktree.path, read.seen, tree) {
            Ok(files) => files_into(&mut row, files),
            Err(failure) => row.problems.push(unknown("its files", &failure)),
        }
        match read.operations {
            Ok(operations) => row.operations = Some(operations),
            Err(failure) => row.problems.push(unknown("what git is in the middle of", &failure)),
        }
    }
    Facts { here, entry, repository, row: &mut row }.add();
    row
}

fn files_into(row: &mut LaneStatus, files: Files) {
    row.staged = Some(files.staged);
    row.unstaged = Some(files.unstaged);
    row.conflicted = Some(files.conflicted);
    row.untracked = Some(files.untracked);
    row.ignored = Some(files.ignored);
    row.overlooked = Some(files.overlooked);
    let changed = files.changed.and_then(|at| Timestamp::try_from(at).ok());
    row.changed_at = changed.map(Stamp::new);
}

/// What the repository says about one worktree.
struct Facts<'a> {
    here: &'a Here,
    entry: &'a Entry,
    repository: &'a Repository,
    row: &'a mut LaneStatus,
}

impl Facts<'_> {
    fn add(&mut self) {
        let Some(head) = self.row.head.clone() else {
            let why = "there is no commit to speak of";
            if !matches!(self.row.state, LaneState::Gone | LaneState::Bare) {
                self.row.problems.push(Reason::without_step("no_commit", why));
            }
            return self.people();
        };
        let commits = self.take(&self.repository.commits, "its last commit");
        self.row.committed_at = commits.and_then(|all| all.get(&head)).and_then(|commit| commit.at);
        let unpushed = self.take(&self.repository.unpushed, "what is pushed");
        self.row.pushed = unpushed.map(|all| !all.contains(&head));
        let branches = self.take(&self.repository.branches, "where its branch stands");
        let branch = branches.zip(self.row.branch.as_ref()).and_then(|(all, name)| all.get(name));
        if let Some(branch) = branch {
            self.row.upstream.clone_from(&branch.upstream);
            if let Some((ahead, behind)) = branch.from_upstream {
                self.row.upstream_ahead = Some(ahead);
                self.row.upstream_behind = Some(behind);
            } else if let Some(upstream) = &branch.upstream {
                let why = format!("the upstream {upstream} is gone");
                self.row.problems.push(Reason::without_step("upstream_gone", why));
            }
        }
        if let Some(commit) = self.compared_with() {
            let distance = branch.and_then(|branch| branch.from_bases.get(&commit).copied());
            self.compare(&head, &commit, distance);
        }
        self.people();
    }

    /// An answer about the repository; the problem of this row if there is none.
    fn take<'b, T>(&mut self, checked: &'b Checked<T>, what: &str) -> Option<&'b T> {
        if let Checked::Unknown(why) = checked {
            self.row.problems.push(unknown(what, why));
        }
        checked.known()
    }

    /// The commit of the branch to compare with.
    fn compared_with(&mut self) -> Option<String> {
        let default = self.take(&self.repository.default_base, "the default branch")?;
        let bases = self.take(&self.repository.bases, "the base")?;
        let candidates = [self.row.base.as_ref(), default.as_ref()];
        for base in candidates.into_iter().flatten() {
            let own = self.row.branch.as_ref() == Some(base);
            if let Some(Some(commit)) = bases.get(&(base.clone(), own)) {
                self.row.compared_with = Some(base.clone());
                return Some(commit.clone());
            }
            if own {
                // The branch itself: there is nothing to compare it with.
                return None;
            }
        }
        let why = "there is no base to compare with";
        let next = "git remote set-head origin --auto";
        self.row.problems.push(Reason::new("no_base", why, next));
        None
    }

    fn compare(&mut self, head: &str, base: &str, distance: Option<(u64, u64)>) {
        let distance = match distance {
            Some(distance) => Ok(distance),
            None => commits::distance(&self.here.git(), head, base),
        };
        let (ahead, behind) = match distance {
            Ok(distance) => distance,
            Err(error) => {
                return self.row.problems.push(unknown("its distance to the base", &error));
            }
        };
        (self.row.ahead, self.row.behind) = (Some(ahead), Some(behind));
        self.row.merged = match self.merged(head, base, ahead, behind) {
            Ok(Merged::No)
                if behind > commits::RECENT
                    && !self.repository.is_unmerged(self.here, base, head) =>
            {
                let why = format!(
                    "it is not known to be merged, but only {} of the {behind} commits that it is \
                     behind were compared with it as a whole",
                    commits::RECENT
                );
                return self.row.problems.push(Reason::without_step("merge_unproven", why));
            }
            Ok(merged) => Some(merged),
            Err(error) => return self.row.problems.push(unknown("whether it is merged", &error)),
        };
    }

    /// Most answers need no question.
    fn merged(
        &self,
        head: &str,
        base: &str,
        ahead: u64,
        behind: u64,
    ) -> Result<Merged, repo::Error> {
        let begun = self.entry.known.as_ref().and_then(|known| known.last.base_commit.as_deref());
        let tree = |commit: &str| self.repository.tree(commit);
        match (ahead, behind) {
            (0, _) if begun == Some(head) => Ok(Merged::Nothing),
            (0, _) => Ok(Merged::Ancestor),
            // The base has not moved, so nothing of it can be there, unless it adds up to nothing.
            (_, 0)
                if tree(head).is_some()
                    && tree(base).is_some_and(|base| tree(head) != Some(base)) =>
            {
                Ok(Merged::No)
            }
            _ if self.repository.is_unmerged(self.here, base, head) => Ok(Merged::No),
            _ => commits::merged(&self.here.git(), &self.here.common_dir, base, head),
        }
    }

    /// Who and what is at work.
    fn people(&mut self) {
        let path = &self.entry.worktree.path;
        if !self.entry.missing
            && let Some(all) = self.take(&self.repository.processes, "the processes")
        {
            match processes::among(all, path, false) {
                Ok(inside) => {
                    let inside = inside.into_iter();
                    let noun = |it: Process| LaneProcess { pid: it.pid, name: it.name };
                    self.row.processes = Some(inside.map(noun).collect());
                }
                Err(why) => self.row.problems.push(unknown("the processes", &why)),
            }
        }
        if let Some(all) = self.take(&self.repository.stashes, "the stashes") {
            let on_branch = all.iter().filter(|branch| self.row.branch.as_ref() == Some(branch));
            self.row.stashes = Some(on_branch.count() as u64);
        }
        if let Some(all) = self.take(&self.repository.saved, "what is saved") {
            let lane = self.row.lane.as_ref();
            let saved = lane.and_then(|lane| all.get(lane));
            self.row.saved = Some(saved.cloned().unwrap_or_default());
        }
    }
}
