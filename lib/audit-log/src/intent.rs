//! What a run is about to do, written down before it does it.
//!
//! The file holds a line with the SHA-256 of the rest of its first part, that part as one line of
//! JSON, and then the bytes of the history's end as they were. It counts only when all of it is
//! there; until then nothing else was changed.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::{FileExt as _, MetadataExt as _};
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::Sum;

/// How many bytes are looked at at once.
const PIECE: usize = 256 << 10;

/// A file, whatever its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Inode {
    /// The device.
    pub dev: u64,
    /// The number on it.
    pub ino: u64,
}

/// The end of a file that is rewritten.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Region {
    /// Where the change begins; nothing before it changes.
    pub from: u64,
    /// The file's length before.
    pub old_len: u64,
    /// The file's length after.
    pub new_len: u64,
    /// The sum of the new bytes from `from` to `new_len`.
    #[serde(flatten)]
    pub sum: Sum,
}

impl Region {
    /// Whether the file holds the new bytes.
    ///
    /// # Errors
    /// When it cannot be read. A file that is too short, or that is cut back meanwhile, does not hold them.
    pub fn is_in(&self, file: &File) -> io::Result<bool> {
        if file.metadata()?.len() < self.new_len {
            return Ok(false);
        }
        let mut sum = self.sum.again();
        let mut piece = vec![0; PIECE];
        let mut at = self.from;
        while at < self.new_len {
            let size = usize::try_from(self.new_len - at).unwrap_or(usize::MAX).min(PIECE);
            let piece = piece.get_mut(..size).unwrap_or_default();
            match file.read_exact_at(piece, at) {
                Ok(()) => {}
                Err(cause) if cause.kind() == io::ErrorKind::UnexpectedEof => return Ok(false),
                Err(cause) => return Err(cause),
            }
            sum.add(piece);
            at += size as u64;
        }
        Ok(sum.finish() == self.sum)
    }
}

/// A part of a shard whose lines the run puts into the history or the quarantine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consumed {
    /// The shard.
    pub inode: Inode,
    /// The first byte.
    pub from: u64,
    /// The byte behind the last.
    pub to: u64,
}

/// A run's intent. It was carried out when both regions hold their new bytes (or the history is the
/// file `replacement`), and can be undone with `tail` until then.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Intent {
    /// The history that is changed.
    pub history: Inode,
    /// How its end changes.
    pub region: Region,
    /// How the quarantine grows.
    pub quarantine: Region,
    /// The file that takes the history's place, when more changes than may be rewritten in place.
    pub replacement: Option<Inode>,
    /// Length of the old bytes that follow.
    pub tail_len: u64,
    /// Their SHA-256.
    pub tail_sha256: String,
    /// What is consumed.
    pub consumed: Vec<Consumed>,
}

impl Intent {
    /// The file's bytes; `tail` is what the history holds from `region.from` to its end.
    ///
    /// # Errors
    /// None in practice: every field serialises.
    pub fn encode(&self, tail: &[u8]) -> Result<Vec<u8>, serde_json::Error> {
        let body = serde_json::to_string(self)?;
        let mut bytes = records::sha256_hex(body.as_bytes()).into_bytes();
        bytes.push(b'\n');
        bytes.extend_from_slice(body.as_bytes());
        bytes.push(b'\n');
        bytes.extend_from_slice(tail);
        Ok(bytes)
    }

    /// The same intent, by the number that the device has now. A power failure may come with a restart,
    /// and after that a device may have another number (btrfs, NVMe): a history at `path` with the
    /// number of ours on another device is ours.
    #[must_use]
    pub fn on_device_of(mut self, path: &Path) -> Self {
        let Ok(found) = fs::metadata(path) else { return self };
        let (before, now) = (self.history.dev, found.dev());
        let ours = [Some(self.history), self.replacement];
        if ours.into_iter().flatten().any(|inode| inode.ino == found.ino()) {
            let consumed = self.consumed.iter_mut().map(|part| &mut part.inode);
            let all = consumed.chain([&mut self.history]).chain(&mut self.replacement);
            for inode in all.filter(|inode| inode.dev == before) {
                inode.dev = now;
            }
        }
        self
    }

    /// Reads the file back, with the old bytes; `None` when it is empty, cut off or damaged.
    pub fn decode(bytes: &[u8]) -> Option<(Self, &[u8])> {
        let (sum, rest) = split_line(bytes)?;
        let (body, tail) = split_line(rest)?;
        if records::sha256_hex(body).as_bytes() != sum {
            return None;
        }
        let intent: Self = serde_json::from_slice(body).ok()?;
        let whole =
            tail.len() as u64 == intent.tail_len && records::sha256_hex(tail) == intent.tail_sha256;
        whole.then_some((intent, tail))
    }
}

fn split_line(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = bytes.iter().position(|byte| *byte == b'\n')?;
    Some((bytes.get(..at)?, bytes.get(at + 1..)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(tail: &[u8]) -> Intent {
        Intent {
            history: Inode { dev: 1, ino: 2 },
            region: Region { from: 3, old_len: 9, new_len: 20, sum: Sum::Lines("x".into()) },
            quarantine: Region::default(),
            replacement: None,
            tail_len: tail.len() as u64,
            tail_sha256: records::sha256_hex(tail),
            consumed: vec![Consumed { inode: Inode { dev: 1, ino: 3 }, from: 0, to: 7 }],
        }
    }

    #[test]
    fn a_device_may_have_another_number_after_a_restart() {
        let scratch = testkit::Scratch::new();
        let path = scratch.write("history", "");
        let here = crate::inode(&fs::metadata(&path).unwrap());
        let elsewhere = Inode { dev: here.dev + 1, ..here };
        let mut intent = sample(b"");
        intent.history = elsewhere;
        intent.consumed[0].inode.dev = elsewhere.dev;
        let found = intent.clone().on_device_of(&path);
        assert_eq!((found.history, found.consumed[0].inode.dev), (here, here.dev));
        // Another file, and a shard on another device than the history.
        intent.history.ino += 1;
        assert_eq!(intent.clone().on_device_of(&path), intent);
        intent.history.ino -= 1;
        intent.consumed[0].inode.dev += 1;
        assert_eq!(intent.clone().on_device_of(&path).consumed, intent.consumed);
    }

    #[test]
    fn the_new_bytes_are_there_when_all_of_them_are() {
        let (kept, new) = ("kept\n", "new\n".repeat(PIECE / 2));
        let (from, to) = (kept.len() as u64, (kept.len() + new.len()) as u64);
        let mut sum = crate::LinesSum::default();
        sum.add(new.as_bytes());
        let region = Region { from, old_len: from, new_len: to, sum: sum.finish() };
        let whole = format!("{kept}{new}");
        let scratch = testkit::Scratch::new();
        for (holds, text) in [
            (true, whole.clone()),
            (true, whole.replace("kept", "KEPT")),
            (true, format!("{whole}and more")),
            (false, whole.trim_end().to_owned()),
            (false, whole.replacen("new", "NEW", 1)),
            (false, String::new()),
        ] {
            let file = File::open(scratch.write("history", text)).unwrap();
            assert_eq!(region.is_in(&file).unwrap(), holds);
        }
    }

    #[test]
    fn it_counts_only_when_every_byte_is_there() {
        let tail = b"old\nend\n";
        let intent = sample(tail);
        let bytes = intent.encode(tail).unwrap();
        assert_eq!(Intent::decode(&bytes), Some((intent, tail.as_slice())));
        for length in 0..bytes.len() {
            assert_eq!(Intent::decode(&bytes[..length]), None, "{length} bytes");
        }
        for at in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[at] ^= 0x20;
            assert_eq!(Intent::decode(&damaged), None, "byte {at}");
        }
        assert_eq!(Intent::decode(&[bytes, b"x".to_vec()].concat()), None);
    }

    /// A run of the version before may have been killed just before this one came.
    #[test]
    fn an_intent_with_another_sum_reads_back() {
        let text = r#"{"from":3,"old_len":9,"new_len":20,"sha256":"x"}"#;
        let region: Region = serde_json::from_str(text).unwrap();
        assert_eq!(region.sum, Sum::Sha256("x".into()));
        assert_eq!(serde_json::to_string(&region).unwrap(), text);
    }
}
