//! What git says about every file of a lane that is not as its commit has it.

use std::collections::BTreeSet;

use crate::lane_git::fields;

/// The mode with which git speaks of a file that is not there.
pub(super) const NOTHING: &str = "000000";
/// The mode of a submodule.
pub(super) const GITLINK: &str = "160000";

/// `git status --porcelain=v2`, sorted by what has to be done.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Survey {
    /// Tracked files that differ from the index in the working tree.
    pub(super) changed: Vec<Changed>,
    /// Files with a conflict.
    pub(super) unmerged: Vec<Unmerged>,
    /// Files that the commit has, and the index does not have any more.
    pub(super) dropped: BTreeSet<Vec<u8>>,
    /// Files that are neither tracked nor ignored, and repositories, which end with a slash.
    pub(super) untracked: Vec<Vec<u8>>,
    /// The same for ignored ones.
    pub(super) ignored: Vec<Vec<u8>>,
    /// How many tracked files differ from the commit in the index or in the working tree.
    pub(super) tracked: u64,
}

/// A tracked file that differs from the index.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Changed {
    pub(super) name: Vec<u8>,
    /// Its mode in the working tree; [`NOTHING`] when it was deleted.
    pub(super) mode: String,
    /// For a submodule: whether it has changed or untracked files of its own.
    pub(super) inner: bool,
}

/// A file with a conflict: what the index has of it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Unmerged {
    pub(super) name: Vec<u8>,
    /// Its mode in the working tree; [`NOTHING`] when it is not there.
    pub(super) mode: String,
    /// Mode and object of the common ancestor, our side, their side, as far as each has the file.
    pub(super) stages: [Option<(String, String)>; 3],
}

impl Survey {
    /// Reads the answer of `git status --porcelain=v2 -z --no-renames`.
    pub(super) fn parse(status: &[u8]) -> Self {
        let mut survey = Self::default();
        for entry in fields(status) {
            let rest = entry.get(2..).unwrap_or_default();
            match entry.first() {
                Some(b'1') => survey.ordinary(rest),
                Some(b'u') => survey.conflict(rest),
                Some(b'?') => survey.untracked.push(rest.to_vec()),
                Some(b'!') => survey.ignored.push(rest.to_vec()),
                _ => {}
            }
        }
        survey
    }

    /// `XY sub mH mI mW hH hI path`.
    fn ordinary(&mut self, rest: &[u8]) {
        let (words, name) = words(rest, 7);
        let word = |at: usize| words.get(at).map_or("", String::as_str);
        self.tracked += 1;
        if word(0).starts_with('D') {
            self.dropped.insert(name.to_vec());
        }
        if !word(0).ends_with('.') {
            let sub = word(1);
            self.changed.push(Changed {
                name: name.to_vec(),
                mode: word(4).to_owned(),
                inner: sub.starts_with('S') && (sub.contains('M') || sub.contains('U')),
            });
        }
    }

    /// `XY sub m1 m2 m3 mW h1 h2 h3 path`.
    fn conflict(&mut self, rest: &[u8]) {
        let (words, name) = words(rest, 9);
        let word = |at: usize| words.get(at).cloned().unwrap_or_default();
        let stage =
            |at: usize| Some((word(1 + at), word(5 + at))).filter(|(mode, _)| mode != NOTHING);
        self.tracked += 1;
        self.unmerged.push(Unmerged {
            name: name.to_vec(),
            mode: word(5),
            stages: [stage(1), stage(2), stage(3)],
        });
    }
}

/// The first words, and what comes after them: a name may hold blanks.
fn words(rest: &[u8], count: usize) -> (Vec<String>, &[u8]) {
    let mut parts = rest.splitn(count + 1, |byte| *byte == b' ');
    let words = parts.by_ref().take(count);
    let words = words.map(|word| String::from_utf8_lossy(word).into_owned()).collect();
    (words, parts.next().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_of_entry_goes_where_it_belongs() {
        let status = b"1 .M N... 100644 100644 100755 aa bb a b\n.txt\0\
            1 D. N... 100644 000000 000000 aa 00 gone\0\
            1 .M S.M. 160000 160000 160000 aa bb sub\0\
            u UU N... 100644 100644 000000 100644 h1 h2 h3 both\0\
            ? un tracked\0! vault/\0";
        let survey = Survey::parse(status);
        assert_eq!(survey.tracked, 4);
        assert_eq!(survey.changed.len(), 2);
        assert_eq!(survey.changed[0].name, b"a b\n.txt");
        assert_eq!(survey.changed[0].mode, "100755");
        assert!(survey.changed[1].inner && !survey.changed[0].inner);
        assert_eq!(survey.dropped, BTreeSet::from([b"gone".to_vec()]));
        let stages = &survey.unmerged[0].stages;
        assert_eq!(stages[1], Some(("100644".into(), "h2".into())));
        assert_eq!(stages[2], None);
        assert_eq!(survey.unmerged[0].mode, "100644");
        assert_eq!(survey.untracked, [b"un tracked".to_vec()]);
        assert_eq!(survey.ignored, [b"vault/".to_vec()]);
        assert_eq!(Survey::parse(b""), Survey::default());
    }
}
