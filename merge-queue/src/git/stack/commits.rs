//! The commits of a stack are those of `git commit-tree`, byte for byte, whether they were foreseen or not.

use testkit::{Repo, Scratch};

use super::{How, Pushed, Stack};
use crate::desk::Desk;

/// How many branches are merged.
const HEADS: usize = 9;

/// A base, and branches that each add a file and an entry to a list.
fn fork(repo: &Repo) -> (String, Vec<String>) {
    repo.write("CHANGELOG.md", "# Log\n\n- first\n");
    repo.write(".gitattributes", "CHANGELOG.md merge=union\n");
    let base = repo.commit_all("Base");
    let heads = (0..HEADS).map(|number| {
        repo.git(["switch", "--quiet", "--detach", &base]);
        repo.write(format!("src/f{number}"), "x\n");
        repo.write("CHANGELOG.md", format!("# Log\n\n- number {number}\n- first\n"));
        repo.commit_all("Work")
    });
    let heads = heads.collect();
    repo.git(["switch", "--quiet", "main"]);
    (base, heads)
}

fn message(number: usize) -> String {
    format!("Merge n{number}: \"gr\u{f6}\u{df}er\"\n\nQueue-Task: n{number}\n")
}

/// Pushes them all; returns the commits and how many were foreseen.
fn push_all(desk: &Desk, base: &str, heads: &[String], foresee: bool) -> (Vec<String>, usize) {
    let mut stack = Stack::begin(desk, base);
    let messages: Vec<String> = (0..heads.len()).map(message).collect();
    let both = || heads.iter().map(String::as_str).zip(messages.iter().map(String::as_str));
    if foresee {
        stack.foresee(both());
    }
    let push = |(head, message)| match stack.push(head, How::Merge { message }).unwrap() {
        Pushed::Merged(merged) => merged.commit,
        Pushed::Conflict(paths) => panic!("{paths:?}"),
    };
    let commits = both().map(push).collect();
    (commits, stack.foresight.confirmed)
}

/// What `git commit-tree` makes of the same things at the same times.
fn by_commit_tree(repo: &Repo, commit: &str, signed: bool) -> String {
    let date = |format: &str| repo.git(["show", "--no-patch", "--date=raw", format, commit]);
    let parents = repo.git(["show", "--no-patch", "--format=%P", commit]);
    let raw = repo.command().args(["cat-file", "commit", commit]).run();
    let message = raw.stdout.windows(2).position(|pair| pair == b"\n\n").unwrap() + 2;
    let git = repo::Git::new(repo.path());
    let tree = format!("{commit}^{{tree}}");
    let mut args = vec!["commit-tree", &tree, "-F", "-"];
    parents.split(' ').for_each(|parent| args.extend(["-p", parent]));
    if signed {
        args.push("-S");
    }
    let ran = git
        .program(&args)
        .env("GIT_AUTHOR_DATE", date("--format=%ad"))
        .env("GIT_COMMITTER_DATE", date("--format=%cd"))
        .stdin(&raw.stdout[message..])
        .run()
        .unwrap();
    assert!(ran.ok(), "{}", String::from_utf8_lossy(&ran.stderr));
    String::from_utf8_lossy(&ran.stdout).trim().to_owned()
}

/// With these settings, both ways give what `commit-tree` gives; the first foresees so many.
#[track_caller]
fn same(settings: &[(&str, &str)], expected: usize) {
    let scratch = Scratch::new();
    let repo = Repo::init(scratch.path("r"));
    let (base, heads) = fork(&repo);
    for (key, value) in [("user.name", "Ada"), ("user.email", "ada@x.example")] {
        repo.git(["config", key, value]);
    }
    let sign = "cat >/dev/null; echo '[GNUPG:] SIG_CREATED D' >&2\n\
                printf -- '-----BEGIN PGP SIGNATURE-----\\n\\nx\\n-----END PGP SIGNATURE-----\\n'";
    let gpg = scratch.program("gpg", sign);
    repo.git(["config", "gpg.program", gpg.to_str().unwrap()]);
    let mut signed = false;
    for (key, value) in settings {
        repo.git(["config", key, value]);
        signed |= *key == "commit.gpgSign" && *value == "yes";
    }
    let desk = Desk::open(repo.path(), Some("lead".into())).unwrap();
    let (foreseen, confirmed) = push_all(&desk, &base, &heads, true);
    assert_eq!(confirmed, expected);
    let (one_by_one, _) = push_all(&desk, &base, &heads, false);
    for commits in [&foreseen, &one_by_one] {
        let tip = commits.last().unwrap();
        assert_eq!(repo.git(["rev-list", "--count", "--first-parent", tip]), "10");
        for commit in commits {
            assert_eq!(by_commit_tree(&repo, commit, signed), *commit);
            let raw = repo.git(["cat-file", "commit", commit]);
            assert_eq!(raw.contains("\ngpgsig "), signed, "{raw}");
        }
    }
    let tree = |commits: &Vec<String>| desk.objects.tree(commits.last().unwrap()).unwrap();
    assert_eq!(tree(&foreseen), tree(&one_by_one));
    repo.git(["fsck", "--strict"]);
    let log = repo.git(["show", &format!("{}:CHANGELOG.md", foreseen[HEADS - 1])]);
    assert_eq!(log.lines().count(), 3 + HEADS, "{log}");
    assert_eq!(repo.git(["for-each-ref", "refs/switchyard"]), "");
}

#[test]
fn with_nothing_special() {
    same(&[], HEADS);
    same(&[("commit.gpgSign", "no"), ("i18n.commitEncoding", "utf-8")], HEADS);
}

#[test]
fn with_names_that_git_cleans() {
    let settings = [("user.name", " .J\u{fc}rgen <von> \"X\", "), ("author.name", "Grace\tH.")];
    same(&settings, HEADS);
}

#[test]
fn with_a_signature() {
    same(&[("commit.gpgSign", "yes")], 0);
}

#[test]
fn with_another_encoding() {
    same(&[("i18n.commitEncoding", "ISO-8859-1")], 0);
}

#[test]
fn what_was_left_out_or_comes_unforeseen_makes_no_difference() {
    let scratch = Scratch::new();
    let repo = Repo::init(scratch.path("r"));
    let (base, heads) = fork(&repo);
    repo.git(["config", "user.name", "Ada"]);
    repo.git(["config", "user.email", "ada@x.example"]);
    let desk = Desk::open(repo.path(), Some("lead".into())).unwrap();
    let all = |pick: &[usize], foresee: &[usize]| {
        let mut stack = Stack::begin(&desk, &base);
        let messages: Vec<String> = (0..HEADS).map(message).collect();
        stack.foresee(foresee.iter().map(|n| (heads[*n].as_str(), messages[*n].as_str())));
        let mut push = |number: usize| {
            let below = stack.tip().to_owned();
            let how = How::Merge { message: &messages[number] };
            match stack.push(&heads[number], how).unwrap() {
                Pushed::Merged(merged) if merged.changes.len() == 2 => {}
                other => panic!("{other:?}"),
            }
            // Some are taken off again.
            if number == 1 {
                stack.take_off(&below);
            }
        };
        for number in pick {
            push(*number);
        }
        desk.objects.tree(stack.tip()).unwrap()
    };
    for pick in [&[0, 1, 2, 4, 5, 6, 7, 8][..], &[8, 0, 1, 2, 3], &[0, 2, 1, 3, 8, 4]] {
        assert_eq!(all(pick, &[0, 1, 2, 3, 4, 5, 6, 7, 8]), all(pick, &[]), "{pick:?}");
    }
}
