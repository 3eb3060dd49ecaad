//! What somebody says about where a task stands.

use crate::project::{Project, codes};

fn refused(project: &Project, words: &str) -> Vec<String> {
    codes(&project.run(words).code(1).json())
}

fn state(project: &Project) -> String {
    let first = project.run("status").code(0).json_lines().remove(0);
    first["state"].as_str().unwrap().to_owned()
}

#[test]
fn a_task_is_blocked_until_somebody_says_otherwise() {
    let project = Project::new();
    project.run("claim 98 --role A-backend --owner B").code(0);
    project.run("set-status 98 blocked").code(2).stderr_has("--reason");
    let said = project.run("set-status 98 blocked --reason undecided").code(0).json();
    assert_eq!(said["kind"], "status");
    assert_eq!(said["status"]["to"], "blocked");
    assert_eq!(said["status"]["reason"], "undecided");
    assert_eq!(state(&project), "blocked");
    // The owner keeps the task meanwhile, and work does not lift the block.
    project.run("renew 98 --owner B").code(0);
    project.evidence();
    assert_eq!(state(&project), "blocked");
    project.run("set-status 98 in_progress").code(0);
    assert_eq!(state(&project), "in_progress");
}

#[test]
fn a_task_that_somebody_has_is_put_back_by_its_owner_alone() {
    let project = Project::new();
    project.run("claim 98 --role A-backend --owner B").code(0);
    assert_eq!(refused(&project, "set-status 98 todo"), ["claimed_by_other"]);
    assert_eq!(refused(&project, "set-status 98 todo --owner C"), ["claimed_by_other"]);
    project.run("set-status 98 todo --owner B").code(0);
    assert_eq!(state(&project), "todo");
    assert_eq!(refused(&project, "set-status 98 in_progress"), ["not_claimed"]);
    assert_eq!(refused(&project, "set-status 98 todo --reopen --reason why"), ["not_done"]);
    project.run("set-status 98 todo --commit HEAD").code(2).stderr_has("done alone");
    project.run("set-status 98 paused").code(2).stderr_has("in_progress");
}

#[test]
fn work_that_was_merged_by_hand_is_done_when_the_base_has_it() {
    let project = Project::new();
    assert_eq!(refused(&project, "set-status 98 done"), ["commit_unknown"]);
    project.make_ready();
    let head = project.lane.head();
    assert_eq!(refused(&project, "set-status 98 done"), ["not_in_base"]);
    // A commit of the base that does not have the work proves nothing.
    let other = project.main.head();
    let words = format!("set-status 98 done --commit {other}");
    assert_eq!(refused(&project, &words), ["handoff_not_in_commit"]);
    assert_eq!(state(&project), "in_progress");

    // Runbook v2, section 1, step 10.
    project.main.git(["merge", "--quiet", "--ff-only", "98-schema"]);
    project.main.git(["push", "--quiet", "origin", "main"]);
    let words = format!("set-status 98 done --owner B --branch 98-schema --commit {head}");
    let done = project.run(&words).code(0).json();
    assert_eq!(done["status"]["commit"], head.as_str());
    assert_eq!(state(&project), "done");
    assert_eq!(project.run(&words).code(0).json(), done, "saying so twice changes nothing");
    project.run("claim 99 --role A-backend --owner B").code(0);
    assert_eq!(refused(&project, "set-status 98 todo"), ["task_done"]);

    project.run("set-status 98 todo --reopen --reason reverted").code(0);
    assert_eq!(state(&project), "todo");
    project.run("claim 98 --role A-backend --owner B").code(0);
}

#[test]
fn a_landing_is_undone_by_opening_the_task_again() {
    let project = Project::new();
    project.make_ready();
    project.run("land 98").code(0);
    project.run("set-status 98 todo --reopen --reason broken").code(0);
    assert_eq!(state(&project), "todo");
    assert_eq!(refused(&project, "claim 99 --role A-backend --owner B"), ["dependency_open"]);
    project.run("claim 98 --role A-backend --owner B").code(0);
}

#[test]
fn work_that_was_squashed_is_done_with_the_commit_that_has_it() {
    let project = Project::new();
    project.make_ready();
    project.main.git(["merge", "--quiet", "--squash", "98-schema"]);
    let squashed = project.main.commit_all("Schema");
    project.main.git(["push", "--quiet", "origin", "main"]);
    assert_eq!(refused(&project, "set-status 98 done"), ["not_in_base"]);
    project.run(&format!("set-status 98 done --commit {squashed}")).code(0);
    assert_eq!(state(&project), "done");
    // Work that is handed over after that opens the task.
    project.lane.commit_file("src/api/more.rs", "pub fn more() {}\n", "More");
    project.handoff();
    assert_eq!(state(&project), "in_progress");
}

#[test]
fn a_commit_that_left_the_base_makes_nothing_done() {
    let project = Project::new();
    project.make_ready();
    let before = project.base();
    project.main.git(["merge", "--quiet", "--ff-only", "98-schema"]);
    project.main.git(["push", "--quiet", "origin", "main"]);
    project.run("set-status 98 done").code(0);
    project.main.git(["push", "--quiet", "--force", "origin", &format!("{before}:main")]);
    assert_eq!(state(&project), "in_progress");
    assert_eq!(refused(&project, "claim 99 --role A-backend --owner B"), ["dependency_open"]);
}
