//! Where a JSON text ends, found 64 bytes at a time.

#![expect(
    clippy::inline_always,
    reason = "wide instructions are used where the whole is compiled as one function for them"
)]

use fearless_simd::prelude::*;
use fearless_simd::u8x64;

/// How many bytes are looked at in one step.
const BLOCK: usize = 64;

/// A text whose closing quote was found.
pub(crate) struct End {
    /// Where the closing quote is.
    pub(crate) at: usize,
    /// Whether there is a backslash in the text.
    pub(crate) escaped: bool,
}

/// Finds the end of the text that begins at `from`, behind its opening quote. `None` when it does not
/// end, has a control character or an escape that JSON does not know.
///
/// Bytes of `bytes` from 0x80 on set bits of `high`, also some behind the end.
#[inline(always)]
pub(crate) fn end<S: Simd>(simd: S, bytes: &[u8], from: usize, high: &mut u64) -> Option<End> {
    let mut at = from;
    let (mut carried, mut before) = (0, 0);
    let mut last = [0; BLOCK];
    loop {
        let rest = bytes.get(at..)?;
        let block = rest.first_chunk::<BLOCK>().unwrap_or_else(|| {
            // A NUL is a control character, so no text ends behind the last byte.
            last.fill(0);
            last.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
            &last
        });
        let wide: u8x64<S> = (*block).simd_into(simd);
        let quotes = wide.simd_eq(b'"').to_bitmask();
        let backslashes = wide.simd_eq(b'\\').to_bitmask();
        let newlines = wide.simd_eq(b'n').to_bitmask();
        let controls = wide.simd_lt(b' ').to_bitmask();
        *high |= wide.simd_ge(0x80).to_bitmask();
        let escaped = escaped(backslashes, carried);
        carried = carry(backslashes, carried);
        let ends = quotes & !escaped;
        // What most escapes are needs no look at each of them.
        let odd = escaped & !(quotes | backslashes | newlines);
        if ends | odd | controls != 0 {
            let inside = ends.wrapping_sub(1) & !ends;
            if controls & inside != 0 || !are_escapes(bytes, at, odd & inside) {
                return None;
            }
            if ends != 0 {
                let escaped = (before | backslashes & inside) != 0;
                return Some(End { at: at + ends.trailing_zeros() as usize, escaped });
            }
        }
        before |= backslashes;
        at += BLOCK;
    }
}

/// The bytes that a backslash stands before which is not itself escaped; `carried` is 1 when that holds
/// for the first byte.
#[inline(always)]
fn escaped(backslashes: u64, carried: u64) -> u64 {
    const EVEN: u64 = 0x5555_5555_5555_5555;
    let backslashes = backslashes & !carried;
    let follows = backslashes << 1 | carried;
    // Adding carries through a run of backslashes; where runs begin at odd places, even and odd change roles.
    let odd_starts = backslashes & !EVEN & !follows;
    let odd_ends = odd_starts.wrapping_add(backslashes) << 1;
    (EVEN ^ odd_ends) & follows
}

/// Whether the byte behind a block is escaped: when the run of backslashes at its end is of odd length.
#[inline(always)]
fn carry(backslashes: u64, carried: u64) -> u64 {
    if backslashes == u64::MAX { carried } else { u64::from(backslashes.leading_ones() & 1) }
}

/// Whether at every bit of `which`, counted from `at`, stands what may follow a backslash.
fn are_escapes(bytes: &[u8], at: usize, mut which: u64) -> bool {
    while which != 0 {
        let escape = bytes.get(at + which.trailing_zeros() as usize..).unwrap_or_default();
        let is_known = match escape {
            [b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't', ..] => true,
            [b'u', digits @ ..] => {
                digits.first_chunk::<4>().is_some_and(|d| d.iter().all(u8::is_ascii_hexdigit))
            }
            _ => false,
        };
        if !is_known {
            return false;
        }
        which &= which - 1;
    }
    true
}

#[cfg(test)]
mod tests {
    use fearless_simd::{Level, dispatch};
    use proptest::prelude::*;
    use serde::de::IgnoredAny;

    use super::*;

    fn found(text: &[u8]) -> Option<(usize, bool)> {
        let mut high = 0;
        let end = dispatch!(Level::new(), simd => end(simd, text, 1, &mut high))?;
        Some((end.at + 1, end.escaped))
    }

    /// By walking from byte to byte.
    fn expected(text: &[u8]) -> Option<(usize, bool)> {
        let mut escaped = false;
        let at = text.iter().skip(1).position(|byte| {
            let ends = !escaped && *byte == b'"';
            escaped = !escaped && *byte == b'\\';
            ends
        })?;
        let text = text.get(..at + 2)?;
        // Only what is not text is nobody's business here.
        serde_json::from_str::<IgnoredAny>(&String::from_utf8_lossy(text)).ok()?;
        Some((text.len(), text.contains(&b'\\')))
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 4000, ..ProptestConfig::default() })]

        #[test]
        fn texts_end_where_a_walk_ends(
            pieces in proptest::collection::vec(
                prop_oneof![
                    6 => r"(\\\\){0,40}".prop_map(String::into_bytes),
                    4 => r#"\\["\\/bfnrtu]"#.prop_map(String::into_bytes),
                    2 => r"\\u[0-9a-fA-Fg]{4}".prop_map(String::into_bytes),
                    6 => "[a-zé—]{0,40}".prop_map(String::into_bytes),
                    1 => Just(vec![b'"']),
                    1 => any::<u8>().prop_map(|byte| vec![byte]),
                ],
                0..20,
            ),
            ends in any::<bool>(),
        ) {
            let end: &[u8] = if ends { b"\" :" } else { b"" };
            let text = [b"\"".as_slice(), &pieces.concat(), end].concat();
            prop_assert_eq!(found(&text), expected(&text));
        }
    }
}
