//! Whether the definitions that were read are those of the base.

use cli::Failure;

use crate::desk::Desk;
use crate::rules::definitions::{Definitions, Source};
use crate::rules::facts::Rules;

/// Compares every file of the definitions with what the commit `base` has there.
///
/// The coordinator's checkout may stand on a branch under test, behind the base, or have the file
/// hidden from `git status`. What is compared is therefore the content that was read, byte for byte
/// but for the line endings, which a checkout may convert. Filters that this one clone runs on the file
/// are not asked: they could make anything of it.
pub(crate) fn compare(
    desk: &Desk,
    definitions: &Definitions,
    base: &str,
) -> Result<Rules, Failure> {
    let (mut outside, mut other) = (Vec::new(), Vec::new());
    for Source { path, bytes } in &definitions.sources {
        if desk.objects.entry(base, path)?.is_some() {
            let theirs = desk.objects.file(base, path)?;
            if theirs.is_none_or(|theirs| unix(&theirs) != unix(bytes)) {
                other.push(path.clone());
            }
            continue;
        }
        let tracked = match desk.git.commit("HEAD")? {
            Some(head) => desk.objects.entry(&head, path)?.is_some(),
            None => false,
        };
        if tracked { &mut other } else { &mut outside }.push(path.clone());
    }
    Ok(match (other.is_empty(), outside.is_empty()) {
        (false, _) => Rules::Other(other),
        (true, false) => Rules::OutsideGit(outside),
        (true, true) => Rules::OfBase,
    })
}

/// With line endings as they are stored.
fn unix(bytes: &[u8]) -> Vec<u8> {
    let mut unix = Vec::with_capacity(bytes.len());
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        match line.strip_suffix(b"\r\n") {
            Some(line) => unix.extend([line, b"\n"].concat()),
            None => unix.extend_from_slice(line),
        }
    }
    unix
}
