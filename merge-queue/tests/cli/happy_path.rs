//! The runbook's normal path, from evidence to the landed commit.

use crate::project::Project;

#[test]
fn a_task_goes_from_evidence_to_landed() {
    let project = Project::new();
    let head = project.lane.head();
    let before = project.base();
    let states = |project: &Project| -> Vec<String> {
        let lines = project.run("status").code(0).json_lines();
        lines.iter().map(|line| line["state"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(states(&project), ["todo", "todo"]);
    project.evidence();
    assert_eq!(states(&project), ["in_progress", "todo"]);
    project.handoff();
    let route = project.run("route-review 98").code(0).json();
    assert_eq!(route["changed_files"], serde_json::json!(["src/api/schema.rs"]));
    assert_eq!(route["required"][0]["role"], "D-arch");
    assert_eq!(route["required"][1]["role"], "E-governance");
    project.approve("D-arch");
    project.approve("E-governance");

    let ready = project.run("merge-ready 98").code(0).json();
    assert_eq!(ready["ready"], true);
    assert_eq!(ready["fetched"], true);
    assert_eq!(ready["head"], head.as_str());
    assert_eq!(ready["diff_digest"], route["diff_digest"]);
    let conditions = ready["conditions"].as_array().unwrap();
    let met: Vec<&str> = conditions.iter().map(|c| c["code"].as_str().unwrap()).collect();
    assert_eq!(
        met,
        [
            "definitions_valid",
            "handoff_present",
            "checks_passed",
            "reviews_approved",
            "no_changes_requested",
            "based_on_base",
            "coordinator_clean",
            "dependencies_done",
            "not_returned",
            "not_blocked"
        ]
    );

    let landed = project.run("land 98").code(0).json();
    let after = project.base();
    assert_eq!(landed["landed"], true);
    assert_eq!(landed["base_before"], before.as_str());
    assert_eq!(landed["base_after"], after.as_str());
    assert_eq!(project.origin.git(["rev-parse", "main^2"]), head);
    assert_eq!(project.main.head(), after);
    assert_eq!(project.main.rev("origin/main"), after);
    assert_eq!(landed["moved_worktrees"][0], project.main.path().display().to_string());
    assert_eq!(Project::dirt(&project.main), "");
    assert_eq!(project.main.read("src/api/schema.rs"), "pub fn schema() {}\n");
    assert_eq!(states(&project), ["done", "todo"]);
    let trailers = project.main.git(["log", "-1", "--format=%(trailers:only,unfold)"]);
    assert!(trailers.contains("Queue-Task: schema\nQueue-Issue: 98\n"), "{trailers}");
    assert!(trailers.contains(&format!("Queue-Source: {head}")), "{trailers}");

    let events = project.events();
    let kinds: Vec<&str> = events.iter().map(|e| e["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["evidence", "handoff", "review", "review", "landing", "landed"]);
    assert_eq!(events[5]["issue"], 98);
    assert_eq!(events[5]["landed"]["base_after"], after.as_str());

    // A second call finds the work there and doubles nothing.
    let again = project.run("land 98").code(0).json();
    assert_eq!((&again["landed"], &again["already"]), (&true.into(), &true.into()));
    assert_eq!(again["base_after"], after.as_str());
    assert_eq!(project.events().len(), 6);
    assert_eq!(project.base(), after);
    assert_eq!(project.reasons(), ["nothing_to_land"]);
}
