//! What all worktrees of a repository share, asked once for all of them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use cli::Failure;
use jiff::Timestamp;
use records::Stamp;
use repo::Error;

use crate::facts::Checked;
use crate::facts::commits::{base_commit, unmerged};
use crate::facts::processes::{self, Running};
use crate::here::Here;
use crate::lane_git::{fields, text};
use crate::registry::Entry;

/// The answers.
pub(super) struct Repository {
    /// The base that counts where none is recorded, or the recorded one is no branch.
    pub(super) default_base: Checked<Option<String>>,
    /// The commit of each base that a worktree can be compared with, by base and by whether the
    /// worktree is on the branch of that name; `None` where it is no branch.
    pub(super) bases: Checked<BTreeMap<(String, bool), Option<String>>>,
    /// By branch.
    pub(super) branches: Checked<BTreeMap<String, Branch>>,
    /// When each commit was made, and its tree.
    pub(super) commits: Checked<BTreeMap<String, Commit>>,
    /// The commits that no remote's branch has.
    pub(super) unpushed: Checked<BTreeSet<String>>,
    /// The branch that each stash was made on.
    pub(super) stashes: Checked<Vec<String>>,
    /// The refs of saved work, by lane.
    pub(super) saved: Checked<BTreeMap<String, Vec<String>>>,
    /// Every process.
    pub(super) processes: Checked<Vec<Running>>,
    /// The commits that are certainly not merged, by the commit of the base, once that is known.
    unmerged: OnceLock<BTreeMap<String, BTreeSet<String>>>,
}

/// Where a branch stands.
#[derive(Debug, Clone, Default)]
pub(super) struct Branch {
    head: String,
    pub(super) upstream: Option<String>,
    /// Commits that the upstream has not, and that it has alone; `None` when it is not there.
    pub(super) from_upstream: Option<(u64, u64)>,
    /// The same for each commit of a base.
    pub(super) from_bases: BTreeMap<String, (u64, u64)>,
}

/// A commit.
#[derive(Debug, Clone)]
pub(super) struct Commit {
    pub(super) tree: String,
    pub(super) at: Option<Stamp>,
}

impl Repository {
    /// Asks. The questions do not depend on each other, so they run side by side.
    pub(super) fn read(
        here: &Here,
        entries: &[Entry],
        processes: Result<Vec<Running>, String>,
    ) -> Self {
        let heads: BTreeSet<String> =
            entries.iter().filter_map(|entry| entry.worktree.head.clone()).collect();
        std::thread::scope(|scope| {
            let unpushed = scope.spawn(|| unpushed(here, &heads));
            let stashes = scope.spawn(|| Ok(stashes(here)?));
            let (default_base, bases) = bases(here, entries);
            let targets = bases.known().into_iter().flatten();
            let targets: BTreeSet<String> =
                targets.filter_map(|(_, commit)| commit.clone()).collect();
            let all = heads.union(&targets).cloned().collect();
            let commits = scope.spawn(move || commits(here, &all));
            Self {
                branches: Checked::from_result(branches(here, entries, &targets)),
                saved: Checked::from_result(saved(here)),
                processes: Checked::from_result(processes),
                unpushed: joined(unpushed),
                stashes: joined(stashes),
                commits: joined(commits),
                default_base,
                bases,
                unmerged: OnceLock::new(),
            }
        })
    }
}

impl Repository {
    /// The tree of one of the commits.
    pub(super) fn tree(&self, commit: &str) -> Option<&str> {
        self.commits.known()?.get(commit).map(|commit| commit.tree.as_str())
    }

    /// Whether the commit `head` is certainly not merged into the commit `base`. The first question
    /// is answered for all worktrees, and the others wait for it.
    pub(super) fn is_unmerged(&self, here: &Here, base: &str, head: &str) -> bool {
        let all = self.unmerged.get_or_init(|| self.unmerged(here));
        all.get(base).is_some_and(|heads| heads.contains(head))
    }

    fn unmerged(&self, here: &Here) -> BTreeMap<String, BTreeSet<String>> {
        let mut near: BTreeMap<String, BTreeMap<String, u64>> = BTreeMap::new();
        for branch in self.branches.known().into_iter().flat_map(BTreeMap::values) {
            for (base, (ahead, behind)) in &branch.from_bases {
                if unmerged::is_near(*ahead, *behind) {
                    near.entry(base.clone()).or_default().insert(branch.head.clone(), *ahead);
                }
            }
        }
        let git = here.git();
        // Where it fails, each worktree is asked about alone, and the row has the error.
        let surely = |(base, heads): (String, _)| {
            Some((unmerged::unmerged(&git, &base, &heads).ok()?, base))
        };
        near.into_iter().filter_map(surely).map(|(heads, base)| (base, heads)).collect()
    }
}

/// The processes, before this tool starts any.
pub(super) fn processes() -> Result<Vec<Running>, String> {
    let mut all = processes::everywhere()?;
    all.retain(|process| process.pid != std::process::id());
    Ok(all)
}

fn joined<T>(thread: std::thread::ScopedJoinHandle<'_, Result<T, Failure>>) -> Checked<T> {
    thread
        .join()
        .map_or_else(|_| Checked::Unknown("a thread ended early".into()), Checked::from_result)
}

type Bases = BTreeMap<(String, bool), Option<String>>;

fn bases(here: &Here, entries: &[Entry]) -> (Checked<Option<String>>, Checked<Bases>) {
    let git = here.git();
    let default = Checked::from_result(repo::default_base(&git));
    let named = |entry: &Entry| {
        let recorded = entry.known.as_ref().and_then(|known| known.last.base.clone());
        let branch = entry.worktree.branch.clone();
        let bases = recorded.into_iter().chain(default.known().cloned().flatten());
        bases.map(move |base| (branch.as_ref() == Some(&base), base)).collect::<Vec<_>>()
    };
    let wanted: BTreeSet<(bool, String)> = entries.iter().flat_map(named).collect();
    let found = wanted.into_iter().map(|(own, base)| {
        let commit = base_commit(&git, &base, own.then_some(&*base))?;
        Ok(((base, own), commit))
    });
    let found = Checked::from_result(found.collect::<Result<Bases, Error>>());
    (default, found)
}

/// One call for all branches: how far each is from its upstream and from each base.
fn branches(
    here: &Here,
    entries: &[Entry],
    targets: &BTreeSet<String>,
) -> Result<BTreeMap<String, Branch>, Error> {
    let names: BTreeSet<String> = entries
        .iter()
        .filter_map(|entry| Some(format!("refs/heads/{}", entry.worktree.branch.as_deref()?)))
        .collect();
    let mut found = BTreeMap::new();
    if names.is_empty() {
        return Ok(found);
    }
    let mut format =
        "--format=%(refname)%00%(objectname)%00%(upstream)%00%(upstream:track,nobracket)"
            .to_owned();
    for target in targets {
        format = format + "%00%(ahead-behind:" + target + ")";
    }
    let args = ["for-each-ref", &format].into_iter().map(str::to_owned).chain(names);
    for line in here.git().text(args)?.lines() {
        let mut fields = line.split('\0');
        let mut next = || fields.next().unwrap_or_default();
        let (name, head, upstream, track) = (next(), next().to_owned(), next(), next());
        let from_bases = targets.iter().filter_map(|target| {
            let (ahead, behind) = next().split_once(' ')?;
            Some((target.clone(), (ahead.parse().ok()?, behind.parse().ok()?)))
        });
        let from_bases = from_bases.collect();
        let Some(name) = name.strip_prefix("refs/heads/") else { continue };
        let short = upstream.strip_prefix("refs/remotes/").or(upstream.strip_prefix("refs/heads/"));
        let upstream = short.unwrap_or(upstream);
        let upstream = (!upstream.is_empty()).then(|| upstream.to_owned());
        let from_upstream = upstream.as_ref().and_then(|_| tracked(track));
        found.insert(name.to_owned(), Branch { head, upstream, from_upstream, from_bases });
    }
    Ok(found)
}

/// Reads `ahead 1, behind 2`; empty when both are 0, `gone` when there is no upstream.
fn tracked(track: &str) -> Option<(u64, u64)> {
    let mut distance = (0, 0);
    for part in track.split(", ").filter(|part| !part.is_empty()) {
        match part.split_once(' ')? {
            ("ahead", n) => distance.0 = n.parse().ok()?,
            ("behind", n) => distance.1 = n.parse().ok()?,
            _ => return None,
        }
    }
    Some(distance)
}

fn commits(here: &Here, heads: &BTreeSet<String>) -> Result<BTreeMap<String, Commit>, Failure> {
    if heads.is_empty() {
        return Ok(BTreeMap::new());
    }
    let args =
        ["log", "--no-walk=unsorted", "--stdin", "--format=%H %T %ct", "--no-show-signature"];
    let git = here.git();
    let ran = git.program(args).stdin(lines(heads)).run()?;
    if !ran.ok() {
        return Err(git.failure(&args, &ran).into());
    }
    let text = String::from_utf8_lossy(&ran.stdout).into_owned();
    let commit = |line: &str| {
        let mut words = line.split(' ').map(str::to_owned);
        let (head, tree, at) = (words.next()?, words.next()?, words.next()?);
        let at = at.parse().ok().and_then(|seconds| Timestamp::from_second(seconds).ok());
        Some((head, Commit { tree, at: at.map(Stamp::new) }))
    };
    Ok(text.lines().filter_map(commit).collect())
}

fn unpushed(here: &Here, heads: &BTreeSet<String>) -> Result<BTreeSet<String>, Failure> {
    if heads.is_empty() {
        return Ok(BTreeSet::new());
    }
    let args = ["rev-list", "--stdin", "--not", "--remotes"];
    let git = here.git();
    let ran = git.program(args).stdin(lines(heads)).run()?;
    if !ran.ok() {
        return Err(git.failure(&args, &ran).into());
    }
    let text = String::from_utf8_lossy(&ran.stdout);
    Ok(text.lines().filter(|line| heads.contains(*line)).map(str::to_owned).collect())
}

fn lines(heads: &BTreeSet<String>) -> String {
    heads.iter().flat_map(|head| [head, "\n"]).collect()
}

/// The branch is in the message that git gives a stash; a stash with another message has none.
fn stashes(here: &Here) -> Result<Vec<String>, Error> {
    let git = here.git();
    let list = match git.commit("refs/stash")? {
        Some(_) => git.bytes(["stash", "list", "-z", "--format=%gs"])?,
        None => Vec::new(),
    };
    let subjects = fields(&list).map(text);
    Ok(subjects
        .filter_map(|subject| {
            let rest = subject.strip_prefix("WIP on ").or_else(|| subject.strip_prefix("On "))?;
            // A branch cannot hold a colon.
            Some(rest.split_once(':')?.0.to_owned())
        })
        .collect())
}

fn saved(here: &Here) -> Result<BTreeMap<String, Vec<String>>, Error> {
    const UNDER: &str = "refs/lanes/saved/";
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let refs = here.git().text(["for-each-ref", "--format=%(refname)", UNDER])?;
    for name in refs.lines() {
        if let Some((lane, _)) = name.strip_prefix(UNDER).and_then(|rest| rest.split_once('/')) {
            found.entry(lane.to_owned()).or_default().push(name.to_owned());
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_far_from_the_upstream() {
        for (track, distance) in [
            ("", Some((0, 0))),
            ("ahead 3", Some((3, 0))),
            ("behind 2", Some((0, 2))),
            ("ahead 3, behind 2", Some((3, 2))),
            ("gone", None),
        ] {
            assert_eq!(tracked(track), distance, "{track}");
        }
    }
}
