//! File systems that are mounted inside a folder. What is in them lies elsewhere, and deleting the
//! folder would delete it there.

use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::OsStringExt as _;
use std::path::{Path, PathBuf};

/// The places below `folder` at which something is mounted.
///
/// # Errors
/// One sentence, where the system does not list its mounts, or the folder cannot be found.
pub(crate) fn below(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let folder = folder
        .canonicalize()
        .map_err(|error| format!("cannot read {}: {error}", folder.display()))?;
    let listed = fs::read("/proc/self/mountinfo")
        .map_err(|error| format!("cannot read /proc/self/mountinfo: {error}"))?;
    Ok(parse(&listed).into_iter().filter(|place| place.starts_with(&folder)).collect())
}

/// The fifth field of each line (`proc_pid_mountinfo(5)`).
fn parse(listed: &[u8]) -> Vec<PathBuf> {
    let lines = listed.split(|byte| *byte == b'\n');
    lines.filter_map(|line| Some(plain(line.split(|byte| *byte == b' ').nth(4)?))).collect()
}

/// Blanks, tabs, newlines and backslashes are written as `\` and three octal digits.
fn plain(field: &[u8]) -> PathBuf {
    let mut bytes = Vec::with_capacity(field.len());
    let mut rest = field;
    while let Some((first, after)) = rest.split_first() {
        let digits = after.get(..3).filter(|_| *first == b'\\');
        let octal = digits.and_then(|d| u8::from_str_radix(str::from_utf8(d).ok()?, 8).ok());
        bytes.push(octal.unwrap_or(*first));
        rest = if octal.is_some() { after.get(3..).unwrap_or_default() } else { after };
    }
    PathBuf::from(OsString::from_vec(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_read_as_the_system_writes_them() {
        let listed = b"36 35 98:0 /mnt1 /w/lane\\040one rw,noatime master:1 - ext3 /dev/root rw\n\
            37 35 0:5 / /proc rw - proc proc rw\n";
        assert_eq!(parse(listed), [Path::new("/w/lane one"), Path::new("/proc")]);
        assert_eq!(plain(br"a\134b\9"), Path::new(r"a\b\9"));
    }

    #[test]
    fn the_system_lists_its_own() {
        assert!(below(Path::new("/")).unwrap().contains(&PathBuf::from("/proc")));
        assert_eq!(below(Path::new("/proc/self/fd")).unwrap(), Vec::<PathBuf>::new());
    }
}
