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
