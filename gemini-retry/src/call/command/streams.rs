//! What goes into a program and comes out of it, each stream on a thread of its own: a program may
//! fill its output before it reads, and may leave a stream open for ever.

use std::io::{ErrorKind, Read, Write as _};
use std::process::Child;
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, PoisonError};

use super::process::News;

/// The last of stderr is enough to say what went wrong.
const LAST: usize = 256 << 10;

/// The two streams that come out.
pub(super) struct Streams {
    stdout: Arc<Mutex<Vec<u8>>>,
    stderr: Arc<Mutex<Vec<u8>>>,
}

impl Streams {
    /// Connects the streams of `child`: gives it `input`, and takes at most `most` bytes of its
    /// stdout. More is news, and so is its end.
    pub(super) fn connect(
        child: &mut Child,
        input: Arc<[u8]>,
        most: usize,
        news: &Sender<News>,
    ) -> Self {
        if let Some(mut pipe) = child.stdin.take() {
            // A program that does not want its input closes the pipe, which is its right.
            std::thread::spawn(move || drop(pipe.write_all(&input)));
        }
        let (stdout, stderr) = <(Arc<Mutex<Vec<u8>>>, Arc<Mutex<Vec<u8>>>)>::default();
        if let Some(pipe) = child.stdout.take() {
            let (kept, news) = (Arc::clone(&stdout), news.clone());
            std::thread::spawn(move || {
                let mut too_much = false;
                each(pipe, |part| {
                    let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
                    let room = most.saturating_sub(kept.len());
                    kept.extend(part.iter().take(room));
                    if part.len() > room && !too_much {
                        too_much = true;
                        // Nobody listens any more when the program is over.
                        _ = news.send(News::TooMuch);
                    }
                });
                _ = news.send(News::StdoutEnded);
            });
        }
        if let Some(pipe) = child.stderr.take() {
            let (kept, news) = (Arc::clone(&stderr), news.clone());
            std::thread::spawn(move || {
                each(pipe, |part| {
                    let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
                    kept.extend_from_slice(part);
                    // Cut now and then, not at every read: moving the tail costs its length.
                    if kept.len() > 2 * LAST {
                        let surplus = kept.len() - LAST;
                        kept.drain(..surplus);
                    }
                });
                _ = news.send(News::StderrEnded);
            });
        }
        Self { stdout, stderr }
    }

    /// What came so far: stdout and the last of stderr.
    pub(super) fn take(&self) -> (Vec<u8>, Vec<u8>) {
        let take = |kept: &Mutex<Vec<u8>>| {
            std::mem::take(&mut *kept.lock().unwrap_or_else(PoisonError::into_inner))
        };
        (take(&self.stdout), take(&self.stderr))
    }
}

/// Calls `take` with each part of a stream until it ends.
fn each(mut stream: impl Read, mut take: impl FnMut(&[u8])) {
    let mut buffer = vec![0; 64 << 10];
    loop {
        match stream.read(&mut buffer) {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Ok(0) | Err(_) => return,
            Ok(read) => take(buffer.get(..read).unwrap_or_default()),
        }
    }
}
