//! Commits as a stream for `git fast-import`.

use std::io::Write as _;

use super::files::{Files, GITLINK};

/// A stream that is being written. A mark is the number of a commit in it.
#[derive(Default)]
pub(super) struct Stream {
    bytes: Vec<u8>,
    mark: usize,
}

impl Stream {
    fn write(&mut self, text: std::fmt::Arguments<'_>) {
        self.bytes.write_fmt(text).expect("write to memory");
    }

    /// A commit of these files, and its mark.
    pub(super) fn commit(&mut self, files: &Files, parents: &[usize]) -> usize {
        self.mark += 1;
        let mark = self.mark;
        // Each commit begins a branch anew, so that one without parents is a root.
        self.write(format_args!("reset refs/heads/made\ncommit refs/heads/made\nmark :{mark}\n"));
        let seconds = 1_769_256_000 + mark;
        self.write(format_args!("committer A <a@example.invalid> {seconds} +0000\ndata 1\nx\n"));
        for (parent, word) in parents.iter().zip(["from", "merge", "merge"]) {
            self.write(format_args!("{word} :{parent}\n"));
        }
        self.write(format_args!("deleteall\n"));
        for (path, file) in files.iter() {
            let mode = file.mode;
            if mode == GITLINK {
                let id = String::from_utf8_lossy(&file.content).into_owned();
                self.write(format_args!("M {mode:o} {id} "));
                self.path(path);
            } else {
                self.write(format_args!("M {mode:o} inline "));
                self.path(path);
                self.write(format_args!("data {}\n", file.content.len()));
                self.bytes.extend_from_slice(&file.content);
                self.bytes.push(b'\n');
            }
        }
        mark
    }

    fn path(&mut self, path: &[u8]) {
        self.bytes.push(b'"');
        for byte in path {
            match byte {
                b'"' | b'\\' => self.bytes.extend([b'\\', *byte]),
                b'\n' => self.bytes.extend(b"\\n"),
                byte => self.bytes.push(*byte),
            }
        }
        self.bytes.extend(b"\"\n");
    }

    /// A branch at a commit.
    pub(super) fn branch(&mut self, name: &str, mark: usize) {
        self.write(format_args!("reset refs/heads/{name}\nfrom :{mark}\n"));
    }

    /// The whole stream. The branch that it was made on never comes to be.
    pub(super) fn end(mut self) -> Vec<u8> {
        self.write(format_args!("reset refs/heads/made\n\ndone\n"));
        self.bytes
    }
}
