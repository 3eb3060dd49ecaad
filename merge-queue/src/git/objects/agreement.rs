//! Both ways of reading give the same answers.

use proptest::prelude::*;
use repo::{Git, Place};
use testkit::{Repo, Scratch};

use super::Objects;
use crate::rules::diff::digest;

fn both(repo: &Repo) -> (Objects, Objects) {
    let place = Place::find(repo.path()).unwrap();
    let (one, other) = (Objects::open(&place), Objects::through_program(&place));
    assert!(matches!(one, Objects::InProcess(_)), "libgit2 opens an ordinary repository");
    (one, other)
}

/// Asks both everything about two commits and compares.
#[track_caller]
fn agree(repo: &Repo, one: &str, other: &str) {
    let (a, b) = both(repo);
    for (x, y) in [(one, other), (other, one), (one, one)] {
        assert_eq!(a.has(x).unwrap(), b.has(x).unwrap());
        assert_eq!(a.tree(x).unwrap(), b.tree(x).unwrap());
        assert_eq!(a.merge_bases(x, y).unwrap(), b.merge_bases(x, y).unwrap());
        assert_eq!(a.reachable(x, y).unwrap(), b.reachable(x, y).unwrap());
        let commits = a.commits(x, y).unwrap();
        assert_eq!(commits, b.commits(x, y).unwrap());
        let nowhere = "1".repeat(40);
        let asked = commits.iter().map(String::as_str).chain([x, y, &nowhere]).collect();
        for objects in [&a, &b] {
            let reached = objects.reachable_of(&asked, x).unwrap();
            let each = asked.iter().filter(|commit| objects.reachable(commit, x).unwrap());
            assert!(each.eq(&reached));
        }
        assert_eq!(a.people(x, y).unwrap(), b.people(x, y).unwrap());
        let (changes, same) = (a.diff(x, y).unwrap(), b.diff(x, y).unwrap());
        assert_eq!(changes, same);
        assert_eq!(digest(&changes), shell_digest(repo, x, y));
        let paths = changes.iter().map(|change| String::from_utf8_lossy(&change.path).into_owned());
        for path in paths.chain(["nowhere".into(), "nowhere/at/all".into()]) {
            assert_eq!(a.entry(x, &path).unwrap(), b.entry(x, &path).unwrap(), "{path}");
            assert_eq!(a.file(x, &path).unwrap(), b.file(x, &path).unwrap(), "{path}");
        }
    }
}

/// The digest as the documentation says that anybody can compute it.
fn shell_digest(repo: &Repo, old: &str, new: &str) -> String {
    let git = Git::new(repo.path());
    let args = ["diff-tree", "-r", "-z", "--no-renames", "--no-abbrev", old, new];
    let ran = git.program(args).env("GIT_NO_REPLACE_OBJECTS", "1").run().unwrap();
    assert!(ran.ok());
    records::sha256_hex(&ran.stdout)
}

#[test]
fn about_every_sort_of_change() {
    let scratch = Scratch::new();
    let repo = Repo::init(scratch.path("r"));
    repo.write("gone.txt", "gone\n");
    repo.write("changed.txt", "one\n");
    repo.write("moved/from.txt", "a long enough text to be found as a rename\n");
    repo.write("file-or-folder", "file\n");
    repo.write("folder-or-file/in.txt", "in\n");
    repo.write("größe/naïve file.txt", "ü\n");
    repo.write("a.b", "1\n");
    repo.write("a/b", "1\n");
    repo.write("a0", "1\n");
    repo.write("tool.sh", "#!/bin/sh\n");
    repo.write("link-to-be", "target");
    let one = repo.commit_all("One");
    repo.switch_new("side");
    repo.git(["rm", "--quiet", "-r", "gone.txt", "file-or-folder", "folder-or-file", "link-to-be"]);
    repo.git(["mv", "moved/from.txt", "moved/to.txt"]);
    repo.write("changed.txt", "two\n");
    repo.write("file-or-folder/in.txt", "in\n");
    repo.write("folder-or-file", "file\n");
    repo.write("größe/naïve file.txt", "ü\nü\n");
    repo.write("a.b", "2\n");
    repo.write("a/b", "2\n");
    repo.write("a0", "2\n");
    std::os::unix::fs::symlink("changed.txt", repo.file("link-to-be")).unwrap();
    repo.git(["add", "--all"]);
    repo.git(["update-index", "--chmod=+x", "tool.sh"]);
    // A submodule is an entry like any other, even if it asks not to be looked at.
    let module = format!("160000,{one},module");
    repo.git(["update-index", "--add", "--cacheinfo", &module]);
    repo.git(["commit", "--quiet", "-m", "Two\n\nCo-authored-by: Grace <grace@example.invalid>"]);
    let two = repo.head();
    agree(&repo, &one, &two);
    repo.git(["config", "diff.ignoreSubmodules", "all"]);
    repo.git(["config", "diff.renames", "copies"]);
    let (a, b) = both(&repo);
    let changes = a.diff(&one, &two).unwrap();
    assert_eq!(changes, b.diff(&one, &two).unwrap());
    let paths: Vec<String> =
        changes.iter().map(|c| crate::rules::diff::path_text(&c.path)).collect();
    assert!(paths.contains(&"module".to_owned()), "{paths:?}");
    assert!(paths.contains(&"moved/from.txt".to_owned()), "{paths:?}");
    assert!(paths.contains(&"moved/to.txt".to_owned()), "{paths:?}");
}

#[test]
fn about_every_sort_of_history() {
    let scratch = Scratch::new();
    let repo = Repo::init(scratch.path("r"));
    repo.commit_file("base", "0", "Base");
    repo.branch("left");
    repo.switch_new("right");
    let right = repo.commit_file("right", "1", "Right");
    repo.switch("left");
    let left = repo.commit_file("left", "1", "Left");
    agree(&repo, &left, &right);
    // Criss-cross: two best common ancestors.
    repo.git(["merge", "--quiet", "-m", "Take right", &right]);
    let left = repo.commit_file("left", "2", "Left again");
    repo.switch("right");
    repo.git(["merge", "--quiet", "-m", "Take left", "left~2"]);
    let right = repo.commit_file("right", "2", "Right again");
    agree(&repo, &left, &right);
    let (a, _) = both(&repo);
    assert_eq!(a.merge_bases(&left, &right).unwrap().len(), 2);
    // Unrelated.
    repo.git(["switch", "--quiet", "--orphan", "alone"]);
    let alone = repo.commit_file("alone", "1", "Alone");
    agree(&repo, &left, &alone);
    assert_eq!(a.merge_bases(&left, &alone).unwrap(), Vec::<String>::new());
    // A commit that is not there.
    let (a, b) = both(&repo);
    let nowhere = "1".repeat(40);
    assert!(!a.has(&nowhere).unwrap() && !b.has(&nowhere).unwrap());
    assert!(!a.reachable(&nowhere, &left).unwrap() && !b.reachable(&nowhere, &left).unwrap());
}

#[test]
fn about_names_in_any_encoding_and_replaced_objects() {
    let scratch = Scratch::new();
    let repo = Repo::init(scratch.path("r"));
    let one = repo.commit_file("a", "1", "One");
    repo.git(["config", "i18n.commitEncoding", "ISO-8859-1"]);
    repo.write("a", "2");
    repo.git(["commit", "--quiet", "--all", "-m", "Two", "--author", "J\u{fc}rgen <J@X.example>"]);
    let two = repo.head();
    agree(&repo, &one, &two);
    repo.write("a", "3");
    let three = repo.commit_all("Three");
    repo.git(["replace", &three, &one]);
    agree(&repo, &two, &three);
}

#[test]
fn about_a_tree_that_has_an_entry_twice() {
    let scratch = Scratch::new();
    let repo = Repo::init(scratch.path("r"));
    let one = repo.commit_file("a", "1", "One");
    let blob = repo.git(["rev-parse", "HEAD:a"]);
    let tree = repo.git(["rev-parse", "HEAD^{tree}"]);
    let file = format!("100644 blob {blob}\tb\n");
    let program = format!("100755 blob {blob}\tb\n");
    let folder = format!("040000 tree {tree}\tb\n");
    for (second, both_refuse) in [(program, true), (folder, false)] {
        let made = repo.command().arg("mktree").stdin(format!("{file}{second}")).run();
        let made = made.code(0).out().trim().to_owned();
        let two = repo.git(["commit-tree", &made, "-p", &one, "-m", "Two"]);
        let (a, b) = both(&repo);
        let error = a.diff(&one, &two).unwrap_err().to_string();
        assert!(error.contains("'b' twice"), "{error}");
        // Git shows a file and a folder in two places, where a reviewer sees both.
        assert_eq!(b.diff(&one, &two).is_err(), both_refuse);
    }
}

#[test]
fn about_refs() {
    let scratch = Scratch::new();
    let repo = Repo::init(scratch.path("r"));
    repo.commit_file("a", "1", "One");
    repo.git(["tag", "-a", "-m", "Nested", "light"]);
    repo.git(["tag", "-a", "-m", "A tag of a tag", "v1", "light"]);
    repo.git(["tag", "a-file", "HEAD:a"]);
    repo.git(["symbolic-ref", "refs/heads/other", "refs/heads/main"]);
    repo.git(["symbolic-ref", "refs/heads/nowhere", "refs/heads/gone"]);
    repo.git(["branch", "gr\u{f6}\u{df}e/x"]);
    repo.write(".git/refs/heads/missing", format!("{}\n", "1".repeat(40)));
    repo.write(".git/refs/heads/damaged", "nonsense\n");
    repo.git(["pack-refs", "--include", "refs/tags/*"]);
    let (a, b) = both(&repo);
    let git = Git::new(repo.path());
    let names =
        ["main", "other", "nowhere", "gr\u{f6}\u{df}e/x", "gr\u{f6}\u{df}e", "missing", "damaged"]
            .map(|name| format!("refs/heads/{name}"));
    let odd =
        ["refs/tags/v1", "refs/tags/a-file", "refs/heads/main~1", "main", "HEAD", "refs/heads/"];
    let odd = odd.into_iter().chain(["", "refs/heads/../heads/main", "refs/heads/main@{0}"]);
    let mut there = 0;
    for name in names.iter().map(String::as_str).chain(odd) {
        match (a.at_ref(&git, name), b.at_ref(&git, name)) {
            (Ok(one), Ok(other)) => {
                assert_eq!(one, other, "{name}");
                there += usize::from(one.is_some());
            }
            (one, other) => assert!(one.is_err() && other.is_err(), "{name}: {one:?} {other:?}"),
        }
    }
    assert_eq!(there, 4);
}

#[test]
fn where_libgit2_cannot_open_the_repository_git_answers() {
    for (name, options) in
        [("sha256", Repo::options().sha256()), ("reftable", Repo::options().reftable())]
    {
        let scratch = Scratch::new();
        let repo = options.init(scratch.path("r"));
        let one = repo.commit_file("a", "1", "One");
        let two = repo.commit_file("b/c", "2", "Two");
        let place = Place::find(repo.path()).unwrap();
        let objects = Objects::open(&place);
        assert!(matches!(objects, Objects::Program(_)), "{name}");
        assert!(objects.reachable(&one, &two).unwrap());
        let changes = objects.diff(&one, &two).unwrap();
        assert_eq!(digest(&changes), shell_digest(&repo, &one, &two), "{name}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn about_any_history(seed in any::<u64>(), commits in 2_usize..30, files in 1_usize..40) {
        let scratch = Scratch::new();
        let repo = Repo::init(scratch.path("r"));
        repo.commit_file("start", "0", "Start");
        repo.branch("side");
        let one = repo.seeded_history(seed, commits, files);
        repo.switch("side");
        let other = repo.seeded_history(seed.wrapping_add(1), commits, files);
        agree(&repo, &one, &other);
        agree(&repo, &repo.rev("main~1"), &one);
    }
}
