//! Looking at a file that entries wait in, alike in every tool.

use std::fs::{File, Metadata, OpenOptions};
use std::io;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::Path;

use jiff::Timestamp;
use rustix::fs::OFlags;

use crate::{Inode, SourceName};

/// The longest line that is looked at, in bytes. Nobody writes such lines; it bounds the memory.
pub const LONGEST: usize = 1 << 30;

/// The identity of a file.
pub fn inode(found: &Metadata) -> Inode {
    Inode { dev: found.dev(), ino: found.ino() }
}

/// When a file was last written to.
pub fn modified(found: &Metadata) -> Option<Timestamp> {
    Timestamp::try_from(found.modified().ok()?).ok()
}

/// Where the entries of a source are placed when none of them states a time: when the shard was
/// begun, as its name says, or else when it was last written to.
pub fn placed_without_time(name: &SourceName, modified: Option<Timestamp>) -> Timestamp {
    name.started().or(modified).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// Opens a source for reading, never through a symbolic link and never waiting for the other end of
/// a FIFO.
pub fn open_source(path: &Path) -> io::Result<File> {
    let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits().cast_signed();
    OpenOptions::new().read(true).custom_flags(flags).open(path)
}
