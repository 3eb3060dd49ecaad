//! Being told when something happens in the folders of the shards.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::fs::inotify::{self, CreateFlags, ReadFlags, Reader, WatchFlags};
use rustix::io::Errno;

/// How long to wait for a notification before all is looked at anyway: a file system that other
/// machines write to, or a folder that was moved with the one it is in, gives none.
const RARELY: Duration = Duration::from_secs(15);

/// The same where there are no notifications at all.
const OFTEN: Duration = Duration::from_secs(1);

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

/// The watched folders.
pub(crate) struct Watch {
    /// `None` where the system gives no notifications.
    inotify: Option<OwnedFd>,
    /// The folders whose files matter.
    wanted: Vec<PathBuf>,
    /// The folders that the logs are in; nothing above one that exists is watched.
    tops: Vec<PathBuf>,
    /// The folder of each watch.
    folders: HashMap<i32, PathBuf>,
}

impl Watch {
    /// Watches `wanted`, which need not exist. An error says why there are no notifications; all is then
    /// looked at every second.
    pub(crate) fn new(wanted: Vec<PathBuf>, tops: Vec<PathBuf>) -> (Self, Option<io::Error>) {
        let mut watch = Self { inotify: None, wanted, tops, folders: HashMap::new() };
        let why = match inotify::init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK) {
            Ok(inotify) => {
                watch.inotify = Some(inotify);
                watch.arm().err()
            }
            Err(error) => Some(error.into()),
        };
        if why.is_some() {
            watch.inotify = None;
        }
        (watch, why)
    }

    /// Watches every folder that exists now, and those above it up to the one that holds the logs: a folder
    /// that is just being removed may never tell so, but the one above tells that it was made again.
    pub(crate) fn arm(&mut self) -> io::Result<()> {
        let Some(inotify) = &self.inotify else { return Ok(()) };
        self.folders.clear();
        for wanted in &self.wanted {
            let mut below: Option<&Path> = None;
            for (up, folder) in wanted.ancestors().enumerate() {
                let mut flags = WatchFlags::CREATE
                    | WatchFlags::MOVED_TO
                    | WatchFlags::DELETE_SELF
                    | WatchFlags::MOVE_SELF
                    | WatchFlags::ONLYDIR
                    | WatchFlags::MASK_ADD;
                if up == 0 {
                    flags |= WatchFlags::MODIFY;
                }
                match inotify::add_watch(inotify, folder, flags) {
                    Ok(number) => {
                        self.folders.insert(number, folder.to_owned());
                        // The one below may have been made just before this watch.
                        if below.is_some_and(Path::is_dir) {
                            return self.arm();
                        }
                        if self.tops.iter().any(|top| top.starts_with(folder)) {
                            break;
                        }
                        below = None;
                    }
                    Err(Errno::NOENT | Errno::NOTDIR) => below = Some(folder),
                    Err(error) => return Err(error.into()),
                }
            }
        }
        Ok(())
    }

    /// Waits until something happened.
    pub(crate) fn wait(&self, stdout: &impl std::os::fd::AsFd) -> io::Result<Happened> {
        let limit = if self.inotify.is_some() { RARELY } else { OFTEN };
        let limit = limit.try_into().map_err(io::Error::other)?;
        let mut waiting = vec![PollFd::new(stdout, PollFlags::empty())];
        waiting.extend(self.inotify.iter().map(|inotify| PollFd::new(inotify, PollFlags::IN)));
        match poll(&mut waiting, Some(&limit)) {
            Ok(0) => return Ok(Happened::Anything),
            Ok(_) | Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        let ends = PollFlags::ERR | PollFlags::HUP | PollFlags::NVAL;
        if waiting.first().is_some_and(|stdout| stdout.revents().intersects(ends)) {
            return Ok(Happened::Unread);
        }
        self.read()
    }

    /// What the notifications say that are there.
    fn read(&self) -> io::Result<Happened> {
        let Some(inotify) = &self.inotify else { return Ok(Happened::Anything) };
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
            let folder = self.folders.get(&event.wd());
            let is_wanted = folder.is_some_and(|folder| self.wanted.contains(folder));
            let name = event.file_name().filter(|_| is_wanted && !flags.contains(ReadFlags::ISDIR));
            match (folder, name) {
                (Some(folder), Some(name)) => {
                    let path = folder.join(OsStr::from_bytes(name.to_bytes()));
                    if files.last() != Some(&path) {
                        files.push(path);
                    }
                }
                // A watch that is gone tells so after what took it away.
                _ if flags.contains(ReadFlags::IGNORED) => {}
                // Of what is beside the folders on the way, nothing matters.
                (Some(folder), None) if self.is_beside(folder, &event) => {}
                _ => anything = true,
            }
        }
        if anything {
            return Ok(Happened::Anything);
        }
        files.sort();
        files.dedup();
        Ok(Happened::Files(files))
    }

    /// Whether the event is about something in `folder` that is not on the way to a wanted folder.
    fn is_beside(&self, folder: &Path, event: &inotify::Event<'_>) -> bool {
        let Some(name) = event.file_name() else { return false };
        let path = folder.join(OsStr::from_bytes(name.to_bytes()));
        !self.wanted.iter().any(|wanted| wanted.starts_with(&path))
    }
}
