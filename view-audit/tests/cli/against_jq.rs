//! Filters and counts against jq, on generated logs. What jq is told is what `--help` and the formats say.

use std::collections::BTreeMap;
use std::ffi::OsStr;

use serde_json::{Value, json};
use testkit::{Logs, Rng, Scratch, Tool, rng};

use crate::jq::{alike, jq};
use crate::project::{HISTORY, OLDER, SCHEMA, entries, view};

/// What both kinds of programs begin with. Their input is a list of `{n, home, e}`: the number of an entry in
/// the order of time, the project of its log, and the entry.
const DEFINITIONS: &str = r#"
def text: if type == "string" then . else null end;
def meaning: ascii_upcase as $w
    | if $w == "APPROVE" or $w == "APPROVED" then "APPROVED"
      elif $w == "BLOCK" or $w == "BLOCKED" or $w == "REJECTED" then "BLOCKED"
      elif $w == "REVISE" or $w == "DISCUSS" or $w == "FEEDBACK" then "REVISE"
      else null end;
def failed: .e.outcome == "failed";
def word: if failed then null else (.e.verdict | text) end;
def verdict: word | if . == null then null else meaning end;
def project: (.e.project | text) // .home;
def model: (.e.model_verified | text) // (.e.model | text);
def issue: .e.issue_id | if type == "number" or type == "string" then tostring else null end;
def stamp: (.e.timestamp | text)
    | if . == null or (test("^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+(Z|[+]00:00)$") | not) then null
      else sub("(Z|[+]00:00)$"; "") | if test("[.]") then . else . + "." end | (. + "000000")[0:26] end;
"#;

/// A flag with its value, and the condition on an entry that it stands for.
type Condition = (&'static str, String, String);

/// The time of an entry as `stamp` has it.
fn stamp(entry: &Value) -> Option<String> {
    let at: jiff::Timestamp = entry["timestamp"].as_str()?.parse().ok()?;
    Some(at.strftime("%Y-%m-%dT%H:%M:%S%.6f").to_string())
}

fn condition(kind: u8, rng: &mut Rng, all: &[Item]) -> Condition {
    let any = &all[rng.usize(..all.len())].entry;
    let pick = |rng: &mut Rng, of: &[(&'static str, &'static str)]| of[rng.usize(..of.len())];
    match kind {
        0 => {
            let issue = any["issue_id"].as_u64().unwrap_or(98).to_string();
            let when = format!("issue == \"{issue}\"");
            ("--issue", issue, when)
        }
        1 => {
            let words =
                ["APPROVED", "approve", "BLOCK", "Rejected", "revise", "FEEDBACK", "discuss"];
            let word = words[rng.usize(..words.len())];
            (
                "--verdict",
                word.into(),
                format!("verdict != null and verdict == (\"{word}\" | meaning)"),
            )
        }
        2 => {
            let when = "verdict == null and word != null and (word | ascii_upcase) == \"PENDING\"";
            ("--verdict", "pending".into(), when.into())
        }
        3 => {
            let (glob, regex) = pick(
                rng,
                &[
                    ("review_*", "^review_"),
                    ("review_ll?", "^review_ll.$"),
                    ("*impl*", "impl"),
                    ("review_lld", "^review_lld$"),
                ],
            );
            let when = format!("(.e.node | text) != null and (.e.node | test(\"{regex}\"))");
            ("--node", glob.into(), when)
        }
        4 => {
            let (glob, regex) = pick(
                rng,
                &[("*3.1*", "3[.]1"), ("gemini-3-pro-preview", "^gemini-3-pro-preview$")],
            );
            ("--model", glob.into(), format!("model != null and (model | test(\"{regex}\"))"))
        }
        5 => {
            let (glob, regex) = pick(
                rng,
                &[
                    ("team-?", "^team-.$"),
                    ("credential-1", "^credential-1$"),
                    ("team-a", "^team-a$"),
                ],
            );
            let when = format!(
                "(.e.credential_used | text) != null and (.e.credential_used | test(\"{regex}\"))"
            );
            ("--credential", glob.into(), when)
        }
        6 => {
            let (glob, regex) =
                pick(rng, &[("talos", "^talos$"), ("cl*", "^cl"), ("one", "^one$")]);
            ("--project", glob.into(), format!("project | test(\"{regex}\")"))
        }
        7 => {
            let session = any["session_id"].as_str().unwrap_or("none").to_owned();
            let when = format!("(.e.session_id | text) == \"{session}\"");
            ("--session", session, when)
        }
        8 | 9 => {
            let at = stamp(any).unwrap_or_else(|| "2026-01-24T18:40:00.000000".into());
            let (flag, than) = if kind == 8 { ("--since", ">=") } else { ("--until", "<=") };
            (flag, format!("{at}Z"), format!("stamp != null and stamp {than} \"{at}\""))
        }
        10 => {
            let regexes = ["r[ae]t", "^[A-Z][a-z]+ ", "quota", "a \"quote\"", "(?i)THE ", "\\.md$"];
            let regex = regexes[rng.usize(..regexes.len())];
            let quoted = serde_json::to_string(regex).unwrap();
            let when = format!("[.e | .. | strings] | any(test({quoted}))");
            ("--grep", regex.into(), when)
        }
        _ => ("--failed", String::new(), "failed".into()),
    }
}

/// What is asked for, and what an entry must meet: flags that may be given several times are alternatives.
#[derive(Debug)]
struct Asked {
    args: Vec<String>,
    when: String,
}

fn asked(rng: &mut Rng, all: &[Item]) -> Asked {
    let mut conditions: BTreeMap<&str, Vec<Condition>> = BTreeMap::new();
    for _ in 0..rng.usize(0..4) {
        let condition = condition(rng.u8(..12), rng, all);
        let same = conditions.entry(condition.0).or_default();
        if same.is_empty() || ["--issue", "--verdict", "--project"].contains(&condition.0) {
            same.push(condition);
        }
    }
    let mut asked = Asked { args: Vec::new(), when: "true".into() };
    for same in conditions.values() {
        let alternatives: Vec<_> = same.iter().map(|(.., when)| format!("({when})")).collect();
        asked.when = format!("{} and ({})", asked.when, alternatives.join(" or "));
        for (flag, value, _) in same {
            asked.args.push((*flag).to_owned());
            asked.args.extend(Some(value.clone()).filter(|value| !value.is_empty()));
        }
    }
    asked
}

/// An entry, the name of the project whose log has it, and its line.
struct Item {
    entry: Value,
    home: &'static str,
    line: String,
}

/// An entry that somebody else wrote: other words, other types, keys that only look like others.
fn odd(entry: &mut Value, rng: &mut Rng) {
    let entry = entry.as_object_mut().unwrap();
    match rng.u8(..10) {
        0 => entry.insert("verdict".into(), json!("PENDING")),
        1 => entry.insert("verdict".into(), json!(["APPROVED"])),
        2 => entry.insert("issue_id".into(), json!(entry["issue_id"].to_string())),
        3 => entry.remove("node"),
        4 => entry
            .insert("critique".into(), json!("he wrote \"issue_id\": 98, a \"quote\" and \\u0041")),
        5 => entry
            .insert("extra".into(), json!({"verdict": "BLOCK", "issue_id": 98, "x": ["quota", 7]})),
        6 => entry.insert("model_verified".into(), json!(7)),
        7 => entry.insert("duration_ms".into(), json!("fast")),
        8 => entry.insert("verdict".into(), json!("Feedback")),
        _ => entry
            .insert("timestamp".into(), [json!(null), json!("yesterday")][rng.usize(..2)].clone()),
    };
}

/// The same value in another spelling: an escaped key, a key that stands twice.
fn respelled(line: &str, rng: &mut Rng) -> String {
    match rng.u8(..6) {
        0 => line.replace("\"issue_id\":", "\"\\u0069ssue_id\":"),
        1 => line.replacen('{', "{\"verdict\":\"APPROVED\",\"issue_id\":1,\"node\":\"x\",", 1),
        2 => line.replace("\":", "\" : "),
        _ => line.to_owned(),
    }
}

/// Two logs, each with both histories and shards, in which all lines are in the order of time.
fn generated(seed: u64, is_odd: bool) -> (Scratch, Vec<Item>) {
    let mut rng = rng(seed);
    let mut logs = Logs::seeded(seed);
    let scratch = Scratch::new();
    let mut files: BTreeMap<String, String> = BTreeMap::new();
    let mut all = Vec::new();
    for number in 0..140 {
        if number % 28 == 0 {
            logs.next_session();
        }
        let mut entry = logs.entry();
        // Few enough issues that some are reviewed again.
        let issue = entry["issue_id"].as_u64().unwrap() % 12 + 1;
        entry["issue_id"] = json!(issue);
        if is_odd && rng.u8(..3) == 0 {
            odd(&mut entry, &mut rng);
        }
        let line = respelled(&entry.to_string(), &mut rng);
        let entry: Value = serde_json::from_str(&line).unwrap();
        let home = ["one", "two"][rng.usize(..2)];
        let file = match number {
            0..30 => OLDER.to_owned(),
            30..100 => HISTORY.to_owned(),
            _ => format!("logs/active/s{}.jsonl", rng.u8(..4)),
        };
        let text = files.entry(format!("{home}/{file}")).or_default();
        text.extend([line.as_str(), "\n"]);
        all.push(Item { entry, home, line });
    }
    for (path, text) in files {
        scratch.write(path, text);
    }
    (scratch, all)
}

fn input(all: &[Item]) -> Value {
    let item = |(n, item): (usize, &Item)| json!({"n": n, "home": item.home, "e": item.entry});
    all.iter().enumerate().map(item).collect()
}

/// The numbers of the entries that the tool shows.
fn shown(scratch: &Scratch, args: &[String], all: &[Item]) -> Vec<usize> {
    let ran = view(&scratch.path("one")).arg("--root").arg(scratch.path("two")).args(args).run();
    ran.stderr_is("");
    let number = |line: &String| all.iter().position(|item| item.line == *line).unwrap();
    entries(ran.code(0)).iter().map(number).collect()
}

#[test]
fn filters_select_what_jq_selects() {
    for (seed, is_odd) in [(1, false), (2, false), (3, true), (4, true)] {
        let (scratch, all) = generated(seed, is_odd);
        let mut rng = rng(seed);
        let asked: Vec<Asked> = (0..30).map(|_| asked(&mut rng, &all)).collect();
        let lists = asked.iter().map(|asked| format!("[.[] | select({}) | .n]", asked.when));
        let program = format!("{DEFINITIONS} [{}]", lists.collect::<Vec<_>>().join(",\n"));
        let selected = jq(&program, &input(&all));
        let selected: Vec<Vec<usize>> = serde_json::from_value(selected).unwrap();
        let found = selected.iter().filter(|list| !list.is_empty() && list.len() < all.len());
        assert!(found.count() > 8, "most filters must decide something");
        for (asked, mut expected) in asked.iter().zip(selected) {
            let mut args = asked.args.clone();
            let tail = rng.usize(..expected.len() + 3);
            // Entries without a time stand where their neighbours put them, which jq does not know.
            if is_odd || rng.bool() {
                args.push("--all".into());
            } else {
                args.extend(["-n".into(), tail.to_string()]);
                expected.drain(..expected.len().saturating_sub(tail));
            }
            args.extend(rng.bool().then(|| "--index".to_owned()));
            let mut shown = shown(&scratch, &args, &all);
            if is_odd {
                shown.sort_unstable();
            }
            assert_eq!(shown, expected, "seed {seed}: {args:?}\n{}", asked.when);
        }
    }
}

/// What the format `view-audit.stats/1` says of its keys.
const STATS: &str = r#"
def count(when): map(select(when)) | length;
def part($of): if $of == 0 then null else . / $of end;
def rank($percent): if length == 0 then null else sort | .[((length * $percent / 100) | ceil) - 1] end;
# The number of verdicts that each approval took, by the number of the entry.
def rounds: reduce (.[] | select(verdict != null and issue != null)) as $x ({open: {}, took: {}};
    ($x | [project, issue, (.e.node | text)] | tojson) as $subject
    | .open[$subject] += 1
    | if ($x | verdict) == "APPROVED"
      then .took[$x.n | tostring] = .open[$subject] | .open[$subject] = 0 else . end) | .took;
def stats($all; $rounds):
    (map(.e.duration_ms | numbers)) as $times
    | (map($rounds[.n | tostring] | numbers)) as $took
    | (map(.e.rotation_occurred | booleans)) as $rotations
    | count(verdict == "APPROVED") as $approved
    | count(verdict != null) as $verdicts
    | {
        entries: length, share: (length / $all), approved: $approved,
        revise: count(verdict == "REVISE"), blocked: count(verdict == "BLOCKED"), failed: count(failed),
        other: count((failed | not) and verdict == null),
        approval_rate: ($approved | part($verdicts)),
        rounds_to_approval: (($took | add // 0) | part($took | length)),
        rotation_share: (($rotations | map(select(.)) | length) | part($rotations | length)),
        timed: ($times | length),
        duration_p50_ms: ($times | rank(50)), duration_p95_ms: ($times | rank(95)), duration_p99_ms: ($times | rank(99))
      };
def by(key): length as $all | rounds as $rounds
    | map(. + {key: key}) | group_by(.key) | map(.[0].key as $key | stats($all; $rounds) + {key: $key});
"#;

#[test]
fn counts_are_those_of_jq() {
    const KEYS: [(&str, &str); 7] = [
        ("verdict", "if failed then \"failed\" else verdict // word end"),
        ("node", ".e.node | text"),
        ("model", "model"),
        ("credential", ".e.credential_used | text"),
        ("issue", "issue"),
        ("project", "project"),
        ("day", "stamp | if . == null then null else .[0:10] end"),
    ];
    for seed in [5, 6] {
        let (scratch, all) = generated(seed, seed == 6);
        // An order that jq knows is needed for rounds, so each entry has a time.
        let timed = "stamp != null and stamp >= \"2026-01-24T18:31:00.000000\"";
        let groups = KEYS.map(|(_, key)| format!("by({key})"));
        let program = format!(
            "{DEFINITIONS} {STATS} map(select({timed})) | [{}, [by(null)[] | .key = null]]",
            groups.join(", ")
        );
        let counted = jq(&program, &input(&all));
        let tool = |by: &[&str]| {
            let since = ["stats", "--since", "2026-01-24T18:31:00Z"];
            let roots = ["one", "two"].map(|root| scratch.path(root));
            let roots = roots.iter().flat_map(|root| [OsStr::new("--root"), root.as_os_str()]);
            Tool::new("view-audit").args(since).args(by).args(roots).run().code(0).json_lines()
        };
        let by: Vec<_> = KEYS.iter().flat_map(|(by, _)| ["--by", by]).collect();
        let lines = [tool(&by), tool(&[])].concat();
        for (number, by) in KEYS.iter().map(|(by, _)| Some(*by)).chain([None]).enumerate() {
            let groups: BTreeMap<String, &Value> = lines
                .iter()
                .filter(|line| line["by"].as_str() == by)
                .map(|line| (line["key"].to_string(), line))
                .collect();
            let expected = counted[number].as_array().unwrap();
            assert_eq!(groups.len(), expected.len(), "{by:?}");
            for group in expected {
                let mut group = group.clone();
                group["schema"] = json!("view-audit.stats/1");
                group["by"] = json!(by);
                let found = groups[&group["key"].to_string()];
                assert!(alike(found, &group), "seed {seed}, by {by:?}\n{found}\n{group}");
            }
        }
    }
}

/// Bytes are changed at random; then each line is shown, or is counted as damaged.
#[test]
fn what_is_shown_and_what_is_damaged_are_all_lines() {
    for seed in 10..16 {
        let mut rng = rng(seed);
        let mut logs = Logs::seeded(seed);
        let scratch = Scratch::new();
        let mut written = 0;
        for file in [HISTORY, OLDER, "logs/active/a.jsonl", "logs/active/b.jsonl"] {
            let mut text: Vec<u8> = (0..40).flat_map(|_| logs.line().into_bytes()).collect();
            for _ in 0..30 {
                let at = rng.usize(..text.len());
                match rng.u8(..4) {
                    0 => text[at] = rng.u8(..),
                    1 => drop(text.remove(at)),
                    2 => text.insert(at, b'\n'),
                    _ => text[at] ^= 0x80,
                }
            }
            let blank = |line: &&[u8]| line.iter().all(u8::is_ascii_whitespace);
            written += text.split(|byte| *byte == b'\n').filter(|line| !blank(line)).count();
            scratch.write(file, text);
        }
        let ran = view(scratch.root()).arg("--all").run();
        let shown =
            ran.code(0).out().lines().inspect(|line| assert!(line.starts_with(SCHEMA))).count();
        let told = ran.err().lines().find(|line| line.ends_with("not shown")).unwrap_or_default();
        let damaged: usize = told.split(' ').find_map(|word| word.parse().ok()).unwrap_or(0);
        assert_eq!(shown + damaged, written, "seed {seed}: {}", ran.err());
        assert!(damaged > 10 && shown > 10, "seed {seed}: {damaged} {shown}");
    }
}
