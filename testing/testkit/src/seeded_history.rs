//! A history of any length as one stream for `git fast-import`.

use std::fmt::Write as _;

use crate::words::Words;

/// What the stream is to hold.
pub(crate) struct Plan<'a> {
    pub(crate) branch: &'a str,
    pub(crate) parent: Option<String>,
    /// Seconds since 1970 of the first commit.
    pub(crate) first: i64,
    pub(crate) seed: u64,
    pub(crate) commits: usize,
    pub(crate) files: usize,
}

impl Plan<'_> {
    /// The first commit adds all files, each later one changes a line in one to three of them.
    pub(crate) fn stream(&self) -> Vec<u8> {
        let mut words = Words::seeded(self.seed);
        let mut contents: Vec<Vec<String>> =
            (0..self.files.max(1)).map(|_| (0..20).map(|_| words.sentence(8)).collect()).collect();
        let mut stream = String::new();
        let mut when = self.first;
        for index in 0..self.commits {
            let changed = if index == 0 {
                (0..contents.len()).collect()
            } else {
                change_some(&mut contents, &mut words)
            };
            let message = words.sentence(6);
            let who = format!("Test Author <author@example.invalid> {when} +0000");
            let length = message.len();
            write!(
                stream,
                "commit {}\nauthor {who}\ncommitter {who}\ndata {length}\n{message}\n",
                self.branch
            )
            .expect("write to a string");
            if let (0, Some(parent)) = (index, &self.parent) {
                writeln!(stream, "from {parent}").expect("write to a string");
            }
            for file in changed {
                let text = contents.get(file).expect("a file of the list").join("\n") + "\n";
                let length = text.len();
                let folder = file / 100;
                write!(
                    stream,
                    "M 100644 inline src/part{folder:03}/file{file:05}.txt\ndata {length}\n{text}\n"
                )
                .expect("write to a string");
            }
            when += 60;
        }
        stream.into_bytes()
    }
}

fn change_some(contents: &mut [Vec<String>], words: &mut Words) -> Vec<usize> {
    let mut changed: Vec<usize> =
        (0..words.rng().usize(1..=3)).map(|_| words.rng().usize(..contents.len())).collect();
    changed.sort_unstable();
    changed.dedup();
    for file in &changed {
        let text = contents.get_mut(*file).expect("a file of the list");
        let line = words.rng().usize(..text.len());
        *text.get_mut(line).expect("a line of the file") = words.sentence(8);
    }
    changed
}
