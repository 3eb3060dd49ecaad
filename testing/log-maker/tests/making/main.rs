//! Makes logs with the built binary and reads them back.
#![expect(clippy::unwrap_used, reason = "tests")]

mod damage;
mod entries;
mod scan;

use std::fs;
use std::path::Path;

use serde_json::Value;
use testkit::{Scratch, Tool};

const HISTORY: &str = "logs/governance_history.jsonl";

/// Makes a log in a new folder; gives the folder and what the tool printed.
fn made(args: &[&str]) -> (Scratch, Value) {
    let scratch = Scratch::new();
    let dir = scratch.path("log");
    let ran = Tool::new("log-maker").args(args).arg(&dir).run();
    ran.code(0);
    let printed = ran.json_lines().remove(0);
    (scratch, printed)
}

fn bytes(scratch: &Scratch, name: &str) -> Vec<u8> {
    fs::read(scratch.path("log").join(name)).unwrap()
}

/// The names of all shards, in order.
fn shards(scratch: &Scratch) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(scratch.path("log/logs/active"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

fn lines(bytes: &[u8]) -> Vec<&[u8]> {
    bytes.strip_suffix(b"\n").unwrap_or(bytes).split(|byte| *byte == b'\n').collect()
}

fn exists(path: &Path) -> bool {
    path.try_exists().unwrap()
}
