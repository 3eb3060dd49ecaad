//! Sums that tell whether bytes are all there.

use std::fmt::Write as _;

use memchr::memchr;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use twox_hash::XxHash3_128;

/// The sum of new bytes, in a form that names how it was made.
///
/// It guards against writes that were torn or lost and against files that changed meanwhile. It need not
/// withstand a forger: who may write to the history needs none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Sum {
    /// SHA-256 of the bytes, in lower-case hex. Intents had it before they had sums of lines.
    #[serde(rename = "sha256")]
    Sha256(String),
    /// XXH3-128 of the little-endian XXH3-128 sums of the lines, in lower-case hex. Lines are what stands
    /// between newlines, so there is one more than there are newlines. The sum of a line can be made when
    /// it is read, and that of all when their order is known, without reading them again.
    #[serde(rename = "lines_xxh3")]
    Lines(String),
}

impl Default for Sum {
    /// The sum of no bytes.
    fn default() -> Self {
        LinesSum::default().finish()
    }
}

impl Sum {
    /// Begins a sum of this form, to be compared with it.
    pub fn again(&self) -> Checksum {
        match self {
            Self::Sha256(_) => Checksum::Sha256(Sha256::default()),
            Self::Lines(_) => Checksum::Lines(Box::default()),
        }
    }

    /// Whether it is the sum of `bytes`.
    pub fn is_of(&self, bytes: &[u8]) -> bool {
        let mut sum = self.again();
        sum.add(bytes);
        sum.finish() == *self
    }
}

/// A sum of either form, of bytes that come in pieces.
#[derive(Clone)]
pub enum Checksum {
    /// For [`Sum::Sha256`].
    Sha256(Sha256),
    /// For [`Sum::Lines`].
    Lines(Box<LinesSum>),
}

impl Checksum {
    /// Adds a piece, which may begin and end anywhere.
    pub fn add(&mut self, piece: &[u8]) {
        match self {
            Self::Sha256(sum) => sum.update(piece),
            Self::Lines(sum) => sum.add(piece),
        }
    }

    /// The sum of all pieces.
    pub fn finish(self) -> Sum {
        match self {
            Self::Sha256(sum) => Sum::Sha256(hex(&sum.finalize())),
            Self::Lines(sum) => sum.finish(),
        }
    }
}

/// The sum of one line, without its newline.
#[derive(Clone, Default)]
pub struct LineSum(XxHash3_128);

impl LineSum {
    /// The sum of a line that is in one piece.
    pub fn of(line: &[u8]) -> u128 {
        XxHash3_128::oneshot(line)
    }

    /// Adds a piece of a line that comes in several.
    pub fn add(&mut self, piece: &[u8]) {
        self.0.write(piece);
    }

    /// The sum of all pieces.
    pub fn finish(self) -> u128 {
        self.0.finish_128()
    }
}

/// A sum for [`Sum::Lines`], of pieces and of lines whose sums are known.
#[derive(Clone, Default)]
pub struct LinesSum {
    lines: XxHash3_128,
    /// The line that the last piece has begun.
    begun: Option<LineSum>,
}

impl LinesSum {
    /// Adds a piece, which may begin and end anywhere.
    pub fn add(&mut self, mut piece: &[u8]) {
        while let Some((line, rest)) =
            memchr(b'\n', piece).and_then(|at| piece.split_at_checked(at))
        {
            let sum = match self.begun.take() {
                None => LineSum::of(line),
                Some(mut begun) => {
                    begun.add(line);
                    begun.finish()
                }
            };
            self.add_line(sum);
            piece = rest.get(1..).unwrap_or_default();
        }
        if !piece.is_empty() {
            self.begun.get_or_insert_default().add(piece);
        }
    }

    /// Adds a whole line and its newline, given the sum of the line. The pieces before it, if any, end
    /// with a newline.
    pub fn add_line(&mut self, line: u128) {
        self.lines.write(&line.to_le_bytes());
    }

    /// The sum of all.
    pub fn finish(mut self) -> Sum {
        let last = self.begun.take().map_or_else(|| LineSum::of(&[]), LineSum::finish);
        self.add_line(last);
        Sum::Lines(hex(&self.lines.finish_128().to_be_bytes()))
    }
}

fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        // Writing to a String cannot fail.
        _ = write!(text, "{byte:02x}");
    }
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn lines_sum(bytes: &[u8]) -> Sum {
        let mut sum = LinesSum::default();
        sum.add(bytes);
        sum.finish()
    }

    #[test]
    fn it_is_the_published_sum_of_the_published_sums_of_the_lines() {
        // XXH3_128bits of nothing, from the specification's test vectors.
        assert_eq!(LineSum::of(b""), 0x99aa_06d3_0147_98d8_6001_c324_468d_497f);
        let once = LineSum::of(&LineSum::of(b"").to_le_bytes());
        assert_eq!(lines_sum(b""), Sum::Lines(format!("{once:032x}")));
        assert_eq!(Sum::default(), lines_sum(b""));
    }

    #[test]
    fn an_older_sum_is_compared_as_it_was_made() {
        let old = Sum::Sha256(records::sha256_hex(b"abc\n"));
        assert!(old.is_of(b"abc\n"));
        assert!(!old.is_of(b"abc"));
    }

    proptest! {
        #[test]
        fn pieces_and_known_lines_make_the_same_sum(
            lines in proptest::collection::vec("[ab]{0,300}", 0..6),
            last in "[ab]{0,3}",
            cuts in proptest::collection::vec(0..900_usize, 0..4),
        ) {
            let mut bytes: Vec<u8> = lines.iter().flat_map(|line| [line.as_bytes(), b"\n"].concat()).collect();
            bytes.extend(last.as_bytes());
            let whole = lines_sum(&bytes);
            prop_assert!(whole.is_of(&bytes));

            let mut cuts: Vec<usize> = cuts.iter().map(|cut| *cut.min(&bytes.len())).collect();
            cuts.extend([0, bytes.len()]);
            cuts.sort_unstable();
            let mut pieces = whole.again();
            cuts.windows(2).for_each(|cut| pieces.add(&bytes[cut[0]..cut[1]]));
            prop_assert_eq!(&pieces.finish(), &whole);

            let mut known = LinesSum::default();
            for line in &lines {
                known.add_line(LineSum::of(line.as_bytes()));
            }
            known.add(last.as_bytes());
            prop_assert_eq!(&known.finish(), &whole);
        }

        #[test]
        fn other_bytes_have_another_sum(one in "[ab\n]{0,9}", other in "[ab\n]{0,9}") {
            for sum in [lines_sum(one.as_bytes()), Sum::Sha256(records::sha256_hex(one.as_bytes()))] {
                prop_assert_eq!(sum.is_of(other.as_bytes()), one == other);
            }
        }
    }
}
