//! Several tasks in one call of `land`.

use serde_json::{Value, json};
use testkit::Repo;

use crate::project::{Project, codes};

/// Tasks `a` to `d`, of which `b` depends on `d`; nobody reviews, and nothing is checked.
pub(crate) const MANY: &str = "\
queue:
  base: origin/main
  policy: {evidence: optional}
  tasks:
    - {id: a, title: The first}
    - {id: b, title: The second, depends_on: [d]}
    - {id: c, title: The third, priority: 1}
    - {id: d, title: The fourth}
";

/// A branch of the task's name with one commit, handed over.
#[track_caller]
pub(crate) fn hand_over(project: &Project, task: &str, path: &str, text: &str) -> Repo {
    let lane = project.main.worktree(project.scratch.path(format!("lane-{task}")), task);
    lane.commit_file(path, text, task);
    project.run(&format!("handoff {task} --owner A --branch {task}")).code(0);
    lane
}

pub(crate) fn project() -> Project {
    Project::with(MANY, Repo::options())
}

fn tasks(answers: &[Value]) -> Vec<&str> {
    answers.iter().map(|answer| answer["task"].as_str().unwrap()).collect()
}

/// The subjects of the base's own commits, the newest first.
fn subjects(project: &Project) -> Vec<String> {
    let log = project.origin.git(["log", "--first-parent", "--format=%s", "main"]);
    log.lines().map(Into::into).collect()
}

#[test]
fn they_land_by_dependency_and_priority_with_one_answer_each() {
    let project = project();
    for task in ["a", "b", "c", "d"] {
        hand_over(&project, task, &format!("{task}.txt"), "text\n");
    }
    let answers = project.run("land b a c d a").code(0).json_lines();
    assert_eq!(tasks(&answers), ["c", "a", "d", "b"]);
    for answer in &answers {
        assert_eq!((&answer["landed"], &answer["already"]), (&json!(true), &json!(false)));
    }
    assert_eq!(
        subjects(&project),
        [
            "Merge b: The second",
            "Merge d: The fourth",
            "Merge a: The first",
            "Merge c: The third",
            "Begin"
        ]
    );
    let batches: std::collections::BTreeSet<&str> =
        answers.iter().map(|answer| answer["batch"].as_str().unwrap()).collect();
    assert_eq!(batches.len(), 4, "one by one");
    assert_eq!(project.main.head(), project.base());
    assert_eq!(project.count("landed"), 4);
    let again = project.run("land --ready");
    again.code(0);
    assert_eq!(again.json_lines(), [] as [Value; 0]);
}

#[test]
fn one_that_is_refused_does_not_keep_the_others() {
    let project = project();
    hand_over(&project, "a", "a.txt", "text\n");
    hand_over(&project, "b", "b.txt", "text\n");
    let answers = project.run("land a b c").code(1).json_lines();
    assert_eq!(tasks(&answers), ["c", "a", "b"]);
    assert_eq!(codes(&answers[0]), ["handoff_missing"]);
    assert_eq!(answers[1]["landed"], true);
    assert_eq!(codes(&answers[2]), ["dependency_open"]);
    // What nobody named has no answer.
    let ready = project.run("land --ready");
    ready.code(0).stderr_has("1 handed over and not ready");
    assert_eq!(ready.json_lines(), [] as [Value; 0]);
    project.run("land a nothing").code(2).stderr_has("'nothing'");
    project.run("land").code(2);
    project.run("land a --ready").code(2);
}

#[test]
fn a_conflict_goes_back_with_files_and_the_task_on_the_other_side() {
    let project = project();
    hand_over(&project, "a", "shared.txt", "a\n");
    let lane = hand_over(&project, "c", "shared.txt", "c\n");
    hand_over(&project, "d", "d.txt", "d\n");
    let answers = project.run("land --ready").code(1).json_lines();
    assert_eq!(tasks(&answers), ["c", "a", "d"]);
    let sent_back = &answers[1];
    assert_eq!(sent_back["landed"], false);
    assert_eq!(sent_back["returned"]["why"], "conflict");
    assert_eq!(sent_back["returned"]["paths"], json!(["shared.txt"]));
    assert_eq!(sent_back["returned"]["against"], json!(["c"]));
    assert_eq!(codes(sent_back), ["merge_conflict"]);
    assert_eq!(answers[2]["landed"], true);
    assert_eq!(project.count("returned"), 1);

    // It stays away until it is handed over again, whatever the branch and the base become.
    assert_eq!(codes(&project.run("land a").code(1).json()), ["merge_conflict", "returned"]);
    assert_eq!(project.count("returned"), 1);
    let lane_a = project.scratch.path("lane-a");
    let git = |args: &[&str]| {
        let mut call = vec!["-C", lane_a.to_str().unwrap()];
        call.extend(args);
        lane.git(call)
    };
    git(&["merge", "-q", "-X", "ours", "origin/main"]);
    let told = project.run("merge-ready a").code(1).json();
    assert_eq!(codes(&told), ["handoff_other_commit", "returned"]);
    assert!(told["reasons"][1]["message"].as_str().unwrap().contains("shared.txt, with c"));
    project.run("handoff a --owner A --branch a").code(0);
    assert_eq!(project.run("land a").code(0).json()["landed"], true);
}

#[test]
fn a_rehearsal_sends_nobody_back() {
    let project = project();
    hand_over(&project, "a", "shared.txt", "a\n");
    project.push_from_elsewhere("shared.txt", "theirs\n");
    let events = project.events();
    let answer = project.run("land a --dry-run").code(1).json();
    assert_eq!(answer["returned"]["paths"], json!(["shared.txt"]));
    assert_eq!(answer["returned"]["against"], json!([]));
    assert_eq!(project.events(), events);
}
