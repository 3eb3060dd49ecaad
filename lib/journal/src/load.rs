//! Loading all records of a file at once.

use std::io::Read;

use serde::de::DeserializeOwned;

use crate::{Damage, Error, Lines, Position};

/// The records of a file, and everything that is not a record.
#[derive(Clone, Debug)]
pub struct Loaded<T> {
    /// The records in the order of the file.
    pub records: Vec<(Position, T)>,
    /// Lines with a newline that could not be decoded. They are still in the file; a tool that must not guess stops
    /// here with exit code 65.
    pub damaged: Vec<Damage>,
    /// The last line, if it has no newline and is not a whole record. Nobody was told that it is stored, so a tool
    /// reports it and goes on. The next append completes it with a newline.
    pub torn: Option<Damage>,
}

impl<T: DeserializeOwned> Loaded<T> {
    /// Decodes all `lines`.
    pub(crate) fn collect<R: Read>(lines: Lines<R>) -> Result<Self, Error> {
        let mut loaded = Self { records: Vec::new(), damaged: Vec::new(), torn: None };
        for line in lines {
            let line = line?;
            match line.decode() {
                Ok(record) => loaded.records.push((line.position(), record)),
                Err(damage) if line.is_terminated() => loaded.damaged.push(damage),
                Err(damage) => loaded.torn = Some(damage),
            }
        }
        Ok(loaded)
    }
}

/// Loads with `pass` until two passes agree on the damage.
///
/// A reader takes no lock. If an append fails half-way and is cut back while we read over its end, we may see bytes
/// of two appends as one line. The file does not have that line, so a second look does not find it.
pub(crate) fn confirmed<T>(
    mut pass: impl FnMut() -> Result<Loaded<T>, Error>,
) -> Result<Loaded<T>, Error> {
    const PASSES: u32 = 4;
    let mut loaded = pass()?;
    for _ in 1..PASSES {
        if loaded.damaged.is_empty() {
            break;
        }
        let again = pass()?;
        let agreed = again.damaged == loaded.damaged;
        loaded = again;
        if agreed {
            break;
        }
    }
    Ok(loaded)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Loads a file that has each of these contents in turn, and tells how often it was read.
    fn load(contents: &[&str]) -> (Loaded<u64>, usize) {
        let mut passes = 0;
        let loaded = confirmed(|| {
            passes += 1;
            let content = contents[(passes - 1).min(contents.len() - 1)];
            Loaded::collect(Lines::new("a.jsonl".as_ref(), content.as_bytes(), 100))
        });
        (loaded.unwrap(), passes)
    }

    #[test]
    fn damage_that_is_not_there_at_the_second_look_is_not_reported() {
        let (loaded, passes) = load(&["1\nhalf of two lines\n", "1\n2\n"]);
        assert_eq!((loaded.records.len(), loaded.damaged.len(), passes), (2, 0, 2));
    }

    #[test]
    fn damage_that_stays_is_reported() {
        let (loaded, passes) = load(&["1\ndamaged\n"]);
        assert_eq!((loaded.records.len(), loaded.damaged.len(), passes), (1, 1, 2));
        assert_eq!(load(&["1\n2\n3"]).1, 1, "a torn line needs no second look");
    }

    #[test]
    fn a_file_that_never_stays_the_same_is_not_read_for_ever() {
        let (loaded, passes) = load(&["a\n", "\na\n", "\n\na\n", "\n\n\na\n", "1\n"]);
        assert_eq!((loaded.damaged.len(), passes), (1, 4));
    }
}
