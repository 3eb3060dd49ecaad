//! Much to do at once: very long lines, and many shards.

use std::fs::{self, File};
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};

use testkit::{Ran, Tool};

use crate::project::{HISTORY, Project, entry, run_of, settle, text};

/// How long the long lines are.
const LONG: usize = 100_000_000;

/// Runs the tool with so little memory for data that no long line fits into it.
fn with_little_memory(project: &Project) -> Ran {
    let script = "ulimit -d 49152; exec \"$0\" --format json --root \"$1\"";
    let binary = PathBuf::from(env!("CARGO_BIN_EXE_consolidate"));
    Tool::program("/bin/sh").args(["-c", script]).arg(binary).arg(project.root()).run()
}

/// A line with so many times this byte in it.
fn write_line(to: &mut impl std::io::Write, before: &str, filler: u8, behind: &str) {
    to.write_all(before.as_bytes()).unwrap();
    let piece = vec![filler; LONG / 100];
    (0..100).for_each(|_| to.write_all(&piece).unwrap());
    to.write_all(behind.as_bytes()).unwrap();
    to.write_all(b"\n").unwrap();
}

fn write(path: &Path, lines: impl FnOnce(&mut BufWriter<File>)) {
    let mut file = BufWriter::new(File::create(path).unwrap());
    lines(&mut file);
    file.into_inner().unwrap().sync_all().unwrap();
    settle(path);
}

/// The beginning and the length of every line of the history.
fn lines(project: &Project) -> Vec<(String, usize)> {
    let bytes = fs::read(project.path(HISTORY)).unwrap();
    let lines = bytes.strip_suffix(b"\n").unwrap().split(|byte| *byte == b'\n');
    lines.map(|line| (String::from_utf8_lossy(&line[..9]).into_owned(), line.len())).collect()
}

#[test]
fn a_line_of_100_mb_is_folded_known_again_and_quarantined_without_being_in_memory() {
    let project = Project::new();
    let long = "{\"id\":\"l\",\"timestamp\":\"2026-01-24T18:00:05Z\",\"critique\":\"";
    let short = text(&[entry(3, "a"), entry(9, "b")]);
    let shard = |name: &str| project.path(&format!("logs/active/{name}"));
    write(&shard("s.jsonl"), |file| {
        file.write_all(short.as_bytes()).unwrap();
        write_line(file, long, b'x', "\"}\r");
    });
    let ran = with_little_memory(&project);
    assert_eq!(run_of(ran.code(0)).entries, 3);
    let length = long.len() + LONG + 2;
    let starts = |id: char| format!("{{\"id\":\"{id}\"");
    assert_eq!(lines(&project)[1], (starts('l'), length));

    // The same entry, one with the same id and other bytes, one that belongs before it, and rubbish.
    write(&shard("t.jsonl"), |file| {
        write_line(file, long, b'x', "\"}");
        write_line(file, long, b'y', "\"}");
        file.write_all(text(&[entry(4, "c")]).as_bytes()).unwrap();
        write_line(file, "", b'z', "");
    });
    let ran = with_little_memory(&project);
    let run = run_of(ran.code(0).stderr_has("two entries with the id l differ"));
    assert_eq!((run.entries, run.duplicates, run.quarantined), (2, 1, 1));
    let found = lines(&project);
    assert_eq!(
        found.iter().map(|(start, _)| start.clone()).collect::<String>(),
        ['a', 'c', 'l', 'l', 'b'].map(starts).concat()
    );
    assert_eq!((found[2].1, found[3].1), (length, length));
    let kept = project.quarantined();
    assert_eq!(kept.len(), 1);
    assert!(kept[0].len() == LONG && kept[0].iter().all(|byte| *byte == b'z'));
    assert_eq!(project.shards(), [] as [String; 0]);
}

/// Sessions that overlap in many ways, each with an entry that states no time.
#[test]
fn thousands_of_shards_are_in_one_order_to_the_last_entry() {
    let (shards, each) = (3_000_usize, 4_usize);
    let project = Project::new();
    let mut expected = Vec::new();
    for shard in 0..shards {
        let mut lines = Vec::new();
        // 7 has no factor in common with the number of seconds, so neighbours are far apart.
        let mut second = shard * 7 % 1201;
        for n in 0..each {
            let id = format!("{shard:04}-{n}");
            let line = if n == 2 {
                format!("{{\"id\":\"{id}\"}}")
            } else {
                second += 1 + (shard + n) % 40;
                entry(u32::try_from(second).unwrap(), &id)
            };
            expected.push(((second, shard, n), line.clone()));
            lines.push(line);
        }
        project.shard(&format!("{shard:04}.jsonl"), text(&lines));
    }
    expected.sort();
    let expected: Vec<String> = expected.into_iter().map(|(_, line)| line).collect();
    let run = project.fold();
    assert_eq!((run.shards, run.entries), (3_000, 12_000));
    assert!(project.lines() == expected, "the order is another one");
    assert_eq!(project.shards(), [] as [String; 0]);
    let again = project.fold();
    assert_eq!((again.shards, again.entries, again.bytes_written), (0, 0, 0));
}
