use std::path::PathBuf;

use records::LaneClaim;

use super::*;
use crate::add::base::Base;
use crate::facts::changes::Changes;
use crate::preflight::space::Room;

fn ready() -> Facts {
    Facts {
        lane: "98".into(),
        path: "/w/talos 98".into(),
        mismatch: Checked::Known(None),
        own_branch: "98-crud".into(),
        standing: Checked::Known(Standing::Own),
        also_at: Checked::Known(Vec::new()),
        operation: Checked::Known(Vec::new()),
        changes: Checked::Known(Changes::default()),
        based: Based::Known {
            base: Base { name: "origin/main".into(), commit: "0".repeat(40), fetched: true },
            behind: 0,
        },
        submodules: Checked::Known(Vec::new()),
        claim: None,
        owner: None,
        locked: None,
        space: Checked::Known(Space {
            bytes: 10 << 20,
            files: 100,
            rooms: vec![Room { at: "/w".into(), bytes: 10 << 20, files: Some(100) }],
        }),
    }
}

fn claim(owner: &str) -> LaneClaim {
    let at = "2026-01-24T18:30:45Z".parse().unwrap();
    LaneClaim { owner: owner.into(), since: at, until: at, process: None }
}

fn reasons(facts: &Facts) -> Vec<Reason> {
    findings(facts).into_iter().flat_map(|finding| finding.reasons).collect()
}

fn codes(facts: &Facts) -> Vec<String> {
    reasons(facts).into_iter().map(|reason| reason.code).collect()
}

fn next(facts: &Facts) -> String {
    reasons(facts).remove(0).next.unwrap()
}

#[test]
fn a_lane_with_nothing_against_it_is_ready() {
    let findings = findings(&ready());
    assert!(findings.iter().all(|finding| finding.condition.met), "{findings:?}");
    let codes: Vec<&str> = findings.iter().map(|f| f.condition.code.as_str()).collect();
    assert_eq!(codes[0], LANE);
    assert_eq!(codes[1..], OTHERS);
}

#[test]
fn every_reason_comes_at_once() {
    let changes = |name: &str| vec![name.to_owned()];
    let facts = Facts {
        also_at: Checked::Known(vec!["/w/other".into()]),
        operation: Checked::Known(vec!["rebase"]),
        changes: Checked::Known(Changes {
            tracked: changes("a"),
            untracked: changes("b"),
            hidden: changes("c"),
        }),
        based: Based::Unknown(Reason::without_step("base_unknown", "it is gone")),
        submodules: Checked::Known(vec!["lib".into()]),
        claim: Some(claim("a")),
        locked: Some(String::new()),
        space: Checked::Known(Space {
            bytes: 10 << 20,
            files: 100,
            rooms: vec![Room { at: "/w".into(), bytes: 1, files: Some(1) }],
        }),
        ..ready()
    };
    let all = [
        "branch_checked_out",
        "operation_in_progress",
        "uncommitted",
        "untracked",
        "hidden_changes",
        "base_unknown",
        "submodules_missing",
        "claimed",
        "locked",
        "no_space",
        "no_inodes",
    ];
    assert_eq!(codes(&facts), all);
}

#[test]
fn a_question_without_an_answer_is_a_reason() {
    fn unknown<T>() -> Checked<T> {
        Checked::Unknown("no".into())
    }
    for facts in [
        Facts { mismatch: unknown(), ..ready() },
        Facts { standing: unknown(), ..ready() },
        Facts { also_at: unknown(), ..ready() },
        Facts { operation: unknown(), ..ready() },
        Facts { changes: unknown(), ..ready() },
        Facts { submodules: unknown(), ..ready() },
        Facts { space: unknown(), ..ready() },
    ] {
        assert_eq!(codes(&facts), ["cannot_tell"], "{facts:?}");
    }
}

#[test]
fn a_condition_that_waits_for_another_is_not_met_and_has_no_reason_of_its_own() {
    let facts = Facts {
        mismatch: Checked::Known(Some("its .git file is gone".into())),
        changes: Checked::Unknown("x".into()),
        submodules: Checked::Unknown("x".into()),
        space: Checked::Unknown("x".into()),
        ..ready()
    };
    assert_eq!(codes(&facts), ["mismatch"]);
    assert_eq!(findings(&facts).iter().filter(|f| !f.condition.met).count(), 4);
    let rebasing = Facts {
        operation: Checked::Known(vec!["rebase"]),
        standing: Checked::Known(Standing::Detached { own_exists: true, contained: true }),
        ..ready()
    };
    assert_eq!(codes(&rebasing), ["operation_in_progress"]);
    assert_eq!(findings(&rebasing).iter().filter(|f| !f.condition.met).count(), 2);
}

#[test]
fn an_owners_own_claim_is_in_nobodys_way() {
    for (owner, expected) in [(None, &["claimed"][..]), (Some("b"), &["claimed"]), (Some("a"), &[])]
    {
        let owner = owner.map(str::to_owned);
        assert_eq!(codes(&Facts { claim: Some(claim("a")), owner, ..ready() }), expected);
    }
}

#[test]
fn the_way_back_to_the_branch_leaves_no_commit_behind() {
    let on = |own_exists| Standing::Other { branch: "x".into(), own_exists };
    let off = |own_exists, contained| Standing::Detached { own_exists, contained };
    for (standing, code, step) in [
        (on(true), "other_branch", "switch 98-crud"),
        (on(false), "other_branch", "switch --create 98-crud"),
        (off(true, true), "detached", "switch 98-crud"),
        (off(true, false), "detached", "log --oneline 98-crud..HEAD"),
        (off(false, false), "detached", "switch --create 98-crud"),
    ] {
        let facts = Facts { standing: Checked::Known(standing), ..ready() };
        assert_eq!(codes(&facts), [code]);
        assert_eq!(next(&facts), format!("git -C '/w/talos 98' {step}"));
    }
}

#[test]
fn room_is_needed_on_each_file_system() {
    let room = |at: &str, bytes, files| Room { at: PathBuf::from(at), bytes, files };
    let full = 9 << 20;
    let enough = 10 << 20;
    for (rooms, expected) in [
        (vec![room("/w", enough, None)], &[][..]),
        (vec![room("/w", full, None)], &["no_space"]),
        (vec![room("/w", enough, None), room("/git", full, None)], &["no_space"]),
        (vec![room("/w", enough, Some(99))], &["no_inodes"]),
    ] {
        let space = Checked::Known(Space { bytes: enough, files: 100, rooms });
        assert_eq!(codes(&Facts { space, ..ready() }), expected);
    }
}
