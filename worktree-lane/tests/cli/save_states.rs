//! `save` in every state that a lane can be in: the lane is untouched, and the printed commands
//! bring back every byte.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};

use serde_json::Value;
use testkit::{Repo, Tool};

use crate::kept::{files, staged};
use crate::support::{World, codes, commit, git, write};

/// Git in the lane, which may end with a conflict.
fn try_git(dir: &Path, args: &[&str]) {
    Tool::program("git").args(args).dir(dir).run();
}

/// Saves, and demands the same files and the same index in a fresh checkout.
#[track_caller]
fn comes_back(world: &World, lane: &Path) -> (Value, PathBuf) {
    let answer = world.save(lane, &[], 0);
    assert_eq!(answer["saved"], true, "{answer}");
    world.repo.git(["gc", "--quiet", "--prune=now"]);
    let back = world.restored(&answer);
    assert_eq!(files(&back), files(lane));
    assert_eq!(staged(&back), staged(lane));
    (answer, back)
}

/// A lane whose branch and `other` disagree in every way that git has a word for.
fn at_odds() -> (World, PathBuf) {
    let world = World::new();
    let lane = world.lane_98();
    for name in ["both", "ours gone", "theirs gone", "mode"] {
        write(&lane.join(name), "common\n");
    }
    git(&lane, &["add", "--all"]);
    git(&lane, &["commit", "-qm", "common"]);
    git(&lane, &["switch", "-qc", "other"]);
    for (name, text) in [("both", "theirs\n"), ("ours gone", "theirs\n"), ("added", "theirs\n")] {
        write(&lane.join(name), text);
    }
    fs::remove_file(lane.join("theirs gone")).unwrap();
    write(&lane.join("dir"), "a file there\n");
    git(&lane, &["add", "--all"]);
    git(&lane, &["commit", "-qm", "theirs"]);
    git(&lane, &["switch", "-q", "98-crud"]);
    for (name, text) in [("both", "ours\n"), ("theirs gone", "ours\n"), ("added", "ours\n")] {
        write(&lane.join(name), text);
    }
    fs::remove_file(lane.join("ours gone")).unwrap();
    write(&lane.join("dir/file"), "a folder here\n");
    git(&lane, &["add", "--all"]);
    git(&lane, &["commit", "-qm", "ours"]);
    (world, lane)
}

#[test]
fn in_the_middle_of_a_merge_with_conflicts() {
    let (world, lane) = at_odds();
    try_git(&lane, &["merge", "other"]);
    write(&lane.join("both"), "half solved");
    write(&lane.join("untracked"), "x");
    let stages = git(&lane, &["ls-files", "--unmerged"]);
    assert!(stages.lines().count() >= 8, "{stages}");
    let (_, back) = comes_back(&world, &lane);
    assert_eq!(git(&back, &["ls-files", "--unmerged"]), stages);
    assert!(lane.join(git(&lane, &["rev-parse", "--git-path", "MERGE_HEAD"])).exists());
    // Saved or not, the merge itself keeps the lane.
    let refused = world.run(&["remove", "98"]).code(1).json();
    assert!(codes(&refused).contains(&"operation_in_progress"));
    git(&lane, &["add", "--all"]);
    git(&lane, &["commit", "-qm", "merged"]);
}

#[test]
fn in_the_middle_of_a_rebase_and_a_cherry_pick_and_a_revert() {
    let (world, lane) = at_odds();
    try_git(&lane, &["rebase", "other"]);
    comes_back(&world, &lane);
    // The rebase can go on.
    write(&lane.join("both"), "solved");
    git(&lane, &["add", "--all"]);
    git(&lane, &["-c", "core.editor=true", "rebase", "--continue"]);
    try_git(&lane, &["cherry-pick", "HEAD~2"]);
    write(&lane.join("both"), "during a cherry-pick");
    comes_back(&world, &lane);
    try_git(&lane, &["cherry-pick", "--abort"]);
    git(&lane, &["reset", "-q", "--hard"]);
    try_git(&lane, &["revert", "HEAD~1"]);
    write(&lane.join("both"), "during a revert");
    comes_back(&world, &lane);
}

#[test]
fn during_a_bisection_and_on_a_detached_head() {
    let world = World::new();
    let lane = world.lane_98();
    let commits: Vec<String> = ["a", "b", "c", "d"].map(|name| commit(&lane, name)).into();
    git(&lane, &["bisect", "start", &commits[3], &commits[0]]);
    write(&lane.join("a"), "changed");
    comes_back(&world, &lane);
    git(&lane, &["bisect", "reset", "HEAD"]);
    git(&lane, &["switch", "-q", "--detach", &commits[2]]);
    write(&lane.join("a"), "changed again");
    let (answer, _) = comes_back(&world, &lane);
    assert_eq!(answer["head"], *commits[2]);
}

#[test]
fn on_a_branch_without_a_commit() {
    let world = World::new();
    let lane = world.lane_98();
    git(&lane, &["switch", "-q", "--orphan", "nothing-yet"]);
    assert_eq!(world.save(&lane, &[], 0)["saved"], false);
    write(&lane.join("staged"), "1");
    git(&lane, &["add", "staged"]);
    write(&lane.join("staged"), "2");
    write(&lane.join("untracked"), "3");
    comes_back(&world, &lane);
}

#[test]
fn with_an_index_that_git_was_told_to_hide_changes_in() {
    let world = World::new();
    let lane = world.lane_98();
    for name in ["assumed", "skipped", "gone"] {
        write(&lane.join(name), "1");
    }
    git(&lane, &["add", "--all"]);
    git(&lane, &["commit", "-qm", "x"]);
    git(&lane, &["update-index", "--assume-unchanged", "assumed", "gone"]);
    git(&lane, &["update-index", "--skip-worktree", "skipped"]);
    write(&lane.join("assumed"), "hidden");
    write(&lane.join("skipped"), "hidden too");
    fs::remove_file(lane.join("gone")).unwrap();
    write(&lane.join("intended"), "to add");
    git(&lane, &["add", "--intent-to-add", "intended"]);
    let answer = world.save(&lane, &[], 0);
    assert_eq!(answer["tracked"], 4);
    assert_eq!(files(&world.restored(&answer)), files(&lane));
}

#[test]
fn in_a_sparse_checkout() {
    let world = World::new();
    for name in ["in/a", "out/b", "out/c"] {
        world.repo.write(name, "1");
    }
    world.repo.commit_all("more");
    world.repo.git(["push", "-q", "origin", "HEAD"]);
    let lane = world.lane_98();
    for cone in ["--cone", "--no-cone"] {
        git(&lane, &["sparse-checkout", "set", cone, "--sparse-index", "in"]);
        assert!(!lane.join("out/b").exists());
        assert_eq!(world.save(&lane, &[], 0)["saved"], false);
        write(&lane.join("in/a"), format!("changed {cone}"));
        // A file that the checkout leaves out, written all the same.
        write(&lane.join("out/b"), "written");
        let answer = world.save(&lane, &[], 0);
        let mut expected = files(&lane);
        let back = world.restored(&answer);
        for name in ["out/c", ".gitignore", "README.md", "src/main.rs"] {
            expected.insert(name.into(), files(&back)[Path::new(name)].clone());
        }
        assert_eq!(files(&back), expected);
        git(&lane, &["reset", "-q", "--hard"]);
        fs::remove_dir_all(lane.join("out")).unwrap_or_default();
    }
}

#[test]
fn kinds_of_files_that_become_others() {
    let world = World::new();
    let lane = world.lane_98();
    for name in ["file", "to-link", "to-folder", "folder/a", "linked/b", "program", "dropped"] {
        write(&lane.join(name), format!("{name}\n"));
    }
    symlink("file", lane.join("link")).unwrap();
    git(&lane, &["add", "--all"]);
    git(&lane, &["commit", "-qm", "x"]);
    let remove = |name: &str| fs::remove_file(lane.join(name)).unwrap();
    fs::set_permissions(lane.join("program"), fs::Permissions::from_mode(0o755)).unwrap();
    remove("to-link");
    symlink("nowhere/at all", lane.join("to-link")).unwrap();
    remove("link");
    write(&lane.join("link"), "no link any more");
    remove("to-folder");
    write(&lane.join("to-folder/x"), "x");
    fs::remove_dir_all(lane.join("folder")).unwrap();
    write(&lane.join("folder"), "a file");
    fs::rename(lane.join("linked"), lane.join("elsewhere")).unwrap();
    symlink("elsewhere", lane.join("linked")).unwrap();
    git(&lane, &["rm", "-q", "--cached", "dropped"]);
    write(&lane.join("dropped"), "still here, and changed");
    write(&lane.join("staged-then-folder"), "x");
    git(&lane, &["add", "staged-then-folder"]);
    remove("staged-then-folder");
    write(&lane.join("staged-then-folder/x"), "x");
    comes_back(&world, &lane);
}

#[test]
fn names_of_every_kind() {
    let world = World::new();
    let lane = world.lane_98();
    let names: [&[u8]; 8] = [
        b"-rf",
        b" blank at both ends ",
        b"new\nline",
        b"quote\"s and \\ back",
        b"ends with\r",
        b"not utf-8 \xff\xfe",
        b":(top)magic*[x]",
        "größe/文件".as_bytes(),
    ];
    for (number, name) in names.iter().enumerate() {
        write(&lane.join(OsStr::from_bytes(name)), format!("{number}"));
    }
    comes_back(&world, &lane);
    git(&lane, &["add", "--all"]);
    git(&lane, &["commit", "-qm", "all"]);
    for name in names {
        write(&lane.join(OsStr::from_bytes(name)), "changed");
    }
    comes_back(&world, &lane);
}

#[test]
fn bytes_that_filters_and_line_endings_would_change() {
    let world = World::new();
    let lane = world.lane_98();
    let rules = "*.crlf text eol=crlf\n*.id ident\n*.up filter=up\n*.u16 text working-tree-encoding=UTF-16LE\n";
    write(&lane.join(".gitattributes"), rules);
    world.repo.git(["config", "filter.up.clean", "tr a-z A-Z"]);
    world.repo.git(["config", "filter.up.smudge", "tr A-Z a-z"]);
    world.repo.git(["config", "filter.up.required", "true"]);
    let all = ["a.crlf", "a.id", "a.up", "b*.crlf"];
    for name in all {
        write(&lane.join(name), "one\r\n");
    }
    git(&lane, &["add", "--all"]);
    git(&lane, &["commit", "-qm", "x"]);
    for name in all {
        write(&lane.join(name), b"one\r\ntwo\n$Id: by hand $\nMixed Case\r");
    }
    for name in ["new.crlf", "new.id", "new.up"] {
        write(&lane.join(name), b"1\r\n2\n$Id$ X");
    }
    write(&lane.join("odd.u16"), b"not in that encoding");
    let answer = world.save(&lane, &[], 0);
    assert_eq!(answer["restore"].as_array().unwrap().len(), 3, "{answer}");
    assert_eq!(files(&world.restored(&answer)), files(&lane));
    // The same through settings.
    git(&lane, &["rm", "-q", "-f", ".gitattributes"]);
    git(&lane, &["commit", "-qam", "plain"]);
    world.repo.git(["config", "core.autocrlf", "true"]);
    write(&lane.join("README.md"), b"a\r\nb\nc\r\n");
    write(&lane.join("plain"), b"a\r\nb\nc\r\n");
    let answer = world.save(&lane, &[], 0);
    let back = world.restored(&answer);
    for name in ["README.md", "plain"] {
        assert_eq!(fs::read(back.join(name)).unwrap(), b"a\r\nb\nc\r\n");
    }
}

#[test]
fn submodules_are_saved_as_their_commit() {
    let world = World::new();
    let library = Repo::init(world.beside("library"));
    library.commit_file("lib", "1", "first");
    let lane = world.lane_98();
    let from = library.path().to_str().unwrap();
    git(&lane, &["-c", "protocol.file.allow=always", "submodule", "--quiet", "add", from, "lib"]);
    git(&lane, &["commit", "-qm", "library"]);
    assert_eq!(world.save(&lane, &[], 0)["saved"], false);
    let inner = commit(&lane.join("lib"), "more");
    let answer = world.save(&lane, &[], 0);
    let tree = world.repo.git(["ls-tree", answer["commit"].as_str().unwrap(), "lib"]);
    assert!(tree.starts_with(&format!("160000 commit {inner}")), "{tree}");
    write(&lane.join("lib/untracked"), "x");
    let answer = world.save(&lane, &[], 1);
    assert_eq!(answer["not_saved"][0]["path"], "lib");
    assert!(answer["not_saved"][0]["why"].as_str().unwrap().contains("inside the submodule"));
}

#[test]
fn a_lane_that_lost_its_git_file_and_one_with_a_split_index() {
    let world = World::new();
    let lane = world.lane_98();
    git(&lane, &["config", "core.splitIndex", "true"]);
    write(&lane.join("a"), "1");
    git(&lane, &["update-index", "--split-index"]);
    git(&lane, &["add", "a"]);
    write(&lane.join("a"), "2");
    comes_back(&world, &lane);
    let dot_git = fs::read(lane.join(".git")).unwrap();
    fs::remove_file(lane.join(".git")).unwrap();
    write(&lane.join("a"), "3");
    let answer = world.save(&lane, &[], 0);
    write(&lane.join(".git"), dot_git);
    assert_eq!(files(&world.restored(&answer)), files(&lane));
}

#[test]
fn hooks_and_the_reference_transaction_do_not_run() {
    let world = World::new();
    let lane = world.lane_98();
    let ran = world.beside("ran");
    for hook in ["post-index-change", "reference-transaction", "pre-commit", "post-commit"] {
        let path = world.repo.path().join(".git/hooks").join(hook);
        write(&path, format!("#!/bin/sh\necho {hook} >> {}\n", ran.display()));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }
    write(&lane.join("a"), "1");
    git(&lane, &["add", "a"]);
    assert!(ran.exists(), "the hooks work");
    fs::remove_file(&ran).unwrap();
    world.save(&lane, &[], 0);
    assert!(!ran.exists(), "{}", fs::read_to_string(&ran).unwrap());
}

/// A file that shrinks while git reads it ends that git; one that grows was read in part.
#[test]
fn files_that_others_write_to_are_read_again_or_named() {
    let world = World::new();
    let lane = world.lane_98();
    let (busy, calm) = (lane.join("busy"), lane.join("calm"));
    write(&calm, vec![b'x'; 5_000_000]);
    write(&busy, "");
    let stop = std::sync::atomic::AtomicBool::new(false);
    let ordering = std::sync::atomic::Ordering::Relaxed;
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let file = fs::OpenOptions::new().write(true).open(&busy).unwrap();
            while !stop.load(ordering) {
                for length in [3_000_000, 0, 40_000] {
                    file.set_len(length).unwrap();
                }
            }
        });
        for _ in 0..6 {
            let ran = world.run(&["save", "98"]);
            let answer = ran.json();
            let missed = answer["not_saved"].as_array().unwrap();
            let names: Vec<_> = missed.iter().map(|one| one["path"].as_str().unwrap()).collect();
            match ran.exit_code() {
                Some(0) => assert!(names.is_empty(), "{answer}"),
                code => assert_eq!((code, names), (Some(1), vec!["busy"]), "{answer}"),
            }
            let id = format!("{}^3:calm", answer["ref"].as_str().unwrap());
            assert_eq!(world.repo.git(["cat-file", "-s", &id]), "5000000");
        }
        stop.store(true, ordering);
    });
    fs::remove_file(&busy).unwrap();
    comes_back(&world, &lane);
}

/// Git takes a file for unchanged by its time and size; one that was written in the very moment in
/// which the index was can look unchanged, and git knows that by the index's own time.
#[test]
fn a_change_in_the_moment_of_the_index_is_seen() {
    let world = World::new();
    let lane = world.lane_98();
    world.repo.git(["config", "core.trustctime", "false"]);
    let index = git(&lane, &["rev-parse", "--absolute-git-dir"]) + "/index";
    let moment = fs::metadata(lane.join("README.md")).unwrap().modified().unwrap();
    let set = |path: &Path| {
        let file = fs::File::options().write(true).open(path).unwrap();
        file.set_modified(moment).unwrap();
    };
    let write_in_that_moment = |text: &str| {
        write(&lane.join("a"), text);
        set(&lane.join("a"));
    };
    for marks in [&[][..], &["--assume-unchanged"], &["--skip-worktree"]] {
        write_in_that_moment("1");
        git(&lane, &["add", "a"]);
        git(&lane, &["commit", "-q", "--allow-empty", "-m", "x"]);
        if !marks.is_empty() {
            git(&lane, &[&["update-index"][..], marks, &["a"]].concat());
        }
        write_in_that_moment("2");
        set(Path::new(&index));
        let refused = world.run(&["remove", "98"]).code(1).json();
        let expected = if marks.is_empty() { "uncommitted" } else { "hidden_changes" };
        assert!(codes(&refused).contains(&expected), "{marks:?}: {refused}");
        let answer = world.save(&lane, &[], 0);
        let id = format!("{}:a", answer["ref"].as_str().expect("a save"));
        assert_eq!(world.repo.git(["cat-file", "blob", &id]), "2", "{marks:?}");
        for mark in ["--no-assume-unchanged", "--no-skip-worktree"] {
            git(&lane, &["update-index", mark, "a"]);
        }
    }
}
