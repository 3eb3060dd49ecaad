//! Which lanes are certainly not merged, told for many of them at once by the names of changed files.
//!
//! [`super::merged`] takes a dozen git processes for a lane. Most lanes are at work, and that they are
//! not merged shows in the names alone, which git gives for all lanes in four processes:
//!
//! - It is not *rebased* when it holds a merge, or a commit for which no commit of the base changes the
//!   same files.
//! - It is not *squashed* when no commit of the base changes the files that the lane changes all in
//!   all, and a trial merge would change the base. It would when the lane changes a file that the base
//!   has as it was where the lane began. Renames do not matter to a file that is there in all three;
//!   and to others not as long as the base has taken no file away, for what stays was not renamed.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use repo::{Error, Git};

use super::piped;

/// A base that is further ahead is not listed: what was shown of it would come late for every lane.
const FAR: u64 = 2000;

/// Whether a lane is worth asking about together with others.
pub(crate) fn is_near(ahead: u64, behind: u64) -> bool {
    ahead > 0 && (1..=FAR).contains(&behind)
}

/// Those of `heads` that are certainly not merged into the commit `base`. Nothing is said about the
/// others. Each comes with the number of its commits that the base has not: where git lists another
/// number, commits have times that mislead it.
pub(crate) fn unmerged(
    git: &Git,
    base: &str,
    heads: &BTreeMap<String, u64>,
) -> Result<BTreeSet<String>, Error> {
    if heads.is_empty() {
        return Ok(BTreeSet::new());
    }
    let graph = Graph::read(git, base, heads)?;
    let mut lanes = Vec::new();
    for (head, ahead) in heads {
        let lane = graph.lane(git, head)?;
        lanes.extend(lane.filter(|lane| lane.commits.len() as u64 == *ahead));
    }
    let forks: BTreeSet<&str> = lanes.iter().map(|lane| lane.fork).collect();
    let Some(since) = common(git, &forks)? else { return Ok(BTreeSet::new()) };
    let landed = git.text(["rev-list", "--no-merges", base, &format!("^{since}")])?;
    let changes = Changes::read(git, &graph, base, &lanes, &landed)?;
    let theirs: HashSet<&[String]> =
        landed.lines().map(|commit| changes.of_commit(commit)).collect();
    let surely = lanes.iter().filter(|lane| {
        let all = changes.between(graph.tree(lane.fork), graph.tree(lane.head));
        let rebased = !lane.has_merge
            && lane.commits.iter().all(|commit| theirs.contains(changes.of_commit(commit)));
        let as_one = theirs.contains(&*all.names());
        let since = changes.between(graph.tree(lane.fork), graph.tree(base));
        !rebased && !as_one && all.would_change(since)
    });
    Ok(surely.map(|lane| lane.head.to_owned()).collect())
}

/// The commits that the base has not, and those that they begin at.
struct Graph(BTreeMap<String, Commit>);

struct Commit {
    tree: String,
    parents: Vec<String>,
    in_base: bool,
}

/// What only one lane has.
struct Lane<'a> {
    head: &'a str,
    fork: &'a str,
    commits: Vec<&'a str>,
    has_merge: bool,
}

impl Graph {
    fn read(git: &Git, base: &str, heads: &BTreeMap<String, u64>) -> Result<Self, Error> {
        let args = ["log", "--stdin", "--boundary", "--no-show-signature", "--format=%m %H %T %P"];
        let asked: String = heads.keys().flat_map(|head| [head, "\n"]).collect();
        let text = piped(git, &args, asked + "^" + base + "\n")?;
        let mut commits = BTreeMap::new();
        for line in String::from_utf8_lossy(&text).lines() {
            let mut words = line.split_whitespace();
            if let (Some(mark), Some(name), Some(tree)) = (words.next(), words.next(), words.next())
            {
                let parents = words.map(str::to_owned).collect();
                let commit = Commit { tree: tree.to_owned(), parents, in_base: mark == "-" };
                commits.insert(name.to_owned(), commit);
            }
        }
        // Nothing begins at the base itself when all are behind it.
        if !commits.contains_key(base) {
            let tree = git.text(["rev-parse", "--verify", &format!("{base}^{{tree}}")])?;
            commits.insert(base.to_owned(), Commit { tree, parents: Vec::new(), in_base: true });
        }
        Ok(Self(commits))
    }

    fn tree(&self, commit: &str) -> &str {
        self.0.get(commit).map_or("", |commit| &commit.tree)
    }

    /// What a lane has; `None` when it does not begin at one commit.
    fn lane<'a>(&'a self, git: &Git, head: &'a str) -> Result<Option<Lane<'a>>, Error> {
        let mut lane = Lane { head, fork: "", commits: Vec::new(), has_merge: false };
        let mut forks = BTreeSet::new();
        let mut met = HashSet::new();
        let mut next = vec![head];
        while let Some(name) = next.pop() {
            let Some((name, commit)) = self.0.get_key_value(name) else { return Ok(None) };
            if commit.in_base {
                forks.insert(name.as_str());
            } else if met.insert(name) {
                lane.has_merge |= commit.parents.len() > 1;
                lane.commits.push(name);
                next.extend(commit.parents.iter().map(String::as_str));
            }
        }
        if forks.len() > 1 {
            // The base was merged into it: only the last of them counts.
            let args = ["merge-base", "--independent"].into_iter().chain(forks.iter().copied());
            let last = git.text(args)?;
            forks.retain(|fork| *fork == last);
        }
        Ok(forks.first().map(|fork| Lane { fork, ..lane }))
    }
}

/// A commit from which all of `forks` come.
fn common(git: &Git, forks: &BTreeSet<&str>) -> Result<Option<String>, Error> {
    if forks.len() < 2 {
        return Ok(forks.first().map(|fork| (*fork).to_owned()));
    }
    let args: Vec<&str> =
        ["merge-base", "--octopus"].into_iter().chain(forks.iter().copied()).collect();
    let ran = git.try_run(&args)?;
    match ran.code() {
        Some(0) => Ok(Some(String::from_utf8_lossy(&ran.stdout).trim().to_owned())),
        Some(1) => Ok(None),
        _ => Err(git.failure(&args, &ran)),
    }
}

/// What changed: a letter of git's and a name, as git quotes it, for each file.
#[derive(Default)]
struct Change(BTreeMap<String, char>);

impl Change {
    fn names(&self) -> Vec<String> {
        self.0.keys().cloned().collect()
    }

    /// Whether merging this would change something, when the other side has changed as `other`.
    fn would_change(&self, other: &Self) -> bool {
        let takes_away = other.0.values().any(|kind| *kind == 'D');
        self.0.iter().any(|(name, kind)| {
            let stays = matches!(kind, 'M' | 'T');
            (stays || !takes_away) && !other.0.contains_key(name)
        })
    }
}

/// The changes of commits, and between two trees.
struct Changes {
    commits: BTreeMap<String, Vec<String>>,
    trees: BTreeMap<(String, String), Change>,
    none: Change,
}

impl Changes {
    fn read(
        git: &Git,
        graph: &Graph,
        base: &str,
        lanes: &[Lane<'_>],
        landed: &str,
    ) -> Result<Self, Error> {
        let mut asked: BTreeSet<String> = landed.lines().map(str::to_owned).collect();
        for lane in lanes {
            for tip in [lane.head, base] {
                asked.insert(format!("{} {}", graph.tree(lane.fork), graph.tree(tip)));
            }
            if !lane.has_merge {
                asked.extend(lane.commits.iter().map(|commit| (*commit).to_owned()));
            }
        }
        let args = [
            "diff-tree",
            "--stdin",
            "-r",
            "--root",
            "--name-status",
            "--no-renames",
            "--ignore-submodules=none",
        ];
        let asked: String = asked.iter().flat_map(|line| [line, "\n"]).collect();
        let text = piped(git, &args, asked)?;
        Ok(Self::parse(&String::from_utf8_lossy(&text)))
    }

    /// Each change stands under a line with what it is of. Only the lines of files have a tab.
    fn parse(text: &str) -> Self {
        let mut all: BTreeMap<&str, Change> = BTreeMap::new();
        let mut of = "";
        for line in text.lines() {
            match line.split_once('\t') {
                Some((kind, name)) => {
                    let kind = kind.chars().next().unwrap_or('?');
                    all.entry(of).or_default().0.insert(name.to_owned(), kind);
                }
                None => of = line,
            }
        }
        let mut changes =
            Self { commits: BTreeMap::new(), trees: BTreeMap::new(), none: Change::default() };
        for (of, change) in all {
            match of.split_once(' ') {
                Some((from, to)) => {
                    changes.trees.insert((from.to_owned(), to.to_owned()), change);
                }
                None => drop(changes.commits.insert(of.to_owned(), change.names())),
            }
        }
        changes
    }

    /// The names of the files that a commit changes, in order.
    fn of_commit(&self, commit: &str) -> &[String] {
        self.commits.get(commit).map(Vec::as_slice).unwrap_or_default()
    }

    fn between(&self, from: &str, to: &str) -> &Change {
        self.trees.get(&(from.to_owned(), to.to_owned())).unwrap_or(&self.none)
    }
}

#[cfg(test)]
mod tests;
