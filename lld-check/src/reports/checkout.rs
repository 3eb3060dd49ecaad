//! The files below `docs/reports` of a checkout.

use std::io;
use std::path::Path;

use cli::Failure;

/// The deepest layout has two folders below `docs/reports`.
const DEEPEST: usize = 3;

/// The regular files there, as paths from the top, in order; none when there is no such folder. What is
/// not UTF-8 in a path is replaced.
pub(crate) fn in_checkout(root: &Path) -> Result<Vec<String>, Failure> {
    let mut files = Vec::new();
    let mut folders: Vec<String> = entries(root, "docs")?
        .into_iter()
        .filter(|(path, is_dir)| *is_dir && path.eq_ignore_ascii_case("docs/reports"))
        .map(|(path, _)| path)
        .collect();
    for _ in 0..DEEPEST {
        let mut deeper = Vec::new();
        for folder in folders {
            for (path, is_dir) in entries(root, &folder)? {
                if is_dir { deeper.push(path) } else { files.push(path) }
            }
        }
        folders = deeper;
    }
    files.sort();
    Ok(files)
}

/// Files and folders in a folder. Links lead to text that may be in no commit and are left out.
fn entries(root: &Path, folder: &str) -> Result<Vec<(String, bool)>, Failure> {
    let dir = root.join(folder);
    let fail = |error: &io::Error| Failure::io("cannot list", &dir, error);
    let listed = match std::fs::read_dir(&dir) {
        Ok(listed) => listed,
        Err(e) if matches!(e.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            return Ok(Vec::new());
        }
        Err(e) => return Err(fail(&e)),
    };
    let mut all = Vec::new();
    for entry in listed {
        let entry = entry.map_err(|e| fail(&e))?;
        let kind = entry.file_type().map_err(|e| fail(&e))?;
        if kind.is_dir() || kind.is_file() {
            let name = entry.file_name();
            all.push((format!("{folder}/{}", name.to_string_lossy()), kind.is_dir()));
        }
    }
    Ok(all)
}
