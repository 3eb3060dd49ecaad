//! A queue in which nothing may land.

use serde_json::Value;

use crate::project::{Project, codes};

#[test]
fn nothing_lands_until_the_queue_is_thawed() {
    let project = Project::new();
    project.make_ready();
    let before = project.base();
    let event = project.tool(["freeze", "--reason", "release day"]).run().code(0).json();
    assert_eq!(event["kind"], "frozen");
    assert_eq!(event["task"], Value::Null);
    assert_eq!(event["frozen"]["reason"], "release day");
    assert_eq!(event["frozen"]["until"], Value::Null);

    let refused = project.run("land 98").code(1).json();
    assert_eq!(codes(&refused), ["frozen"]);
    assert!(refused["reasons"][0]["message"].as_str().unwrap().contains("release day"));
    assert_eq!(codes(&project.run("land 98 --dry-run").code(1).json()), ["frozen"]);
    assert_eq!(project.base(), before);
    assert_eq!(project.count("landing"), 0);
    // Whether the task may land is another question.
    let ready = project.run("merge-ready 98");
    assert_eq!(ready.code(0).stderr_has("frozen").json()["ready"], true);
    let shown = project.run("status").code(0).json_lines();
    assert_eq!(shown[0]["schema"], "merge-queue.frozen/1");
    assert_eq!(shown[0]["reason"], "release day");
    assert_eq!(shown[0]["by"], "lead");

    assert_eq!(project.run("thaw").code(0).json()["kind"], "thawed");
    assert_eq!(project.run("status").code(0).json_lines()[0]["schema"], "merge-queue.task/1");
    assert_eq!(project.run("land 98").code(0).json()["landed"], true);
    assert_eq!(codes(&project.run("thaw").code(1).json()), ["not_frozen"]);
    assert_eq!(project.count("thawed"), 1);
}

#[test]
fn a_freeze_ends_by_itself_and_a_later_one_takes_its_place() {
    let project = Project::new();
    project.make_ready();
    project.tool(["freeze", "--reason", "a", "--until", "2h"]).run().code(0);
    let over = project.tool(["freeze", "--reason", "b", "--until", "2020-01-24"]).run();
    over.code(2).stderr_has("is over");
    project.tool(["freeze", "--reason", "b", "--until", "soon"]).run().code(2).stderr_has("soon");
    project.tool(["freeze", "--reason", " "]).run().code(2);
    project.run("freeze").code(2).stderr_has("--reason");
    assert_eq!(project.count("frozen"), 1);
    project.run("land 98").code(1);

    // One that was over before anybody looked.
    let line = r#"{"seq":SEQ,"at":"2020-01-24T18:30:45.000Z","actor":"lead","task":null,"kind":"frozen","frozen":{"reason":"c","until":"2020-01-24T19:30:45.000Z"}}"#;
    let next = (project.events().len() + 1).to_string();
    let events = project.main.read(".git/switchyard/queue.jsonl");
    let line = line.replace("SEQ", &next);
    project.main.write(".git/switchyard/queue.jsonl", format!("{events}{line}\n"));
    project.run("thaw").code(1);
    assert_eq!(project.run("land 98").code(0).json()["landed"], true);
}

#[test]
fn a_terminal_says_why_nothing_lands() {
    let project = Project::new();
    project.tool(["freeze", "--reason", "release day"]).run().code(0);
    let page = project.run("status --format table");
    page.code(0).stdout_has("the queue is frozen until somebody thaws it, by lead (event 1)");
    page.stdout_has("release day");
}
