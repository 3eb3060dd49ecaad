//! Changing the credentials file: one at a time, whole or not at all, and nothing in it that is not
//! meant is lost.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use cli::Failure;
use journal::{DEFAULT_WAIT, Lock};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};

use crate::setup::credentials::{Asker, document, pool_of, read_private};
use crate::state::store::{create_private, make_private_dir};

/// The entries of the file, in its order; none when there is no file.
///
/// # Errors
/// Exit 2 for a file that others may read or that has not the expected form.
pub(crate) fn entries(path: &Path) -> Result<Vec<Value>, Failure> {
    let Some(text) = read_private(path)? else { return Ok(Vec::new()) };
    let mut file = document(&path.display().to_string(), &text)?;
    Ok(list(&mut file).map(std::mem::take).unwrap_or_default())
}

/// Lets `change` change the entries, under the file's lock. When it fails nothing is changed.
///
/// # Errors
/// Those of `change` and of [`entries`]; 75 while another process changes the file, 74 when it cannot
/// be written; 2 when what came out could not be used.
pub(crate) fn edit<T>(
    path: &Path,
    change: impl FnOnce(&mut Vec<Value>) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let target = target(path)?;
    let dir = target.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
    make_private_dir(dir).map_err(|e| Failure::io("cannot make", dir, &e))?;
    let lock = beside(&target, "lock");
    create_private(&lock).map_err(|e| Failure::io("cannot create", &lock, &e))?;
    let held = Lock::acquire(&lock, DEFAULT_WAIT)?;

    let shown = path.display().to_string();
    let (mut file, mode) = match read_private(&target)? {
        None => (json!({"credentials": []}), 0o600),
        Some(text) => {
            let old = fs::symlink_metadata(&target)
                .map_err(|e| Failure::io("cannot look at", path, &e))?;
            if !old.is_file() {
                return Err(Failure::usage(&shown, "it is not a file that can be replaced"));
            }
            (document(&shown, &text)?, old.permissions().mode() & 0o700)
        }
    };
    let entries =
        list(&mut file).ok_or_else(|| Failure::usage(&shown, "it has no list of credentials"))?;
    let result = change(entries)?;
    let text =
        serde_json::to_string_pretty(&file).map_err(|e| Failure::world("cannot write JSON", e))?;
    let text = SecretString::from(format!("{text}\n"));
    pool_of(&shown, Some(&text), Asker::Rest, |_| None)?;
    replace(&target, &text, mode).map_err(|e| Failure::io("cannot write", &target, &e))?;
    drop(held);
    Ok(result)
}

fn list(file: &mut Value) -> Option<&mut Vec<Value>> {
    file.get_mut("credentials").and_then(Value::as_array_mut)
}

/// The file itself, when the path is a link to it.
fn target(path: &Path) -> Result<PathBuf, Failure> {
    match fs::canonicalize(path) {
        Ok(target) => Ok(target),
        Err(e) if e.kind() == io::ErrorKind::NotFound && fs::symlink_metadata(path).is_err() => {
            Ok(path.to_owned())
        }
        Err(e) => Err(Failure::io("cannot follow", path, &e)),
    }
}

fn beside(target: &Path, what: &str) -> PathBuf {
    let name = target.file_name().unwrap_or_default().to_string_lossy();
    target.with_file_name(format!(".{name}.{what}"))
}

/// Replaces the file whole. The new one is for this user alone from its first moment, which a file
/// with the usual mode that is narrowed later is not. The lock is held, so one name is enough.
fn replace(target: &Path, text: &SecretString, mode: u32) -> io::Result<()> {
    let new = beside(target, "new");
    match fs::remove_file(&new) {
        // One that a killed process left.
        Ok(()) => {}
        Err(e) if e.kind() == io::ErrorKind::NotFound => {}
        Err(e) => return Err(e),
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(&new)?;
    let written = file.write_all(text.expose_secret().as_bytes()).and_then(|()| file.sync_all());
    if let Err(error) = written.and_then(|()| fs::rename(&new, target)) {
        // The first error is the one to tell.
        drop(fs::remove_file(&new));
        return Err(error);
    }
    let dir = target.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::File::open(dir)?.sync_all()
}
