//! What a branch changes, and the digest that approvals are bound to.

use std::fmt::Write as _;

use records::sha256_hex;

/// One path that differs between two trees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Change {
    /// The path from the top of the repository.
    pub(crate) path: Vec<u8>,
    /// What was there; `None` for an addition.
    pub(crate) old: Option<Side>,
    /// What is there; `None` for a deletion.
    pub(crate) new: Option<Side>,
}

/// One side of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Side {
    /// Git's mode, such as `0o100644`.
    pub(crate) mode: u32,
    /// The object's id, in full.
    pub(crate) id: String,
}

/// Where git keeps the sort of an entry: file, symbolic link, folder, submodule.
const SORT: u32 = 0o170_000;

impl Side {
    /// Whether it is an ordinary file.
    pub(crate) fn is_file(&self) -> bool {
        self.mode & SORT == 0o100_000
    }

    /// Whether it is a submodule: a commit of another repository.
    pub(crate) fn is_submodule(&self) -> bool {
        self.mode & SORT == 0o160_000
    }

    /// Whether it is a folder.
    pub(crate) fn is_folder(&self) -> bool {
        self.mode & SORT == 0o040_000
    }
}

impl Change {
    /// Whether there is or was something at the path that stands for files below it which no diff lists:
    /// a submodule, or a symbolic link.
    pub(crate) fn stands_for_more(&self) -> bool {
        let sides = [&self.old, &self.new].into_iter().flatten();
        sides.map(|side| side.mode & SORT).any(|sort| sort == 0o160_000 || sort == 0o120_000)
    }
}

/// The digest of a diff: SHA-256 over what
/// `git diff-tree -r -z --no-renames --no-abbrev <merge base> <head>` prints, so that anybody can
/// recompute it. `changes` are sorted by path.
///
/// It names the content of both sides of each changed path and nothing else: a merge of unrelated
/// work from the base keeps it, any edit to a changed path voids it, and the commits in between do
/// not matter.
pub(crate) fn digest(changes: &[Change]) -> String {
    let mut bytes = Vec::new();
    for change in changes {
        let side = |side: &Option<Side>| side.as_ref().map_or(0, |side| side.mode);
        let (old_mode, new_mode) = (side(&change.old), side(&change.new));
        let width = [&change.old, &change.new].into_iter().flatten().map(|s| s.id.len()).max();
        let absent = "0".repeat(width.unwrap_or(40));
        let id = |side: &Option<Side>| side.as_ref().map_or(absent.clone(), |side| side.id.clone());
        let status = match (&change.old, &change.new) {
            (None, _) => 'A',
            (_, None) => 'D',
            _ if old_mode & SORT != new_mode & SORT => 'T',
            _ => 'M',
        };
        let mut header = String::new();
        // Writing to a String cannot fail.
        _ = write!(header, ":{old_mode:06o} {new_mode:06o} ");
        _ = write!(header, "{} {} {status}\0", id(&change.old), id(&change.new));
        bytes.extend_from_slice(header.as_bytes());
        bytes.extend_from_slice(&change.path);
        bytes.push(0);
    }
    sha256_hex(&bytes)
}

/// A path for people and JSON. Bytes that are no UTF-8 show as `\xNN`.
pub(crate) fn path_text(path: &[u8]) -> String {
    let mut text = String::with_capacity(path.len());
    for chunk in path.utf8_chunks() {
        text.push_str(chunk.valid());
        for byte in chunk.invalid() {
            _ = write!(text, "\\x{byte:02x}");
        }
    }
    text
}

/// Whether two paths cannot be moved independently: they are equal, or one is a folder that the
/// other is in.
pub(crate) fn overlap(one: &[u8], other: &[u8]) -> bool {
    let inside = |path: &[u8], folder: &[u8]| {
        path.strip_prefix(folder.strip_suffix(b"/").unwrap_or(folder))
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(b"/"))
    };
    inside(one, other) || inside(other, one)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_and_files_overlap_by_component() {
        for (one, other, expected) in [
            ("a", "a", true),
            ("a/b", "a", true),
            ("a", "a/b", true),
            ("a/", "a/b", true),
            ("ab", "a", false),
            ("a/b", "a/c", false),
        ] {
            assert_eq!(overlap(one.as_bytes(), other.as_bytes()), expected, "{one} {other}");
        }
    }

    #[test]
    fn a_path_that_is_no_text_can_still_be_shown() {
        assert_eq!(path_text("größe".as_bytes()), "größe");
        assert_eq!(path_text(b"a\xffb"), "a\\xffb");
    }
}
