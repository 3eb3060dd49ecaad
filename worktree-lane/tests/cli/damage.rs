//! Files of our own that are damaged: what can be told is told, and nothing is guessed.

use std::io::Write as _;

use crate::support::{World, write};

#[test]
fn a_line_that_was_cut_off_blocks_nothing() {
    let world = World::new();
    world.lane_98();
    let journal = world.state("lanes.jsonl");
    let mut journal = std::fs::OpenOptions::new().append(true).open(journal).unwrap();
    journal.write_all(br#"{"at":"2026-01-24T18:"#).unwrap();
    world.run(&["path", "98"]).code(0);
    // The first one completes the line with a line break.
    world.run(&["add", "99", "x"]).code(0);
    world.run(&["add", "100", "x"]).code(0);
    let removed = world.run(&["remove", "98", "99", "100"]).code(0).json_lines();
    assert!(removed.iter().all(|removal| removal["removed"] == true));
    world.run(&["list"]).code(0).stderr_has("cut off");
}

#[test]
fn a_damaged_line_ends_what_would_change_something() {
    let world = World::new();
    let path = world.lane_98();
    let journal = world.state("lanes.jsonl");
    let text = std::fs::read_to_string(&journal).unwrap();
    write(&journal, format!("{{nonsense}}\n{text}"));
    let before = world.traces();
    for args in [&["add", "99", "x"][..], &["remove", "98"], &["trash", "restore", "x"]] {
        world.run(args).code(65).stderr_has("lanes.jsonl:1:").stderr_has("hint:").stdout_is("");
    }
    assert_eq!(world.traces(), before);
    world.run(&["path", "98"]).code(0).stdout_is(&format!("{}\n", path.display()));
}

#[test]
fn an_entry_of_the_trash_that_cannot_be_read_hides_no_other() {
    let world = World::new();
    for id in ["1", "2", "3"] {
        world.run(&["add", id, "x"]).code(0);
        world.run(&["remove", id]).code(0);
    }
    let names: Vec<String> = world
        .run(&["trash", "list"])
        .code(0)
        .json_lines()
        .iter()
        .map(|entry| entry["name"].as_str().unwrap().to_owned())
        .collect();
    write(&world.state(&format!("trash/{}/entry.json", names[0])), "nonsense");
    std::fs::remove_file(world.state(&format!("trash/{}/entry.json", names[1]))).unwrap();
    let ran = world.run(&["trash", "list"]);
    ran.code(65).stderr_has(&names[0]).stderr_has(&names[1]);
    assert_eq!(ran.json_lines().len(), 1);
    assert_eq!(ran.json()["name"], names[2].as_str());
    world.run(&["trash", "restore", &names[2]]).code(0);
    world.run(&["trash", "restore", &names[0]]).code(65);
}
