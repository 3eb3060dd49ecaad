//! The index `queue.db`: whatever happens to it, the answers are the journal's.

use std::fs;
use std::path::PathBuf;

use rusqlite::Connection;
use serde_json::Value;
use testkit::Ran;

use crate::project::{Project, codes};

pub(crate) fn file(project: &Project) -> PathBuf {
    project.main.file(".git/switchyard/queue.db")
}

/// Names of the files beside the journal.
fn beside(project: &Project) -> Vec<String> {
    let folder = project.main.file(".git/switchyard");
    let mut names: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.starts_with("queue.db"))
        .collect();
    names.sort();
    names
}

pub(crate) fn asked(project: &Project, sql: &str) -> Vec<String> {
    let db = Connection::open(file(project)).unwrap();
    let mut select = db.prepare(sql).unwrap();
    let columns = select.column_count();
    let row = |row: &rusqlite::Row<'_>| {
        let cells = (0..columns).map(|at| match row.get_ref(at)? {
            rusqlite::types::ValueRef::Null => Ok("-".to_owned()),
            rusqlite::types::ValueRef::Integer(number) => Ok(number.to_string()),
            rusqlite::types::ValueRef::Text(text) => Ok(String::from_utf8_lossy(text).into_owned()),
            other => Ok(format!("{other:?}")),
        });
        Ok(cells.collect::<rusqlite::Result<Vec<_>>>()?.join("|"))
    };
    select.query_map([], row).unwrap().map(Result::unwrap).collect()
}

/// Everything that reads the journal, in the state in which it answers the same every time.
pub(crate) fn answers(project: &Project) -> Vec<(Option<i32>, String)> {
    let commands =
        ["status", "ready --explain", "next --all-roles", "merge-ready 98 --no-fetch", "log 98"];
    let answer = |ran: Ran| (ran.exit_code(), ran.out().to_owned());
    commands.into_iter().map(|command| answer(project.run(command))).collect()
}

/// The same without an index: a folder of its name keeps one from being made.
pub(crate) fn answers_without(project: &Project) -> Vec<(Option<i32>, String)> {
    fs::remove_file(file(project)).ok();
    fs::create_dir(file(project)).unwrap();
    let answers = answers(project);
    fs::remove_dir(file(project)).unwrap();
    answers
}

pub(crate) fn busy_project() -> Project {
    let project = Project::new();
    project.run("claim 98 --role A-backend --owner B --lease 9000h").code(0);
    project.run("add more --title More --depends-on 98").code(2);
    project.run("add more --title More --depends-on schema").code(0);
    project.run("set-status 99 blocked --reason undecided").code(0);
    project.make_ready();
    project
}

#[test]
fn people_query_it_and_every_command_keeps_it_up_to_date() {
    let project = busy_project();
    let tasks = "SELECT task, state, owner, in_review, events FROM tasks ORDER BY task";
    assert_eq!(
        asked(&project, tasks),
        ["later|blocked|-|0|1", "more|todo|-|0|1", "schema|in_progress|B|1|5"]
    );
    let kinds = "SELECT seq, kind, task FROM events ORDER BY seq";
    assert_eq!(asked(&project, kinds).len(), 7);
    assert_eq!(
        asked(&project, "SELECT command, result, source FROM evidence"),
        ["git --version|pass|ran"]
    );
    assert_eq!(
        asked(&project, "SELECT owner, changed_files FROM handoffs"),
        ["A|[\"src/api/schema.rs\"]"]
    );
    assert_eq!(
        asked(&project, "SELECT role, status FROM reviews ORDER BY role"),
        ["D-arch|approved", "E-governance|approved"]
    );
    assert_eq!(asked(&project, "SELECT task, owner FROM claims"), ["schema|B"]);
    project.run("land 98").code(0);
    assert_eq!(asked(&project, "SELECT kind FROM landings"), ["landing", "landed"]);
    project.run("status").code(0);
    assert_eq!(asked(&project, tasks)[2], "schema|done|-|0|7");
    // Where a line is.
    let journal = fs::read(project.journal()).unwrap();
    for row in asked(&project, "SELECT byte_offset, byte_length, seq FROM events") {
        let cells: Vec<usize> = row.split('|').map(|cell| cell.parse().unwrap()).collect();
        let line: Value = serde_json::from_slice(&journal[cells[0]..cells[0] + cells[1]]).unwrap();
        assert_eq!(line["seq"], cells[2]);
    }
}

#[test]
fn whatever_happens_to_the_file_the_answers_are_the_journals() {
    let project = busy_project();
    let truth = answers_without(&project);
    let check = |what: &str, note: &str| {
        let ran = project.run("status");
        assert!(ran.code(0).err().contains(note), "{what}: {ran}");
        assert_eq!(answers(&project), truth, "{what}");
        assert_eq!(project.run("status").code(0).err(), "", "{what}");
        assert_eq!(asked(&project, "SELECT count(*) FROM events"), ["7"], "{what}");
    };
    check("missing", "");
    let sound = fs::read(file(&project)).unwrap();
    let set = |bytes: &[u8]| {
        project.scratch.write("talos/.git/switchyard/queue.db", bytes);
    };
    let aside = || beside(&project).len() - 1;

    set(b"");
    check("empty", "");
    assert_eq!(aside(), 0);
    for (count, length) in [100, 4096, sound.len() / 2, sound.len() - 1].into_iter().enumerate() {
        set(&sound[..length]);
        check("truncated", "damaged");
        assert_eq!(aside(), count + 1, "{:?}", beside(&project));
    }
    set(&b"not a database\n".repeat(1000));
    check("garbage", "damaged");
    assert_eq!(aside(), 5);
    let kept = beside(&project).into_iter().any(|name| {
        let kept = fs::read(project.main.file(".git/switchyard").join(name)).unwrap();
        kept == b"not a database\n".repeat(1000)
    });
    assert!(kept, "what was damaged is not deleted");

    for change in ["PRAGMA user_version = 0", "PRAGMA user_version = 99"] {
        set(&sound);
        Connection::open(file(&project)).unwrap().execute_batch(change).unwrap();
        check(change, "");
        assert_eq!(aside(), 5, "{change}");
    }
    fs::remove_file(file(&project)).unwrap();
    Connection::open(file(&project)).unwrap().execute_batch("CREATE TABLE mine (x)").unwrap();
    check("somebody else's database", "no index of a queue");
    assert_eq!(aside(), 6);
}

#[test]
fn no_changed_byte_of_it_changes_an_answer() {
    let project = busy_project();
    let truth = answers_without(&project);
    project.run("status").code(0);
    let sound = fs::read(file(&project)).unwrap();
    let mut rng = testkit::rng(34);
    for _ in 0..40 {
        let mut bytes = sound.clone();
        for _ in 0..rng.usize(1..20) {
            let at = rng.usize(..bytes.len());
            bytes[at] ^= 1 << rng.u8(..8);
        }
        project.scratch.write("talos/.git/switchyard/queue.db", &bytes);
        assert_eq!(answers(&project), truth);
    }
}

#[test]
fn what_tables_for_people_say_decides_nothing() {
    let project = busy_project();
    let truth = answers_without(&project);
    for change in [
        "DELETE FROM events WHERE kind = 'review'",
        "UPDATE events SET task = 'later' WHERE kind = 'handoff'",
        "UPDATE events SET byte_offset = 0, byte_length = 5",
        "UPDATE standings SET done_event = 1, said = NULL",
        "DELETE FROM claims",
        "DELETE FROM definitions",
        "DELETE FROM packed WHERE place > 5",
        "UPDATE packed SET bytes = (SELECT bytes FROM packed LIMIT 1)",
        "DROP TABLE packed",
    ] {
        project.run("status").code(0);
        Connection::open(file(&project)).unwrap().execute_batch(change).unwrap();
        assert_eq!(answers(&project), truth, "{change}");
    }
}

#[test]
fn without_a_place_to_write_it_to_the_journal_answers_with_one_note() {
    let project = busy_project();
    let truth = answers_without(&project);
    // A folder of its name: nobody, not even root, can write there.
    fs::remove_file(file(&project)).ok();
    fs::create_dir(file(&project)).unwrap();
    for (command, code) in [("status", 0), ("ready", 1), ("claim 98 --role A-backend --owner B", 0)]
    {
        let ran = project.run(command);
        let notes = ran.code(code).err().lines().filter(|line| line.contains("queue.db"));
        assert_eq!(notes.count(), 1, "{ran}");
    }
    assert_eq!(answers(&project), truth);
}

#[test]
fn an_index_of_another_journal_is_not_believed() {
    let project = busy_project();
    project.run("status").code(0);
    let text = fs::read_to_string(project.journal()).unwrap();
    let rewrite = |text: &str| {
        project.scratch.write("talos/.git/switchyard/queue.jsonl", text);
    };
    // In place, of the same length.
    rewrite(&text.replace("\"approved\"", "\"xpproved\""));
    assert_eq!(codes(&project.run("merge-ready 98").code(1).json())[0], "journal_damaged");
    rewrite(&text.replace("\"owner\":\"B\"", "\"owner\":\"C\""));
    let answers_now = answers(&project);
    assert!(answers_now[0].1.contains("\"owner\":\"C\""), "{}", answers_now[0].1);
    assert_eq!(answers_without(&project), answers_now);
    // Without an event in the middle, which is damage; and without the last ones, which is another journal.
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    rewrite(&[&lines[..3], &lines[4..]].concat().concat());
    assert_eq!(codes(&project.run("merge-ready 98").code(1).json())[0], "journal_damaged");
    project.run("validate").code(65);
    rewrite(&lines[..4].concat());
    assert_eq!(answers(&project), answers_without(&project));
    project.run("status").code(0);
    assert_eq!(asked(&project, "SELECT count(*) FROM events"), ["4"]);
    fs::remove_file(project.journal()).unwrap();
    project.run("status").code(0);
    assert_eq!(asked(&project, "SELECT count(*) FROM events"), ["0"]);
    rewrite(&text);
    assert_eq!(answers(&project), answers_without(&project));
}

#[test]
fn traces_of_broken_appends_are_told_from_the_index_too() {
    let project = busy_project();
    let text = fs::read_to_string(project.journal()).unwrap();
    project
        .scratch
        .write("talos/.git/switchyard/queue.jsonl", format!("{text}\n\n{{\"seq\":8,\"at\":\"20"));
    for _ in 0..2 {
        project.run("status").code(0).stderr_has("torn");
    }
    project.run("release 98 --owner B").code(0);
    for _ in 0..2 {
        let ran = project.run("status");
        ran.code(0).stderr_has("queue.jsonl:10").stderr_has("nobody was told");
        let plain = answers_without(&project);
        assert_eq!(answers(&project), plain);
    }
}

#[test]
fn a_queue_without_a_journal_has_no_index() {
    let project = Project::new();
    project.run("status").code(0);
    project.run("merge-ready 98").code(1);
    assert!(!file(&project).exists());
}
