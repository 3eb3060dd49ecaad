//! Whether a file system has room for the files of a lane.
//!
//! How much a lane needs is taken from the index of the main worktree, which has the size of each of
//! its files: one read, where asking git for the sizes of a commit takes as long as checking it out. It
//! is an estimate, and knowing nothing is no reason against a lane: a checkout that finds no room is
//! undone.

use std::fs;
use std::path::Path;

use records::Reason;
use rustix::fs::statvfs;

use crate::here::Here;

/// The unit in which file systems give out space, for the estimate.
const BLOCK: u64 = 4096;

/// How much the files of a lane take.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Need {
    /// How many files there are.
    pub(crate) files: u64,
    /// Their size in bytes, as they lie on disk.
    pub(crate) bytes: u64,
}

/// What a whole checkout takes; `None` when there is no index to tell, as in a bare repository.
pub(crate) fn need(here: &Here) -> Option<Need> {
    here.main.as_ref()?;
    let index = fs::read(here.common_dir.join("index")).ok()?;
    // Names of objects are twice as long in hexadecimal.
    let hash = fs::read_to_string(here.common_dir.join("config")).ok()?;
    let hash = if hash.to_ascii_lowercase().contains("objectformat = sha256") { 32 } else { 20 };
    total(&index, hash)
}

/// Adds up the sizes in git's index file (versions 2 to 4); `None` for what is none.
fn total(index: &[u8], hash: usize) -> Option<Need> {
    let number = |at: usize| {
        let bytes = index.get(at..at.checked_add(4)?)?.try_into().ok()?;
        Some(u64::from(u32::from_be_bytes(bytes)))
    };
    let version = number(4)?;
    if index.get(..4)? != b"DIRC" || !(2..=4).contains(&version) {
        return None;
    }
    let mut need = Need { files: number(8)?, bytes: 0 };
    let mut at = 12_usize;
    for _ in 0..need.files {
        need.bytes += number(at + 36)?.div_ceil(BLOCK) * BLOCK;
        let flags = at + 40 + hash;
        let extended = version > 2 && index.get(flags)? & 0x40 != 0;
        let name = flags + if extended { 4 } else { 2 };
        let length = index.get(name..)?.iter().position(|byte| *byte == 0)?;
        let end = name + length;
        // Up to version 3 an entry is padded with one to eight zeros.
        at = if version == 4 { end + 1 } else { at + (end - at + 8) / 8 * 8 };
    }
    Some(need)
}

/// The reason when the file system that `path` is to lie on has no room for that much and a tenth
/// more.
pub(crate) fn lacking(path: &Path, need: Need) -> Option<Reason> {
    let folder = path.ancestors().find(|folder| folder.exists())?;
    let found = statvfs(folder).ok()?;
    let with_margin = |wanted: u64| wanted + wanted / 10;
    let free = found.f_bavail.saturating_mul(found.f_frsize);
    let mut missing = Vec::new();
    if free < with_margin(need.bytes) {
        missing.push(format!("about {} bytes, and {free} are free", with_margin(need.bytes)));
    }
    // A file system without a fixed number of inodes has none.
    if found.f_files > 0 && found.f_favail < with_margin(need.files) {
        let wanted = with_margin(need.files);
        missing.push(format!("about {wanted} inodes, and {} are free", found.f_favail));
    }
    if missing.is_empty() {
        return None;
    }
    let message = format!("the lane's {} files need {}", need.files, missing.join("; and "));
    let next = format!("make room on the file system of {}, or use --sparse", folder.display());
    Some(Reason::new("no_space", message, next))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(size: u32, name: &str, padded: bool) -> Vec<u8> {
        let mut entry = vec![0; 36];
        entry.extend(size.to_be_bytes());
        entry.extend([7; 20]);
        entry.extend([0, 3]);
        entry.extend(name.as_bytes());
        entry.push(0);
        while padded && !entry.len().is_multiple_of(8) {
            entry.push(0);
        }
        entry
    }

    fn index(version: u8, entries: &[Vec<u8>]) -> Vec<u8> {
        let count = u32::try_from(entries.len()).unwrap().to_be_bytes();
        [b"DIRC", &[0, 0, 0, version][..], &count, &entries.concat(), &[1; 30]].concat()
    }

    #[test]
    fn sizes_are_added_up_in_blocks() {
        for name in ["a", "ab", "abcdefgh", "abcdefghi"] {
            let two = [entry(1, name, true), entry(4097, "zz", true)];
            let expected = Some(Need { files: 2, bytes: 3 * BLOCK });
            assert_eq!(total(&index(2, &two), 20), expected, "{name}");
            // In version 4 the name begins with a number.
            let two = [entry(1, &format!("\u{1}{name}"), false), entry(4097, "\u{1}z", false)];
            assert_eq!(total(&index(4, &two), 20), expected, "{name}");
        }
        assert_eq!(total(&index(2, &[]), 20), Some(Need::default()));
    }

    #[test]
    fn what_is_no_index_says_nothing() {
        let whole = index(2, &[entry(1, "a", true)]);
        for bad in [&b""[..], b"DIRC", &whole[..40], &index(9, &[])] {
            assert_eq!(total(bad, 20), None);
        }
    }
}
