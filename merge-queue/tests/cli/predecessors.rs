//! What public predecessors get wrong, one test each: an approval that was ever given counts, the
//! caller's HEAD is judged, the first path alone routes the review, a typed `pass` is evidence, pruning
//! deletes what was recorded, and work is done that never reached the base.

use serde_json::json;

use crate::project::{Project, codes};

fn review(project: &Project, task: &str, role: &str, status: &str) -> testkit::Ran {
    let reviewer = role.get(..1).unwrap();
    let words = format!("review {task} --role {role} --reviewer {reviewer} --status {status}");
    project.run(&words)
}

#[test]
fn an_approval_that_was_given_once_is_not_an_approval_for_ever() {
    let project = Project::new();
    project.make_ready();
    // Of other content.
    project.lane.commit_file("src/api/schema.rs", "pub fn other() {}\n", "Other");
    project.evidence();
    project.handoff();
    assert_eq!(project.reasons(), ["approval_stale", "approval_stale"]);
    // Before a request for changes, though of this content.
    project.approve("D-arch");
    project.approve("E-governance");
    project.run("merge-ready 98").code(0);
    review(&project, "98", "D-arch", "changes_requested").code(0);
    assert_eq!(project.reasons(), ["review_missing", "changes_requested"]);
    // Of another task, with the very same content.
    let twin = project.main.worktree(project.scratch.path("talos-99"), "99-later");
    twin.git(["reset", "--quiet", "--hard", "98-schema"]);
    project.run("handoff 99 --owner A --branch 99-later").code(0);
    review(&project, "99", "D-arch", "approved").code(0);
    assert_eq!(project.reasons(), ["review_missing", "changes_requested"]);
}

#[test]
fn the_branch_of_the_task_is_judged_wherever_the_caller_stands() {
    let project = Project::new();
    project.make_ready();
    let ready = project.run("merge-ready 98").code(0).out().to_owned();
    let other = project.main.worktree(project.scratch.path("talos-77"), "77-other");
    other.commit_file("docs/unreviewed.md", "x\n", "Unreviewed");
    let ask = |dir: &std::path::Path| project.tool(["merge-ready", "98"]).dir(dir).run();
    assert_eq!(ask(other.path()).code(0).out(), ready);
    other.git(["switch", "--quiet", "--detach", "main"]);
    assert_eq!(ask(other.path()).code(0).out(), ready);
    // And a lane that is not ready is not saved by a caller who stands at something that is.
    project.lane.commit_file("src/api/schema.rs", "pub fn other() {}\n", "Other");
    project.main.git(["switch", "--quiet", "--detach", "98-schema~1"]);
    let answer = ask(project.main.path()).code(1).json();
    assert_eq!(answer["head"], project.lane.head().as_str());
    assert!(codes(&answer).contains(&"handoff_other_commit".into()), "{answer}");
    // Nor by the environment that a hook of git's runs in.
    let ran = project.tool(["merge-ready", "98"]).env("GIT_DIR", other.path().join(".git"));
    assert_eq!(ran.dir(project.main.path()).run().code(1).json(), answer);
}

#[test]
fn every_path_routes_the_review_and_both_sides_of_a_rename() {
    let project = Project::new();
    let lane = &project.lane;
    lane.git(["rm", "--quiet", "-r", "src"]);
    lane.git(["mv", "docs/guide.md", "a-first-path.md"]);
    lane.commit_all("Out of the critical folder");
    let route = project.run("route-review 98 --ref 98-schema").code(0).json();
    assert_eq!(route["changed_files"], json!(["a-first-path.md", "docs/guide.md", "src/lib.rs"]));
    assert_eq!(route["required"][0]["role"], "D-arch");
    assert_eq!(route["required"][0]["paths"], json!(["docs/guide.md"]));
    assert_eq!(route["required"][1]["role"], "E-governance");
    assert_eq!(route["required"][1]["paths"], json!(["src/lib.rs"]));
    project.evidence();
    project.handoff();
    project.approve("E-governance");
    assert_eq!(project.reasons(), ["review_missing"]);
}

#[test]
fn a_typed_pass_is_no_evidence_wherever_it_is_typed() {
    let project = Project::new();
    let check = ["--command", "git --version", "--result", "pass"];
    let handoff = ["handoff", "98", "--owner", "A", "--branch", "98-schema"];
    project.tool(handoff.into_iter().chain(check)).run().code(0);
    project.approve("D-arch");
    project.approve("E-governance");
    project.run("evidence 98 --declared pass -- git --version").code(0);
    assert_eq!(project.reasons(), ["check_not_run"]);
    // Another command that passes is not the check, whatever it prints.
    let lane = project.lane.path().to_str().unwrap();
    let echo = ["evidence", "98", "--lane", lane, "--", "echo", "git --version: pass"];
    project.tool(echo).run().code(0);
    assert_eq!(project.reasons(), ["check_not_run"]);
    project.evidence();
    project.run("merge-ready 98").code(0);
}

#[test]
fn no_command_takes_a_line_out_of_the_journal() {
    let project = Project::new();
    project.make_ready();
    let mut before = std::fs::read(project.journal()).unwrap();
    for words in [
        "status",
        "validate",
        "claim 98 --role A-backend --owner A",
        "release 98 --owner A",
        "set-status 98 blocked --reason waits",
        "set-status 98 todo",
        "review 98 --role D-arch --reviewer D --status changes_requested",
        "review 98 --role D-arch --reviewer D --status approved",
        "merge-ready 98",
        "land 98",
        "land 98",
        "merge-ready --all",
        "git-check",
        "prune-stale --apply",
        "promote --evidence",
    ] {
        project.run(words);
        let now = std::fs::read(project.journal()).unwrap();
        assert!(now.starts_with(&before), "after {words}");
        before = now;
    }
    assert_eq!(project.count("landed"), 1);
}

#[test]
fn work_that_never_reached_the_base_is_not_done() {
    let project = Project::new();
    project.make_ready();
    let state = |project: &Project| {
        let lines = project.run("status").code(0).json_lines();
        lines[0]["state"].as_str().unwrap().to_owned()
    };
    let commit = project.lane.head();
    project
        .run(&format!("set-status 98 done --owner A --branch 98-schema --commit {commit}"))
        .code(1);
    assert_ne!(state(&project), "done");
    // The remote refuses the push.
    project.hook(project.origin.path(), "pre-receive", "exit 1");
    project.run("land 98").code(74);
    assert_ne!(state(&project), "done");
    std::fs::remove_file(project.origin.file("hooks/pre-receive")).unwrap();
    project.run("land 98").code(0);
    assert_eq!(state(&project), "done");
    // Somebody takes it out of the base again.
    project.origin.git(["update-ref", "refs/heads/main", "main~1"]);
    project.main.git(["fetch", "--quiet", "--force", "origin", "+main:refs/remotes/origin/main"]);
    assert_ne!(state(&project), "done");
}
