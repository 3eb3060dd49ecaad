//! A journal that was torn, damaged or altered.

use serde_json::json;

use crate::project::{Project, codes};

fn rewrite(project: &Project, change: impl Fn(&mut Vec<String>)) {
    let text = std::fs::read_to_string(project.journal()).unwrap();
    let mut lines: Vec<String> = text.split_inclusive('\n').map(str::to_owned).collect();
    change(&mut lines);
    project.scratch.write("talos/.git/switchyard/queue.jsonl", lines.concat());
}

#[test]
fn a_torn_last_line_is_reported_and_does_no_harm() {
    let project = Project::new();
    project.make_ready();
    rewrite(&project, |lines| lines.push("{\"seq\":5,\"at\":\"2026-01".into()));
    project.run("merge-ready 98").code(0).stderr_has("torn");
    project.run("validate").code(0);
    // The next event completes the line and takes the number that the torn one never got.
    project.evidence();
    let last = project.run("log 98").code(0).json_lines().pop().unwrap();
    assert_eq!(last["seq"], 5);
    project.run("merge-ready 98").code(0).stderr_has("nobody was told");
    project.run("land 98").code(0);
}

#[test]
fn a_damaged_line_is_never_ready_and_never_written_behind() {
    let project = Project::new();
    project.make_ready();
    rewrite(&project, |lines| {
        lines.insert(2, "not json\n".into());
    });
    let answer = project.run("merge-ready 98").code(1).json();
    assert_eq!(codes(&answer), ["journal_damaged"]);
    let message = answer["reasons"][0]["message"].as_str().unwrap();
    assert!(message.contains("queue.jsonl:3:"), "{message}");
    project.run("land 98").code(1);
    project.run("validate").code(65).stdout_has("journal_damaged");
    let log = project.run("log 98");
    assert_eq!(log.code(65).json_lines().len(), 4);
    project.run("status").code(0).stderr_has("1 damaged place in");
    // At the end of the journal the number of the next event would be a guess.
    rewrite(&project, |lines| {
        lines.remove(2);
        lines.push("{\"cut\n".into());
    });
    let before = std::fs::read(project.journal()).unwrap();
    project.run("handoff 98 --owner A --branch 98-schema").code(65).stderr_has("queue.jsonl");
    assert_eq!(std::fs::read(project.journal()).unwrap(), before);
}

#[test]
fn an_event_that_was_taken_out_shows_as_a_gap() {
    let project = Project::new();
    project.make_ready();
    project.run("review 98 --role D-arch --reviewer D --status changes_requested").code(0);
    project.approve("E-governance");
    assert_eq!(project.reasons(), ["review_missing", "changes_requested"]);
    // Without the request for changes the task would be ready.
    rewrite(&project, |lines| {
        lines.remove(4);
    });
    assert_eq!(project.reasons(), ["journal_damaged"]);
}

#[test]
fn an_event_of_a_newer_version_is_kept_and_shown() {
    let project = Project::new();
    project.make_ready();
    rewrite(&project, |lines| {
        lines.push("{\"seq\":5,\"at\":\"2026-01-24T18:30:45.000Z\",\"actor\":\"x\",\"task\":\"schema\",\"kind\":\"split\",\"split\":{\"until\":null}}\n".into());
    });
    project.run("merge-ready 98").code(0);
    let last = project.run("log 98").code(0).json_lines().pop().unwrap();
    assert_eq!(last["split"], json!({"until": null}));
    project.run("land 98").code(0);
    assert_eq!(project.events().len(), 7);
}

#[test]
fn many_at_once_number_their_events_without_gaps() {
    let project = Project::new();
    let running: Vec<_> = (0..8)
        .map(|_| project.tool(["handoff", "98", "--owner", "A", "--branch", "98-schema"]).spawn())
        .collect();
    for one in running {
        one.wait().code(0);
    }
    let numbers: Vec<u64> = project.events().iter().map(|e| e["seq"].as_u64().unwrap()).collect();
    assert_eq!(numbers, (1..=8).collect::<Vec<_>>());
    project.run("validate").code(0);
}

#[test]
fn after_the_last_number_there_is_no_other() {
    let project = Project::new();
    project.handoff();
    rewrite(&project, |lines| {
        lines[0] = lines[0].replace("\"seq\":1,", &format!("\"seq\":{},", u64::MAX));
    });
    let ran = project.run("handoff 98 --owner A --branch 98-schema");
    ran.code(65).stderr_has("no number after");
    assert_eq!(project.events().len(), 1);
}
