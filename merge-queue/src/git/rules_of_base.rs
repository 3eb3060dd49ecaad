//! Whether the definitions that were read are those of the base.

use cli::Failure;

use crate::desk::Desk;
use crate::rules::definitions::Definitions;
use crate::rules::facts::Rules;

/// Compares the definitions with the file in the commit `base`.
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
    let path = definitions.file.to_string_lossy();
    if desk.objects.entry(base, &path)?.is_none() {
        let tracked = match desk.git.commit("HEAD")? {
            Some(head) => desk.objects.entry(&head, &path)?.is_some(),
            None => false,
        };
        return Ok(if tracked { Rules::Other } else { Rules::OutsideGit });
    }
    let theirs = desk.objects.file(base, &path)?;
    let same = theirs.is_some_and(|bytes| unix(&bytes) == unix(&definitions.bytes));
    Ok(if same { Rules::OfBase } else { Rules::Other })
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
