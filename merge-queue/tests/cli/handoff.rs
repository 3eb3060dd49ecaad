//! Handoffs, and how lanes are found.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use serde_json::json;
use testkit::{Repo, Tool};

use crate::project::{DEFINITIONS, Project, codes};

/// The tool in a folder of its own, where a script of that name stands in for `worktree-lane`.
fn beside(project: &Project, worktree_lane: &str) -> PathBuf {
    let built = env!("CARGO_BIN_EXE_merge-queue");
    let tool = project.scratch.path("bin/merge-queue");
    project.scratch.program("bin/worktree-lane", worktree_lane);
    // By a child, for the reason that `Scratch::program` gives.
    Tool::program("cp").args([OsStr::new(built), tool.as_os_str()]).run().code(0);
    tool
}

fn run(project: &Project, tool: &Path, args: &[&str]) -> testkit::Ran {
    let home = project.scratch.home();
    Tool::program(tool)
        .args(["--actor", "lead"])
        .args(args)
        .home(home)
        .dir(project.main.path())
        .run()
}

#[test]
fn a_handoff_says_what_the_diff_says() {
    let project = Project::new();
    project.lane.git(["mv", "docs/guide.md", "docs/manual.md"]);
    project.lane.commit_all("Rename");
    let event = project
        .tool([
            "handoff",
            "98",
            "--owner",
            "A",
            "--branch",
            "98-schema",
            "--model",
            "opus",
            "--command",
            "make test",
            "--result",
            "ok",
            "--risk",
            "it's \"new\"\nand long",
            "--next-step",
            "review",
        ])
        .run()
        .code(0)
        .json();
    let handoff = &event["handoff"];
    assert_eq!(handoff["commit"], project.lane.head().as_str());
    assert_eq!(
        handoff["changed_files"],
        json!(["docs/guide.md", "docs/manual.md", "src/api/schema.rs"])
    );
    assert_eq!(handoff["risks"], json!(["it's \"new\"\nand long"]));
    assert_eq!(project.events()[0]["handoff"], *handoff);
}

#[test]
fn a_handoff_that_does_not_fit_is_refused() {
    let project = Project::new();
    project.run("handoff 98 --owner A --branch nowhere").code(2).stderr_has("nowhere");
    project.run("handoff 98 --owner A --branch 98-schema --commit nowhere").code(2);
    project
        .run("handoff 98 --owner A --branch 98-schema --command x --command y --result ok")
        .code(2);
    project.run("handoff 98 --branch 98-schema").code(2).stderr_has("--owner");
    project.tool(["handoff", "98", "--owner", " ", "--branch", "98-schema"]).run().code(2);
    let ran = project.run("handoff 98 --owner A --branch main --commit 98-schema");
    assert_eq!(codes(&ran.code(1).json()), ["commit_not_on_branch"]);
    project.run("handoff 97 --owner A --branch 98-schema").code(2).stderr_has("'97'");
    assert_eq!(project.count("handoff"), 0);
}

#[test]
fn the_lane_is_what_worktree_lane_says() {
    let project = Project::new();
    let lane = project.lane.path().display().to_string();
    let script = format!("[ \"$*\" = 'path 98' ] && echo '{lane}' && exit 0\nexit 1");
    let tool = beside(&project, &script);
    let event = run(&project, &tool, &["handoff", "98", "--owner", "A"]).code(0).json();
    assert_eq!(event["handoff"]["branch"], "98-schema");
    assert_eq!(event["handoff"]["commit"], project.lane.head().as_str());
    let event = run(&project, &tool, &["evidence", "schema", "--", "pwd"]).code(0).json();
    assert_eq!(event["evidence"]["output_tail"], format!("{lane}\n"));
    run(&project, &tool, &["evidence", "later", "--", "pwd"])
        .code(2)
        .stderr_has("worktree-lane add 99");
}

#[test]
fn the_route_of_work_that_is_not_handed_over_is_that_of_its_lane() {
    let project = Project::new();
    let lane = project.lane.path().display().to_string();
    let tool = beside(&project, &format!("echo '{lane}'\n"));
    let route = run(&project, &tool, &["route-review", "98"]).code(0).json();
    assert_eq!(route["head"], project.lane.head().as_str());
}

#[test]
fn a_failing_worktree_lane_is_not_taken_for_a_missing_lane() {
    let project = Project::new();
    let tool = beside(&project, "echo 'worktree-lane: broken' >&2\nexit 74\n");
    run(&project, &tool, &["evidence", "98", "--", "true"]).code(74).stderr_has("broken");
    let tool = beside(&project, "exit 0\n");
    run(&project, &tool, &["evidence", "98", "--", "true"]).code(74).stderr_has("path");
    assert_eq!(project.events().len(), 0);
}

#[test]
fn without_worktree_lane_the_lane_is_the_worktree_of_the_role() {
    let definitions = DEFINITIONS.replace("A-backend: {}", "A-backend: {worktree: ../talos-98}");
    let project = Project::with(&definitions, Repo::options());
    let tool = beside(&project, "exit 1\n");
    let event = run(&project, &tool, &["handoff", "98", "--owner", "A"]).code(0).json();
    assert_eq!(event["handoff"]["branch"], "98-schema");
}

#[test]
fn what_is_more_than_the_name_of_a_branch_is_none() {
    let project = Project::new();
    for branch in ["98-schema~0", "98-schema@{0}", "../heads/98-schema", "refs/heads/98-schema"] {
        let ran = project.run(&format!("handoff 98 --owner A --branch {branch}"));
        ran.code(2).stderr_has("there is no branch");
    }
    assert_eq!(project.count("handoff"), 0);
}

fn with_json(project: &Project, more: &[&str], json: &str) -> testkit::Ran {
    let args = ["handoff", "98", "--json"].into_iter().chain(more.iter().copied());
    project.tool(args).stdin(json.as_bytes().to_vec()).run()
}

#[test]
fn the_fields_may_come_as_json_and_an_option_goes_before_one() {
    let project = Project::new();
    let text = "it's \"$(x)\" `y`\n- and more";
    let fields = json!({"owner": "A", "branch": "98-schema", "commands": [text], "results": ["ok"],
        "changed_files": ["src/api/schema.rs"], "risks": [text], "next_step": text});
    let event = with_json(&project, &["--owner", "B"], &fields.to_string()).code(0).json();
    let handoff = &event["handoff"];
    assert_eq!((&handoff["owner"], &handoff["branch"]), (&json!("B"), &json!("98-schema")));
    assert_eq!((&handoff["commands"], &handoff["risks"]), (&json!([text]), &json!([text])));
    assert_eq!(handoff["next_step"], text);
    for (json, needle) in [
        ("", "stdin:1:0"),
        ("{\n\"ownr\": \"A\"}", "stdin:2:"),
        ("{\"owner\": 7}", "stdin:1:"),
        ("{\"owner\": \"A\"} {}", "stdin:1:"),
        ("{\"owner\": \" \"}", "'owner'"),
        ("{\"owner\": \"A\\nB\"}", "control character"),
    ] {
        with_json(&project, &[], json).code(65).stderr_has(needle);
    }
    with_json(&project, &[], "{}").code(2).stderr_has("owner");
    assert_eq!(project.count("handoff"), 1);
}

#[test]
fn files_that_are_named_must_be_those_that_the_branch_changes() {
    let project = Project::new();
    project.lane.git(["mv", "docs/guide.md", "docs/manual.md"]);
    project.lane.commit_all("Rename");
    let all = ["docs/guide.md", "docs/manual.md", "src/api/schema.rs"];
    let hand_over = |files: &[&str]| {
        let named = files.iter().flat_map(|file| ["--changed-file", file]);
        project.tool(["handoff", "98", "--owner", "A", "--branch", "98-schema"]).args(named).run()
    };
    for (files, needle) in [
        (&all[1..], "98-schema also changes docs/guide.md"),
        (&["x", all[0], all[1], all[2]][..], "98-schema does not change x"),
        (
            &["x"][..],
            "98-schema changes docs/guide.md, docs/manual.md, src/api/schema.rs, and not x",
        ),
    ] {
        let answer = hand_over(files).code(1).json();
        assert_eq!(codes(&answer), ["changed_files_differ"]);
        assert_eq!(answer["reasons"][0]["message"], needle);
    }
    assert_eq!(project.count("handoff"), 0);
    hand_over(&[all[2], all[0], all[1]]).code(0);
}
