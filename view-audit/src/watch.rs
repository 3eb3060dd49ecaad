//! Being told when something happens in the folders of a log.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::fs::inotify::{self, CreateFlags, ReadFlags, Reader, WatchFlags};
use rustix::io::Errno;

/// How long to wait before the folders themselves are looked at: one that is moved with a folder above it tells
/// nobody.
const RARELY: Duration = Duration::from_secs(15);

/// How long to wait before everything is looked at where nobody tells what happens.
const OFTEN: Duration = Duration::from_secs(1);

/// The folders that matter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Folders {
    /// The files in these, which need not exist.
    pub wanted: Vec<PathBuf>,
    /// What the logs are in; nothing above one that exists is watched.
    pub tops: Vec<PathBuf>,
}

/// What happened.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Happened {
    /// These files were written to, made or renamed.
    Files(Vec<PathBuf>),
    /// Anything may have happened: look at everything.
    Anything,
    /// Nobody reads stdout any more.
    Unread,
}

/// How a wait ended.
enum Polled {
    Nothing,
    Something,
    Unread,
}

/// The watched folders.
pub(crate) struct Watch {
    /// `None` where the system gives no notifications.
    inotify: Option<OwnedFd>,
    folders: Folders,
    /// The folder of each watch.
    watched: HashMap<i32, PathBuf>,
    /// Whether a folder is on a file system that may not tell of every change.
    is_silent: bool,
}

impl Watch {
    /// Watches nothing yet. An error says why there are no notifications; all is then looked at every second.
    pub(crate) fn new() -> (Self, Option<io::Error>) {
        let inotify = inotify::init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK);
        let (inotify, why) = match inotify {
            Ok(inotify) => (Some(inotify), None),
            Err(error) => (None, Some(error.into())),
        };
        let watch = Self {
            inotify,
            folders: Folders::default(),
            watched: HashMap::new(),
            is_silent: false,
        };
        (watch, why)
    }

    /// Watches `folders`, and those above them up to the ones that hold the logs: a folder that is just being removed
    /// may never tell so, but the one above tells that it was made again. Says whether other folders
    /// are watched now than before. An error says why there are no notifications any more.
    pub(crate) fn arm(&mut self, folders: Folders) -> io::Result<bool> {
        self.is_silent = folders.wanted.iter().any(|folder| !tells(folder));
        self.folders = folders;
        let Some(inotify) = &self.inotify else { return Ok(true) };
        let watched = match add_all(inotify, &self.folders) {
            Ok(watched) => watched,
            Err(error) => {
                self.inotify = None;
                return Err(error);
            }
        };
        for gone in self.watched.keys().filter(|number| !watched.contains_key(number)) {
            // It fails for a folder that is removed, which takes its watch away itself.
            _ = inotify::remove_watch(inotify, *gone);
        }
        let is_new = watched != self.watched;
        self.watched = watched;
        Ok(is_new)
    }

    /// Waits until something happened.
    pub(crate) fn wait(&mut self, stdout: &impl AsFd) -> io::Result<Happened> {
        loop {
            let is_told = self.inotify.is_some() && !self.is_silent;
            let limit = if is_told { RARELY } else { OFTEN };
            match self.poll(stdout, limit)? {
                Polled::Unread => return Ok(Happened::Unread),
                Polled::Nothing if is_told && !self.arm(self.folders.clone())? => continue,
                Polled::Nothing => return Ok(Happened::Anything),
                Polled::Something => {}
            }
            match self.read()? {
                Happened::Files(files) if files.is_empty() => {}
                happened => return Ok(happened),
            }
        }
    }

    fn poll(&self, stdout: &impl AsFd, limit: Duration) -> io::Result<Polled> {
        let limit = limit.try_into().map_err(io::Error::other)?;
        let mut waiting = vec![PollFd::new(stdout, PollFlags::empty())];
        waiting.extend(self.inotify.iter().map(|inotify| PollFd::new(inotify, PollFlags::IN)));
        match poll(&mut waiting, Some(&limit)) {
            Ok(0) => return Ok(Polled::Nothing),
            Ok(_) | Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        let ends = PollFlags::ERR | PollFlags::HUP | PollFlags::NVAL;
        let unread = waiting.first().is_some_and(|stdout| stdout.revents().intersects(ends));
        Ok(if unread { Polled::Unread } else { Polled::Something })
    }

    /// What the notifications say that are there.
    fn read(&self) -> io::Result<Happened> {
        let Some(inotify) = &self.inotify else { return Ok(Happened::Files(Vec::new())) };
        let mut buffer = [MaybeUninit::uninit(); 16 << 10];
        let mut reader = Reader::new(inotify, &mut buffer);
        let mut files: Vec<PathBuf> = Vec::new();
        let mut anything = false;
        loop {
            let event = match reader.next() {
                Ok(event) => event,
                Err(Errno::AGAIN) => break,
                Err(Errno::INTR) => continue,
                Err(error) => return Err(error.into()),
            };
            let flags = event.events();
            // There were more than the system keeps.
            if flags.contains(ReadFlags::QUEUE_OVERFLOW) {
                anything = true;
            }
            // A watch that is gone tells so after what took it away.
            let Some(folder) = self.watched.get(&event.wd()) else { continue };
            let name = event.file_name().map(|name| OsStr::from_bytes(name.to_bytes()));
            match name.map(|name| folder.join(name)) {
                Some(path) if flags.contains(ReadFlags::ISDIR) => {
                    anything |= self.is_on_the_way(&path);
                }
                Some(path) if self.folders.wanted.contains(folder) => {
                    if files.last() != Some(&path) {
                        files.push(path);
                    }
                }
                // It may be a link to a folder.
                Some(path) => anything |= self.is_on_the_way(&path),
                None => anything |= !flags.contains(ReadFlags::IGNORED),
            }
        }
        if anything {
            return Ok(Happened::Anything);
        }
        files.sort();
        files.dedup();
        Ok(Happened::Files(files))
    }

    /// Whether a wanted folder is `path` or below it.
    fn is_on_the_way(&self, path: &Path) -> bool {
        self.folders.wanted.iter().any(|wanted| wanted.starts_with(path))
    }
}

/// Adds a watch for every folder.
fn add_all(inotify: &OwnedFd, folders: &Folders) -> io::Result<HashMap<i32, PathBuf>> {
    'anew: loop {
        let mut watched = HashMap::new();
        for wanted in &folders.wanted {
            let mut below: Option<&Path> = None;
            for folder in wanted.ancestors() {
                let mut flags = WatchFlags::CREATE
                    | WatchFlags::MOVED_TO
                    | WatchFlags::DELETE_SELF
                    | WatchFlags::MOVE_SELF
                    | WatchFlags::ONLYDIR
                    | WatchFlags::MASK_ADD;
                if folders.wanted.iter().any(|wanted| wanted == folder) {
                    flags |= WatchFlags::MODIFY;
                }
                match inotify::add_watch(inotify, folder, flags) {
                    Ok(number) => {
                        watched.insert(number, folder.to_owned());
                        // The one below may have been made just before this watch.
                        if below.is_some_and(Path::is_dir) {
                            continue 'anew;
                        }
                        if folders.tops.iter().any(|top| top.starts_with(folder)) {
                            break;
                        }
                        below = None;
                    }
                    Err(Errno::NOENT | Errno::NOTDIR) => below = Some(folder),
                    Err(error) => return Err(error.into()),
                }
            }
        }
        return Ok(watched);
    }
}

/// Whether the file system of a folder is one that tells of every change, because no other machine writes to it.
/// The numbers are those of `statfs(2)`.
fn tells(folder: &Path) -> bool {
    let found = folder.ancestors().find_map(|folder| rustix::fs::statfs(folder).ok());
    let local = [
        0xef53,      // ext2, ext3, ext4
        0x5846_5342, // XFS
        0x9123_683e, // Btrfs
        0x0102_1994, // tmpfs
        0x8584_58f6, // ramfs
        0xf2f5_2010, // F2FS
        0x2fc1_2fc1, // ZFS
        0xca45_1a4e, // bcachefs
        0x794c_7630, // overlayfs
    ];
    found.is_some_and(|found| local.contains(&found.f_type))
}
