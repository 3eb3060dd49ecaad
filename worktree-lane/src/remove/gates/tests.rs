use proptest::prelude::*;

use records::LaneClaim;

use super::*;
use crate::facts::changes::Changes;
use crate::facts::commits::Commits;
use crate::facts::ignored::Ignored;
use crate::facts::saved::Kept;

/// A lane with nothing to lose.
fn clean() -> Facts {
    Facts {
        lane: "98".into(),
        path: "/w/talos-98".into(),
        branch: Some("98-x".into()),
        claim: None,
        locked: None,
        mismatch: None,
        operation: Checked::Known(Vec::new()),
        processes: Checked::Known(Vec::new()),
        nested: Vec::new(),
        mounts: Checked::Known(Vec::new()),
        changes: Checked::Known(Changes::default()),
        submodules: Checked::Known(Vec::new()),
        ignored: Checked::Known(Ignored::default()),
        saved: Kept::default(),
        commits: Checked::Known(Commits {
            base: Some("origin/main".into()),
            in_base: true,
            on_remote: true,
            on_any_ref: true,
            remote: Some("origin".into()),
            stashes: Vec::new(),
        }),
    }
}

fn codes(facts: &Facts) -> Vec<String> {
    reasons(facts).into_iter().map(|reason| reason.code).collect()
}

/// Something that speaks against a removal, and the code it must bring.
#[derive(Debug, Clone, Copy)]
enum Hazard {
    Claimed,
    Locked,
    Mismatch,
    Operation,
    Process,
    Nested,
    Mounted,
    Tracked,
    Untracked,
    Hidden,
    Submodule,
    Repository,
    Precious,
    Unmerged,
    Detached,
    Stash,
    UnknownOperation,
    UnknownProcesses,
    UnknownChanges,
    UnknownSubmodules,
    UnknownIgnored,
    UnknownCommits,
}

const HAZARDS: [Hazard; 22] = [
    Hazard::Claimed,
    Hazard::Locked,
    Hazard::Mismatch,
    Hazard::Operation,
    Hazard::Process,
    Hazard::Nested,
    Hazard::Mounted,
    Hazard::Tracked,
    Hazard::Untracked,
    Hazard::Hidden,
    Hazard::Submodule,
    Hazard::Repository,
    Hazard::Precious,
    Hazard::Unmerged,
    Hazard::Detached,
    Hazard::Stash,
    Hazard::UnknownOperation,
    Hazard::UnknownProcesses,
    Hazard::UnknownChanges,
    Hazard::UnknownSubmodules,
    Hazard::UnknownIgnored,
    Hazard::UnknownCommits,
];

fn with<T>(checked: &mut Checked<T>, change: impl FnOnce(&mut T)) {
    if let Checked::Known(value) = checked {
        change(value);
    }
}

fn unknown<T>() -> Checked<T> {
    Checked::Unknown("it could not be read".into())
}

impl Hazard {
    fn add(self, facts: &mut Facts) {
        let name = || "x".to_owned();
        match self {
            Self::Claimed => {
                facts.claim = Some(LaneClaim {
                    owner: name(),
                    since: "2026-01-24T18:30:45Z".parse().unwrap(),
                    until: "2026-01-24T20:30:45Z".parse().unwrap(),
                    process: None,
                });
            }
            Self::Locked => facts.locked = Some(String::new()),
            Self::Mismatch => facts.mismatch = Some("its .git file is gone".into()),
            Self::Operation => with(&mut facts.operation, |o| o.push("rebase")),
            Self::Process => {
                with(&mut facts.processes, |p| {
                    p.push(Process { pid: 1, name: name(), writes: None, ours: false });
                });
            }
            Self::Nested => facts.nested.push("/w/talos-98/inner".into()),
            Self::Mounted => with(&mut facts.mounts, |m| m.push("/w/talos-98/m".into())),
            Self::Tracked => with(&mut facts.changes, |c| c.tracked.push(name())),
            Self::Untracked => with(&mut facts.changes, |c| c.untracked.push(name())),
            Self::Hidden => with(&mut facts.changes, |c| c.hidden.push(name())),
            Self::Submodule => with(&mut facts.submodules, |s| s.push(name())),
            Self::Repository => with(&mut facts.ignored, |i| i.repositories.push(name())),
            Self::Precious => with(&mut facts.ignored, |i| i.precious.push(name())),
            Self::Unmerged => {
                facts.branch = Some("98-x".into());
                with(&mut facts.commits, |c| (c.in_base, c.on_remote) = (false, false));
            }
            Self::Detached => {
                facts.branch = None;
                with(&mut facts.commits, |c| {
                    (c.in_base, c.on_remote, c.on_any_ref) = (false, false, false);
                });
            }
            Self::Stash => with(&mut facts.commits, |c| c.stashes.push(name())),
            Self::UnknownOperation => facts.operation = unknown(),
            Self::UnknownProcesses => facts.processes = unknown(),
            Self::UnknownChanges => facts.changes = unknown(),
            Self::UnknownSubmodules => facts.submodules = unknown(),
            Self::UnknownIgnored => facts.ignored = unknown(),
            Self::UnknownCommits => facts.commits = unknown(),
        }
    }
}

#[test]
fn each_hazard_has_its_code() {
    assert!(codes(&clean()).is_empty());
    let expected = [
        "claimed",
        "locked",
        "mismatch",
        "operation_in_progress",
        "process_inside",
        "nested_worktree",
        "mounted_inside",
        "uncommitted",
        "untracked",
        "hidden_changes",
        "submodule_work",
        "embedded_repository",
        "ignored_precious",
        "unmerged_commits",
        "detached_commits",
        "stash_on_branch",
    ];
    let unknown = std::iter::repeat("cannot_tell");
    for (hazard, code) in HAZARDS.into_iter().zip(expected.into_iter().chain(unknown)) {
        let mut facts = clean();
        hazard.add(&mut facts);
        assert_eq!(codes(&facts), [code], "{hazard:?}");
    }
}

#[test]
fn all_reasons_come_at_once_in_one_order() {
    let mut facts = clean();
    for hazard in HAZARDS.into_iter().take(14).filter(|h| !matches!(h, Hazard::Mismatch)) {
        hazard.add(&mut facts);
    }
    Hazard::Stash.add(&mut facts);
    assert_eq!(codes(&facts).len(), 14);
    assert_eq!(codes(&facts), codes(&facts.clone()));
}

#[test]
fn commits_on_a_remote_branch_are_not_lost_but_the_branch_stays() {
    let mut facts = clean();
    with(&mut facts.commits, |c| c.in_base = false);
    assert!(reasons(&facts).is_empty());
    assert!(!branch_may_go(&facts));
}

#[test]
fn no_message_suggests_to_destroy_anything() {
    let mut facts = clean();
    for hazard in HAZARDS {
        hazard.add(&mut facts);
        for reason in reasons(&facts) {
            let next = reason.next.unwrap_or_default();
            for word in ["--force", "reset --hard", "clean", "rm ", "prune", "branch -D", "drop"] {
                assert!(!next.contains(word), "{}: {next}", reason.code);
            }
        }
        facts = clean();
    }
}

proptest! {
    /// Whatever else is the matter, one more hazard never turns a refusal into a removal, and is
    /// never without a reason of its own.
    #[test]
    fn a_hazard_never_opens_the_gate(
        present in prop::collection::vec(0..HAZARDS.len(), 0..6),
        added in 0..HAZARDS.len(),
        in_base: bool,
        on_remote: bool,
        branch: bool,
    ) {
        let mut facts = clean();
        with(&mut facts.commits, |c| (c.in_base, c.on_remote) = (in_base, on_remote));
        if !branch {
            facts.branch = None;
        }
        for index in present {
            HAZARDS[index].add(&mut facts);
        }
        HAZARDS[added].add(&mut facts);
        prop_assert!(!reasons(&facts).is_empty(), "{:?} is no reason", HAZARDS[added]);
    }

    /// The branch is deleted only when its work was shown to be in the base.
    #[test]
    fn the_branch_goes_only_with_proof(
        present in prop::collection::vec(0..HAZARDS.len(), 0..6),
        in_base: bool,
    ) {
        let mut facts = clean();
        with(&mut facts.commits, |c| c.in_base = in_base);
        for index in present {
            HAZARDS[index].add(&mut facts);
        }
        let proven = facts.commits.known().is_some_and(|c| c.in_base);
        prop_assert_eq!(branch_may_go(&facts), proven && facts.branch.is_some());
    }
}
