//! History and shards are one log, in order of time, whatever `consolidate` did to it.

use testkit::{Logs, Scratch, Tool};

use crate::project::{HISTORY, OLDER, SCHEMA, all, entries, entry, text, view};

#[test]
fn histories_and_shards_are_one_log_in_order_of_time() {
    let scratch = Scratch::new();
    scratch.write(OLDER, text(&[entry(1, "o1"), entry(4, "o4"), entry(6, "h6")]));
    scratch.write(HISTORY, text(&[entry(2, "h2"), entry(6, "h6"), entry(8, "h8")]));
    scratch.write("logs/active/a.jsonl", text(&[entry(3, "a3"), entry(9, "a9")]));
    scratch.write("logs/active/b.jsonl", text(&[entry(5, "b5"), entry(8, "h8")]));
    scratch.write("logs/active/.retired/c.claim-1.47", text(&[entry(0, "c0"), entry(7, "c7")]));
    let ids = [
        (1, "o1"),
        (2, "h2"),
        (3, "a3"),
        (4, "o4"),
        (5, "b5"),
        (6, "h6"),
        (7, "c7"),
        (8, "h8"),
        (9, "a9"),
    ];
    assert_eq!(entry(0, "c0").len() + 1, 47);
    let expected = ids.map(|(second, id)| entry(second, id));
    assert_eq!(all(&scratch), expected);
    // The end alone is the end of the whole.
    for count in 0..10 {
        let ran = view(scratch.root()).args(["-n", &count.to_string()]).run();
        assert_eq!(entries(ran.code(0)), expected[9 - count.min(9)..]);
    }
}

#[test]
fn the_last_ten_are_shown_unless_told_otherwise() {
    let scratch = Scratch::new();
    let lines: Vec<_> = (10..40).map(|second| entry(second, &format!("e{second}"))).collect();
    scratch.write(HISTORY, text(&lines));
    let ran = view(scratch.root()).run();
    assert_eq!(entries(&ran), lines[20..]);
    let ran = view(scratch.root()).args(["--tail", "3"]).run();
    assert_eq!(entries(&ran), lines[27..]);
    view(scratch.root()).args(["--all", "--tail", "3"]).run().code(2);
}

#[test]
fn every_view_is_the_same_before_and_after_consolidation() {
    for seed in 0..6 {
        let scratch = Scratch::new();
        let mut logs = Logs::seeded(seed);
        logs.write_history(scratch.root(), 25);
        let mut beside = logs.clone();
        logs.write_shards(scratch.root(), 3, 8);
        beside.next_session();
        beside.write_shard(scratch.root(), 12);
        let views = || {
            [
                &["--all"][..],
                &[],
                &["--verdict", "BLOCK"],
                &["--failed"],
                &["-n", "20"],
                &["--format", "table", "-v"],
            ]
            .map(|args| view(scratch.root()).args(args).run().code(0).stdout.clone())
        };
        let before = views();
        Tool::new("consolidate").arg("--root").arg(scratch.root()).run().code(0);
        assert_eq!(views(), before, "seed {seed}");
    }
}

#[test]
fn entries_show_as_they_are() {
    let scratch = Scratch::new();
    let lines = [
        "{ \"timestamp\":\"2026-01-24T18:30:00Z\",\"verdict\" : \"BLOCK\", \"x\":[1.0e2,\"\\u00e9\"]}",
        "{\"id\":7,\"issue_id\":\"98\",\"critique\":\"\\ud800\"}",
        "{}",
    ];
    scratch.write(HISTORY, lines.join("\r\n"));
    let ran = view(scratch.root()).run();
    let expected = format!(
        "{SCHEMA}{}\n{SCHEMA}{}\n{{\"schema\":\"view-audit.entry/1\"}}\n",
        &lines[0].get(1..).unwrap(),
        &lines[1].get(1..).unwrap()
    );
    ran.code(0).stdout_is(&expected).stderr_is("");
}

#[test]
fn an_end_that_is_being_rewritten_is_shown_as_it_was() {
    use audit_log::{Consumed, Inode, Intent, Region};
    use std::os::unix::fs::MetadataExt as _;
    let scratch = Scratch::new();
    let (a, c) = (text(&[entry(1, "a")]), text(&[entry(5, "c")]));
    let history = scratch.write(HISTORY, format!("{a}{c}"));
    let shard = scratch.write("logs/active/s.jsonl", text(&[entry(3, "b")]));
    let expected = [entry(1, "a"), entry(3, "b"), entry(5, "c")];
    assert_eq!(all(&scratch), expected);
    let inode = |path| {
        let found = std::fs::metadata(path).unwrap();
        Inode { dev: found.dev(), ino: found.ino() }
    };
    let new = format!("{}{c}", text(&[entry(3, "b")]));
    let (from, old_len) = (a.len() as u64, (a.len() + c.len()) as u64);
    let intent = Intent {
        history: inode(&history),
        region: Region {
            from,
            old_len,
            new_len: from + new.len() as u64,
            sum: audit_log::Sum::Sha256(records::sha256_hex(new.as_bytes())),
        },
        quarantine: Region::default(),
        replacement: None,
        tail_len: c.len() as u64,
        tail_sha256: records::sha256_hex(c.as_bytes()),
        consumed: vec![Consumed {
            inode: inode(&shard),
            from: 0,
            to: entry(3, "b").len() as u64 + 1,
        }],
    };
    let described = intent.encode(c.as_bytes()).unwrap();
    // After any number of bytes written in place, or of the intent itself, a reader sees the same.
    for written in 0..=new.len() {
        let mut bytes = format!("{a}{c}").into_bytes();
        bytes.resize(bytes.len().max(a.len() + written), 0);
        bytes[a.len()..a.len() + written].copy_from_slice(&new.as_bytes()[..written]);
        std::fs::OpenOptions::new().write(true).open(&history).unwrap().set_len(0).unwrap();
        scratch.write(HISTORY, &bytes);
        scratch.write("logs/.governance_history.intent", &described);
        assert_eq!(all(&scratch), expected, "after {written} bytes");
    }
    scratch.write(HISTORY, format!("{a}{c}"));
    for length in (0..described.len()).step_by(17) {
        scratch.write("logs/.governance_history.intent", &described[..length]);
        assert_eq!(all(&scratch), expected, "with {length} bytes of the intent");
    }
}

#[test]
fn every_byte_of_an_entry_is_printed() {
    let scratch = Scratch::new();
    let odd = "{\"id\":\"x\",\"critique\":\"a\u{7f}b\u{9b}31mc\u{feff}\\u001b\"}";
    scratch.write(HISTORY, format!("{odd}\n"));
    assert_eq!(all(&scratch), [odd]);
}
