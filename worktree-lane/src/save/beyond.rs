//! What lies in a lane that git has no way to keep.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::FileTypeExt as _;
use std::path::{Path, PathBuf};

/// What was found, by names below the lane.
#[derive(Debug, Default)]
pub(super) struct Beyond {
    /// Folders with nothing in them.
    pub(super) empty: Vec<PathBuf>,
    /// Sockets, pipes and devices, with the word for each.
    pub(super) special: Vec<(PathBuf, &'static str)>,
    /// Repositories that are no submodules.
    pub(super) repositories: Vec<PathBuf>,
    /// Folders that could not be read, with the reason.
    pub(super) unreadable: Vec<(PathBuf, String)>,
}

/// Looks into every folder of the lane but those of `left`, which end with a slash or not.
pub(super) fn look(root: &Path, left: &BTreeSet<Vec<u8>>) -> Beyond {
    let left: BTreeSet<PathBuf> = left
        .iter()
        .map(|name| name.strip_suffix(b"/").unwrap_or(name))
        .map(|name| PathBuf::from(OsStr::from_bytes(name)))
        .collect();
    let mut found = Beyond::default();
    let mut folders = vec![PathBuf::new()];
    while let Some(folder) = folders.pop() {
        let before = found.repositories.len();
        match inside(root, &folder, &left, &mut found) {
            // A repository says of itself what is in it.
            Ok(_) if found.repositories.len() > before => {}
            Ok(Inside { empty: true, .. }) if !folder.as_os_str().is_empty() => {
                found.empty.push(folder);
            }
            Ok(inside) => folders.extend(inside.folders),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => found.unreadable.push((folder, error.to_string())),
        }
    }
    found.empty.sort();
    found.special.sort();
    found.repositories.sort();
    found.unreadable.sort();
    found
}

struct Inside {
    empty: bool,
    folders: Vec<PathBuf>,
}

fn inside(
    root: &Path,
    folder: &Path,
    left: &BTreeSet<PathBuf>,
    found: &mut Beyond,
) -> io::Result<Inside> {
    let mut inside = Inside { empty: true, folders: Vec::new() };
    for entry in fs::read_dir(root.join(folder))? {
        let entry = entry?;
        inside.empty = false;
        let (name, kind) = (entry.file_name(), entry.file_type()?);
        let path = folder.join(&name);
        if name == ".git" {
            if !folder.as_os_str().is_empty() {
                found.repositories.push(folder.to_path_buf());
            }
        } else if left.contains(&path) {
        } else if kind.is_dir() {
            inside.folders.push(path);
        } else if kind.is_fifo() {
            found.special.push((path, "a pipe"));
        } else if kind.is_socket() {
            found.special.push((path, "a socket"));
        } else if kind.is_block_device() || kind.is_char_device() {
            found.special.push((path, "a device"));
        }
    }
    Ok(inside)
}
