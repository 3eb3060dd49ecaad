//! Counts against the plainest possible count.

use std::collections::BTreeMap;

use serde_json::Value;
use testkit::{Logs, Scratch, Tool};

use crate::project::{HISTORY, view};

fn stats(root: &std::path::Path) -> Tool {
    Tool::new("view-audit").args(["stats", "--root"]).arg(root)
}

fn lines(ran: &testkit::Ran) -> Vec<Value> {
    ran.out().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn counts_and_percentiles_are_those_of_a_plain_count() {
    for seed in 0..4 {
        let scratch = Scratch::new();
        let mut logs = Logs::seeded(seed).predecessor_percent(30);
        let path = logs.write_history(scratch.root(), 300);
        let shard = logs.write_shard(scratch.root(), 20);
        let mut durations: BTreeMap<String, Vec<u64>> = BTreeMap::new();
        let mut all = 0;
        for file in [path, shard] {
            for line in std::fs::read_to_string(file).unwrap().lines() {
                let entry: Value = serde_json::from_str(line).unwrap();
                let name = entry["credential_used"].as_str().unwrap().to_owned();
                let duration = entry["duration_ms"].as_u64().unwrap();
                durations.entry(name).or_default().push(duration);
                all += 1;
            }
        }
        let ran = stats(scratch.root()).args(["--by", "credential"]).run();
        let found = lines(ran.code(0));
        assert_eq!(found.len(), durations.len());
        for group in found {
            let durations = durations.get_mut(group["key"].as_str().unwrap()).unwrap();
            durations.sort_unstable();
            assert_eq!(group["schema"], "view-audit.stats/1");
            assert_eq!(group["entries"], durations.len());
            for (key, percent) in [("p50", 50), ("p95", 95), ("p99", 99)] {
                let expected = durations[(durations.len() * percent).div_ceil(100) - 1];
                assert_eq!(group[format!("duration_{key}_ms")], expected, "{group}");
            }
        }
        let total = lines(stats(scratch.root()).run().code(0));
        assert_eq!((total.len(), &total[0]["entries"]), (1, &Value::from(all)));
    }
}

#[test]
fn filters_hold_and_stand_behind_the_word() {
    let scratch = Scratch::new();
    scratch.write(
        HISTORY,
        "{\"verdict\":\"BLOCK\",\"timestamp\":\"2026-01-24T23:59:59Z\"}\n{\"verdict\":\"APPROVED\"}\n",
    );
    let ran = stats(scratch.root()).args(["--verdict", "BLOCKED", "--by", "day"]).run();
    let found = lines(ran.code(0));
    assert_eq!((found.len(), &found[0]["key"]), (1, &Value::from("2026-01-24")));
    assert_eq!((&found[0]["entries"], &found[0]["blocked"]), (&1.into(), &1.into()));
    let lists: [&[&str]; 4] =
        [&["--issue", "98"], &["-n", "10"], &["--until", "1h"], &["--no-index"]];
    for list in lists {
        let ran = view(scratch.root()).args(list).arg("stats").run();
        ran.code(2).stdout_is("").stderr_has("options of the list stand in front of it");
    }
    let behind = stats(scratch.root()).args(["--format", "table"]).run();
    let before = view(scratch.root()).args(["--format", "table", "stats"]).run();
    before.code(0).stdout_is(behind.code(0).out());
    view(scratch.root()).arg("check").run().code(1).stdout_has("no_id");
    let ran = stats(scratch.root()).args(["--by", "verdict", "--format", "table"]).run();
    ran.code(0).stdout_has("VERDICT   ENTRIES").stdout_has("\u{2588}\u{2588}");
    let ran = stats(scratch.root()).args(["--issue", "5", "--format", "table"]).run();
    ran.code(0).stdout_is("no entry to count\n");
}
