//! Installing the post-commit hook, and taking it out again.

use std::ffi::OsStr;
use std::fs::{self, Permissions};
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use audit_log::HOOK_FAILURE;
use records::Reason;
use records::consolidate::Hook;
use repo::{Git, Place};

use crate::error::Error;
use crate::hook_text::{self, CHAINED, Edit, HOOK};

/// The files of a repository's hook.
struct Files {
    /// Where git looks for hooks.
    folder: PathBuf,
    hook: PathBuf,
    /// The hook that was there before, when ours starts it.
    chained: PathBuf,
    /// The script that the lines in the hook start.
    script: PathBuf,
    /// Whether other repositories may use the same folder.
    shared: bool,
    /// Why what the hook starts would find no log, if so.
    no_log: Option<String>,
}

impl Files {
    fn find() -> Result<Self, Error> {
        let place = Place::find(Path::new("."))?;
        let git = Git::new(place.worktree());
        let mut told = git.bytes(["rev-parse", "--git-path", "hooks"])?;
        told.pop_if(|last| *last == b'\n');
        let folder = place.worktree().join(OsStr::from_bytes(&told));
        let real = folder.canonicalize().unwrap_or_else(|_| folder.clone());
        let ours = [place.common_dir(), place.worktree()].iter().any(|own| real.starts_with(own));
        Ok(Self {
            hook: folder.join(HOOK),
            chained: folder.join(CHAINED),
            script: place.common_dir().join("switchyard/consolidate").join(HOOK),
            shared: !ours,
            no_log: place.logs_dir().err().map(|error| error.to_string()),
            folder,
        })
    }

    fn report(&self, installed: bool) -> Hook {
        Hook {
            hook: self.hook.display().to_string(),
            installed,
            chained: self
                .chained
                .symlink_metadata()
                .is_ok()
                .then(|| self.chained.display().to_string()),
            shared: self.shared,
            ..Hook::default()
        }
    }

    fn refused(&self, installed: bool, reason: Reason) -> Hook {
        Hook { reasons: vec![reason], ..self.report(installed) }
    }
}

/// Installs the hook. Doing it again changes nothing.
pub(crate) fn install() -> Result<Hook, Error> {
    let files = Files::find()?;
    let hook = &files.hook;
    if let Some(why) = &files.no_log {
        let message = format!("the hook would find no log: {why}");
        let next = "run consolidate --root DIR from cron";
        return Ok(files.refused(false, Reason::new("no_main_worktree", message, next)));
    }
    if files.folder.symlink_metadata().is_ok() && !files.folder.is_dir() {
        let message = format!("hooks are switched off: {} is no folder", files.folder.display());
        let next = "see git config --show-origin core.hooksPath, or run consolidate from cron";
        return Ok(files.refused(false, Reason::new("hooks_off", message, next)));
    }
    let planned = match plan(&files)? {
        Ok(planned) => planned,
        Err(reason) => return Ok(files.refused(false, reason)),
    };
    let changed = write_script(&files)? | !matches!(planned, Edit::Unchanged);
    match planned {
        Edit::Write(bytes) if hook.exists() => {
            journal::replace(hook, |file| file.write_all(&bytes))?;
        }
        Edit::Write(bytes) => {
            journal::create_dirs(&files.folder)?;
            put(hook, &bytes)?;
        }
        Edit::Chain => {
            // Another name first, so that the hook that is there is never without one.
            fs::hard_link(hook, &files.chained).map_err(Error::io("link", &files.chained))?;
            put(hook, hook_text::chaining().as_bytes())?;
        }
        Edit::Unchanged | Edit::Broken => {}
    }
    Ok(Hook { changed, ..files.report(true) })
}

/// What installing changes, or why it cannot be done.
fn plan(files: &Files) -> Result<Result<Edit, Reason>, Error> {
    let hook = &files.hook;
    let found = match fs::symlink_metadata(hook) {
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => {
            return Ok(Ok(Edit::Write(hook_text::alone().into_bytes())));
        }
        Err(cause) => return Err(Error::io("read", hook)(cause)),
        Ok(found) => found,
    };
    let shown = hook.display();
    let runs = fs::metadata(hook).is_ok_and(|real| real.is_file() && real.mode_of() & 0o111 != 0);
    if !runs {
        let message = format!("{shown} is there and git does not run it: it is no program");
        let next = format!("make {shown} executable, or move it away");
        return Ok(Err(Reason::new("hook_not_run", message, next)));
    }
    let edit = if found.is_symlink() {
        Edit::Chain
    } else {
        hook_text::with_lines(&fs::read(hook).map_err(Error::io("read", hook))?)
    };
    if edit == Edit::Broken {
        return Ok(Err(broken(hook)));
    }
    if edit == Edit::Chain && files.chained.symlink_metadata().is_ok() {
        let message = format!("{} is there already", files.chained.display());
        return Ok(Err(Reason::new("hook_name_taken", message, "move it away")));
    }
    Ok(Ok(edit))
}

/// Takes the hook out again. Lines in a folder that other repositories may use stay there: without the
/// script of a repository they do nothing.
pub(crate) fn uninstall() -> Result<Hook, Error> {
    let files = Files::find()?;
    let hook = &files.hook;
    let mut changed = remove(&files.script)?;
    changed |= remove(&files.script.with_file_name(HOOK_FAILURE))?;
    let is_file = fs::symlink_metadata(hook).is_ok_and(|found| found.is_file());
    if files.shared || !is_file {
        return Ok(Hook { changed, ..files.report(false) });
    }
    let bytes = fs::read(hook).map_err(Error::io("read", hook))?;
    let chains = bytes == hook_text::chaining().as_bytes();
    if chains && files.chained.symlink_metadata().is_ok() {
        fs::rename(&files.chained, hook).map_err(Error::io("rename", &files.chained))?;
        return Ok(Hook { changed: true, ..files.report(false) });
    }
    match hook_text::without_lines(&bytes) {
        Err(()) => return Ok(files.refused(false, broken(hook))),
        Ok(None) => changed |= remove(hook)?,
        Ok(Some(rest)) if rest != bytes => {
            journal::replace(hook, |file| file.write_all(&rest))?;
            changed = true;
        }
        Ok(Some(_)) => {}
    }
    Ok(Hook { changed, ..files.report(false) })
}

fn broken(hook: &Path) -> Reason {
    let message = format!("the marks of our lines in {} do not fit together", hook.display());
    Reason::new("hook_marks_broken", message, "take what is left of these lines out by hand")
}

/// Writes the script that the hook starts; whether it had to.
fn write_script(files: &Files) -> Result<bool, Error> {
    let program = std::env::current_exe().map_err(Error::io("find", Path::new("consolidate")))?;
    let bytes = hook_text::fold_script(program.as_os_str().as_bytes(), HOOK_FAILURE);
    if fs::read(&files.script).is_ok_and(|present| present == bytes) {
        return Ok(false);
    }
    if let Some(folder) = files.script.parent() {
        journal::create_dirs(folder)?;
    }
    put(&files.script, &bytes)?;
    Ok(true)
}

/// Puts an executable file at `path`, in the place of whatever is there, be it a link.
fn put(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let new = path.with_extension(format!("new-{}", std::process::id()));
    journal::create_new(&new, bytes)?;
    // As git makes its own hooks: whoever may read it may run it.
    let read = fs::metadata(&new).map_err(Error::io("read", &new))?.mode_of();
    let mode = Permissions::from_mode(read | ((read & 0o444) >> 2));
    let put = fs::set_permissions(&new, mode).and_then(|()| fs::rename(&new, path));
    put.map_err(|cause| {
        // Left behind, it is no hook and does no harm.
        drop(fs::remove_file(&new));
        Error::io("write", path)(cause)
    })
}

/// Whether there was something to remove.
fn remove(path: &Path) -> Result<bool, Error> {
    match fs::remove_file(path) {
        Ok(()) => Ok(true),
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(cause) => Err(Error::io("remove", path)(cause)),
    }
}

trait Mode {
    fn mode_of(&self) -> u32;
}

impl Mode for fs::Metadata {
    /// The permission bits.
    fn mode_of(&self) -> u32 {
        self.permissions().mode() & 0o7777
    }
}
