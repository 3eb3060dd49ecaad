//! Sizes as people type them.

/// Reads `2GB`, `40kB`, `64KiB` or a plain number of bytes; for clap's `value_parser`.
///
/// # Errors
/// One sentence, for anything else.
pub(crate) fn parse_size(text: &str) -> Result<u64, String> {
    let why = || format!("'{text}' is not a size such as 2GB, 40kB, 64KiB or 5000");
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let factor: u64 = match unit {
        "" | "B" => 1,
        "kB" => 1_000,
        "MB" => 1_000_000,
        "GB" => 1_000_000_000,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        _ => return Err(why()),
    };
    number.parse::<u64>().ok().and_then(|n| n.checked_mul(factor)).ok_or_else(why)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_read() {
        for (text, bytes) in [("0", 0), ("5000", 5000), ("40kB", 40_000), ("64KiB", 65_536)] {
            assert_eq!(parse_size(text), Ok(bytes), "{text}");
        }
        for text in ["", "kB", "-1", "2 GB", "2gb", "1.5GB", "99999999999GB"] {
            assert!(parse_size(text).is_err(), "{text}");
        }
    }
}
