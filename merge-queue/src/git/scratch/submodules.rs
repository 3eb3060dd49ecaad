//! The submodules of a scratch worktree.

use std::fs;
use std::io;
use std::path::Path;

use repo::{Error, Git};

use super::Scratch;

/// The file that says which commits of submodules are checked out.
pub(super) const RECORD: &str = "submodules";

/// Brings along the submodules that the commit asks for, if they are not those that are there.
///
/// All that are not switched off count as active, for these calls alone: with `--init` they would become active
/// in every worktree.
pub(super) fn bring(git: &Git, dir: &Path, commit: &str) -> Result<(), Error> {
    let record = dir.join(RECORD);
    let fail = |operation, source| Error::Io { operation, path: record.clone(), source };
    let there = match fs::read(&record) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
        Err(error) => return Err(fail("read", error)),
    };
    let modules = format!("{commit}:.gitmodules");
    let wanted = if git.ask(["cat-file", "-e", &modules]).unwrap_or(false) {
        gitlinks(git)?
    } else {
        Vec::new()
    };
    let active = ["-c", "submodule.active=."];
    if wanted != there {
        // Until it is done, nothing is known of what is there.
        super::remove(&record)?;
        if !wanted.is_empty() {
            let update = ["submodule", "--quiet", "update", "--force", "--recursive", "--checkout"];
            Scratch::run(git, &[&active[..], &update].concat())?;
        }
        write(&record, &wanted).map_err(|source| fail("write", source))?;
    } else if !wanted.is_empty() && has_changes(git)? {
        let update = ["submodule", "--quiet", "update", "--force", "--recursive", "--checkout"];
        Scratch::run(git, &[&active[..], &update].concat())?;
        let clean = "git reset --quiet --hard && git clean --quiet -d --force --force";
        let each = ["submodule", "--quiet", "foreach", "--recursive", clean];
        Scratch::run(git, &[&active[..], &each].concat())?;
    }
    Ok(())
}

/// The commits of submodules that the index names, as `git ls-files` shows them.
fn gitlinks(git: &Git) -> Result<Vec<u8>, Error> {
    let listed = git.bytes(["ls-files", "--stage", "-z"])?;
    let entries = listed.split_inclusive(|byte| *byte == 0);
    Ok(entries.filter(|entry| entry.starts_with(b"160000 ")).flatten().copied().collect())
}

fn has_changes(git: &Git) -> Result<bool, Error> {
    let args = ["status", "--porcelain", "-z", "--untracked-files=no", "--ignore-submodules=none"];
    Ok(!Scratch::run(git, &args)?.is_empty())
}

fn write(record: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = fs::File::create(record)?;
    io::Write::write_all(&mut file, bytes)
}
