//! Forks, and the clone that says what git makes of them.

use testkit::{FORK_TRAITS, FreshClone, Merged, Repo, Scratch};

#[test]
fn forks_are_the_same_every_time_and_hold_only_what_they_are_said_to_hold() {
    let scratch = Scratch::in_memory();
    let make = |name: &str, seed| {
        let repo = Repo::init(scratch.path(name));
        (repo.forks(seed, 40), repo)
    };
    let ids = |forks: &[testkit::Fork]| -> Vec<String> {
        forks
            .iter()
            .flat_map(|fork| [std::slice::from_ref(&fork.base), &fork.heads].concat())
            .collect()
    };
    let (forks, repo) = make("one", 7);
    assert_eq!(forks.len(), 40);
    for fork in &forks {
        assert!(fork.traits.iter().all(|sort| FORK_TRAITS.contains(sort)), "{fork:?}");
        assert!(!fork.heads.is_empty());
    }
    assert_eq!(repo.git(["for-each-ref", "refs/heads/made"]), "");
    assert_eq!(repo.rev("fork-7-39-base"), forks[39].base);
    repo.git(["fsck", "--strict"]);
    assert_eq!(ids(&make("two", 7).0), ids(&forks));
    assert_ne!(ids(&make("three", 8).0), ids(&forks));
    // Another seed beside it changes nothing.
    repo.forks(8, 3);
    assert_eq!(repo.rev("fork-7-39-base"), forks[39].base);
}

#[test]
fn a_fresh_clone_merges_or_says_what_conflicts() {
    let scratch = Scratch::new();
    let repo = Repo::init(scratch.path("r"));
    let base = repo.commit_file("a", "1\n", "Base");
    repo.switch_new("side");
    let side = repo.commit_file("b", "1\n", "Side");
    let other = repo.commit_file("a", "2\n", "Other");
    repo.switch("main");
    repo.write("a", "3\n");
    let main = repo.commit_all("Main");
    repo.git(["switch", "--quiet", "--orphan", "alone"]);
    let alone = repo.commit_file("c", "1\n", "Alone");
    let clone = FreshClone::of(&repo, scratch.path("clone"), scratch.path("home"));
    clone.check_out(&main);
    assert_eq!(clone.merge(&base), Merged::Clean(repo.git(["rev-parse", "main^{tree}"])));
    assert!(matches!(clone.merge(&side), Merged::Clean(_)));
    // It stands on the merge, and what conflicts leaves nothing behind.
    assert_eq!(clone.merge(&other), Merged::Conflict([b"a".to_vec()].into()));
    clone.check_out(&main);
    assert_eq!(clone.merge(&alone), Merged::Refused);
    clone.check_out(&base);
    assert_eq!(
        clone.merge(&other),
        Merged::Clean(repo.git(["rev-parse", &format!("{other}^{{tree}}")]))
    );
}
