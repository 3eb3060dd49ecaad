//! Which processes work inside a folder.

use std::fmt;
use std::fs;
use std::path::Path;

/// A process whose working directory is inside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Process {
    pub(crate) pid: u32,
    pub(crate) name: String,
}

impl fmt::Display for Process {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.name, self.pid)
    }
}

/// The processes whose working directory is `folder` or below it, by pid. The folders above it may
/// have become symbolic links since it was made.
///
/// The system shows a process's working directory to its user and to root only. Other users'
/// processes cannot be seen, and do not keep a lane: they may not write into it either, unless its
/// permissions were opened for them.
///
/// # Errors
/// One sentence, where the system has no `/proc` to look at, or the folder cannot be found.
pub(crate) fn inside(folder: &Path) -> Result<Vec<Process>, String> {
    let folder = folder
        .canonicalize()
        .map_err(|error| format!("cannot read {}: {error}", folder.display()))?;
    let all = fs::read_dir("/proc").map_err(|error| format!("cannot read /proc: {error}"))?;
    let mut found = Vec::new();
    let mut seen_self = false;
    for entry in all {
        let entry = entry.map_err(|error| format!("cannot read /proc: {error}"))?;
        let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else {
            continue;
        };
        seen_self |= pid == std::process::id();
        // It may have ended just now, or belong to somebody else.
        let Ok(cwd) = fs::read_link(entry.path().join("cwd")) else { continue };
        if cwd.starts_with(&folder) {
            let name = fs::read_to_string(entry.path().join("comm")).unwrap_or_default();
            found.push(Process { pid, name: name.trim().to_owned() });
        }
    }
    if !seen_self {
        return Err("/proc does not show this very process".into());
    }
    found.sort_by_key(|process| process.pid);
    Ok(found)
}
