//! What an index describes, and what it needs to be believed.

use audit_log::{FileState, Inode, boot};
use records::merge_queue::Mistake;
use serde::{Deserialize, Serialize};

/// What an index describes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Header {
    /// The form of what is packed ([`super::packed::form`]).
    pub(super) form: u64,
    /// The boot of the machine during which it was written: it is not synced to the disk.
    pub(super) boot: u64,
    /// The state of the journal in which its bytes are known to be those that were indexed.
    pub(super) seal: Option<Seal>,
    /// Where the part of the journal ends that is indexed.
    pub(super) end: End,
    /// The checksums of that part, block by block.
    pub(super) blocks: Vec<u64>,
    /// What readers should know about it although nothing is wrong.
    pub(super) remarks: Vec<String>,
    /// Over how many pieces the accounts are spread.
    pub(super) spread: u64,
    /// How many accounts there are.
    pub(super) accounts: u64,
    /// How many events add tasks, and the sum of the checksums of their lines.
    pub(super) added: (u64, u64),
    /// Landings that were begun and never ended: the event and the commit that the base would move to.
    pub(super) open: Vec<(u64, String)>,
    /// The tip of the base for which accounts say whether they are done.
    pub(super) tip: Option<String>,
    /// Of which definitions the tasks are kept.
    pub(super) joined: Option<Kept>,
}

/// Where a part of the journal ends.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct End {
    /// In bytes; behind a newline, or 0.
    pub(super) offset: u64,
    /// How many lines it has, blank ones included.
    pub(super) lines: u64,
    /// The number of its last event.
    pub(super) seq: u64,
}

/// Tasks that are kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Kept {
    /// The digest of the definitions' files.
    pub(super) digest: String,
    /// [`Header::added`] at that time.
    pub(super) added: (u64, u64),
    /// In how many pieces the tasks are.
    pub(super) pieces: u64,
    /// What is wrong with tasks that were added.
    pub(super) mistakes: Vec<Mistake>,
}

/// A state of a file ([`FileState`]) as it is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Seal {
    dev: u64,
    ino: u64,
    len: u64,
    modified: i64,
    changed: i64,
}

impl Seal {
    pub(super) fn of(state: &FileState) -> Self {
        let FileState { inode: Inode { dev, ino }, len, modified, changed } = *state;
        Self { dev, ino, len, modified, changed }
    }
}

impl Header {
    /// Whether it describes the same part of the same journal, and events are kept in the same way.
    pub(super) fn is_of_same(&self, other: &Self) -> bool {
        self.end == other.end
            && self.blocks == other.blocks
            && self.form == other.form
            && self.spread == other.spread
            && self.boot == other.boot
    }

    /// One that describes nothing.
    pub(super) fn empty(form: u64) -> Self {
        Self { form, boot: boot(), spread: super::packed::LEAST_SPREAD, ..Self::default() }
    }
}
