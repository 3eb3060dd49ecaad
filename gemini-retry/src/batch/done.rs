//! The results of an earlier batch: which requests have their answer.

use std::fs::File;
use std::io::{BufRead as _, BufReader, ErrorKind, Read as _, Seek as _, SeekFrom};
use std::os::fd::AsFd;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use cli::Failure;
use records::gemini_retry::BatchResult;
use records::{Noun as _, Outcome};
use rustix::fs::{OFlags, fcntl_getfl, fstat};
use serde::Deserialize;
use serde_json::Value;

use crate::batch::id::{Id, Ids};

/// Longer than any result: an answer has 4 MiB at most and stands in it twice.
const LONGEST: u64 = 64 << 20;
/// So many damaged lines are named.
const NAMED: usize = 5;

/// What was found in a file of results.
#[derive(Debug, Default)]
pub(crate) struct Done {
    /// Requests that were answered.
    pub(crate) ids: Ids,
    /// What people should know, a sentence each.
    pub(crate) warnings: Vec<String>,
    /// Whether the next result must begin with a new line, because the file is stdout and its last
    /// line has no end.
    pub(crate) torn: bool,
}

/// What matters of a result.
#[derive(Deserialize)]
struct Seen {
    schema: String,
    id: Value,
    outcome: Outcome,
}

/// Reads the results in `path`. `stdout` is where new ones go, which may be the same file.
///
/// # Errors
/// Exit 2 when there is no such file, or when it is stdout but not opened for appending; 74 when it
/// cannot be read.
pub(crate) fn read(path: &Path, stdout: impl AsFd) -> Result<Done, Failure> {
    let fail = |e: std::io::Error| Failure::io("cannot read", path, &e);
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(e) if e.kind() == ErrorKind::NotFound => {
            let what = format!("--skip-done {}", path.display());
            return Err(Failure::usage(what, e)
                .hint("append the results to it with >>, which makes it when it is missing"));
        }
        Err(e) => return Err(fail(e)),
    };
    let same = is_same(&file, &stdout).map_err(fail)?;
    if same && !fcntl_getfl(&stdout).is_ok_and(|flags| flags.contains(OFlags::APPEND)) {
        let what = format!("--skip-done {}", path.display());
        return Err(Failure::usage(what, "results would overwrite it")
            .hint("append them with >> instead of >"));
    }
    let mut done = lines(path, &mut file).map_err(fail)?;
    done.torn &= same;
    Ok(done)
}

fn lines(path: &Path, file: &mut File) -> std::io::Result<Done> {
    let mut done = Done::default();
    let mut damaged = Vec::new();
    // No further than the file goes now: it may be growing.
    let end = file.seek(SeekFrom::End(0))?;
    file.rewind()?;
    let mut rest = BufReader::new(file.take(end));
    let mut line = 0_u64;
    loop {
        let mut text = Vec::new();
        if rest.by_ref().take(LONGEST).read_until(b'\n', &mut text)? == 0 {
            break;
        }
        line += 1;
        done.torn = !text.ends_with(b"\n");
        if done.torn && text.len() as u64 >= LONGEST {
            rest.skip_until(b'\n')?;
        }
        if text.trim_ascii().is_empty() {
            continue;
        }
        let seen = serde_json::from_slice::<Seen>(&text).ok();
        match seen.filter(|seen| seen.schema == BatchResult::SCHEMA) {
            Some(seen) => {
                if let (Outcome::Reviewed, Ok(id)) = (seen.outcome, Id::read(&seen.id)) {
                    done.ids.add(&id);
                }
            }
            None => damaged.push(line),
        }
    }
    if !damaged.is_empty() {
        let named: Vec<String> = damaged.iter().take(NAMED).map(u64::to_string).collect();
        let more = if damaged.len() > NAMED { ", …" } else { "" };
        let (path, count) = (path.display(), damaged.len());
        let (named, is) = (named.join(", "), if count == 1 { "is" } else { "are" });
        done.warnings.push(format!(
            "{path}:{named}{more}: {count} of its lines {is} no result; what was asked there is \
             asked again"
        ));
    }
    Ok(done)
}

/// Whether both are one file on a disk.
fn is_same(file: &File, stdout: &impl AsFd) -> std::io::Result<bool> {
    let (one, other) = (file.metadata()?, fstat(stdout)?);
    Ok(one.is_file() && (one.dev(), one.ino()) == (other.st_dev, other.st_ino))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(value: impl Into<Value>) -> Id {
        Id::read(&value.into()).unwrap()
    }

    fn result(id: &str, outcome: &str) -> String {
        format!("{{\"schema\":\"gemini-retry.result/1\",\"id\":{id},\"outcome\":\"{outcome}\"}}\n")
    }

    #[test]
    fn reviewed_ids_count_and_damage_is_told() {
        let scratch = testkit::Scratch::new();
        let text = result("1", "reviewed")
            + &result("2", "failed")
            + "\nnot json\n"
            + "{\"schema\":\"other/1\",\"id\":3,\"outcome\":\"reviewed\"}\n"
            + &result("\"4\"", "reviewed")
            + result("5", "reviewed").trim_end().trim_end_matches('}');
        let path = scratch.write("results.jsonl", text);
        let elsewhere = File::open("/dev/null").unwrap();
        let done = read(&path, &elsewhere).unwrap();
        let has = |value: Value| done.ids.has(&id(value));
        assert!(has(1.into()) && has("4".into()));
        assert!(!has(2.into()) && !has(3.into()) && !has(4.into()) && !has(5.into()));
        assert_eq!(done.warnings.len(), 1);
        assert!(done.warnings[0].contains("results.jsonl:4, 5, 7: 3 of its lines are no result"));
        assert!(!done.torn, "stdout is another file");
    }

    #[test]
    fn the_file_that_results_are_appended_to_may_end_torn() {
        let scratch = testkit::Scratch::new();
        let path = scratch.write("results.jsonl", result("1", "reviewed") + "{\"sche");
        let stdout = std::fs::OpenOptions::new().append(true).open(&path).unwrap();
        let done = read(&path, &stdout).unwrap();
        assert!(done.torn && done.ids.has(&id(1)));
        let overwriting = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
        let failure = read(&path, &overwriting).unwrap_err();
        assert_eq!(failure.exit(), cli::Exit::Usage);
        assert!(failure.to_string().contains("would overwrite it"), "{failure}");
    }
}
