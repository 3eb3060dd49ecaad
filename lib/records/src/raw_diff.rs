//! A branch's diff as a list of lines that a reviewer can read, and back as the bytes that its digest is
//! computed from.
//!
//! The digest (docs/decisions/0008) is of what `git diff-tree -r -z` prints, which ends names with NUL. A
//! prompt cannot hold that. The lines are what git prints without `-z`, with `core.quotePath=false`: one
//! for each path, a tab before the path, and quotes around a path that has control characters, quotes,
//! backslashes, or bytes that are not UTF-8.

use std::fmt::Write as _;

/// What `git diff-tree -r -z` printed as lines, each with its end; `None` when it is something else.
pub fn raw_diff_lines(raw: &[u8]) -> Option<String> {
    let mut lines = String::new();
    let mut fields = raw.split(|byte| *byte == 0);
    loop {
        let header = fields.next()?;
        if header.is_empty() {
            // Behind the last NUL there is nothing.
            return fields.next().is_none().then_some(lines);
        }
        let header = str::from_utf8(header).ok().filter(|header| is_header(header))?;
        let path = fields.next().filter(|path| !path.is_empty())?;
        // Writing to a String cannot fail.
        _ = writeln!(lines, "{header}\t{}", quoted(path));
    }
}

/// The bytes that such lines stand for; `None` when they are something else. The end of the last line may
/// be missing.
pub fn raw_diff_bytes(lines: &str) -> Option<Vec<u8>> {
    let mut raw = Vec::new();
    for line in lines.split_terminator('\n') {
        let (header, path) = line.split_once('\t').filter(|(header, _)| is_header(header))?;
        let path = unquoted(path).filter(|path| !path.is_empty() && !path.contains(&0))?;
        raw.extend_from_slice(header.as_bytes());
        raw.push(0);
        raw.extend_from_slice(&path);
        raw.push(0);
    }
    Some(raw)
}

/// `:<mode> <mode> <id> <id> <status>`.
fn is_header(text: &str) -> bool {
    text.starts_with(':') && text.split(' ').count() == 5 && !text.contains(char::is_control)
}

fn quoted(path: &[u8]) -> String {
    let is_plain = |text: &&str| !text.contains(|c: char| c.is_control() || c == '"' || c == '\\');
    if let Some(plain) = str::from_utf8(path).ok().filter(is_plain) {
        return plain.to_owned();
    }
    let mut text = String::from("\"");
    for byte in path {
        _ = match byte {
            b'"' | b'\\' => write!(text, "\\{}", char::from(*byte)),
            0x20..0x7f => write!(text, "{}", char::from(*byte)),
            _ => write!(text, "\\{byte:03o}"),
        };
    }
    text.push('"');
    text
}

fn unquoted(text: &str) -> Option<Vec<u8>> {
    let Some(inside) = text.strip_prefix('"') else {
        return (!text.contains(|c: char| c.is_control() || c == '"' || c == '\\'))
            .then(|| text.as_bytes().to_vec());
    };
    let mut bytes = inside.strip_suffix('"')?.bytes();
    let mut path = Vec::new();
    while let Some(byte) = bytes.next() {
        path.push(match byte {
            b'\\' => match bytes.next()? {
                c @ (b'"' | b'\\') => c,
                b't' => b'\t',
                b'n' => b'\n',
                b'r' => b'\r',
                first @ b'0'..=b'3' => {
                    let digits = [first, bytes.next()?, bytes.next()?];
                    u8::from_str_radix(str::from_utf8(&digits).ok()?, 8).ok()?
                }
                _ => return None,
            },
            b'"' => return None,
            other => other,
        });
    }
    Some(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const HEADER: &str = ":100644 100644 1111 2222 M";

    #[test]
    fn plain_names_stand_as_they_are() {
        let raw = format!("{HEADER}\0src/größe.rs\0{HEADER}\0a\"b\tc\0");
        let lines = raw_diff_lines(raw.as_bytes()).unwrap();
        assert_eq!(lines, format!("{HEADER}\tsrc/größe.rs\n{HEADER}\t\"a\\\"b\\011c\"\n"));
        assert_eq!(raw_diff_bytes("").as_deref(), Some(&b""[..]));
        // As git itself quotes.
        let git = format!("{HEADER}\t\"a\\tb\\303\\266\"");
        assert_eq!(raw_diff_bytes(&git).unwrap(), format!("{HEADER}\0a\tbö\0").into_bytes());
    }

    #[test]
    fn anything_else_is_refused() {
        for raw in ["x", ":a\0", ":a b c d M\0p", ":a b c d M\0\0", "\0", ":a b c d M\0p\0\0x\0"] {
            assert_eq!(raw_diff_lines(raw.as_bytes()), None, "{raw:?}");
        }
        for lines in
            ["x", ":a b c d M p", ":a b c d M\t", ":a b c d M\t\"p", ":a b c d M\t\"\\9\"", "\n"]
        {
            assert_eq!(raw_diff_bytes(lines), None, "{lines:?}");
        }
    }

    proptest! {
        #[test]
        fn every_path_comes_back(paths in prop::collection::vec(prop::collection::vec(1_u8..=255, 1..12), 0..5)) {
            let mut raw = Vec::new();
            for path in &paths {
                raw.extend_from_slice(HEADER.as_bytes());
                raw.push(0);
                raw.extend_from_slice(path);
                raw.push(0);
            }
            let lines = raw_diff_lines(&raw).unwrap();
            prop_assert_eq!(lines.lines().count(), paths.len());
            prop_assert_eq!(raw_diff_bytes(lines.trim_end_matches('\n')), Some(raw));
        }

        #[test]
        fn no_lines_panic(lines in "(:100644 0 1 2 M\t)?\\PC{0,20}\n?(\"\\\\[0-9nt]{0,4}\")?") {
            drop(raw_diff_bytes(&lines));
        }
    }
}
