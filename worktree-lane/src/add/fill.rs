//! Writing the files of a new lane, and looking whether they are all there.

use cli::Failure;
use records::LaneEvent;

use crate::history;
use crate::lane_git::{LaneGit, fields, text};

/// As many checkout workers as the machine has cores.
const WORKERS: [&str; 2] = ["-c", "checkout.workers=0"];

/// How many names a note shows.
const SHOWN: usize = 3;

/// Checks the lane's commit out into its empty folder. Gives what is worth telling: files that
/// differ from the commit right away, as line endings or filters can make them. With `many` files it
/// takes all cores.
///
/// # Errors
/// When git fails, or when afterwards a file is missing or `HEAD` is not where the lane starts.
pub(crate) fn fill(git: &LaneGit, event: &LaneEvent, many: bool) -> Result<Vec<String>, Failure> {
    let workers: &[&str] = if many { &WORKERS } else { &[] };
    git.bytes_in_group(&[workers, &["read-tree", "-m", "-u", "HEAD"]].concat())?;
    // One question: every further one would look at each file once more.
    let look = ["status", "--porcelain=v2", "--branch", "-z", "--untracked-files=no"];
    let said =
        git.bytes(&[look.as_slice(), &["--ignore-submodules=all", "--no-renames"]].concat())?;
    let wrong = |why: &str| Failure::world(format_args!("lane {}", event.lane), why);
    let found = Found::parse(&said);
    if found.head.as_deref() != Some(history::start_of(event)) {
        return Err(wrong("it does not stand where it was to start"));
    }
    if found.staged {
        return Err(wrong("its index is not that of its commit"));
    }
    if found.missing {
        return Err(wrong("some of its files are missing"));
    }
    Ok(note(&found.changed).into_iter().collect())
}

/// What git says about a lane that was just filled.
#[derive(Debug, Default, PartialEq, Eq)]
struct Found {
    /// The commit that it stands at.
    head: Option<String>,
    /// Whether the index differs from that commit.
    staged: bool,
    /// Whether a file of the index is not there.
    missing: bool,
    /// Files that differ from the index.
    changed: Vec<String>,
}

impl Found {
    fn parse(status: &[u8]) -> Self {
        let mut found = Self::default();
        for line in fields(status) {
            if let Some(commit) = line.strip_prefix(b"# branch.oid ") {
                found.head = Some(text(commit));
            } else if let [b'1' | b'2' | b'u', b' ', staged, there, ..] = line {
                found.staged |= *staged != b'.';
                found.missing |= *there == b'D';
                found.changed.push(text(line.splitn(9, |b| *b == b' ').last().unwrap_or_default()));
            }
        }
        found
    }
}

fn note(names: &[String]) -> Option<String> {
    if names.is_empty() {
        return None;
    }
    let shown = names.iter().take(SHOWN).map(String::as_str).collect::<Vec<_>>().join(", ");
    let more = if names.len() > SHOWN { ", …" } else { "" };
    Some(format!(
        "{} files of the new lane differ from its commit, as line endings and filters can make \
         them: {shown}{more}",
        names.len()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_difference_is_told() {
        let found = Found::parse(
            b"# branch.oid abc\0# branch.head 98-x\0\
            1 .M N... 100644 100644 100644 aa bb a b\n.txt\0",
        );
        let changed = vec!["a b\n.txt".to_owned()];
        let expected = Found { head: Some("abc".into()), changed, ..Found::default() };
        assert_eq!(found, expected);
        let staged = Found::parse(b"1 A. N... 000000 100644 100644 00 bb new\0");
        assert!(staged.staged && !staged.missing && staged.head.is_none());
        assert!(Found::parse(b"1 .D N... 100644 100644 000000 aa aa gone\0").missing);
    }
}
