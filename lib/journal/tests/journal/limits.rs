//! A file system that takes only a part of the line. A limit on the size of files has the same effect as a full
//! disk and needs no root: the `write` returns less than it was given.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use tempfile::tempdir;

use crate::writer::PROGRAM;

/// Appends a line of `size` bytes in a process whose files may not be longer than `limit`. The signal for that is
/// ignored, as it is in a service manager or a shell that says so.
#[expect(clippy::disallowed_methods, reason = "the limit must be that of another process")]
fn append_limited(path: &Path, limit: usize, size: usize) -> Output {
    Command::new("sh")
        .args(["-c", "trap '' XFSZ; exec \"$@\"", "sh", PROGRAM, "limited"])
        .arg(path)
        .args([limit.to_string(), size.to_string()])
        .output()
        .unwrap()
}

#[test]
fn a_short_write_is_taken_back_and_reported() {
    let dir = tempdir().unwrap();
    let path = dir.path().join("log.jsonl");
    for before in ["", "{\"n\":1}\n", "{\"n\":1}\n{\"torn"] {
        fs::File::create(&path).unwrap();
        if !before.is_empty() {
            std::io::Write::write_all(&mut fs::File::create(&path).unwrap(), before.as_bytes())
                .unwrap();
        }
        let limit = before.len() + 1000;
        let result = append_limited(&path, limit, 5000);
        let message = String::from_utf8(result.stderr).unwrap();
        let total = 5001 + usize::from(before.ends_with("torn"));
        let expected = format!(
            "cannot append to {}: only 1000 of {total} bytes were taken: no space, or a limit on the size of files; \
             the file is as it was\n",
            path.display()
        );
        assert_eq!(message, expected);
        assert_eq!(result.status.code(), Some(1));
        assert_eq!(fs::read_to_string(&path).unwrap(), before);
    }
    journal::append_line(&path, b"{\"n\":2}").unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), "{\"n\":1}\n{\"torn\n{\"n\":2}\n");
}

#[test]
fn a_refused_write_changes_nothing() {
    let dir = tempdir().unwrap();
    let path = dir.path().join("log.jsonl");
    journal::append_line(&path, b"{\"n\":1}").unwrap();
    let result = append_limited(&path, 8, 5000);
    let message = String::from_utf8(result.stderr).unwrap();
    assert!(message.contains("File too large") && message.ends_with("; the file is as it was\n"));
    assert_eq!(fs::read_to_string(&path).unwrap(), "{\"n\":1}\n");
}
