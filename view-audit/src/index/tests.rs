//! Answers with an index against answers without one.

use std::fs::{self, File, OpenOptions};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use audit_log::{Facts, FileState, Fresh, Head, in_order};
use cli::Failure;
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use records::IssueNumber;
use testkit::Scratch;

use super::file::Writing;
use super::row::{Row, Sort};
use super::trust::{believed, make};
use super::verify::first_wrong;
use super::{Indexed, Policy, Question, Reads};
use crate::filter::Filter;
use crate::history::History;
use crate::scan::{Look, insertions, scan};
use crate::stream::{Found, Numbered, Where, backward};

/// A line of a log, odd ones included, with its newline.
fn any_line() -> impl Strategy<Value = String> {
    let member = |key: &'static str, values: &'static [&'static str]| {
        proptest::sample::select(values).prop_map(move |value| match value {
            "" => None,
            _ => Some(format!("\"{key}\":{value}")),
        })
    };
    let at = prop_oneof![
        3 => (0..6_u32).prop_map(|s| Some(format!("\"timestamp\":\"2026-01-24T18:30:{s:02}Z\""))),
        1 => (0..3_u32).prop_map(|ns| Some(format!("\"timestamp\":\"2026-01-24T20:30:01.00000000{ns}+02:00\""))),
        1 => proptest::sample::select(&["null", "7", "\"yesterday\"", "\" 2026-01-24T18:30:03Z \"", "\"-009999-01-02T01:59:59Z\""][..])
            .prop_map(|value| Some(format!("\"timestamp\":{value}"))),
        1 => Just(None),
    ];
    let fields = (
        at,
        member("id", &["", "\"a\"", "\"b\"", "\"c\"", "7"]),
        member("issue_id", &["", "1", "2", "\"#2\"", "0", "5000000000", "18446744073709551616"]),
        member("verdict", &["", "\"APPROVED\"", "\"BLOCK\"", "\"odd\"", "null", "{}"]),
        member("outcome", &["", "\"failed\"", "\"reviewed\""]),
        member("project", &["", "\"p\"", "null"]),
        member("session_id", &["", "\"s\"", "\"t\"", "\"\\u0073\""]),
        member("duration_ms", &["", "5", "4294967295", "1e999", "-1"]),
        member("critique", &["", "\"needle\"", "\"\\ud800\"", "\"issue_id\\\":1\""]),
        prop_oneof![4 => Just("\n"), 1 => Just("\r\n"), 1 => Just(" \n")],
    );
    let entry = fields.prop_map(|(a, b, c, d, e, f, g, h, i, end)| {
        let members: Vec<String> = [a, b, c, d, e, f, g, h, i].into_iter().flatten().collect();
        format!("{{{}}}{end}", members.join(","))
    });
    let odd = proptest::sample::select(
        &[
            "\n",
            " \r\n",
            "nonsense\n",
            "\u{feff}{}\n",
            "[1]\n",
            "{\"id\":\"a\"\n",
            "\0\0{}\n",
            "{}{}\n",
        ][..],
    );
    prop_oneof![6 => entry, 1 => odd.prop_map(str::to_owned)]
}

/// Lines, some of them twice, in order of time or not.
fn any_lines(most: usize) -> impl Strategy<Value = Vec<String>> {
    (proptest::collection::vec((any_line(), 0..8_u8), 0..most), any::<bool>()).prop_map(
        |(lines, sorted)| {
            let twice = |(line, many): (String, u8)| {
                std::iter::repeat_n(line, if many == 0 { 2 } else { 1 })
            };
            let mut lines: Vec<String> = lines.into_iter().flat_map(twice).collect();
            if sorted {
                let at = |line: &String| {
                    serde_json::from_str::<Head>(line).ok().and_then(|head| head.timestamp)
                };
                let mut last = None;
                lines.retain(|line| {
                    let at = at(line);
                    let keep = at.is_none() || at >= last;
                    last = at.or(last);
                    keep
                });
            }
            lines
        },
    )
}

fn any_filter() -> impl Strategy<Value = Filter> {
    let time = || {
        proptest::option::weighted(
            0.3,
            (0..7_i64)
                .prop_map(|s| Timestamp::from_second(1_769_279_400 + 45 - 15 + s - 30).unwrap()),
        )
    };
    (
        proptest::sample::subsequence(vec![1, 2, 3, 5_000_000_000], 0..2),
        proptest::sample::subsequence(vec!["BLOCKED", "odd", "approve"], 0..2),
        proptest::option::weighted(0.2, Just("s".to_owned())),
        proptest::sample::subsequence(vec!["p", "q", "h*"], 0..2),
        (time(), time()),
        proptest::option::weighted(0.2, Just(regex::Regex::new("needle|issue").unwrap())),
        proptest::bool::weighted(0.2),
    )
        .prop_map(|(issues, verdicts, session, projects, (since, until), grep, failed)| {
            Filter {
                issues: issues.into_iter().map(IssueNumber).collect(),
                verdicts: verdicts.into_iter().map(str::to_owned).collect(),
                session,
                projects: projects.into_iter().map(str::to_owned).collect(),
                since,
                until,
                grep,
                failed,
                ..Filter::default()
            }
        })
}

/// A large history has an index from the beginning or comes by it while it is read.
fn any_policy() -> impl Strategy<Value = Policy> {
    prop_oneof![3 => Just(Policy::Always), 1 => Just(Policy::Large)]
}

/// A history of which all but the last `kept` bytes may have an index.
fn history(path: &Path, kept: u64) -> History {
    let file = File::open(path).unwrap();
    let len = file.metadata().unwrap().len();
    let split = len.saturating_sub(kept);
    let mut rest = vec![0; usize::try_from(len - split).unwrap()];
    file.read_exact_at(&mut rest, split).unwrap();
    History::new(file, split, rest)
}

fn fresh(lines: &[String]) -> Vec<Fresh> {
    let entry = |(offset, line): (usize, &String)| {
        let head: Head = serde_json::from_str(line).ok()?;
        let bytes = line.trim_end().as_bytes().to_vec();
        Some(Fresh { at: head.timestamp?, source: 0, offset: offset as u64, id: head.id, bytes })
    };
    in_order(lines.iter().enumerate().filter_map(entry).collect()).0
}

/// What is shown, last first: entries by their bytes, damage by what is said of it.
fn answer(
    histories: [(&Path, History, Indexed); 2],
    fresh: Vec<Fresh>,
    filter: &Filter,
) -> Vec<String> {
    let [older, newer] = histories.map(|(path, history, index)| Numbered {
        number: 0,
        path: path.to_owned(),
        history,
        index,
    });
    let mut shown = Vec::new();
    for seen in backward(older, newer, fresh).unwrap() {
        let seen = seen.unwrap();
        match seen.found {
            Found::Entry(place) if filter.accepts(&seen.bytes, Some("here")) => {
                let place = match place {
                    Where::History { from, to, .. } => format!("{from}-{to}"),
                    Where::Memory(_) => "fresh".to_owned(),
                };
                shown.push(format!("{place} {:?} {}", seen.at, seen.bytes.escape_ascii()));
            }
            Found::Damaged(_, mut damage) => {
                // Numbers are counted when they are said.
                damage.line = None;
                shown.push(damage.to_string());
            }
            Found::Entry(_) | Found::Passed | Found::LeftOut => {}
        }
    }
    shown
}

/// Looks at entries as counts do.
struct Counted<'a> {
    filter: &'a Filter,
    seen: Vec<String>,
}

impl Counted<'_> {
    fn facts(facts: &Facts<'_>) -> String {
        let Facts { at, project, node, issue, verdict_word, outcome, .. } = facts;
        let Facts { credential, rotated, duration_ms, .. } = facts;
        let words = (project, node, verdict_word, outcome, facts.model(), credential);
        format!("{at:?} {words:?} {issue:?} {rotated:?} {duration_ms:?}")
    }
}

impl Look for Counted<'_> {
    type Kept = String;

    fn look(&mut self, facts: &Facts<'_>, bytes: &[u8]) -> Option<String> {
        let is_wanted = self.filter.accepts_entry(facts, bytes, Some("here"));
        is_wanted.then(|| Self::facts(facts))
    }

    fn told(&mut self, _: usize, facts: &Facts<'_>) -> String {
        Self::facts(facts)
    }

    fn take(&mut self, place: Where, kept: String) -> Result<(), Failure> {
        self.seen.push(format!("{place:?} {kept}"));
        Ok(())
    }
}

/// What is counted, first to last, then the damaged lines.
fn counted(
    (path, history, index): (&Path, History, Indexed),
    fresh: Vec<Fresh>,
    filter: &Filter,
) -> Vec<String> {
    let told = index.into_told();
    let index = Indexed::default();
    let history = Numbered { number: 0, path: path.to_owned(), history, index };
    let fresh = insertions(&history, fresh).unwrap();
    let mut look = Counted { filter, seen: Vec::new() };
    let damaged = scan(&history, told, fresh, &mut look).unwrap();
    let said = damaged.last.iter().map(|line| line.damage().unwrap().unwrap().to_string());
    look.seen.extend(said);
    look.seen.push(damaged.count.to_string());
    look.seen
}

/// When everything that has changed so far has settled.
fn later() -> Timestamp {
    cli::clock::now().instant() + SignedDuration::from_secs(10)
}

fn indexed(path: &Path, history: &History, filter: &Filter, policy: Policy) -> Indexed {
    // Made first, because only later all is settled.
    if policy == Policy::Always && believed(path, history).is_none() && history.stable() > 0 {
        make(path, history, later()).unwrap().unwrap();
    }
    let (path, history, filter) = (path.to_owned(), history.clone(), filter.clone());
    let question = Question { path, history, filter, project: Some("here".into()) };
    let reads = if policy == Policy::Always { Reads::Facts } else { Reads::Some };
    Indexed::new(question, reads, policy).unwrap()
}

#[test]
fn an_index_changes_no_answer() {
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig {
        failure_persistence: None,
        cases: 500,
        ..ProptestConfig::default()
    });
    let scratch = Scratch::new();
    let kept = || 0..300_u64;
    let case =
        (any_lines(10), any_lines(30), any_lines(6), any_filter(), kept(), kept(), any_policy());
    runner
        .run(&case, |(older, newer, new, filter, one, two, policy)| {
            let paths = [scratch.write("o", older.concat()), scratch.write("h", newer.concat())];
            let indexes = ["o.index", "h.index"].map(|name| scratch.path(name));
            let histories = || {
                let mut kept = [one, two].into_iter();
                paths.each_ref().map(|path| (path.as_path(), history(path, kept.next().unwrap())))
            };
            let without = || histories().map(|(path, history)| (path, history, Indexed::default()));
            let with = || {
                let mut at = indexes.iter();
                histories().map(|(path, history)| {
                    let known = indexed(at.next().unwrap(), &history, &filter, policy);
                    (path, history, known)
                })
            };
            prop_assert_eq!(
                answer(with(), fresh(&new), &filter),
                answer(without(), fresh(&new), &filter)
            );
            let [_, with] = with();
            let [_, without] = without();
            prop_assert_eq!(
                counted(with, fresh(&new), &filter),
                counted(without, fresh(&new), &filter)
            );
            Ok(())
        })
        .unwrap();
}

/// What happens to a history or its index between two looks.
#[derive(Debug, Clone)]
enum Change {
    Append(String),
    /// One byte, at this part of the length, so that the length stays.
    Edit(prop::sample::Index, u8),
    Truncate(prop::sample::Index),
    Replace(Vec<String>),
    Touch,
    DamageIndex(prop::sample::Index, u8),
    CutIndex(prop::sample::Index),
    RemoveIndex,
    /// The index of another history.
    ForeignIndex,
}

fn any_change() -> impl Strategy<Value = Change> {
    prop_oneof![
        any_line().prop_map(Change::Append),
        (any::<prop::sample::Index>(), any::<u8>()).prop_map(|(at, byte)| Change::Edit(at, byte)),
        any::<prop::sample::Index>().prop_map(Change::Truncate),
        any_lines(20).prop_map(Change::Replace),
        Just(Change::Touch),
        (any::<prop::sample::Index>(), 1..=255_u8)
            .prop_map(|(at, bits)| Change::DamageIndex(at, bits)),
        any::<prop::sample::Index>().prop_map(Change::CutIndex),
        Just(Change::RemoveIndex),
        Just(Change::ForeignIndex),
    ]
}

fn state(path: &Path) -> FileState {
    FileState::of(&fs::metadata(path).unwrap())
}

/// Changes the file, with its times set back to what they were, and waits for the tick of the clock
/// without which the file system cannot tell.
fn change(path: &Path, how: impl FnOnce(&File)) {
    let before = state(path);
    let times = fs::metadata(path).unwrap().modified().unwrap();
    let file = OpenOptions::new().read(true).write(true).open(path).unwrap();
    how(&file);
    loop {
        file.set_modified(times).unwrap();
        if state(path).changed != before.changed {
            return;
        }
    }
}

impl Change {
    fn make(&self, scratch: &Scratch, path: &Path, index: &Path) {
        let in_index = |at: &prop::sample::Index, how: &dyn Fn(&File, u64)| {
            let Ok(file) = OpenOptions::new().read(true).write(true).open(index) else { return };
            let len = usize::try_from(file.metadata().unwrap().len()).unwrap();
            // One that was cut to nothing has no place to change.
            if len > 0 {
                how(&file, at.index(len) as u64);
            }
        };
        let len = usize::try_from(fs::metadata(path).unwrap().len()).unwrap();
        match self {
            Self::Append(line) => {
                change(path, |file| file.write_all_at(line.as_bytes(), len as u64).unwrap());
            }
            Self::Edit(..) | Self::Truncate(_) if len == 0 => {}
            Self::Edit(at, byte) => {
                change(path, |file| file.write_all_at(&[*byte], at.index(len) as u64).unwrap());
            }
            Self::Truncate(at) => change(path, |file| file.set_len(at.index(len) as u64).unwrap()),
            Self::Replace(lines) => {
                let new = scratch.write("new", lines.concat());
                fs::rename(new, path).unwrap();
            }
            Self::Touch => change(path, |_| {}),
            Self::DamageIndex(at, bits) => in_index(at, &|file, at| {
                let mut byte = [0];
                file.read_exact_at(&mut byte, at).unwrap();
                file.write_all_at(&[byte[0] ^ bits], at).unwrap();
            }),
            Self::CutIndex(at) => in_index(at, &|file, at| file.set_len(at).unwrap()),
            Self::RemoveIndex => drop(fs::remove_file(index)),
            Self::ForeignIndex => {
                let other = scratch.write("other", "{\"issue_id\":1}\n".repeat(50));
                make(index, &history(&other, 0), later()).unwrap().unwrap();
            }
        }
    }
}

#[test]
fn no_change_between_two_looks_changes_an_answer() {
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig {
        failure_persistence: None,
        cases: 300,
        ..ProptestConfig::default()
    });
    let scratch = Scratch::new();
    let steps = proptest::collection::vec((any_change(), any_filter(), any_policy()), 1..8);
    runner
        .run(&(any_lines(30), steps, 0..200_u64), |(first, steps, kept)| {
            let (path, index) = (scratch.write("h", first.concat()), scratch.path("h.index"));
            let none = PathBuf::from("none");
            for (change, filter, policy) in steps {
                change.make(&scratch, &path, &index);
                let history = || history(&path, kept);
                let known = || indexed(&index, &history(), &filter, policy);
                let empty = || (none.as_path(), History::default(), Indexed::default());
                let with = answer([empty(), (&path, history(), known())], Vec::new(), &filter);
                let without =
                    answer([empty(), (&path, history(), Indexed::default())], Vec::new(), &filter);
                prop_assert_eq!(with, without, "{:?}", change);
                let with = counted((&path, history(), known()), Vec::new(), &filter);
                let without = counted((&path, history(), Indexed::default()), Vec::new(), &filter);
                prop_assert_eq!(with, without, "{:?}", change);
            }
            Ok(())
        })
        .unwrap();
}

#[test]
fn a_row_that_lies_is_found() {
    let scratch = Scratch::new();
    let line =
        |n: u32| format!("{{\"timestamp\":\"2026-01-24T18:30:{n:02}Z\",\"issue_id\":{n}}}\n");
    let path = scratch.write("h", (1..30).map(line).collect::<String>());
    let (index, history) = (scratch.path("h.index"), history(&path, 0));
    let made = make(&index, &history, later()).unwrap().unwrap();
    assert_eq!(first_wrong(&index, &history).unwrap(), None);
    let lies: [fn(&mut Row); 3] =
        [|row| row.issue += 1, |row| row.at = None, |row| row.sort = Sort::Damaged];
    for (number, change) in (0..29_u64).zip(lies.iter().cycle()) {
        fs::remove_file(&index).unwrap();
        let file =
            OpenOptions::new().read(true).write(true).create(true).truncate(true).open(&index);
        let mut writing = Writing::new(file.unwrap(), made.words.clone());
        for block in 0..made.blocks.len() {
            let mut rows = made.rows(block).unwrap();
            let first = made.blocks[block].first;
            let wrong =
                number.checked_sub(first).and_then(|at| rows.get_mut(usize::try_from(at).unwrap()));
            wrong.into_iter().for_each(change);
            let rows: Vec<u8> = rows.iter().flat_map(Row::encode).collect();
            writing.add(made.blocks[block], &rows).unwrap();
        }
        writing.finish(made.seal).unwrap();
        let wrong = first_wrong(&index, &history).unwrap().unwrap();
        assert_eq!(
            (wrong.line, wrong.offset),
            (number + 1, number * line(1).len() as u64 + number.saturating_sub(9))
        );
    }
}
