//! The scratch worktree, with real repositories.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use testkit::{Repo, Scratch as Folder, Tool};

use super::{REASON, Scratch};
use crate::desk::Desk;

struct World {
    _folder: Folder,
    repo: Repo,
    one: String,
    two: String,
}

impl World {
    fn new() -> Self {
        let folder = Folder::new();
        let repo = Repo::init(folder.path("talos"));
        repo.write(".gitignore", "/target/\n*.log\n");
        repo.write("same", "same\n");
        repo.write("moves", "one\n");
        repo.write("file-or-folder", "a file\n");
        let one = repo.commit_all("One");
        fs::remove_file(repo.file("file-or-folder")).unwrap();
        repo.write("file-or-folder/in", "a folder\n");
        repo.write("moves", "two\n");
        repo.write("new", "new\n");
        let two = repo.commit_all("Two");
        Self { _folder: folder, repo, one, two }
    }

    fn desk(&self) -> Desk {
        Desk::open(self.repo.path(), Some("lead".into())).unwrap()
    }

    fn scratch(&self) -> Scratch {
        Scratch::take(&self.desk()).unwrap()
    }

    /// The worktree is the commit, to the letter, and ignored files are left alone.
    #[track_caller]
    fn holds(&self, scratch: &Scratch, commit: &str) {
        let tree = scratch.tree();
        assert_eq!(git(tree, "rev-parse HEAD"), commit);
        assert!(
            !Tool::program("git")
                .args(["symbolic-ref", "-q", "HEAD"])
                .dir(tree)
                .run()
                .status()
                .success()
        );
        assert_eq!(git(tree, "status --porcelain --untracked-files=all"), "");
        assert_eq!(
            git(tree, "write-tree"),
            self.repo.git(["rev-parse", &format!("{commit}^{{tree}}")])
        );
        let listed = self.repo.git(["ls-tree", "-r", "--name-only", commit]);
        for path in listed.lines() {
            let theirs = self.repo.git(["show", &format!("{commit}:{path}")]);
            assert_eq!(fs::read_to_string(tree.join(path)).unwrap().trim_end(), theirs, "{path}");
        }
    }
}

#[track_caller]
fn git(dir: &Path, words: &str) -> String {
    let ran = Tool::program("git").args(words.split(' ')).dir(dir).run();
    ran.code(0).out().trim().to_owned()
}

#[expect(clippy::disallowed_methods, reason = "a test writes what a command would")]
fn write(path: impl AsRef<Path>, bytes: &str) {
    fs::write(path, bytes).unwrap();
}

/// What tells a file that was written anew from one that was not.
fn stamps(tree: &Path) -> BTreeMap<String, (u64, i64, i64)> {
    let files = git(tree, "ls-files");
    let stamp = |path: &str| {
        let found = tree.join(path).symlink_metadata().unwrap();
        (path.to_owned(), (found.ino(), found.mtime(), found.mtime_nsec()))
    };
    files.lines().map(stamp).collect()
}

#[test]
fn it_is_detached_locked_and_moves_by_what_differs() {
    let world = World::new();
    let scratch = world.scratch();
    scratch.bring(&world.one).unwrap();
    world.holds(&scratch, &world.one);
    let listed = world.repo.git(["worktree", "list", "--porcelain"]);
    assert!(listed.contains(&format!("locked {REASON}")), "{listed}");
    world.repo.git(["worktree", "prune", "--expire", "now"]);

    let before = stamps(scratch.tree());
    fs::create_dir(scratch.tree().join("target")).unwrap();
    write(scratch.tree().join("target/built"), "warm");
    write(scratch.tree().join("litter"), "litter");
    scratch.bring(&world.two).unwrap();
    world.holds(&scratch, &world.two);
    assert_eq!(fs::read_to_string(scratch.tree().join("target/built")).unwrap(), "warm");
    let after = stamps(scratch.tree());
    assert_eq!(after["same"], before["same"]);
    assert_ne!(after["moves"], before["moves"]);

    drop(scratch);
    // The next run finds it as it is.
    let scratch = world.scratch();
    scratch.bring(&world.two).unwrap();
    assert_eq!(stamps(scratch.tree()), after);
    scratch.bring(&world.one).unwrap();
    world.holds(&scratch, &world.one);
    assert_eq!(world.repo.git(["worktree", "list"]).lines().count(), 2);
}

#[test]
fn whatever_was_left_in_it_goes() {
    let world = World::new();
    let scratch = world.scratch();
    scratch.bring(&world.two).unwrap();
    let clean = world.repo.git(["for-each-ref", "refs/heads"]);
    for mess in [
        "echo edited > moves",
        "rm -r file-or-folder new",
        "rm moves && mkdir moves && echo x > moves/x",
        "rm -r file-or-folder && ln -s /nowhere file-or-folder",
        "echo a > same && git add same",
        "git rm -q --cached same",
        "git update-index --assume-unchanged same && echo hidden > same",
        "git update-index --skip-worktree same && echo hidden > same",
        "git checkout -q --orphan other && git rm -rfq .",
        "git commit -q --allow-empty -m more",
        "git merge -q --no-commit --no-ff HEAD~1 -s ours; echo x > .git-x",
        "echo x > same && git commit -qam x && git checkout -q HEAD~1 && echo y > same && git commit -qam y && git merge -q ORIG_HEAD HEAD@{1} ; git merge -q HEAD@{2}",
        ": > \"$(git rev-parse --git-dir)/index.lock\"",
        ": > \"$(git rev-parse --git-dir)/HEAD.lock\"",
        "printf broken > \"$(git rev-parse --git-dir)/index\"",
        "rm \"$(git rev-parse --git-dir)/index\"",
        "printf 'ref: refs/heads/nowhere' > \"$(git rev-parse --git-dir)/HEAD\"",
        "printf '' > \"$(git rev-parse --git-dir)/HEAD\"",
        "rm \"$(git rev-parse --git-dir)/HEAD\"",
        "rm \"$(git rev-parse --git-dir)/commondir\"",
        "rm \"$(git rev-parse --git-dir)/gitdir\"",
        ": > \"$(git rev-parse --git-dir)/gitdir\"",
        "rm .git",
        "echo nonsense > .git",
        "rm .git && git init -q .",
        "rm -r \"$(git rev-parse --git-dir)\"",
        "rm -r \"$PWD\"",
        "d=$PWD; rm -r \"$d\" && ln -s /tmp \"$d\"",
        "mkdir -p nested/deep && git init -q nested/deep && echo x > nested/deep/x",
        "chmod +x same",
    ] {
        Tool::program("sh").args(["-c", mess]).dir(scratch.tree()).run();
        scratch.bring(&world.one).unwrap_or_else(|error| panic!("{mess}: {error}"));
        world.holds(&scratch, &world.one);
        scratch.bring(&world.two).unwrap_or_else(|error| panic!("{mess}: {error}"));
        world.holds(&scratch, &world.two);
        let listed = world.repo.git(["worktree", "list"]);
        assert_eq!(listed.lines().count(), 2, "{mess}: {listed}");
        let admins = fs::read_dir(world.repo.file(".git/worktrees")).unwrap().count();
        assert_eq!(admins, 1, "{mess}");
        assert_eq!(world.repo.git(["for-each-ref", "refs/heads"]), clean, "{mess}");
        assert_eq!(world.repo.git(["status", "--porcelain"]), "", "{mess}");
    }
}

#[test]
fn what_a_command_does_to_it_is_seen() {
    let world = World::new();
    let scratch = world.scratch();
    for (command, seen) in [
        ("true", None),
        ("echo x > built.log; mkdir target; echo x > untracked", None),
        ("touch same moves; git status; git diff", None),
        (": > \"$(git rev-parse --git-dir)/index.lock\"", None),
        ("echo x > same", Some("tracked files were changed: same")),
        ("echo x > same; git add same", Some("tracked files were changed: same")),
        ("rm same moves", Some("tracked files were changed: moves, same")),
        ("chmod +x same", Some("tracked files were changed: same")),
        ("echo x > n; git add n", Some("tracked files were changed: n")),
        ("git update-index --assume-unchanged same; echo x > same", Some("changed: same")),
        ("git commit -q --allow-empty -m x", Some("HEAD was moved to ")),
        ("git checkout -q -b mine", Some("refs/heads/mine was checked out")),
        ("git checkout -q --orphan mine", Some("HEAD was left without a commit")),
        ("git merge -q --no-commit --no-ff -s ours side", Some("an operation of git was begun")),
        ("git bisect start -q", Some("an operation of git was begun")),
    ] {
        let side = world.repo.git([
            "commit-tree",
            "-p",
            &world.one,
            "-m",
            "side",
            &format!("{}^{{tree}}", world.one),
        ]);
        world.repo.git(["tag", "-f", "side", &side]);
        let stand = scratch.bring(&world.two).unwrap();
        Tool::program("sh").args(["-c", command]).dir(scratch.tree()).run();
        let how = scratch.meddled(&stand).unwrap();
        match seen {
            None => assert_eq!(how, None, "{command}"),
            Some(seen) => {
                assert!(how.as_ref().is_some_and(|how| how.contains(seen)), "{command}: {how:?}");
            }
        }
        scratch.bring(&world.two).unwrap();
        world.repo.try_git(["branch", "-D", "mine"]);
    }
}

#[test]
fn line_endings_that_git_calls_changed_are_no_change() {
    let world = World::new();
    world.repo.write("dos", "a\r\nb\r\n");
    world.repo.commit_all("As it is");
    world.repo.write(".gitattributes", "* text=auto eol=lf\n");
    world.repo.git(["add", ".gitattributes"]);
    world.repo.git(["commit", "-q", "-m", "Attributes, and the file is not renormalized"]);
    let commit = world.repo.head();
    let scratch = world.scratch();
    let stand = scratch.bring(&commit).unwrap();
    fs::remove_file(scratch.tree().join("dos")).unwrap();
    write(scratch.tree().join("dos"), "a\r\nb\r\n");
    assert_eq!(scratch.meddled(&stand).unwrap(), None);
    write(scratch.tree().join("dos"), "a\r\nc\r\n");
    assert!(scratch.meddled(&stand).unwrap().unwrap().contains("dos"));
}

#[test]
fn each_run_has_one_of_its_own() {
    let world = World::new();
    let (one, two) = (world.scratch(), world.scratch());
    assert_ne!(one.tree(), two.tree());
    one.bring(&world.one).unwrap();
    two.bring(&world.two).unwrap();
    world.holds(&one, &world.one);
    world.holds(&two, &world.two);
    let first = one.tree().to_path_buf();
    drop(one);
    assert_eq!(world.scratch().tree(), first, "the first that is free");
}

#[test]
fn a_half_made_one_is_made_anew_and_nobody_elses_is_touched() {
    let world = World::new();
    let scratch = world.scratch();
    let mine = world.repo.worktree(world.repo.path().with_file_name("merge-queue-slot-1"), "mine");
    mine.write("work", "not committed\n");
    // Git was killed right after it had made its folder, and before it knew for what.
    let half = world.repo.file(".git/worktrees/merge-queue-slot-11");
    fs::create_dir_all(&half).unwrap();
    write(half.join("locked"), "initializing");
    fs::create_dir_all(scratch.tree()).unwrap();
    write(scratch.tree().join("half"), "half");
    scratch.bring(&world.two).unwrap();
    world.holds(&scratch, &world.two);
    assert_eq!(mine.read("work"), "not committed\n");
    assert_eq!(mine.git(["status", "--porcelain"]), "?? work");
    assert_eq!(world.repo.git(["worktree", "list"]).lines().count(), 3);
}

#[test]
fn an_entry_that_no_git_gets_past_is_taken_away_unless_it_is_just_being_made() {
    let world = World::new();
    let entry = world.repo.file(".git/worktrees/merge-queue-slot-1");
    let broken = |world: &World| {
        fs::create_dir_all(&entry).unwrap();
        write(entry.join("locked"), "initializing");
        write(entry.join("gitdir"), "/nowhere/.git");
        write(entry.join("commondir"), "");
        assert_ne!(world.repo.try_git(["worktree", "list"]).exit_code(), Some(0));
    };
    broken(&world);
    world.desk();
    assert!(!entry.exists());
    let scratch = world.scratch();
    broken(&world);
    world.desk();
    assert!(entry.exists());
    drop(scratch);
    world.scratch().bring(&world.two).unwrap();
    assert_eq!(world.repo.git(["worktree", "list"]).lines().count(), 2);
}

#[test]
fn many_are_made_at_once() {
    let world = World::new();
    let scratches: Vec<Scratch> = (0..6).map(|_| world.scratch()).collect();
    std::thread::scope(|scope| {
        for scratch in &scratches {
            scope.spawn(|| scratch.bring(&world.two).unwrap());
        }
    });
    for scratch in &scratches {
        world.holds(scratch, &world.two);
    }
}

#[test]
fn a_commit_that_is_not_there_leaves_it_as_it_is() {
    let world = World::new();
    let scratch = world.scratch();
    scratch.bring(&world.two).unwrap();
    fs::create_dir(scratch.tree().join("target")).unwrap();
    write(scratch.tree().join("target/built"), "warm");
    assert!(scratch.bring(&"1".repeat(40)).is_err());
    scratch.bring(&world.one).unwrap();
    assert_eq!(fs::read_to_string(scratch.tree().join("target/built")).unwrap(), "warm");
}

#[test]
fn submodules_come_along_when_they_change() {
    // Git takes submodules from files only where its environment says so.
    const PROTOCOLS: &str = "GIT_ALLOW_PROTOCOL";
    if std::env::var_os(PROTOCOLS).is_none() {
        let name = "git::scratch::tests::submodules_come_along_when_they_change";
        let again = Tool::program(std::env::current_exe().unwrap()).args(["--exact", name]);
        again.env(PROTOCOLS, "file").run().code(0).stdout_has("1 passed");
        return;
    }
    let world = World::new();
    let library = Repo::init(world.repo.path().with_file_name("library"));
    let first = library.commit_file("lib.txt", "first\n", "First");
    let allow = ["-c", "protocol.file.allow=always"];
    world.repo.git(
        [&allow[..], &["submodule", "--quiet", "add", library.path().to_str().unwrap(), "lib"]]
            .concat(),
    );
    let with = world.repo.commit_all("With a submodule");
    let second = library.commit_file("lib.txt", "second\n", "Second");
    Tool::program("git").args(["pull", "--quiet"]).dir(world.repo.file("lib")).run().code(0);
    let moved = world.repo.commit_all("A newer one");
    let before = fs::read_to_string(world.repo.file(".git/config")).unwrap();

    let scratch = world.scratch();
    let at = |scratch: &Scratch| git(&scratch.tree().join("lib"), "rev-parse HEAD");
    for (commit, expected) in [(&with, &first), (&moved, &second), (&with, &first)] {
        scratch.bring(commit).unwrap();
        assert_eq!(&at(&scratch), expected);
        assert_eq!(git(scratch.tree(), "status --porcelain"), "");
    }
    assert_eq!(fs::read_to_string(world.repo.file(".git/config")).unwrap(), before);
    // Nothing is asked for where they stay as they are.
    let away = library.path().with_file_name("away");
    fs::rename(library.path(), &away).unwrap();
    let stand = scratch.bring(&with).unwrap();
    write(scratch.tree().join("lib/lib.txt"), "edited\n");
    assert!(scratch.meddled(&stand).unwrap().unwrap().contains("lib"));
    scratch.bring(&with).unwrap();
    assert_eq!(fs::read_to_string(scratch.tree().join("lib/lib.txt")).unwrap(), "first\n");
    scratch.bring(&world.two).unwrap();
    assert_eq!(git(scratch.tree(), "status --porcelain"), "");
}

#[test]
fn filters_are_asked_and_hooks_are_not() {
    let world = World::new();
    world.repo.git(["config", "filter.shout.smudge", "tr a-z A-Z"]);
    world.repo.git(["config", "filter.shout.clean", "tr A-Z a-z"]);
    world.repo.write(".gitattributes", "loud filter=shout\n");
    world.repo.write("loud", "quiet\n");
    let commit = world.repo.commit_all("Filtered");
    let hook = world.repo.file(".git/hooks/post-checkout");
    fs::create_dir_all(hook.parent().unwrap()).unwrap();
    write(&hook, "#!/bin/sh\necho ran >> \"$(git rev-parse --git-common-dir)/hook-ran\"\n");
    Tool::program("chmod").args(["+x"]).arg(&hook).run().code(0);
    let scratch = world.scratch();
    let stand = scratch.bring(&commit).unwrap();
    assert_eq!(fs::read_to_string(scratch.tree().join("loud")).unwrap(), "QUIET\n");
    assert_eq!(scratch.meddled(&stand).unwrap(), None);
    assert!(!world.repo.file(".git/hook-ran").exists());
}
