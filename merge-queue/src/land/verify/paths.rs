//! The files that name the paths that the tasks change.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use repo::Error;

/// Where the exact form of the list at `lines` is.
pub(super) fn exact(lines: &Path) -> PathBuf {
    lines.with_extension("z")
}

/// Writes both forms.
pub(super) fn write(lines: &Path, paths: &[Vec<u8>]) -> Result<(), Error> {
    let sorted: BTreeSet<&[u8]> = paths.iter().map(Vec::as_slice).collect();
    let exact_bytes = sorted.iter().flat_map(|path| [path, &b"\0"[..]].concat());
    put(&exact(lines), &exact_bytes.collect::<Vec<u8>>())?;
    let line_bytes = sorted.iter().flat_map(|path| [&quoted(path), &b"\n"[..]].concat());
    put(lines, &line_bytes.collect::<Vec<u8>>())
}

fn put(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let fail = |source| Error::Io { operation: "write", path: path.into(), source };
    let mut file = fs::File::create(path).map_err(fail)?;
    std::io::Write::write_all(&mut file, bytes).map_err(fail)
}

/// A path as `git -c core.quotePath=false diff --name-only` prints it: as it is, unless it holds a control
/// character, a double quote or a backslash.
fn quoted(path: &[u8]) -> Vec<u8> {
    let odd = |byte: &u8| byte.is_ascii_control() || matches!(byte, b'"' | b'\\');
    if !path.iter().any(odd) {
        return path.to_vec();
    }
    let mut quoted = vec![b'"'];
    for byte in path {
        match byte {
            b'"' | b'\\' => quoted.extend([b'\\', *byte]),
            7 => quoted.extend(b"\\a"),
            8 => quoted.extend(b"\\b"),
            b'\t' => quoted.extend(b"\\t"),
            b'\n' => quoted.extend(b"\\n"),
            11 => quoted.extend(b"\\v"),
            12 => quoted.extend(b"\\f"),
            b'\r' => quoted.extend(b"\\r"),
            byte if byte.is_ascii_control() => {
                let mut octal = String::new();
                // Writing to a string does not fail.
                _ = write!(octal, "\\{byte:03o}");
                quoted.extend(octal.bytes());
            }
            byte => quoted.push(*byte),
        }
    }
    quoted.push(b'"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn odd_names_are_quoted() {
        for (path, line) in [
            (&b"src/a b.rs"[..], &b"src/a b.rs"[..]),
            ("gr\u{fc}n".as_bytes(), "gr\u{fc}n".as_bytes()),
            (b"a\nb", br#""a\nb""#),
            (br#"a"b\c"#, br#""a\"b\\c""#),
            (b"a\x01\x7f", br#""a\001\177""#),
        ] {
            assert_eq!(quoted(path), line);
        }
    }
}
