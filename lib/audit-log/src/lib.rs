//! The audit log as its readers and `consolidate` see it.
//!
//! * [`Log`]: where it is, from any folder of a repository.
//! * [`SourceName`]: which files hold entries that are not in the history yet.
//! * [`Backward`], [`in_order`]: in which order entries stand.
//! * [`Facts`]: what filters and counts need of an entry, picked out of its line without decoding it.
//! * [`Intent`]: what a run of `consolidate` is about to do, and so what an interrupted one means.
//!
//! The entries themselves are `records::AuditEntry`; the protocol is in
//! `docs/decisions/0009-consolidation-protocol.md`.

mod error;
mod facts;
mod fields;
mod head;
mod hook_failure;
mod index_seal;
mod instant;
mod intent;
mod json_text;
mod merge;
mod place;
mod skim;
mod source_file;
mod source_name;
mod sum;

pub use error::Error;
pub use facts::{Facts, Text};
pub use fields::{mended, read_entry, read_members};
pub use head::Head;
pub use hook_failure::{HOOK_FAILURE, HookFailure};
pub use index_seal::{
    FileState, SEAL, Seal, advance_index, boot, checksum, index_path, tells_changes,
};
pub use instant::instant;
pub use intent::{Consumed, Inode, Intent, Region};
pub use merge::{
    Backward, ByBytes, Compare, Entry, Fresh, Held, Likeness, Step, in_order, in_order_by,
    instants, number_of,
};
pub use place::Log;
pub use source_file::{LONGEST, inode, modified, open_source, placed_without_time};
pub use source_name::{RETIRED, SourceName, state_name};
pub use sum::{Checksum, LineSum, LinesSum, Sum};

/// The history's name in the `logs` folder.
pub const HISTORY: &str = "governance_history.jsonl";

/// The name that the history had for a while; readers show both.
pub const OLDER_HISTORY: &str = "review_history.jsonl";

/// Where lines are kept that nobody can read, one `consolidate.quarantined/1` a line.
pub const QUARANTINE: &str = "governance_history.quarantine.jsonl";

/// The folder of the session shards in the `logs` folder.
pub const ACTIVE: &str = "active";

/// How much of the end of a history may be rewritten in place, in bytes. A run that has to insert
/// an entry further up replaces the file instead, so a reader that holds an older end in memory can
/// read the rest of its open file without a lock.
pub const WINDOW: u64 = 4 << 20;
