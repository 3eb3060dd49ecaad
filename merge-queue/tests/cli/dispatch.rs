//! What may be claimed, what each role should do next, and whose agent has stopped.

use serde_json::{Value, json};

use crate::claim::{change_last, let_it_lapse};
use crate::project::{DEFINITIONS, Project, codes};

fn texts(lines: &[Value], key: &str) -> Vec<String> {
    lines.iter().map(|line| line[key].as_str().unwrap_or("-").to_owned()).collect()
}

#[test]
fn ready_lists_what_may_be_claimed_and_explains_the_rest() {
    let project = Project::new();
    let ready = project.run("ready").code(0).json_lines();
    assert_eq!(texts(&ready, "task"), ["schema"]);
    assert_eq!(ready[0]["reasons"], json!([]));
    let all = project.run("ready --explain").code(0).json_lines();
    assert_eq!(texts(&all, "task"), ["schema", "later"]);
    assert_eq!(codes(&all[1]), ["dependency_open"]);

    project.run("claim 98 --role A-backend --owner B").code(0);
    project.run("set-status 99 blocked --reason undecided").code(0);
    project.run("ready").code(1).stdout_is("");
    let all = project.run("ready --role A-backend --explain").code(1).json_lines();
    assert_eq!(codes(&all[0]), ["claimed_by_other"]);
    assert_eq!(codes(&all[1]), ["task_blocked", "dependency_open"]);
    // A role gets its own tasks and those that are for everybody.
    let of_reviewer = project.run("ready --role D-arch --explain").code(1).json_lines();
    assert_eq!(texts(&of_reviewer, "task"), ["later"]);
    project.run("ready --role nobody").code(2).stderr_has("the roles are: A-backend");
    project.run("next --role nobody").code(2).stderr_has("the roles are: A-backend");

    project.make_ready();
    let all = project.run("ready --explain").code(1).json_lines();
    assert_eq!(codes(&all[0]), ["claimed_by_other", "in_review"]);
    project.run("land 98").code(0);
    project.run("set-status 99 todo").code(0);
    let ready = project.run("ready --explain").code(0).json_lines();
    assert_eq!(texts(&ready, "task"), ["later"], "what is done is not listed");
}

#[test]
fn next_goes_on_with_what_is_begun_before_it_begins_something() {
    let more = "    - {id: more, title: More, role: A-backend}\n  routes:";
    let project =
        Project::with(&DEFINITIONS.replacen("  routes:", more, 1), testkit::Repo::options());
    let next = || project.run("next").code(0).json_lines();
    assert_eq!(texts(&next(), "action"), ["claim"]);
    assert_eq!(next()[0]["task"], "schema");
    let command = next()[0]["command"].as_str().unwrap().to_owned();
    // The command is what it says.
    let words = command.replace("merge-queue ", "").replace("OWNER", "B");
    project.run(&words).code(0);
    assert_eq!(texts(&next(), "action"), ["continue"]);
    assert_eq!(next()[0]["owner"], "B");
    let command = next()[0]["command"].as_str().unwrap().to_owned();
    project.run(&command.replace("merge-queue ", "")).code(0);

    let_it_lapse(&project);
    assert_eq!(texts(&next(), "action"), ["continue"], "it may be half done");
    assert!(next()[0]["command"].as_str().unwrap().starts_with("merge-queue claim schema"));
    // Handed over, it is the reviewers' turn.
    project.run("release 98 --owner B").code(0);
    project.make_ready();
    assert_eq!((&next()[0]["action"], &next()[0]["task"]), (&json!("claim"), &json!("more")));
    project.run("review 98 --role D-arch --reviewer D --status changes_requested").code(0);
    assert_eq!((&next()[0]["action"], &next()[0]["task"]), (&json!("continue"), &json!("schema")));

    let all = project.run("next --all-roles").code(0).json_lines();
    assert_eq!(texts(&all, "role"), ["A-backend", "D-arch", "E-governance"]);
    assert_eq!(texts(&all, "action"), ["continue", "wait", "wait"]);
    let one = project.run("next --role D-arch").code(1).json_lines();
    assert_eq!(texts(&one, "action"), ["wait"]);
}

#[test]
fn status_points_at_agents_that_have_stopped() {
    let definitions = DEFINITIONS
        .replace("A-backend: {}", "A-backend: {worktree: ../talos-98, branch: 98-schema}");
    let project = Project::new();
    let first = || project.run("status").code(0).json_lines().remove(0);
    project.run("claim 98 --role A-backend --owner 'B' --lease 900h").code(0);
    project.main.write("switchyard.yaml", &definitions);
    assert_eq!(first()["attention"], Value::Null);
    assert_eq!(first()["claim"]["running"], true);

    // Nothing in the journal for a long time, but the lane is alive.
    change_last(&project, |event| event["at"] = json!("2026-01-24T18:30:45.000Z"));
    assert_eq!(first()["attention"], Value::Null);
    let old = ["-d", "2026-01-24T18:30:45Z"];
    let git_dir = project.main.file(".git/worktrees/talos-98");
    for file in ["index", "HEAD", "logs/HEAD", "COMMIT_EDITMSG"] {
        testkit::Tool::program("touch")
            .args(["-c"])
            .args(old)
            .arg(git_dir.join(file))
            .run()
            .code(0);
    }
    let attention = first()["attention"].take();
    assert_eq!(attention["code"], "stalled");
    let steps = texts_of(&attention["steps"]);
    assert!(steps[0].starts_with("git -C ") && steps[0].ends_with(" status --short --branch"));
    assert!(steps[1].starts_with("worktree-lane save "), "{steps:?}");

    let_it_lapse(&project);
    let status = first();
    assert_eq!(status["attention"]["code"], "lease_over");
    assert_eq!(status["claim"]["running"], false);
    let table = project.run("status --format table");
    table.code(0).stdout_has("the lease of 'B' ended").stdout_has("merge-queue release schema");
    // The steps are commands: the first looks, the third gives the task back.
    let steps = texts_of(&status["attention"]["steps"]);
    testkit::Tool::program("sh").args(["-c", &steps[0]]).dir(project.main.path()).run().code(0);
    let release =
        steps[2].replace("merge-queue", &format!("'{}'", env!("CARGO_BIN_EXE_merge-queue")));
    testkit::Tool::program("sh")
        .args(["-c", &release])
        .env("USER", "x")
        .dir(project.main.path())
        .run()
        .code(0);
    assert_eq!(first()["attention"], Value::Null);
    assert_eq!(first()["state"], "todo");
}

fn texts_of(list: &Value) -> Vec<String> {
    list.as_array().unwrap().iter().map(|text| text.as_str().unwrap().to_owned()).collect()
}

#[test]
fn nothing_is_ready_where_something_cannot_be_read() {
    let project = Project::new();
    project.run("claim 98 --role A-backend --owner B").code(0);
    project.scratch.write("talos/.git/switchyard/queue.jsonl", "broken\n");
    project.run("ready").code(1).stdout_is("").stderr_has("1 damaged place");
    project.run("next").code(1).stdout_is("");
    let all = project.run("ready --explain").code(1).json_lines();
    assert_eq!(codes(&all[0]), ["journal_damaged"]);
}

#[test]
fn reviewers_are_sent_to_what_waits_for_them() {
    let project = Project::new();
    let next = |role: &str| project.run(&format!("next --role {role}")).json();
    project.evidence();
    project.handoff();
    for role in ["D-arch", "E-governance"] {
        let next = next(role);
        assert_eq!((&next["action"], &next["task"]), (&json!("review"), &json!("schema")));
        assert_eq!(next["why"], "it is handed over and changes src/api/schema.rs");
        // The command is what it says.
        let command = next["command"].as_str().unwrap();
        let words = command.replace("merge-queue ", "").replace("STATUS", "approved");
        project.run(&words.replace("REVIEWER", role.get(..1).unwrap())).code(0);
        assert_eq!(project.run(&format!("next --role {role}")).code(1).json()["action"], "wait");
    }
    project.run("merge-ready 98").code(0);
    // Asked for changes, it is the implementer's turn; handed over again, everybody's.
    project.run("review 98 --role D-arch --reviewer D --status changes_requested").code(0);
    assert_eq!(next("D-arch")["action"], "wait");
    assert_eq!(next("A-backend")["action"], "continue");
    project.lane.commit_file("src/api/schema.rs", "pub fn better() {}\n", "Better");
    project.handoff();
    let all = project.run("next --all-roles").code(0).json_lines();
    assert_eq!(texts(&all, "action"), ["wait", "review", "review"]);
    project.run("next --format table").code(0).stdout_has("review");
    project.run("set-status 98 blocked --reason undecided").code(0);
    assert_eq!(next("D-arch")["action"], "wait");
}
