//! Writers whose system calls come one at a time.
//!
//! | writer | what it does |
//! |---|---|
//! | ours | opens, locks, makes sure that its path still leads there, writes, closes (`lib/journal`) |
//! | foreign | opens, writes, closes; or keeps its file open and writes for hours |

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use audit_log::inode;
use journal::Journal;

/// What a writer does next. The shard is the one of that name in `active`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Act {
    /// Opens the shard, and makes it if there is none.
    Open(&'static str),
    /// Locks what it has open and checks that it is the file at its path; else it opens that one.
    Lock,
    /// Writes a whole line.
    Write(&'static str),
    /// Writes a line up to its middle.
    Half(&'static str),
    /// Writes the rest of such a line.
    Rest(&'static str),
    /// Writes a line without its newline: nothing can be added to an object.
    Bare(&'static str),
    /// Writes that newline.
    Newline,
    Close,
    /// Appends a line through the library, which does all of the above in one go.
    Append(&'static str, &'static str),
    /// Another run of `consolidate`, while one is at work.
    SecondRun,
}

/// What became of it.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Acted {
    Done,
    /// It wrote this line, and was told so.
    Stored(&'static str),
    /// A lock that it wants is taken: it goes on waiting.
    Waits,
}

/// A writer between two system calls.
#[derive(Debug, Default)]
pub(super) struct Writer {
    open: Option<(PathBuf, File)>,
}

impl Writer {
    /// The next action in the folder `active`.
    pub(super) fn act(&mut self, active: &Path, act: Act) -> Acted {
        match act {
            Act::Open(shard) => {
                let path = active.join(shard);
                let file = open(&path);
                self.open = Some((path, file));
            }
            Act::Lock => return self.lock(),
            Act::Write(line) => {
                self.write(format!("{line}\n").as_bytes());
                return Acted::Stored(line);
            }
            Act::Half(line) => self.write(halves(line).0.as_bytes()),
            Act::Rest(line) => {
                self.write(format!("{}\n", halves(line).1).as_bytes());
                return Acted::Stored(line);
            }
            Act::Bare(line) => {
                self.write(line.as_bytes());
                return Acted::Stored(line);
            }
            Act::Newline => self.write(b"\n"),
            Act::Close => self.close(),
            Act::Append(shard, line) => {
                let journal = Journal::new(active.join(shard)).wait(Duration::ZERO);
                return match journal.append_line(line.as_bytes()) {
                    Ok(_) => Acted::Stored(line),
                    Err(journal::Error::Locked { .. }) => Acted::Waits,
                    Err(other) => panic!("{other}"),
                };
            }
            Act::SecondRun => unreachable!("it is no writer's"),
        }
        Acted::Done
    }

    fn lock(&mut self) -> Acted {
        let (path, file) = self.open.take().expect("it is open");
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                self.open = Some((path, file));
                return Acted::Waits;
            }
            Err(TryLockError::Error(cause)) => panic!("{cause}"),
        }
        let here = fs::metadata(&path).is_ok_and(|found| inode(&found) == inode_of(&file));
        self.open = Some((path.clone(), file));
        if here {
            return Acted::Done;
        }
        self.close();
        self.open = Some((path.clone(), open(&path)));
        self.lock()
    }

    /// Gives the lock back, too: another test's child may have inherited the file just now.
    fn close(&mut self) {
        if let Some((_, file)) = self.open.take() {
            file.unlock().unwrap();
        }
    }

    /// One system call.
    fn write(&mut self, bytes: &[u8]) {
        let (_, file) = self.open.as_mut().expect("it is open");
        let written = file.write(bytes).unwrap();
        assert_eq!(written, bytes.len());
    }
}

fn inode_of(file: &File) -> audit_log::Inode {
    inode(&file.metadata().unwrap())
}

fn open(path: &Path) -> File {
    OpenOptions::new().read(true).append(true).create(true).open(path).unwrap()
}

fn halves(line: &str) -> (&str, &str) {
    line.split_at(line.len() / 2)
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.close();
    }
}
