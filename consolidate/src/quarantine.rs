//! What is written to the quarantine: a line that nobody can read, byte for byte, as text.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use records::consolidate::Quarantined;
use records::print_noun;

use crate::error::Error;
use crate::row::Reject;
use crate::shards::Shards;

/// Gives the line of the quarantine that keeps `reject`, with its newline, in pieces.
pub(crate) fn write(
    reject: &Reject,
    shards: &mut Shards,
    mut sink: impl FnMut(&[u8]) -> Result<(), Error>,
) -> Result<(), Error> {
    let empty = Quarantined {
        shard: shards.shown(reject.spot).to_owned(),
        offset: reject.spot.offset,
        reason: reject.reason.clone(),
        bytes_b64: String::new(),
    };
    // The bytes are the last member, and every piece but the last is a multiple of three bytes long.
    let line = print_noun(&empty).map_err(Error::Encode)?;
    let (before, behind) = line.split_at(line.len().saturating_sub(END.len()));
    sink(before.as_bytes())?;
    let mut text = String::new();
    shards.read(reject.spot, |piece| {
        text.clear();
        BASE64.encode_string(piece, &mut text);
        sink(text.as_bytes())
    })?;
    sink(behind.as_bytes())?;
    sink(b"\n")
}

/// How a line of the quarantine ends.
const END: &str = "\"}";

#[cfg(test)]
pub(crate) mod tests {
    use audit_log::LineSum;
    use records::parse_noun;
    use testkit::Scratch;

    use super::*;
    use crate::long_line::PIECE;
    use crate::row::Spot;

    /// What the quarantine keeps of `reject`.
    pub(crate) fn decoded(reject: &Reject, shards: &mut Shards) -> Quarantined {
        let mut line = Vec::new();
        let take = |piece: &[u8]| {
            line.extend_from_slice(piece);
            Ok(())
        };
        write(reject, shards, take).unwrap();
        let line = String::from_utf8(line).unwrap();
        parse_noun(line.strip_suffix('\n').unwrap()).unwrap()
    }

    #[test]
    fn every_byte_of_any_length_comes_back() {
        let scratch = Scratch::new();
        for len in [0, 1, 2, 3, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE + 2] {
            let bytes: Vec<u8> = (0..len).map(|n| u8::try_from(n % 251).unwrap()).collect();
            let path = scratch.write("s", [b"ab", bytes.as_slice()].concat());
            let mut shards = Shards::default();
            let inode = audit_log::inode(&path.metadata().unwrap());
            shards.add(path, "active/s.jsonl".into(), inode);
            let len = u32::try_from(len).unwrap();
            let spot = Spot { shard: 0, offset: 2, len, sum: LineSum::of(&bytes) };
            let reject = Reject { spot, reason: "it is \"odd\"".into() };
            let kept = decoded(&reject, &mut shards);
            assert_eq!(BASE64.decode(&kept.bytes_b64).unwrap(), bytes);
            let said = (kept.shard.as_str(), kept.offset, kept.reason.as_str());
            assert_eq!(said, ("active/s.jsonl", 2, "it is \"odd\""));
        }
    }
}
