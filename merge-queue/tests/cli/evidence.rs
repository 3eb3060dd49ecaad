//! Evidence is what the tool saw for itself.

use serde_json::{Value, json};
use testkit::Repo;

use crate::project::{DEFINITIONS, Project, codes};

fn run(project: &Project, command: &[&str]) -> testkit::Ran {
    let lane = project.lane.path().to_str().unwrap();
    let mut args = vec!["evidence", "98", "--lane", lane, "--"];
    args.extend(command);
    project.tool(args).run()
}

#[test]
fn a_pass_and_a_failure_are_recorded_as_they_were() {
    let project = Project::new();
    let tree = project.lane.git(["rev-parse", "HEAD^{tree}"]);
    let ran = run(&project, &["sh", "-c", "echo out; echo err >&2; pwd"]);
    let event = ran.code(0).json();
    let evidence = &event["evidence"];
    assert_eq!(event["schema"], "merge-queue.event/1");
    assert_eq!(event["seq"], 1);
    assert_eq!(event["actor"], "lead");
    assert_eq!(evidence["command"], "sh -c 'echo out; echo err >&2; pwd'");
    assert_eq!(evidence["result"], "pass");
    assert_eq!(evidence["source"], "ran");
    assert_eq!(evidence["commit"], project.lane.head().as_str());
    assert_eq!(evidence["tree"], tree.as_str());
    let pwd = project.lane.path().display();
    assert_eq!(evidence["output_tail"], format!("out\nerr\n{pwd}\n"));

    let event = run(&project, &["sh", "-c", "exit 3"]).code(1).json();
    assert_eq!(event["seq"], 2);
    assert_eq!(
        (&event["evidence"]["exit_status"], &event["evidence"]["result"]),
        (&json!(3), &json!("fail"))
    );
    let event = run(&project, &["sh", "-c", "kill -9 $$"]).code(1).json();
    assert_eq!(event["evidence"]["exit_status"], Value::Null);
    assert_eq!(project.events().len(), 3);
}

#[test]
fn a_command_that_cannot_be_run_records_nothing() {
    let project = Project::new();
    run(&project, &["no-such-program"]).code(74).stderr_has("no-such-program");
    assert_eq!(project.events(), Vec::<Value>::new());
}

#[test]
fn a_lane_with_changes_or_at_another_commit_proves_nothing() {
    let project = Project::new();
    project.lane.write("target/x", "ignored\n");
    run(&project, &["true"]).code(0);
    project.lane.write("new.txt", "untracked\n");
    assert_eq!(codes(&run(&project, &["true"]).code(1).json()), ["lane_dirty"]);
    std::fs::remove_file(project.lane.file("new.txt")).unwrap();
    project.lane.write("README.md", "edited\n");
    assert_eq!(codes(&run(&project, &["true"]).code(1).json()), ["lane_dirty"]);
    project.lane.git(["checkout", "--quiet", "README.md"]);
    let lane = project.lane.path().to_str().unwrap();
    let args = ["evidence", "98", "--lane", lane, "--commit", "98-schema~1", "--", "true"];
    assert_eq!(codes(&project.tool(args).run().code(1).json()), ["lane_other_commit"]);
    let args = ["evidence", "98", "--lane", lane, "--commit", "98-schema", "--", "true"];
    project.tool(args).run().code(0);
    assert_eq!(project.events().len(), 2);
}

#[test]
fn a_lane_that_hides_its_changes_from_git_proves_nothing() {
    let project = Project::new();
    for flag in ["--assume-unchanged", "--skip-worktree"] {
        project.lane.git(["update-index", flag, "README.md"]);
        project.lane.write("README.md", "edited\n");
        let reasons = codes(&run(&project, &["true"]).code(1).json());
        assert_eq!(reasons, ["lane_hides_changes"], "{flag}");
        let undo = flag.replace("--", "--no-");
        project.lane.git(["update-index", &undo, "README.md"]);
        project.lane.git(["checkout", "--quiet", "README.md"]);
    }
    run(&project, &["true"]).code(0);
}

#[test]
fn a_command_that_changes_the_lane_has_failed() {
    let project = Project::new();
    for script in ["echo x >> README.md", "echo x > new.txt", "git commit -q --allow-empty -m x"] {
        let event = run(&project, &["sh", "-c", script]).code(1).json();
        assert_eq!(event["evidence"]["result"], "fail", "{script}");
        assert_eq!(event["evidence"]["exit_status"], 0, "{script}");
        assert!(event["evidence"]["reason"].as_str().unwrap().contains("after the command"));
        project.lane.git(["reset", "--quiet", "--hard", "main"]);
        project.lane.git(["clean", "-fdq"]);
    }
}

#[test]
fn a_lane_whose_changes_git_would_overlook_proves_nothing() {
    // A monitor that says that nothing has changed.
    let project = Project::new();
    let monitor = project.scratch.program("monitor", "printf 'token\\0'");
    project.lane.git(["config", "core.fsmonitor", monitor.to_str().unwrap()]);
    project.lane.git(["config", "core.fsmonitorHookVersion", "2"]);
    project.lane.git(["status"]);
    project.lane.git(["status"]);
    project.lane.write("README.md", "edited\n");
    assert_eq!(Project::dirt(&project.lane), "", "git itself is taken in");
    assert_eq!(codes(&run(&project, &["true"]).code(1).json()), ["lane_dirty"]);

    // A file of the same length and date.
    let project = Project::new();
    project.lane.git(["config", "core.checkStat", "minimal"]);
    project.lane.git(["config", "core.trustctime", "false"]);
    let readme = project.lane.file("README.md");
    let date = || {
        let touch = testkit::Tool::program("touch").args(["-d", "2020-01-01 00:00:00"]);
        touch.arg(&readme).run().code(0);
    };
    date();
    project.lane.git(["update-index", "--refresh"]);
    // Another file on the disk: times alone differ in whole seconds only.
    let other = project.scratch.write("README.md", "TALOS\n");
    std::fs::rename(other, &readme).unwrap();
    date();
    assert_eq!(Project::dirt(&project.lane), "", "git itself is taken in");
    assert_eq!(codes(&run(&project, &["true"]).code(1).json()), ["lane_dirty"]);
}

#[test]
fn a_command_that_ruins_the_lane_has_failed() {
    for script in ["rm .git", "mv \"$PWD\" \"$PWD.away\""] {
        let project = Project::new();
        run(&project, &["true"]).code(0);
        let event = run(&project, &["sh", "-c", script]).code(1).json();
        assert_eq!(event["evidence"]["result"], "fail", "{script}");
        let reason = event["evidence"]["reason"].as_str().unwrap();
        assert!(reason.contains("cannot be looked at"), "{reason}");
        assert_eq!(project.events().len(), 2);
    }
}

#[test]
fn a_command_without_a_name_is_wrong_usage() {
    run(&Project::new(), &["", "x"]).code(2).stderr_has("no command");
}

#[test]
fn a_signal_that_the_tool_was_started_to_ignore_stays_ignored() {
    let project = Project::new();
    let lane = project.lane.path().to_str().unwrap();
    // As `nohup` starts it.
    let nohup = ["-c", "trap '' HUP; exec \"$@\"", "sh", env!("CARGO_BIN_EXE_merge-queue")];
    let evidence = ["evidence", "98", "--lane", lane, "--", "sh", "-c", "kill -HUP $PPID"];
    let tool = testkit::Tool::program("sh").args(nohup).args(["--actor", "lead"]).args(evidence);
    let ran = tool.dir(project.main.path()).run();
    assert_eq!(ran.code(0).json()["evidence"]["result"], "pass");
}

#[test]
fn only_the_end_of_a_long_output_is_kept() {
    let project = Project::new();
    let event = run(&project, &["sh", "-c", "seq 1 100000; printf '\\377'"]).code(0).json();
    let tail = event["evidence"]["output_tail"].as_str().unwrap();
    assert!(tail.ends_with("99999\n100000\n\u{fffd}"), "{tail}");
    assert!(tail.len() <= 4100);
}

#[test]
fn a_child_that_is_left_behind_is_ended_with_the_command() {
    let project = Project::new();
    // The reader of the FIFO gets its end only when the left-behind writer is gone.
    let fifo = project.scratch.path("fifo");
    testkit::Tool::program("mkfifo").arg(&fifo).run().code(0);
    // Opened before the fork: a writer that is ended before it opens the FIFO would never be seen.
    let script = format!("exec 3> '{}'; sleep 300 & exit 0", fifo.display());
    let reader = testkit::Tool::program("cat").arg(&fifo).spawn();
    run(&project, &["sh", "-c", &script]).code(0);
    reader.wait().code(0);
}

#[test]
fn the_lane_of_another_repository_is_refused() {
    let project = Project::new();
    let other = Repo::init(project.scratch.path("other"));
    other.commit_file("a", "1", "One");
    let args = ["evidence", "98", "--lane", other.path().to_str().unwrap(), "--", "true"];
    project.tool(args).run().code(2).stderr_has("another repository");
    assert_eq!(project.events(), Vec::<Value>::new());
}

#[test]
fn what_left_its_session_or_was_forked_twice_is_ended_with_the_command() {
    for script in [
        "exec 3> FIFO; setsid sleep 300 & exit 0",
        "exec 3> FIFO; (setsid sh -c 'trap \"\" TERM HUP; sleep 300' &) & exit 0",
        "exec 3> FIFO; env -i setsid sleep 300 & exit 3",
    ] {
        let project = Project::new();
        let fifo = project.scratch.path("fifo");
        testkit::Tool::program("mkfifo").arg(&fifo).run().code(0);
        let reader = testkit::Tool::program("cat").arg(&fifo).spawn();
        let ran = run(&project, &["sh", "-c", &script.replace("FIFO", fifo.to_str().unwrap())]);
        ran.code(i32::from(script.ends_with('3')));
        reader.wait().code(0);
    }
}

#[test]
fn a_command_that_is_still_running_when_its_time_is_over_has_failed() {
    let project = Project::new();
    let fifo = project.scratch.path("fifo");
    testkit::Tool::program("mkfifo").arg(&fifo).run().code(0);
    let reader = testkit::Tool::program("cat").arg(&fifo).spawn();
    let script = format!("exec 3> '{}'; setsid sleep 300", fifo.display());
    let lane = project.lane.path().to_str().unwrap();
    let args = ["evidence", "98", "--limit", "500ms", "--lane", lane, "--", "sh", "-c", &script];
    let event = project.tool(args).run().code(1).json();
    assert_eq!(event["evidence"]["result"], "fail");
    assert_eq!(event["evidence"]["reason"], "stopped after 500ms");
    reader.wait().code(0);
    assert_eq!(project.events().len(), 1);
}

#[test]
fn a_command_may_be_given_as_a_check_is_written() {
    let project = Project::new();
    let lane = project.lane.path().to_str().unwrap();
    for (text, stored) in [
        ("git   \"--version\"", "git --version"),
        (
            "test -e README.md && echo \"$0 it's\"",
            r#"sh -c 'test -e README.md && echo "$0 it'\''s"'"#,
        ),
    ] {
        let args = ["evidence", "98", "--lane", lane, "--text", text];
        let event = project.tool(args).run().code(0).json();
        assert_eq!(event["evidence"]["command"], stored);
    }
    let args = ["evidence", "98", "--lane", lane, "--text", "true", "--", "true"];
    project.tool(args).run().code(2);
    project.tool(["evidence", "98", "--lane", lane]).run().code(2);
    project.tool(["evidence", "98", "--lane", lane, "--text", " "]).run().code(2);
    assert_eq!(project.events().len(), 2);
}

fn declare(project: &Project, result: &str) -> testkit::Ran {
    project.run(&format!("evidence 98 --declared {result} --note ci/7 -- git --version"))
}

#[test]
fn what_somebody_declares_satisfies_nothing_and_a_declared_failure_counts() {
    let project = Project::new();
    project.handoff();
    project.approve("D-arch");
    project.approve("E-governance");
    let ran = declare(&project, "pass");
    ran.stderr_has("satisfies no check");
    let evidence = &ran.code(0).json()["evidence"];
    assert_eq!((&evidence["source"], &evidence["note"]), (&json!("declared"), &json!("ci/7")));
    assert_eq!((&evidence["exit_status"], &evidence["result"]), (&Value::Null, &json!("pass")));
    assert_eq!(evidence["commit"], project.lane.head().as_str());
    assert_eq!(project.reasons(), ["check_not_run"]);
    project.evidence();
    project.run("merge-ready 98").code(0);
    // It failed elsewhere, on the same content: that somebody says the contrary is not enough.
    declare(&project, "fail").code(0);
    assert_eq!(project.reasons(), ["check_failed"]);
    declare(&project, "pass").code(0);
    assert_eq!(project.reasons(), ["check_failed"]);
    project.evidence();
    project.run("merge-ready 98").code(0);
    project.run("evidence 98 --note x -- true").code(2);
}

#[test]
fn a_project_may_let_declared_results_count_but_never_against_a_run_that_failed() {
    let policy = "queue:\n  policy: {declared: counts}\n";
    let check = "test -e marker";
    let definitions = DEFINITIONS.replace("queue:\n", policy).replace("git --version", check);
    let project = Project::with(&definitions, Repo::options());
    project.handoff();
    project.approve("D-arch");
    project.approve("E-governance");
    let declare = |result: &str| {
        let args = ["evidence", "98", "--declared", result, "--text", check];
        project.tool(args).run().code(0).stderr_is("");
    };
    declare("pass");
    let answer = project.run("merge-ready 98").code(0).json();
    assert_eq!(answer["conditions"][2]["detail"], "event 4: test -e marker (declared)");
    assert_eq!(run(&project, &["test", "-e", "marker"]).code(1).json()["seq"], 5);
    declare("pass");
    assert_eq!(project.reasons(), ["check_failed"]);
}

#[test]
fn a_task_without_checks_needs_a_run_unless_the_project_says_otherwise() {
    let bare = DEFINITIONS.replace("      acceptance_checks: [\"git --version\"]\n", "");
    let project = Project::with(&bare, Repo::options());
    project.handoff();
    project.approve("D-arch");
    project.approve("E-governance");
    assert_eq!(project.reasons(), ["evidence_missing"]);
    project.run("evidence 98 --declared pass -- make").code(0);
    assert_eq!(project.reasons(), ["evidence_missing"]);
    run(&project, &["false"]).code(1);
    assert_eq!(project.reasons(), ["check_failed"]);
    // Which of two commands matters is not known.
    run(&project, &["true"]).code(0);
    assert_eq!(project.reasons(), ["check_failed"]);
    project.lane.commit_file("src/api/schema.rs", "pub fn schema() {}\n// 2\n", "More");
    project.handoff();
    project.approve("D-arch");
    project.approve("E-governance");
    assert_eq!(project.reasons(), ["evidence_missing"]);
    run(&project, &["true"]).code(0);
    project.run("merge-ready 98").code(0);

    let optional = bare.replace("queue:\n", "queue:\n  policy: {evidence: optional}\n");
    let project = Project::with(&optional, Repo::options());
    project.handoff();
    project.approve("D-arch");
    project.approve("E-governance");
    let answer = project.run("merge-ready 98").code(0).json();
    let detail = answer["conditions"][2]["detail"].as_str().unwrap();
    assert!(detail.contains("queue.policy.evidence"), "{detail}");
    run(&project, &["false"]).code(1);
    assert_eq!(project.reasons(), ["check_failed"]);
}

#[test]
fn what_cannot_be_recorded_is_not_run() {
    let project = Project::new();
    let marker = project.scratch.path("marker");
    let run = || {
        let tool = project.tool(["evidence", "98", "--lane"]).arg(project.lane.path());
        tool.args(["--", "touch"]).arg(&marker).run()
    };
    project.scratch.write("talos/.git/switchyard/queue.jsonl", "not json\n");
    run().code(65).stderr_has("cannot record");
    std::fs::remove_file(project.journal()).unwrap();
    std::fs::create_dir(project.journal()).unwrap();
    run().code(74).stderr_has("is a directory");
    assert!(!marker.exists());
    std::fs::remove_dir(project.journal()).unwrap();
    run().code(0);
    assert!(marker.exists());
}
