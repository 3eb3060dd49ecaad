//! Repositories: the same every time, in every format.

use testkit::{Repo, RepoOptions, Scratch};

fn small(options: RepoOptions, scratch: &Scratch, name: &str) -> Repo {
    let repo = options.init(scratch.path(name));
    repo.commit_file("README.md", "hello\n", "Add a readme");
    repo.commit_file("src/a.txt", "a\n", "Add a");
    repo
}

#[test]
fn ids_are_the_same_on_every_machine() {
    let scratch = Scratch::new();
    let repo = small(Repo::options(), &scratch, "proj");
    assert_eq!(repo.head(), "559f9161d7868660fc2c29fcad1162d02e155c42");
    assert_eq!(
        repo.git(["log", "--format=%an|%ae|%cI|%s"]),
        "Test Author|author@example.invalid|2026-01-24T12:01:00Z|Add a\n\
         Test Author|author@example.invalid|2026-01-24T12:00:00Z|Add a readme"
    );
    assert_eq!(small(Repo::options(), &scratch, "again").head(), repo.head());
}

#[test]
fn every_format_works_the_same() {
    let scratch = Scratch::new();
    let formats = [
        ("sha256", Repo::options().sha256(), 64, "sha256", "files"),
        ("reftable", Repo::options().reftable(), 40, "sha1", "reftable"),
        ("both", Repo::options().sha256().reftable(), 64, "sha256", "reftable"),
    ];
    for (name, options, digits, objects, refs) in formats {
        let repo = small(options, &scratch, name);
        assert_eq!(repo.head().len(), digits, "{name}");
        assert_eq!(
            repo.git(["rev-parse", "--show-object-format", "--show-ref-format"]),
            format!("{objects}\n{refs}")
        );
        let origin = repo.bare_origin();
        assert_eq!(origin.rev("main"), repo.head());
        assert_eq!(
            origin.git(["rev-parse", "--show-object-format", "--show-ref-format"]),
            format!("{objects}\n{refs}")
        );
        assert_eq!(repo.seeded_history(1, 20, 4), small_history(options, &scratch, name));
    }
}

fn small_history(options: RepoOptions, scratch: &Scratch, name: &str) -> String {
    small(options, scratch, &format!("{name}-again")).seeded_history(1, 20, 4)
}

#[test]
fn an_origin_is_an_upstream() {
    let scratch = Scratch::new();
    let repo = small(Repo::options(), &scratch, "proj");
    let origin = repo.bare_origin();
    assert_eq!(origin.path(), scratch.path("proj.origin.git"));
    assert_eq!(repo.git(["rev-parse", "--abbrev-ref", "main@{upstream}"]), "origin/main");
    assert_eq!(repo.git(["rev-parse", "--abbrev-ref", "origin/HEAD"]), "origin/main");
    repo.commit_all("Nothing new");
    repo.git(["push", "--quiet"]);
    assert_eq!(origin.rev("main"), repo.head());
}

#[test]
fn a_worktree_shares_the_clock_of_its_repository() {
    let scratch = Scratch::new();
    let repo = small(Repo::options(), &scratch, "proj");
    let lane = repo.worktree(scratch.path("lane"), "7-fix");
    assert_eq!(lane.git(["branch", "--show-current"]), "7-fix");
    lane.write("b.txt", "b\n");
    let there = lane.commit_all("Add b");
    let here = repo.commit_file("c.txt", "c\n", "Add c");
    assert_eq!((lane.head(), repo.rev("7-fix"), repo.head()), (there.clone(), there, here));
    assert_eq!(repo.git(["log", "-1", "--format=%cI"]), "2026-01-24T12:03:00Z");
    assert_eq!((lane.read("b.txt"), repo.file("b.txt").exists()), ("b\n".to_owned(), false));
}

#[test]
fn branches_are_made_and_switched() {
    let scratch = Scratch::new();
    let repo = small(Repo::options(), &scratch, "proj");
    repo.branch("later");
    assert_eq!(repo.git(["branch", "--show-current"]), "main");
    repo.switch_new("now");
    repo.commit_all("On now");
    repo.switch("later");
    assert_ne!(repo.head(), repo.rev("now"));
    assert_eq!(repo.head(), repo.rev("main"));
}

#[test]
fn only_the_named_file_is_committed() {
    let scratch = Scratch::new();
    let repo = small(Repo::options(), &scratch, "proj");
    repo.write("other.txt", "x\n");
    repo.commit_file("-odd name.txt", "y\n", "Add an odd name");
    assert_eq!(repo.git(["status", "--porcelain"]), "?? other.txt");
}

#[test]
fn a_seeded_history_is_the_same_every_time() {
    let scratch = Scratch::new();
    let make = |name: &str, seed| {
        let repo = Repo::init(scratch.path(name));
        (repo.seeded_history(seed, 300, 120), repo)
    };
    let (id, repo) = make("one", 7);
    assert_eq!(id, "bfd4eed08e946e4dc3fd293ccad9f65f46c028cf");
    assert_eq!(repo.git(["rev-list", "--count", "HEAD"]), "300");
    assert_eq!(repo.git(["ls-files"]).lines().count(), 120);
    assert_eq!(repo.git(["status", "--porcelain"]), "", "the last commit is checked out");
    repo.git(["fsck", "--strict"]);
    assert_eq!(make("two", 7).0, id);
    assert_ne!(make("three", 8).0, id);
}

#[test]
fn a_seeded_history_goes_on_from_what_is_there() {
    let scratch = Scratch::new();
    let repo = small(Repo::options(), &scratch, "proj");
    let before = repo.head();
    repo.switch_new("long");
    repo.seeded_history(3, 5, 2);
    repo.commit_all("After it");
    assert_eq!(repo.rev("long~6"), before);
    assert_eq!(repo.rev("main"), before);
    let dates = repo.git(["log", "--reverse", "--format=%ct"]);
    let dates: Vec<u64> = dates.lines().map(|date| date.parse().unwrap()).collect();
    assert!(dates.windows(2).all(|pair| pair[1] == pair[0] + 60), "{dates:?}");
}

#[test]
fn a_git_that_fails_is_told() {
    let scratch = Scratch::new();
    let repo = Repo::init(scratch.path("proj"));
    repo.try_git(["rev-parse", "--verify", "--quiet", "nothing"]).code(1);
    let message = crate::panic_of(|| repo.git(["no-such-command"]));
    assert!(message.contains("no-such-command"), "{message}");
}
