//! The evidence for a release, which promotes nothing.

use serde_json::{Value, json};

use crate::project::{Project, codes};

fn promote(project: &Project, more: &str) -> testkit::Ran {
    project.run(format!("promote --evidence {more}").trim_end())
}

#[test]
fn a_release_of_what_the_queue_landed_is_complete() {
    let project = Project::new();
    let begun = project.base();
    assert_eq!(codes(&promote(&project, "").code(1).json()), ["nothing_to_release"]);
    project.evidence();
    let handoff = ["handoff", "98", "--owner", "A", "--branch", "98-schema", "--risk", "it is new"];
    project.tool(handoff).run().code(0);
    project.approve("D-arch");
    project.approve("E-governance");
    let landed = project.run("land 98").code(0).json();
    let journal = std::fs::read(project.journal()).unwrap();
    let answer = promote(&project, &format!("--since {begun}")).code(0).json();
    assert_eq!(answer["source"], project.base().as_str());
    assert_eq!((&answer["since"], &answer["complete"]), (&json!(begun), &json!(true)));
    assert_eq!(answer["unaccounted"], json!([]));
    let task = &answer["tasks"][0];
    assert_eq!((&task["task"], &task["issue"]), (&json!("schema"), &json!(98)));
    assert_eq!(task["commit"], project.lane.head().as_str());
    assert_eq!(task["base_after"], landed["base_after"]);
    assert_eq!(task["risks"], json!(["it is new"]));
    let details: Vec<&str> = task["conditions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|condition| condition["detail"].as_str().unwrap())
        .collect();
    assert_eq!(details[1], "event 1: git --version");
    assert_eq!(details[2], "event 3: D as D-arch; event 4: E as E-governance");
    // The plan works.
    let revert = answer["rollback"][1]["command"].as_str().unwrap();
    let ran = testkit::Tool::program("sh").args(["-c", &format!("{revert} --no-edit")]);
    ran.home(project.scratch.home()).dir(project.main.path()).run().code(0);
    assert_eq!(project.main.git(["diff", &begun, "HEAD"]), "");
    // Nothing moved and nothing was recorded.
    assert_eq!(project.base(), landed["base_after"].as_str().unwrap());
    assert_eq!(std::fs::read(project.journal()).unwrap(), journal);
    // What somebody says afterwards is no part of what it rested on.
    project
        .run("review 98 --role D-arch --reviewer D --status changes_requested --commit 98-schema");
    assert_eq!(
        promote(&project, &format!("--since {begun}")).code(0).json()["tasks"],
        answer["tasks"]
    );
    let table = promote(&project, &format!("--since {begun} --format table"));
    table.code(0).stdout_has("1 tasks, complete").stdout_has("it is new");
}

#[test]
fn what_came_in_without_the_queue_is_named() {
    let project = Project::new();
    let begun = project.base();
    project.make_ready();
    project.run("land 98").code(0);
    let foreign = project.push_from_elsewhere("other.txt", "x\n");
    let answer = promote(&project, &format!("--since {begun}")).code(1).json();
    assert_eq!(codes(&answer), ["commits_unaccounted"]);
    assert_eq!(answer["unaccounted"], json!([foreign]));
    // From then on there is nothing.
    let answer = promote(&project, &format!("--since {foreign}")).code(1).json();
    assert_eq!(
        (&answer["tasks"], codes(&answer)),
        (&json!([]), vec!["nothing_to_release".to_owned()])
    );
    let before = promote(&project, &format!("--source {foreign}~1 --since {begun}"));
    before.code(0);
}

#[test]
fn work_that_was_merged_by_hand_is_not_complete() {
    let project = Project::new();
    project.make_ready();
    project.main.git(["merge", "--quiet", "--ff-only", "98-schema"]);
    project.main.git(["push", "--quiet", "origin", "main"]);
    let head = project.lane.head();
    let done = format!("set-status 98 done --owner A --branch 98-schema --commit {head}");
    project.run(&done).code(0);
    let answer = promote(&project, "").code(1).json();
    assert_eq!(codes(&answer), ["merged_by_hand"]);
    assert_eq!(answer["tasks"][0]["landed"], false);
    assert_eq!(answer["rollback"][0]["command"], Value::Null);
}

#[test]
fn what_is_not_in_the_base_is_not_released_and_nothing_is_ever_promoted() {
    let project = Project::new();
    let fix = project.main.git(["commit-tree", "HEAD^{tree}", "-p", "HEAD", "-m", "Release fix"]);
    let answer = promote(&project, &format!("--source {fix}")).code(1).json();
    assert_eq!(codes(&answer), ["source_not_in_base"]);
    let answer = promote(&project, &format!("--since {fix}")).code(1).json();
    assert_eq!(codes(&answer), ["since_not_in_source"]);
    promote(&project, "--since nowhere").code(2).stderr_has("nowhere");
    project.run("promote").code(2).stderr_has("--evidence");
}

#[test]
fn the_rollback_of_a_branch_with_merges_works() {
    let definitions =
        crate::project::DEFINITIONS.replace("queue:\n", "queue:\n  strategy: ff-only\n");
    let project = Project::with(&definitions, testkit::Repo::options());
    let upstream = project.push_from_elsewhere("upstream.txt", "u\n");
    project.lane.git(["fetch", "--quiet", "origin"]);
    project.lane.git(["merge", "--quiet", "--no-ff", "-m", "Take main", &upstream]);
    project.lane.commit_file("docs/with blank.md", "x\n", "A document");
    project.lane.git(["rm", "--quiet", "README.md"]);
    project.lane.git(["commit", "--quiet", "-m", "No readme"]);
    project.main.git(["merge", "--quiet", "--ff-only", "origin/main"]);
    let begun = project.base();
    project.make_ready();
    project.run("land 98").code(0);
    let answer = promote(&project, "").code(0).json();
    let command = answer["rollback"][0]["command"].as_str().unwrap();
    let ran = testkit::Tool::program("sh").args(["-c", command]);
    ran.home(project.scratch.home()).dir(project.main.path()).run().code(0);
    assert_eq!(project.main.git(["diff", &begun, "HEAD"]), "");
    assert_eq!(Project::dirt(&project.main), "");
}
