//! What the writers write: every byte follows from the writer's name and the sequence number, so that a reader can
//! tell a whole record from a damaged one, and whose beginning a torn line is.

use serde::{Deserialize, Serialize};

/// One record. `order` comes last so that all before it can be foretold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Record {
    pub(crate) writer: String,
    pub(crate) seq: u64,
    pub(crate) pad: String,
    /// The place of the record among all of the file, for writers that look before they append.
    pub(crate) order: Option<u64>,
}

impl Record {
    /// The record number `seq` of this writer.
    pub(crate) fn new(writer: &str, seq: u64, order: Option<u64>) -> Self {
        Self { writer: writer.to_owned(), seq, pad: pad(writer, seq), order }
    }
}

/// What pads consist of; no part of it repeats, so that bytes out of place are noticed.
const LETTERS: &str = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";

/// A third of the records has a few bytes, a third up to a page, a third up to 200 KB. One of a dozen has up to 4 MB, so
/// that a kill can come in the middle of its write.
fn pad(writer: &str, seq: u64) -> String {
    let seed = writer.bytes().fold(seq + 1, |seed, byte| mix(seed ^ u64::from(byte)));
    let sizes = [16, 4096, 200_000, 16, 4096, 200_000, 16, 4096, 200_000, 16, 4096, 4_000_000];
    let size = mix(seed) % sizes[usize::try_from(seed % 12).unwrap_or(0)];
    let size = usize::try_from(size).unwrap_or(0);
    let mut pad = LETTERS.repeat(size / LETTERS.len() + 1);
    pad.truncate(size);
    pad
}

/// The finisher of splitmix64.
fn mix(seed: u64) -> u64 {
    let a = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let b = (a ^ (a >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let c = (b ^ (b >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    c ^ (c >> 31)
}
