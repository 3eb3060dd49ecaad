//! Collecting what a child writes.

use std::io::{self, Read, Write as _};
use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// A stream that a thread reads.
pub(super) struct Collected {
    bytes: Arc<Mutex<Vec<u8>>>,
    ended: Receiver<()>,
    keep: usize,
}

/// Reads a stream on a thread, so that what arrived can be taken even if the stream never ends.
/// Only the last `keep` bytes are held. With `echo` all of it goes to stderr as well, as it comes, and to
/// `copy` where there is one.
pub(super) fn collect(
    stream: Option<impl Read + Send + 'static>,
    keep: usize,
    echo: bool,
    copy: Option<Box<dyn io::Write + Send>>,
) -> Collected {
    let (sender, ended) = mpsc::channel();
    let bytes = Arc::new(Mutex::new(Vec::new()));
    match stream {
        // A stream that is not there has ended. The receiver is in this function, so it is told.
        None => _ = sender.send(()),
        Some(stream) => {
            let bytes = Arc::clone(&bytes);
            std::thread::spawn(move || {
                if read(stream, &bytes, keep, echo, copy).is_ok() {
                    // The receiver is gone only when nobody waits any more.
                    _ = sender.send(());
                }
            });
        }
    }
    Collected { bytes, ended, keep }
}

fn read(
    mut stream: impl Read,
    bytes: &Mutex<Vec<u8>>,
    keep: usize,
    echo: bool,
    mut copy: Option<Box<dyn io::Write + Send>>,
) -> io::Result<()> {
    let mut buffer = vec![0; 64 << 10];
    loop {
        let read = match stream.read(&mut buffer) {
            Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
            read => read?,
        };
        if read == 0 {
            return Ok(());
        }
        let part = buffer.get(..read).unwrap_or_default();
        if echo {
            // Whoever watches may go away; what is collected does not depend on that.
            drop(io::stderr().write_all(part));
        }
        if let Some(copy) = &mut copy {
            // It remembers what it could not write.
            drop(copy.write_all(part));
        }
        let mut all = bytes.lock().unwrap_or_else(PoisonError::into_inner);
        all.extend_from_slice(part);
        // Cut now and then, not at every read: moving the tail costs its length.
        if all.len() > keep.saturating_mul(2) {
            cut(&mut all, keep);
        }
    }
}

impl Collected {
    /// What the stream gave, and whether that is all: it has ended, or has not within `patience`.
    pub(super) fn take(&self, patience: Duration) -> (Vec<u8>, bool) {
        let whole = self.ended.recv_timeout(patience).is_ok();
        let mut all =
            std::mem::take(&mut *self.bytes.lock().unwrap_or_else(PoisonError::into_inner));
        cut(&mut all, self.keep);
        (all, whole)
    }
}

fn cut(all: &mut Vec<u8>, keep: usize) {
    let surplus = all.len().saturating_sub(keep);
    all.drain(..surplus);
}
