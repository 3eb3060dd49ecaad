//! Whether a worktree's folder and git's folder for it point at each other (lanes reference, cases
//! 22 to 24).

use std::fs;
use std::path::Path;

use cli::Failure;

use crate::registry;

/// Why they do not; `None` when they do.
pub(crate) fn mismatch(path: &Path, admin: &Path) -> Result<Option<String>, Failure> {
    if fs::symlink_metadata(path).is_ok_and(|found| found.is_symlink()) {
        return Ok(Some("its folder was moved, and a symbolic link is in its place".into()));
    }
    let dot_git = path.join(".git");
    match fs::symlink_metadata(&dot_git) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Ok(Some("its .git file is gone".into()));
        }
        Err(error) => return Err(Failure::io("cannot read", &dot_git, &error)),
        Ok(found) if !found.is_file() => {
            return Ok(Some("its .git is no file: another repository is in its place".into()));
        }
        Ok(_) => {}
    }
    let real = |path: &Path| path.canonicalize().ok();
    let named = registry::admin_of(path)?;
    if named.as_deref().and_then(real) != real(admin) {
        return Ok(Some("its .git file names another worktree or repository".into()));
    }
    let back = registry::worktree_of(admin)?;
    if back.as_deref().and_then(real) != real(path) {
        return Ok(Some("git's folder for it names another place".into()));
    }
    Ok(None)
}
