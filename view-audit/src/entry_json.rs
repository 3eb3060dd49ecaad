//! An entry as JSON: its own bytes behind a `schema` key.

use audit_log::Head;
use records::Noun as _;
use records::view_audit::Entry;

/// The line for `entry`, which is a JSON object; the bytes of its members are not changed. An entry
/// that has a key `schema` is printed as it is.
pub(crate) fn line(entry: &[u8]) -> Vec<u8> {
    let entry = entry.trim_ascii();
    let head: Head = Head::of(entry).unwrap_or_default();
    let Some(rest) = entry.strip_prefix(b"{").filter(|_| !head.schema) else {
        return [entry, b"\n"].concat();
    };
    let comma = if head.members { "," } else { "" };
    let schema = format!("{{\"schema\":\"{}\"{comma}", Entry::SCHEMA);
    [schema.as_bytes(), rest, b"\n"].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bytes_of_the_members_stay() {
        for (entry, shown) in [
            (
                r#"{"a": 1.0e2,"b":"\u00e9"}"#,
                r#"{"schema":"view-audit.entry/1","a": 1.0e2,"b":"\u00e9"}"#,
            ),
            (" { } ", r#"{"schema":"view-audit.entry/1" }"#),
            ("{}", r#"{"schema":"view-audit.entry/1"}"#),
            (r#"{"b":1,"schema":"old/3"}"#, r#"{"b":1,"schema":"old/3"}"#),
            (r#"{"b":{"schema":1}}"#, r#"{"schema":"view-audit.entry/1","b":{"schema":1}}"#),
        ] {
            assert_eq!(String::from_utf8(line(entry.as_bytes())).unwrap(), format!("{shown}\n"));
        }
    }
}
