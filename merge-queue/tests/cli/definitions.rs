//! The definitions as the command line meets them.

use serde_json::json;
use testkit::Repo;

use crate::project::{DEFINITIONS, Project, codes};

#[test]
fn without_definitions_there_is_nothing_to_do_but_to_say_so() {
    let project = Project::new();
    std::fs::remove_file(project.main.file("switchyard.yaml")).unwrap();
    for command in ["status", "validate", "log 98", "merge-ready 98", "land 98", "route-review 98"]
    {
        let ran = project.run(command);
        ran.code(2).stderr_has("switchyard.yaml").stderr_has("hint: a minimal file is");
        assert_eq!(ran.err().lines().count(), 2, "{}", ran.err());
    }
    // The file that the hint gives is one.
    project.main.write("switchyard.yaml", "queue: {tasks: [{id: my-task, title: My task}]}");
    project.run("validate").code(0);
    let task = project.run("status").code(0).json();
    assert_eq!((&task["task"], &task["state"]), (&json!("my-task"), &json!("todo")));
    project.main.write("switchyard.yaml", "lanes: {}\n");
    project.run("status").code(2).stderr_has("no section 'queue'");
}

#[test]
fn validate_prints_every_mistake_and_nothing_is_recorded_before_they_are_gone() {
    let project = Project::new();
    project.run("validate").code(0).stdout_has(r#""valid":true"#);
    let broken = DEFINITIONS.replace("role: A-backend", "role: B-ui").replace("docs/**", "/docs");
    project.main.write("switchyard.yaml", broken);
    let answer = project.run("validate").code(2).json();
    let mistakes = answer["mistakes"].as_array().unwrap();
    let found: Vec<_> = mistakes
        .iter()
        .map(|m| (m["code"].as_str().unwrap(), m["line"].as_u64().unwrap()))
        .collect();
    assert_eq!(found, [("unknown_role", 11), ("bad_glob", 19)]);
    assert_eq!(mistakes[0]["file"], "switchyard.yaml");
    let table = project.run("validate --format table");
    table.code(2).stdout_has("switchyard.yaml:11:13: 'B-ui' is no role").stdout_has("2 mistakes");

    project
        .run("handoff 98 --owner A --branch 98-schema")
        .code(2)
        .stderr_has("switchyard.yaml:11:13");
    assert_eq!(project.count("handoff"), 0);
    let answer = project.run("merge-ready 98 --ref 98-schema").code(1).json();
    assert_eq!(codes(&answer)[..2], ["definitions_invalid", "definitions_invalid"]);
    project.run("land 98").code(1);
    project.run("status").code(0).stderr_has("2 mistakes");
}

#[test]
fn a_file_that_does_not_parse_names_its_line() {
    let project = Project::new();
    project.main.write("switchyard.yaml", "queue:\n  taks: []\n");
    project.run("validate").code(2).stderr_has("switchyard.yaml:2:3").stderr_has("tasks");
    project.main.write("switchyard.yaml", "queue:\n  strategy: rebase\n");
    project.run("merge-ready 98").code(2).stderr_has("switchyard.yaml:2:");
}

#[test]
fn a_task_that_is_not_defined_is_wrong_usage() {
    let project = Project::new();
    for task in ["97", "nothing", "SCHEMA", "../schema"] {
        project.run(&format!("merge-ready {task}")).code(2).stderr_has("schema, later");
    }
    project.run("merge-ready #98 --no-fetch").code(1);
}

#[test]
fn settings_are_shown_with_their_source() {
    let project = Project::with(
        &DEFINITIONS.replace(
            "  base: origin/main\n",
            "  strategy: ff-only\n  policy: {verify: make \"a b\"}\n",
        ),
        Repo::options(),
    );
    let lines = project.run("--show-config").code(0).json_lines();
    let strategy = lines.iter().find(|line| line["key"] == "queue.strategy").unwrap();
    assert_eq!(strategy["value"], "ff-only");
    assert!(strategy["source"].as_str().unwrap().ends_with("switchyard.yaml"));
    let policy = lines.iter().find(|line| line["key"] == "queue.policy").unwrap();
    assert_eq!(policy["value"]["verify"], "make \"a b\"");
    let base = lines.iter().find(|line| line["key"] == "queue.base").unwrap();
    assert_eq!((&base["value"], &base["source"]), (&json!(null), &json!("default")));
    // Without a base, it is the remote's own choice.
    let answer = project.run("merge-ready 98").code(1).json();
    assert_eq!(answer["base"], "origin/main");
}

#[test]
fn help_is_there_and_no_command_is_wrong_usage() {
    let project = Project::new();
    project.run("").code(2);
    project.tool([]).run().code(2).stderr_has("--help");
    for command in [
        "validate",
        "status",
        "log",
        "evidence",
        "handoff",
        "route-review",
        "review",
        "merge-ready",
        "land",
    ] {
        project.run(&format!("{command} --help")).code(0).stdout_has("Usage: merge-queue");
    }
}

/// The rules as a branch would like them: no checks, no runs and no reviews.
fn relaxed() -> String {
    let kept = DEFINITIONS.split("  routes:").next().unwrap();
    let kept = kept.replace("queue:\n", "queue:\n  policy: {evidence: optional}\n");
    kept.replace("      acceptance_checks: [\"git --version\"]\n", "")
}

#[test]
fn a_branch_does_not_bring_the_rules_that_it_is_judged_by() {
    let project = Project::new();
    project.lane.commit_file("switchyard.yaml", relaxed(), "Relax");
    project.lane.git(["switch", "--quiet", "--detach"]);
    // The coordinator looks at the branch in its own checkout, which is clean.
    project.main.git(["switch", "--quiet", "98-schema"]);
    project.handoff();
    assert_eq!(project.reasons(), ["definitions_not_of_base"]);
    project.run("land 98").code(1);
    project.main.git(["switch", "--quiet", "main"]);
    let reasons = project.reasons();
    assert_eq!(reasons, ["check_not_run", "review_missing", "review_missing"]);
}

#[test]
fn rules_that_only_the_base_has_are_waited_for() {
    let project = Project::new();
    project.make_ready();
    let stricter = DEFINITIONS.replace("\"docs/**\"", "\"**\"");
    project.push_from_elsewhere("switchyard.yaml", &stricter);
    assert_eq!(project.reasons(), ["definitions_not_of_base"]);
    project.main.git(["merge", "--quiet", "--ff-only", "origin/main"]);
    project.run("merge-ready 98").code(0);
}

#[test]
fn rules_that_are_hidden_from_git_status_do_not_count() {
    let project = Project::new();
    project.handoff();
    project.main.git(["update-index", "--skip-worktree", "switchyard.yaml"]);
    project.main.write("switchyard.yaml", relaxed());
    assert_eq!(project.reasons(), ["definitions_not_of_base", "coordinator_hides_changes"]);
}

#[test]
fn rules_that_are_kept_out_of_git_hold_as_they_are() {
    let project = Project::new();
    project.main.git(["rm", "--quiet", "--cached", "switchyard.yaml"]);
    project.main.write(".gitignore", "/target/\n/switchyard.yaml\n");
    project.main.git(["add", ".gitignore"]);
    project.main.git(["commit", "--quiet", "-m", "Keep the rules to ourselves"]);
    project.main.git(["push", "--quiet", "origin", "main"]);
    let begun = project.main.head();
    project.lane.git(["merge", "--quiet", "-m", "Take main", &begun]);
    project.make_ready();
    project.run("land 98").code(0);
}
