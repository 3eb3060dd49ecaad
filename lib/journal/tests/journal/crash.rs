//! Writers are killed with SIGKILL at random moments while others write and readers read.
//!
//! A slot runs one writer after the other. It reads the writer's acknowledgements and kills it after a random number of
//! them, either at once or when it sees half a line of this writer in the file.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{Seek as _, SeekFrom};
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use journal::{Journal, Kind, Line, Sort};
use tempfile::tempdir;

use crate::writer::Writer;
use crate::writer::record::Record;

/// Kills in a run: at least this many, and on until one of them tore a line, but not beyond the most.
const KILLS: usize = 220;
const MOST_KILLS: usize = 10 * KILLS;
/// Writers at once.
const SLOTS: usize = 5;
/// The most looks at the end of the file before a kill.
const LOOKS: usize = 60_000;

/// What a run has seen.
#[derive(Default)]
struct Run {
    /// The names of all writers, known before they start, with the number of records they were told are stored.
    acked: Mutex<BTreeMap<String, u64>>,
    kills: AtomicUsize,
    completed: AtomicUsize,
    read: AtomicUsize,
    done: AtomicBool,
}

impl Run {
    fn is_enough(&self) -> bool {
        let kills = self.kills.load(Ordering::Relaxed);
        let torn = self.completed.load(Ordering::Relaxed) > 0;
        kills >= MOST_KILLS || kills >= KILLS && torn
    }
}

#[test]
fn every_acknowledged_line_is_there_once_after_kills_during_append() {
    kill_writers("append");
}

#[test]
fn every_acknowledged_line_is_there_once_after_kills_during_append_with() {
    kill_writers("ordered");
}

fn kill_writers(action: &str) {
    let dir = tempdir().unwrap();
    let path = dir.path().join("log.jsonl");
    let run = Run::default();
    thread::scope(|scope| {
        let readers =
            [scope.spawn(|| read_all(&run, &path)), scope.spawn(|| read_tails(&run, &path))];
        let slots: Vec<_> = (0..SLOTS)
            .map(|slot| {
                let (run, path) = (&run, &path);
                scope.spawn(move || respawn(run, action, path, slot))
            })
            .collect();
        let slots: Vec<_> = slots.into_iter().map(thread::ScopedJoinHandle::join).collect();
        run.done.store(true, Ordering::Relaxed);
        assert!(slots.into_iter().all(|slot| slot.is_ok()));
        for reader in readers {
            reader.join().unwrap();
        }
    });

    let acked = run.acked.into_inner().unwrap();
    let (records, fragments) = check_end(&path, &acked, action == "ordered");
    let kills = run.kills.into_inner();
    let completed = run.completed.into_inner();
    assert!(kills >= KILLS);
    assert!(completed > 0, "no kill came in the middle of a write");
    println!(
        "{action}: {kills} kills of {} writers, {} lines acknowledged, {records} found, {fragments} torn \
         ({completed} completed by an acknowledged append), {} MB; readers saw {} lines",
        acked.len(),
        acked.values().sum::<u64>(),
        std::fs::metadata(&path).unwrap().len() / 1_000_000,
        run.read.into_inner(),
    );
}

/// Starts writers and kills them until there were enough kills. The last ones are killed too.
fn respawn(run: &Run, action: &str, path: &Path, slot: usize) {
    let mut random = fastrand::Rng::new();
    for number in 0.. {
        if run.is_enough() {
            break;
        }
        let name = format!("{slot}.{number}");
        run.acked.lock().unwrap().insert(name.clone(), 0);
        let mut writer = Writer::start(action, path, &[&name, "0"]);
        let mut acks = 0;
        let mut note = |line: &str| {
            let mut words = line.split(' ');
            assert_eq!(words.next(), Some("ack"));
            assert_eq!(words.next().unwrap().parse(), Ok(acks), "acknowledged in order");
            acks += 1;
            let completed = words.next() == Some("completed");
            run.completed.fetch_add(usize::from(completed), Ordering::Relaxed);
        };
        for _ in 0..random.usize(0..8) {
            note(&writer.next_line().unwrap());
        }
        let looks = if random.bool() { random.usize(0..100) } else { LOOKS };
        wait_for_half_a_line(path, &name, looks);
        writer.kill();
        run.kills.fetch_add(1, Ordering::Relaxed);
        while let Some(line) = writer.next_line() {
            note(&line);
        }
        run.acked.lock().unwrap().insert(name, acks);
    }
}

/// Looks at the end of the file until a line of this writer has begun and has no newline yet, but not more than
/// `looks` times.
fn wait_for_half_a_line(path: &Path, name: &str, looks: usize) {
    let Ok(mut file) = File::open(path) else { return };
    let ours = format!("{{\"writer\":\"{name}\",");
    let mut begin = vec![0; ours.len()];
    let mut line = 0;
    for _ in 0..looks {
        let length = file.seek(SeekFrom::End(0)).unwrap();
        let mut last = *b"\n";
        file.read_at(&mut last, length.saturating_sub(1)).unwrap();
        if last == *b"\n" {
            line = length;
        } else if file.read_at(&mut begin, line).unwrap() == begin.len() && begin == ours.as_bytes()
        {
            return;
        }
    }
}

/// Reads the whole file again and again: each time it is longer or the same, and never different.
fn read_all(run: &Run, path: &Path) {
    let mut before: Vec<(u64, u64)> = Vec::new();
    loop {
        let last = run.done.load(Ordering::Relaxed);
        let mut seen = Vec::new();
        let mut next: BTreeMap<String, u64> = BTreeMap::new();
        for line in journal::read(path).unwrap() {
            let line = line.unwrap();
            if line.kind == Kind::Whole {
                seen.push((line.offset, line.end));
            }
            if let Some(record) = check_line(run, &line) {
                let expected = next.entry(record.writer).or_insert(0);
                assert_eq!(record.seq, *expected, "in order for each writer");
                *expected += 1;
            }
        }
        assert!(seen.starts_with(&before), "what was read once stays");
        before = seen;
        if last {
            return;
        }
    }
}

/// Reads the last lines again and again.
fn read_tails(run: &Run, path: &Path) {
    loop {
        let last = run.done.load(Ordering::Relaxed);
        let mut newest: BTreeMap<String, u64> = BTreeMap::new();
        for line in journal::tail(path, 12).unwrap() {
            if let Some(record) = check_line(run, &line) {
                let before = newest.insert(record.writer, record.seq);
                assert!(before.is_none_or(|before| before + 1 == record.seq));
            }
        }
        if last {
            return;
        }
    }
}

/// A line is a record of a known writer, every byte as it was written, or the beginning of one.
fn check_line(run: &Run, line: &Line) -> Option<Record> {
    run.read.fetch_add(1, Ordering::Relaxed);
    match line.decode::<Record>() {
        Ok(record) => {
            assert!(run.acked.lock().unwrap().contains_key(&record.writer));
            assert_eq!(record, Record::new(&record.writer, record.seq, record.order));
            Some(record)
        }
        Err(damage) => {
            assert!(matches!(damage.sort, Sort::Torn | Sort::CutOff), "{damage}");
            fragment(&line.bytes);
            None
        }
    }
}

/// Whose beginning these bytes are, if they are long enough to tell; nobody's is a failure.
fn fragment(bytes: &[u8]) -> Option<(String, u64)> {
    let text = str::from_utf8(bytes).unwrap();
    let Some((head, _)) = text.split_once(",\"pad\":") else {
        let begin = r#"{"writer":""#;
        assert!(begin.starts_with(text) || text.starts_with(begin) && text.len() < 60, "{text}");
        return None;
    };
    let head: serde_json::Value = serde_json::from_str(&format!("{head}}}")).unwrap();
    let (writer, seq) = (head["writer"].as_str().unwrap(), head["seq"].as_u64().unwrap());
    let whole = serde_json::to_string(&Record::new(writer, seq, None)).unwrap();
    let known = whole.strip_suffix("null}").unwrap();
    assert!(known.starts_with(text) || text.starts_with(known), "a torn line was changed");
    Some((writer.to_owned(), seq))
}

/// Checks the file when all writers are dead and returns the number of records and of torn lines.
fn check_end(path: &Path, acked: &BTreeMap<String, u64>, ordered: bool) -> (usize, usize) {
    let loaded = journal::load::<Record>(path).unwrap();
    let mut found: BTreeMap<&str, Vec<u64>> = BTreeMap::new();
    for (_, record) in &loaded.records {
        found.entry(&record.writer).or_default().push(record.seq);
    }
    let torn: Vec<_> = loaded.damaged.iter().chain(&loaded.torn).collect();
    let mut in_flight = BTreeSet::new();
    for damage in &torn {
        let mut bytes = vec![0; usize::try_from(damage.end - damage.offset).unwrap()];
        File::open(path).unwrap().read_exact_at(&mut bytes, damage.offset).unwrap();
        if let Some((writer, seq)) = fragment(bytes.strip_suffix(b"\n").unwrap_or(&bytes)) {
            assert_eq!(seq, acked[&writer], "only what was not acknowledged is torn");
            assert!(in_flight.insert(writer), "one kill tears one line");
        }
    }
    for (writer, acks) in acked {
        let seqs = found.remove(writer.as_str()).unwrap_or_default();
        let count = seqs.len() as u64;
        assert_eq!(seqs, (0..count).collect::<Vec<_>>(), "of writer {writer}: once, in order");
        assert!(count >= *acks, "writer {writer}: {acks} acknowledged, {count} found");
        let spare = u64::from(!in_flight.contains(writer));
        assert!(count <= acks + spare, "writer {writer}: {acks} acknowledged, {count} found");
    }
    assert!(found.is_empty(), "of no writer: {found:?}");
    if ordered {
        let orders: Vec<_> = loaded.records.iter().filter_map(|(_, r)| r.order).collect();
        assert_eq!(orders, (1..=loaded.records.len() as u64).collect::<Vec<_>>());
    }

    let journal = Journal::new(path);
    let moved = journal.set_aside::<Record>("end").unwrap().moved;
    assert_eq!(moved.len(), torn.len());
    let recovered = journal.load::<Record>().unwrap();
    assert!(recovered.damaged.is_empty() && recovered.torn.is_none());
    assert_eq!(recovered.records, loaded.records);
    (loaded.records.len(), torn.len())
}
