//! `recover` sets aside what cannot have been an event, and nothing else.

use serde_json::json;

use crate::project::{Project, codes};

fn write(project: &Project, text: &str) {
    project.scratch.write("talos/.git/switchyard/queue.jsonl", text);
}

fn read(project: &Project) -> String {
    std::fs::read_to_string(project.journal()).unwrap()
}

/// Three events, each in its line.
fn three(project: &Project) -> Vec<String> {
    for reason in ["a", "b", "c"] {
        project.run(&format!("set-status 98 blocked --reason {reason}")).code(0);
    }
    read(project).split_inclusive('\n').map(str::to_owned).collect()
}

#[test]
fn damage_between_two_events_is_set_aside_with_all_its_bytes() {
    let project = Project::new();
    assert_eq!(project.run("recover").code(0).json()["moved"], json!([]));
    let events = three(&project);
    project.run("recover").code(0);
    assert_eq!(read(&project), events.concat(), "a sound journal stays as it is");

    write(
        &project,
        &format!("<<<\n{}{}not json\n{{\"seq\":3,\n{}", events[0], events[1], events[2]),
    );
    project.run("validate").code(65);
    let recovery = project.run("recover").code(0).json();
    assert_eq!(recovery["moved"], json!([1, 4, 5]));
    let aside = recovery["aside"].as_str().unwrap();
    assert!(aside.contains("/queue.jsonl.corrupt-"), "{aside}");
    let kept = std::fs::read_to_string(aside).unwrap();
    assert_eq!(kept, "<<<\nnot json\n{\"seq\":3,\n");
    project.run("validate").code(0);
    let log = project.run("log 98").code(0).json_lines();
    assert_eq!(log, events.iter().map(|e| with_schema(e)).collect::<Vec<_>>());
    project.run("set-status 98 todo").code(0);
}

fn with_schema(event: &str) -> serde_json::Value {
    let mut event: serde_json::Value = serde_json::from_str(event).unwrap();
    event["schema"] = json!("merge-queue.event/1");
    event
}

#[test]
fn what_may_have_been_an_event_stays_where_it_is_and_nothing_is_ready() {
    let project = Project::new();
    let events = three(&project);
    let half = events[1].split_at(30).0;
    for (damaged, count) in [
        (format!("{}{half}\n{}", events[0], events[2]), 1),
        (format!("{}{}", events[0], events[2]), 1),
        // Behind the last event nobody knows: the next one would take its number.
        (format!("{}{half}\n", events[0]), 1),
        (format!("{}not json\n{}xx\n", events[0], events[2]), 2),
        ("not json\n".into(), 1),
    ] {
        write(&project, &damaged);
        let refused = project.run("recover").code(1).json();
        assert_eq!(codes(&refused), vec!["event_lost"; count], "{damaged}");
        assert_eq!(read(&project), damaged);
        project.run("ready").code(1);
    }
    let folder = project.main.file(".git/switchyard");
    let files = std::fs::read_dir(folder).unwrap();
    assert!(files.flatten().all(|file| !file.file_name().to_string_lossy().contains("corrupt")));
}

/// A project whose task is ready, and the lines of its journal.
fn ready() -> (Project, Vec<String>) {
    let project = Project::new();
    project.make_ready();
    let lines = read(&project).split_inclusive('\n').map(str::to_owned).collect();
    (project, lines)
}

fn accept(project: &Project) -> testkit::Ran {
    project.tool(["recover", "--accept-loss", "there is no copy"]).run()
}

#[test]
fn a_loss_that_is_accepted_makes_nothing_ready() {
    let (project, lines) = ready();
    // The review by D-arch is lost, of which half is left.
    let half = lines[2].split_at(40).0;
    write(&project, &format!("{}{}{half}\n{}", lines[0], lines[1], lines[3]));
    project.run("merge-ready 98").code(1);
    let refused = project.run("recover").code(1).json();
    assert_eq!(codes(&refused), ["event_lost"]);
    let next = refused["reasons"][0]["next"].as_str().unwrap();
    assert!(next.ends_with("where there is none: merge-queue recover --accept-loss WHY"), "{next}");
    project.run("recover --accept-loss").code(2);

    let recovery = accept(&project).code(0).json();
    assert_eq!(recovery["lost"], json!([{"first": 3, "last": 3}]));
    assert_eq!(recovery["tasks"], json!(["later", "schema"]));
    assert_eq!(recovery["moved"], json!([3]));
    let aside = std::fs::read_to_string(recovery["aside"].as_str().unwrap()).unwrap();
    assert_eq!(aside, format!("{half}\n"));
    project.run("validate").code(0);
    assert_eq!(project.count("lost"), 3);

    // Nothing may be claimed, and nothing is ready, until somebody has looked.
    let blocked = project.run("ready --explain").code(1).json_lines();
    assert!(blocked.iter().all(|task| codes(task).contains(&"task_blocked".into())), "{blocked:?}");
    let answer = project.run("merge-ready 98").code(1).json();
    assert_eq!(
        codes(&answer),
        ["before_loss", "before_loss", "review_missing", "before_loss", "task_blocked"]
    );
    let message = answer["reasons"][0]["message"].as_str().unwrap();
    assert_eq!(message, "event 2 does not count since the loss of event 3");
    let message = answer["reasons"][4]["message"].as_str().unwrap();
    assert!(message.ends_with("event 3, lost (there is no copy)"), "{message}");
    project.run("land 98").code(1);
    project.run("set-status 98 in_progress").code(0);
    project.approve("D-arch");
    project.approve("E-governance");
    assert_eq!(project.reasons(), ["before_loss", "before_loss"]);
    project.evidence();
    project.handoff();
    project.run("merge-ready 98").code(0);
    project.run("land 98").code(0);
    // There is nothing left to accept.
    let again = accept(&project).code(0).json();
    assert_eq!((&again["lost"], &again["tasks"]), (&json!([]), &json!([])));
}

#[test]
fn what_came_in_before_a_loss_is_said_to_be_done_once_more() {
    let (project, _) = ready();
    project.run("land 98").code(0);
    let lines: Vec<String> = read(&project).split_inclusive('\n').map(str::to_owned).collect();
    write(&project, &format!("{}{}", lines[0], lines[2..].concat()));
    accept(&project).code(0);
    // It is in the base, which nobody doubts; but it may have been opened again.
    assert_eq!(project.run("status").code(0).json_lines()[0]["state"], "done");
    let later = project.main.worktree(project.scratch.path("later"), "later");
    later.commit_file("later.txt", "x\n", "Later");
    let dependency = |answer: &serde_json::Value| {
        let reasons = answer["reasons"].as_array().unwrap().clone();
        reasons
            .into_iter()
            .find(|reason| reason["message"].as_str().unwrap().contains("does not count since"))
    };
    let answer = project.run("merge-ready later --ref later").code(1).json();
    let reason = dependency(&answer).unwrap();
    let next = reason["next"].as_str().unwrap().replace("merge-queue ", "");
    project.run(&next.replace("COMMIT", &project.base())).code(0);
    let answer = project.run("merge-ready later --ref later").code(1).json();
    assert_eq!(dependency(&answer), None);
}

#[test]
fn lines_behind_the_last_event_are_taken_for_events_that_are_lost() {
    let project = Project::new();
    let events = three(&project);
    write(&project, &format!("{}not json\nxx\n{{\"seq\":", events[0]));
    let recovery = accept(&project).code(0).json();
    assert_eq!(recovery["lost"], json!([{"first": 2, "last": 3}]));
    assert_eq!(recovery["moved"], json!([2, 3, 4]));
    let seqs: Vec<_> = read(&project)
        .lines()
        .filter(|line| !line.trim().is_empty())
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()["seq"].clone())
        .collect();
    assert_eq!(seqs, [1, 4, 5, 6]);
    project.run("validate").code(0);
    project.run("set-status 98 todo").code(0);
    project.run("recover").code(0);
}

/// Killed after the loss was recorded and before the damaged line was moved, `recover` moves it next time.
#[test]
fn a_recovery_that_broke_off_is_finished() {
    let project = Project::new();
    let events = three(&project);
    write(&project, &format!("{}not json\n", events[0]));
    let damaged = read(&project);
    accept(&project).code(0);
    let whole = read(&project);
    let appended = whole.lines().skip(2).collect::<Vec<_>>().join("\n");
    // All of it, or only a part: then the gap is still open.
    write(&project, &format!("{damaged}{appended}\n"));
    project.run("validate").code(65);
    assert_eq!(project.run("recover").code(0).json()["moved"], json!([2]));
    project.run("validate").code(0);
    let (part, _) = appended.rsplit_once('\n').unwrap();
    write(&project, &format!("{damaged}{part}\n"));
    project.run("ready").code(1);
    project.run("recover").code(1);
    let recovery = accept(&project).code(0).json();
    assert_eq!(recovery["lost"], json!([{"first": 2, "last": 2}]));
    project.run("validate").code(0);
}

#[test]
fn what_is_no_loss_is_not_accepted_as_one() {
    let project = Project::new();
    let events = three(&project);
    let text = format!("{}{}{}", events[0], events[1], events[1]);
    write(&project, &text);
    assert_eq!(codes(&accept(&project).code(1).json()), ["event_out_of_order"]);
    assert_eq!(read(&project), text);
    // Tasks that nobody knows of cannot be blocked.
    write(&project, &format!("{}{}", events[0], events[2]));
    project.main.write("switchyard.yaml", "queue: {tasks: [{id: a, title: A, role: none}]}\n");
    accept(&project).code(2).stderr_has("'none' is no role");
    assert_eq!(read(&project), format!("{}{}", events[0], events[2]));
}
