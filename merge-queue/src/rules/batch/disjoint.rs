//! Whether branches can be combined without any question of content.
//!
//! "They change different files" is not enough: of such pairs git finds a conflict in one of fifty, and
//! with `merge.directoryRenames=true` combines as many to something else than the two changes. It is
//! enough when nothing is deleted either, because a deletion may be half of a rename, and a rename moves
//! what another branch adds. The trees are computed by git all the same; this only picks what is worth
//! verifying together.

use std::collections::BTreeSet;

use crate::rules::diff::{Change, Side, path_text};
use crate::rules::people::folded;

/// What a branch touches, as far as other branches are concerned.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Footprint {
    /// The changed paths in one spelling, without those that are united whatever is in them.
    paths: BTreeSet<String>,
    /// The branch's commits that the base does not have.
    commits: BTreeSet<String>,
    /// Why the branch goes with no other one.
    alone: Option<Alone>,
}

/// Why a branch goes with no other one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Alone {
    /// It deletes something, or moves it, which is the same.
    Deletes,
    /// It changes what is at a submodule's path.
    Submodule,
    /// It changes how git treats other paths: `.gitattributes` or `.gitmodules`.
    Treatment,
    /// It changes the queue's definitions, and with them what the others have to meet. None that comes
    /// after it goes before it, either.
    Definitions,
}

impl Footprint {
    /// Of a branch with these changes against its one merge base with the base.
    ///
    /// `commits` are those that the base does not have. `united` says of a path whether the base has
    /// git keep the lines of both sides (`merge=union`). `definitions` are the definitions' files.
    pub(crate) fn of(
        changes: &[Change],
        commits: impl IntoIterator<Item = String>,
        united: impl Fn(&[u8]) -> bool,
        definitions: &[&[u8]],
    ) -> Self {
        let counts = |change: &&Change| !(edits_a_file(change) && united(&change.path));
        Self {
            paths: changes.iter().filter(counts).map(|change| spelling(&change.path)).collect(),
            commits: commits.into_iter().collect(),
            alone: changes.iter().filter_map(|change| alone(change, definitions)).max(),
        }
    }

    /// Why the branch goes with no other one, if it does not.
    pub(crate) fn alone(&self) -> Option<Alone> {
        self.alone
    }

    /// Whether the branch and the other one can be combined without merging any content.
    pub(crate) fn goes_with(&self, other: &Self) -> bool {
        self.alone.is_none() && other.alone.is_none() && !self.touches(other)
    }

    /// Whether their order matters: they change the same path, one changes a file that is a folder
    /// for the other, or they share commits.
    pub(crate) fn touches(&self, other: &Self) -> bool {
        !self.commits.is_disjoint(&other.commits)
            || meets(&self.paths, &other.paths)
            || meets(&other.paths, &self.paths)
    }
}

/// Whether one of `paths` is among `others`, or inside one of them.
fn meets(paths: &BTreeSet<String>, others: &BTreeSet<String>) -> bool {
    paths.iter().any(|path| {
        let ends = path.match_indices('/').map(|(end, _)| end).chain([path.len()]);
        ends.filter_map(|end| path.get(..end)).any(|folder| others.contains(folder))
    })
}

/// Whether nothing but the content of an ordinary file changes.
fn edits_a_file(change: &Change) -> bool {
    match (&change.old, &change.new) {
        (Some(old), Some(new)) => old.is_file() && new.is_file() && old.mode == new.mode,
        _ => false,
    }
}

fn alone(change: &Change, definitions: &[&[u8]]) -> Option<Alone> {
    let name = change.path.rsplit(|byte| *byte == b'/').next().unwrap_or(&change.path);
    let name = spelling(name);
    if definitions.iter().any(|file| spelling(&change.path) == spelling(file)) {
        Some(Alone::Definitions)
    } else if name == ".gitattributes" || name == ".gitmodules" {
        Some(Alone::Treatment)
    } else if [&change.old, &change.new].into_iter().flatten().any(Side::is_submodule) {
        Some(Alone::Submodule)
    } else {
        change.new.is_none().then_some(Alone::Deletes)
    }
}

/// One spelling for paths that are one file on some machine: many file systems do not tell `A` from `a`.
fn spelling(path: &[u8]) -> String {
    path_text(path).split('/').map(folded).collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: u32 = 0o100_644;

    fn change(path: &str, old: Option<u32>, new: Option<u32>) -> Change {
        let side = |mode: Option<u32>| mode.map(|mode| Side { mode, id: mode.to_string() });
        Change { path: path.into(), old: side(old), new: side(new) }
    }

    fn edit(path: &str) -> Change {
        change(path, Some(FILE), Some(FILE))
    }

    fn of(changes: &[Change], commits: &[&str]) -> Footprint {
        let commits = commits.iter().map(|commit| (*commit).to_owned());
        Footprint::of(
            changes,
            commits,
            |path| path.ends_with(b"CHANGELOG.md"),
            &[b"switchyard.yaml"],
        )
    }

    #[test]
    fn what_a_branch_touches_decides_with_which_it_goes() {
        for (one, other, together) in [
            ("a", "b", true),
            ("a", "a", false),
            ("a/b", "a/c", true),
            ("a/b", "a", false),
            ("a", "a/b/c", false),
            ("ab", "a", true),
            ("README", "readme", false),
            ("Gr\u{f6}\u{df}e/x", "gr\u{f6}\u{df}e", false),
            ("CHANGELOG.md", "CHANGELOG.md", true),
        ] {
            let (one, other) = (of(&[edit(one)], &["1"]), of(&[edit(other)], &["2"]));
            assert_eq!(one.goes_with(&other), together, "{one:?} {other:?}");
            assert_eq!(other.goes_with(&one), together, "{one:?} {other:?}");
            assert_eq!(one.touches(&other), !together);
        }
        assert!(!of(&[edit("a")], &["1", "2"]).goes_with(&of(&[edit("b")], &["2"])));
    }

    #[test]
    fn a_path_is_united_only_where_its_content_alone_changes() {
        let path = "CHANGELOG.md";
        for (old, new) in
            [(None, Some(FILE)), (Some(FILE), Some(0o100_755)), (Some(FILE), Some(0o120_000))]
        {
            let odd = of(&[change(path, old, new)], &["1"]);
            assert!(!odd.goes_with(&of(&[change(path, old, new)], &["2"])), "{odd:?}");
        }
    }

    #[test]
    fn some_branches_go_alone() {
        let file = Some(FILE);
        for (changed, why) in [
            (change("a", file, None), Alone::Deletes),
            (change("sub", None, Some(0o160_000)), Alone::Submodule),
            (change("sub", Some(0o160_000), None), Alone::Submodule),
            (edit("deep/.gitattributes"), Alone::Treatment),
            (change(".gitmodules", None, file), Alone::Treatment),
            (change(".GITattributes", file, None), Alone::Treatment),
            (edit("Switchyard.yaml"), Alone::Definitions),
        ] {
            let alone = of(&[edit("b"), changed], &["1"]);
            assert_eq!(alone.alone(), Some(why));
            assert!(!alone.goes_with(&of(&[edit("c")], &["2"])));
            assert!(!of(&[edit("c")], &["2"]).goes_with(&alone));
        }
        assert_eq!(of(&[edit("nested/switchyard.yaml")], &[]).alone(), None);
    }
}
