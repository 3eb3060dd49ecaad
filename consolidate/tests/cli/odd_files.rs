//! Files in the folder of the shards that are no shards.

use std::fs;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;

use testkit::Tool;

use crate::project::{HISTORY, Project, entry, text};

#[test]
fn links_folders_and_pipes_are_left_alone_and_named() {
    let project = Project::new();
    let outside = project.scratch.write("outside.jsonl", text(&[entry(1, "outside")]));
    symlink(&outside, project.path("logs/active/link.jsonl")).unwrap();
    symlink("nowhere", project.path("logs/active/dangling.jsonl")).unwrap();
    fs::create_dir(project.path("logs/active/folder.jsonl")).unwrap();
    let pipe = project.path("logs/active/pipe.jsonl");
    Tool::program("mkfifo").arg(&pipe).run().code(0);
    let _socket = UnixListener::bind(project.path("logs/active/socket.jsonl")).unwrap();
    project.shard("real.jsonl", text(&[entry(2, "real")]));
    project.shard("note.txt", "not a shard");

    let run = project.fold();
    assert_eq!((run.shards, run.entries), (1, 1));
    let skipped: Vec<_> = run.skipped.iter().map(|s| format!("{}: {}", s.shard, s.why)).collect();
    assert_eq!(
        skipped,
        [
            "active/dangling.jsonl: it is a symbolic link, not a regular file",
            "active/folder.jsonl: it is a directory, not a regular file",
            "active/link.jsonl: it is a symbolic link, not a regular file",
            "active/pipe.jsonl: it is a FIFO, not a regular file",
            "active/socket.jsonl: it is a socket or a device, not a regular file",
        ]
    );
    assert_eq!(fs::read_to_string(outside).unwrap(), text(&[entry(1, "outside")]));
    assert_eq!(
        project.shards(),
        ["dangling.jsonl", "folder.jsonl", "link.jsonl", "note.txt", "pipe.jsonl", "socket.jsonl"]
    );
}

#[test]
fn a_name_without_room_for_a_number_holds_up_no_other_shard() {
    let project = Project::new();
    let long = format!("{}.jsonl", "a".repeat(249));
    project.shard(&long, text(&[entry(1, "long")]));
    project.shard("b.jsonl", text(&[entry(2, "b")]));
    let before = project.seen();
    let run = project.fold();
    assert_eq!(run.entries, 1);
    assert_eq!(run.skipped.len(), 1);
    assert_eq!(run.skipped[0].why, "its name is too long to be given another one");
    assert_eq!(project.shards(), [long]);
    assert_eq!(project.seen(), before);
}

#[test]
fn the_longest_name_that_has_room_is_folded() {
    let project = Project::new();
    let room = 255 - ".claim-18446744073709551615.18446744073709551615".len();
    project.shard(&format!("{}.jsonl", "a".repeat(room)), text(&[entry(1, "a")]));
    assert_eq!(project.fold().entries, 1);
    assert!(project.shards().is_empty());
}

#[test]
fn a_shard_under_two_names_is_folded_once() {
    let project = Project::new();
    let path = project.shard("a.jsonl", text(&[entry(1, "a"), entry(2, "b")]));
    fs::hard_link(&path, project.path("logs/active/b.jsonl")).unwrap();
    fs::hard_link(&path, project.path("kept.jsonl")).unwrap();
    let run = project.fold();
    assert_eq!((run.entries, run.duplicates), (2, 2));
    assert!(project.shards().is_empty());
    assert_eq!(
        fs::read_to_string(project.path("kept.jsonl")).unwrap(),
        text(&[entry(1, "a"), entry(2, "b")])
    );
}

#[test]
fn an_empty_shard_that_nobody_uses_goes_without_a_trace_in_the_history() {
    let project = Project::new();
    project.shard("old.jsonl", "");
    project.scratch.write("logs/active/new.jsonl", "");
    let run = project.fold();
    assert_eq!((run.shards, run.entries, run.bytes_written), (1, 0, 0));
    assert_eq!(project.shards(), ["new.jsonl"]);
    assert!(!project.path(HISTORY).exists());
}

#[test]
fn names_in_any_script_and_encoding_are_folded() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt as _;
    let project = Project::new();
    project.shard("лог ü.jsonl", text(&[entry(1, "a")]));
    let raw = project.path("logs/active").join(OsStr::from_bytes(b"raw\xff.jsonl"));
    project.scratch.write(&raw, text(&[entry(2, "b")]));
    let before = project.seen();
    assert_eq!(project.fold().entries, 2);
    assert_eq!(project.seen(), before);
}
