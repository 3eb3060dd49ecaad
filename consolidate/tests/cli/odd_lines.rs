//! Lines that are not what they should be: nothing is dropped, and nothing holds up the others.

use std::fs;
use std::io::Write as _;

use crate::project::{HISTORY, Project, entry, settle, text};

#[test]
fn lines_that_nobody_can_read_are_kept_byte_for_byte() {
    let project = Project::new();
    let bad: [&[u8]; 7] = [
        b"7",
        b"\"text\"",
        b"[1,2]",
        b"{\"cut\":",
        b"{\"utf\":\"\xff\xfe\"}",
        &[0; 4096],
        b"{\"id\":\"x\"}{\"id\":\"y\"}",
    ];
    let mut bytes = Vec::new();
    for (index, line) in bad.iter().enumerate() {
        bytes.extend_from_slice(line);
        bytes.push(b'\n');
        bytes.extend_from_slice(
            text(&[entry(u32::try_from(index).unwrap(), &format!("g{index}"))]).as_bytes(),
        );
    }
    project.shard("s.jsonl", &bytes);
    let before = project.seen();
    let ran = project.tool().run();
    ran.code(0)
        .stderr_has("active/s.jsonl: byte 0: nobody can read this line: invalid type: integer `7`");
    assert_eq!(crate::project::run_of(&ran).quarantined, 7);
    assert_eq!(project.quarantined(), bad);
    assert_eq!(project.lines().len(), 7);
    assert_eq!(project.seen(), before);
}

#[test]
fn line_ends_and_marks_of_other_systems_are_no_damage() {
    let project = Project::new();
    let (a, b) = (entry(1, "a"), entry(2, "b"));
    project.shard("s.jsonl", format!("\u{feff}{a}\r\n\r\n   \n{b}\r\n"));
    let before = project.seen();
    assert_eq!(project.fold().entries, 2);
    assert_eq!(fs::read_to_string(project.path(HISTORY)).unwrap(), text(&[a, b]));
    assert_eq!(project.seen(), before);
}

#[test]
fn the_mark_of_a_history_stays_at_its_beginning() {
    let project = Project::new();
    project.history([b"\xef\xbb\xbf", text(&[entry(5, "h")]).as_bytes()].concat());
    project.shard("a.jsonl", text(&[entry(3, "a"), entry(7, "b")]));
    let before = project.seen();
    assert_eq!(before.lines().count(), 3);
    assert_eq!(project.fold().entries, 2);
    assert_eq!(project.seen(), before);
    let lines = project.lines();
    assert_eq!(lines, [format!("\u{feff}{}", entry(3, "a")), entry(5, "h"), entry(7, "b")]);
}

#[test]
fn entries_of_any_shape_are_copied_as_they_are() {
    let project = Project::new();
    let lines = [
        entry(1, "first"),
        "{ \"timestamp\" : null , \"id\" : 7 }".into(),
        "{\"timestamp\":1769279445,\"verdict\":\"BLOCK\",\"z\":{\"deep\":[1e2,-0.0]}}".into(),
        "{\"id\":\"d\",\"id\":\"d\",\"critique\":\"\\ud800\"}".into(),
        "{}".into(),
        entry(2, "last"),
    ];
    project.shard("s.jsonl", text(&lines));
    let before = project.seen();
    project.fold();
    assert_eq!(project.lines(), lines);
    assert_eq!(project.seen(), before);
}

#[test]
fn a_shard_without_any_time_stands_at_its_start() {
    let project = Project::new();
    project.history(
        "{\"timestamp\":\"2026-01-24T18:00:00Z\"}\n{\"timestamp\":\"2026-01-24T19:00:00Z\"}\n",
    );
    project.shard("20260124T183045_a1b2c3d4.jsonl", "{\"n\":1}\n{\"n\":2}\n");
    let before = project.seen();
    project.fold();
    assert_eq!(project.lines()[1..3], ["{\"n\":1}", "{\"n\":2}"]);
    assert_eq!(project.seen(), before);
}

#[test]
fn an_unfinished_last_line_waits_and_its_rest_is_read_with_it() {
    let project = Project::new();
    let (a, b) = (entry(1, "a"), entry(2, "b"));
    let (head, rest) = b.split_at(9);
    let shard = project.scratch.write("logs/active/s.jsonl", format!("{a}\n{head}"));
    // A writer that keeps its file open.
    let mut writer = fs::File::options().append(true).open(&shard).unwrap();
    let run = project.fold();
    assert_eq!((run.entries, run.quarantined), (1, 0));
    assert_eq!(run.skipped[0].why, "its last line is not finished");
    writeln!(writer, "{rest}").unwrap();
    assert_eq!(project.seen().lines().count(), 2);
    assert_eq!(project.fold().entries, 1);
    assert_eq!(project.lines(), [a, b]);
}

#[test]
fn an_unfinished_last_line_that_nobody_finishes_is_kept_as_it_is() {
    let project = Project::new();
    project.shard("s.jsonl", format!("{}\n{{\"id\":\"to", entry(1, "a")));
    let run = project.fold();
    assert_eq!((run.entries, run.quarantined), (1, 1));
    assert_eq!(project.quarantined(), [b"{\"id\":\"to".to_vec()]);
    assert!(project.shards().is_empty());

    // One that was recent at first.
    let path = project.scratch.write("logs/active/t.jsonl", "{\"id\":\"tor");
    assert_eq!(project.fold().skipped[0].shard, "active/t.jsonl");
    assert_eq!(project.shards(), ["t.jsonl"]);
    settle(&path);
    assert_eq!(project.fold().quarantined, 1);
    assert_eq!(project.quarantined()[1], b"{\"id\":\"tor");
}

#[test]
fn what_a_writer_appends_behind_a_line_that_was_cut_off_is_an_entry_of_its_own() {
    let project = Project::new();
    let shard = project.shard("s.jsonl", format!("{}\n{{\"id\":\"to", entry(1, "a")));
    testkit::Tool::new("journal-writer").arg("append").arg(shard).args(["w", "1"]).run().code(0);
    let before = project.seen();
    assert_eq!(before.lines().count(), 2);
    let run = project.fold();
    assert_eq!((run.entries, run.quarantined), (2, 1));
    assert_eq!(project.quarantined(), [b"{\"id\":\"to".to_vec()]);
    assert_eq!(project.seen(), before);
}

#[test]
fn a_whole_entry_without_its_newline_is_an_entry() {
    let project = Project::new();
    project.shard("s.jsonl", entry(1, "a"));
    project.shard("t.jsonl", entry(2, "b"));
    assert_eq!(project.fold().entries, 2);
    assert_eq!(
        fs::read_to_string(project.path(HISTORY)).unwrap(),
        text(&[entry(1, "a"), entry(2, "b")])
    );
}

#[test]
fn damage_in_the_history_stays_where_it_is() {
    let project = Project::new();
    let (a, b) = (entry(1, "a"), entry(5, "b"));
    // In the middle, and a last line without its newline.
    let conflict = "<<<<<<< HEAD\n=======\n>>>>>>> 98-review\n";
    let nul_page = format!("{}\n", "\0".repeat(4096));
    for (before, last) in [
        ("{\"half\"\n\0\0\0\n", ""),
        (conflict, ""),
        (&nul_page, ""),
        ("\n", "{\"torn"),
        ("", "no json at all"),
    ] {
        project.history(format!("{a}\n{before}{b}\n{last}"));
        project.shard("s.jsonl", text(&[entry(3, "late"), entry(7, "new")]));
        let seen = project.seen();
        project.fold();
        let newline = if last.is_empty() { "" } else { "\n" };
        let expected =
            format!("{a}\n{before}{}\n{b}\n{last}{newline}{}\n", entry(3, "late"), entry(7, "new"));
        assert_eq!(fs::read_to_string(project.path(HISTORY)).unwrap(), expected);
        assert_eq!(project.seen(), seen);
    }
}

#[test]
fn a_history_that_is_out_of_order_stays_so() {
    // A clock was set back, or two machines disagree.
    let project = Project::new();
    let history = [entry(10, "a"), entry(50, "b"), entry(20, "c"), entry(30, "d")];
    project.history(text(&history));
    project.shard("s.jsonl", text(&[entry(25, "late"), entry(40, "new"), entry(5, "first")]));
    let before = project.seen();
    assert_eq!(project.fold().entries, 3);
    let lines = project.lines();
    let kept: Vec<_> = lines.iter().filter(|line| history.contains(line)).cloned().collect();
    assert_eq!(kept, history);
    assert_eq!(lines.len(), 7);
    assert_eq!(project.seen(), before);
}

#[test]
fn a_line_of_many_megabytes_is_an_entry_like_others() {
    let project = Project::new();
    let huge = entry(2, "huge").replace('}', &format!(",\"raw\":\"{}\"}}", "x".repeat(40_000_000)));
    project.shard("s.jsonl", text(&[entry(1, "a"), huge.clone(), entry(3, "c")]));
    assert_eq!(project.fold().entries, 3);
    assert!(project.lines() == [entry(1, "a"), huge, entry(3, "c")]);
}
