//! `land --verify` and `land --batch`: what the command says decides, and blames nobody wrongly.

use serde_json::{Value, json};
use testkit::Repo;

use crate::land_in_turn::hand_over;
use crate::project::{Project, codes};

/// Six tasks, `a` to `f`.
fn project() -> Project {
    let tasks: String = ["a", "b", "c", "d", "e", "f"]
        .map(|id| format!("    - {{id: {id}, title: Task {id}}}\n"))
        .concat();
    let text =
        format!("queue:\n  base: origin/main\n  policy: {{evidence: optional}}\n  tasks:\n{tasks}");
    Project::with(&text, Repo::options())
}

/// Each on a branch of its own with a file of its own; the bad ones have a file `bad` in their folder.
fn six(bad: &[&str]) -> Project {
    let project = project();
    for task in ["a", "b", "c", "d", "e", "f"] {
        let name = if bad.contains(&task) { "bad" } else { "good" };
        hand_over(&project, task, &format!("{task}/{name}"), "text\n");
    }
    project
}

/// A script that logs what it verifies and fails where there is a bad file; `more` runs first.
fn script(project: &Project, more: &str) -> String {
    let log = project.scratch.path("runs");
    let text = format!(
        "echo \"$MERGE_QUEUE_TASKS\" >> '{}'\n{more}\nfor bad in */bad; do [ ! -e \"$bad\" ] || {{ echo \"$bad is bad\"; exit 1; }}; done",
        log.display()
    );
    project.scratch.program(project.scratch.path("verify"), &text).to_str().unwrap().to_owned()
}

fn runs(project: &Project) -> Vec<String> {
    let text = std::fs::read_to_string(project.scratch.path("runs")).unwrap_or_default();
    text.lines().map(Into::into).collect()
}

/// What is in the file that a message names for the whole output.
#[track_caller]
fn kept(message: &str) -> String {
    let (_, file) = message.split_once("the whole output is in ").unwrap();
    std::fs::read_to_string(file.lines().next().unwrap()).unwrap()
}

#[track_caller]
fn land(project: &Project, verify: &str, code: i32) -> Vec<Value> {
    project.tool(["land", "--ready", "--batch", "--verify", verify]).run().code(code).json_lines()
}

fn landed(answers: &[Value]) -> Vec<&str> {
    let landed = answers.iter().filter(|answer| answer["landed"] == true);
    landed.map(|answer| answer["task"].as_str().unwrap()).collect()
}

#[test]
fn a_green_batch_is_one_run_and_one_push() {
    let project = six(&[]);
    let pushes = project.scratch.path("pushes");
    project.hook(project.origin.path(), "post-receive", &format!("cat >> '{}'", pushes.display()));
    let answers = land(&project, &script(&project, ""), 0);
    assert_eq!(landed(&answers), ["a", "b", "c", "d", "e", "f"]);
    assert_eq!(runs(&project), ["a b c d e f"]);
    assert_eq!(std::fs::read_to_string(pushes).unwrap().lines().count(), 1);
    let tip = project.base();
    let tree = project.origin.git(["rev-parse", "main^{tree}"]);
    for answer in &answers {
        assert_eq!(answer["batch"], answers[0]["batch"]);
        assert_eq!(answer["verified"]["commit"], tip.as_str());
        assert_eq!(answer["verified"]["tree"], tree.as_str());
        assert_eq!(answer["verified"]["flaky"], false);
        let merge = answer["base_after"].as_str().unwrap();
        let source = project.origin.git(["rev-parse", &format!("{merge}^2")]);
        assert_eq!(answer["commit"], source.as_str());
    }
    assert_eq!(project.count("landed"), 6);
    assert_eq!(project.main.head(), tip);
}

#[test]
fn the_bad_one_goes_back_with_its_output_and_the_rest_lands() {
    let project = six(&["c"]);
    let answers = land(&project, &script(&project, ""), 1);
    assert_eq!(landed(&answers), ["a", "b", "d", "e", "f"]);
    let back = answers.iter().find(|answer| answer["task"] == "c").unwrap();
    assert_eq!(back["returned"]["why"], "verify_failed");
    assert_eq!(back["returned"]["output_tail"], "c/bad is bad\n");
    assert_eq!(codes(back), ["verify_failed"]);
    assert_eq!(kept(back["reasons"][0]["next"].as_str().unwrap()), "c/bad is bad\n");
    assert_eq!((project.count("returned"), project.count("frozen")), (1, 0));
    // Whatever the base was moved to had passed.
    for event in project.events().iter().filter(|event| event["kind"] == "landed") {
        assert_ne!(event["landed"]["verified"], Value::Null);
    }
    let bad = project.origin.git(["ls-tree", "-r", "--name-only", "main"]);
    assert!(!bad.contains("bad"), "{bad}");
    assert_eq!(codes(&project.run("merge-ready c").code(1).json()), ["returned"]);
    // Nothing more is asked for.
    assert_eq!(land(&project, "false", 0), [] as [Value; 0]);
}

#[test]
fn one_by_one_the_bad_ones_go_back_too() {
    let project = six(&["a", "f"]);
    let verify = script(&project, "");
    let ran = project.tool(["land", "--ready", "--verify", &verify]).run();
    let answers = ran.code(1).json_lines();
    assert_eq!(landed(&answers), ["b", "c", "d", "e"]);
    assert_eq!(project.count("returned"), 2);
}

#[test]
fn a_red_base_freezes_the_queue_and_blames_nobody() {
    let project = six(&[]);
    let before = project.base();
    let answers = land(&project, &script(&project, "exit 3"), 1);
    assert_eq!(landed(&answers), [] as [&str; 0]);
    for answer in &answers {
        assert_eq!(codes(answer), ["frozen"]);
        assert_eq!(answer["returned"], Value::Null);
    }
    assert_eq!(answers.len(), 6);
    assert_eq!(
        (project.base(), project.count("frozen"), project.count("returned")),
        (before.clone(), 1, 0)
    );
    let freeze = project.events().pop().unwrap();
    assert_eq!((&freeze["task"], &freeze["frozen"]["base"]), (&Value::Null, &json!(before)));
    // Until somebody has looked, nothing is even tried.
    let tried = runs(&project).len();
    let verify = script(&project, "");
    assert_eq!(
        codes(&project.tool(["land", "a", "--verify", &verify]).run().code(1).json()),
        ["frozen"]
    );
    assert_eq!(runs(&project).len(), tried);
    project.run("thaw").code(0);
    assert_eq!(landed(&land(&project, &verify, 0)).len(), 6);
}

#[test]
fn a_command_that_cannot_be_run_blames_nobody() {
    let project = six(&[]);
    for broken in ["exit 126", "kill -9 $$"] {
        let ran = project
            .tool(["land", "a", "b", "--batch", "--verify", &script(&project, broken)])
            .run();
        ran.code(75).stderr_has("cannot verify").stderr_has("nobody is blamed");
        assert_eq!(kept(ran.err()), "");
        for answer in ran.json_lines() {
            assert_eq!(codes(&answer), ["not_tried"]);
        }
    }
    assert_eq!(
        (project.count("landed"), project.count("returned"), project.count("frozen")),
        (0, 0, 0)
    );
    let verify = script(&project, "");
    assert_eq!(landed(&land(&project, &verify, 0)).len(), 6);
}

#[test]
fn a_run_that_fails_once_is_noted_and_blames_nobody() {
    let project = six(&[]);
    let once = format!("mkdir '{}' 2>/dev/null && exit 1", project.scratch.path("once").display());
    let ran =
        project.tool(["land", "--ready", "--batch", "--verify", &script(&project, &once)]).run();
    ran.code(0).stderr_has("flaky");
    let answers = ran.json_lines();
    assert_eq!(landed(&answers).len(), 6);
    assert!(answers.iter().all(|answer| answer["verified"]["flaky"] == true));
    assert_eq!(runs(&project).len(), 2);
}

#[test]
fn the_projects_own_command_holds_unless_another_is_given() {
    let project = six(&[]);
    let text = std::fs::read_to_string(project.main.file("switchyard.yaml")).unwrap();
    let text = text.replace("evidence: optional", "evidence: optional, verify: test ! -e a/good");
    project.main.commit_file("switchyard.yaml", &text, "Verify");
    project.main.git(["push", "-q", "origin", "main"]);
    let answers = project.run("land --ready --batch").code(1).json_lines();
    assert_eq!(landed(&answers), ["b", "c", "d", "e", "f"]);
    project.run("handoff a --owner A --branch a").code(0);
    project.tool(["land", "a", "--verify", "true"]).run().code(0);
}

#[test]
fn a_task_that_changes_the_definitions_lands_alone_and_holds_for_the_rest() {
    let project = six(&[]);
    let text = std::fs::read_to_string(project.main.file("switchyard.yaml")).unwrap();
    let lane = project.scratch.path("lane-b");
    project.scratch.write("lane-b/switchyard.yaml", text.replace("optional", "required"));
    let git = |args: &[&str]| {
        project.main.git(["-C", lane.to_str().unwrap()].iter().chain(args).copied())
    };
    git(&["commit", "-qam", "Stricter"]);
    project.run("handoff b --owner A --branch b").code(0);
    let answers = land(&project, &script(&project, ""), 0);
    // Those before it landed by the old rules; those after it have no evidence.
    assert_eq!(landed(&answers), ["a", "b"]);
    assert_eq!(runs(&project), ["a", "b"]);
    assert_eq!(codes(&project.run("land c").code(1).json()), ["evidence_missing"]);
}

#[test]
fn a_changelog_that_everybody_edits_does_not_keep_them_apart() {
    for (attributes, runs_needed) in [("CHANGELOG.md merge=union\n", 1), ("", 2)] {
        let project = project();
        project.main.write(".gitattributes", attributes);
        project.main.write("CHANGELOG.md", "# Changes\n\n- old\n");
        project.main.commit_all("Changelog");
        project.main.git(["push", "-q", "origin", "main"]);
        for task in ["a", "b"] {
            let lane = project.main.worktree(project.scratch.path(task), task);
            lane.write("CHANGELOG.md", format!("# Changes\n\n- {task}\n- old\n"));
            lane.write(format!("{task}.txt"), "text\n");
            lane.commit_all(task);
            project.run(&format!("handoff {task} --owner A --branch {task}")).code(0);
        }
        let ran =
            project.tool(["land", "--ready", "--batch", "--verify", &script(&project, "")]).run();
        if runs_needed == 1 {
            assert_eq!(landed(&ran.code(0).json_lines()), ["a", "b"]);
            assert_eq!(
                project.origin.git(["show", "main:CHANGELOG.md"]),
                "# Changes\n\n- a\n- b\n- old"
            );
            assert_eq!(runs(&project), ["a b"]);
        } else {
            assert_eq!(landed(&ran.code(1).json_lines()), ["a"]);
        }
    }
}

#[test]
fn people_see_why_a_task_was_sent_back_until_it_is_handed_over_again() {
    let project = six(&["c"]);
    let verify = script(&project, "");
    let table = project.tool(["land", "c", "--verify", &verify, "--format", "table"]).run();
    let shown = table.code(1).stdout_has("  | c/bad is bad").out();
    assert!(!shown.contains("sent back for"), "no paths are to blame: {shown}");
    project.run("log c --format table").code(0).stdout_has("  | c/bad is bad");

    let attention = || {
        let tasks = project.run("status").code(0).json_lines();
        tasks.into_iter().find(|task| task["task"] == "c").unwrap()["attention"].take()
    };
    let returned = attention();
    assert_eq!(returned["code"], "returned");
    assert_eq!(
        returned["steps"],
        json!(["merge-queue log c", "merge-queue handoff c --owner OWNER"])
    );
    project.run("status --format table").code(0).stdout_has("merge-queue log c");
    project.run("set-status c blocked --reason Later").code(0);
    assert_eq!(attention(), Value::Null, "somebody has looked at it");
    project.run("set-status c in_progress").code(0);
    assert_eq!(attention()["code"], "returned");
    project.run("handoff c --owner A --branch c").code(0);
    assert_eq!(attention(), Value::Null);
}
