//! What can be wrong with a log, in words.

use std::path::Path;

use audit_log::HookFailure;
use journal::{Damage, Sort};
use records::view_audit::Finding;

/// Where a finding is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct At<'a> {
    pub path: &'a Path,
    pub line: Option<u64>,
    pub byte: Option<u64>,
}

impl<'a> At<'a> {
    /// A file as a whole.
    pub(crate) fn file(path: &'a Path) -> Self {
        Self { path, line: None, byte: None }
    }

    /// The finding that is here.
    pub(crate) fn found(
        self,
        code: &str,
        message: impl Into<String>,
        next: impl Into<String>,
    ) -> Finding {
        let path = self.path.display().to_string();
        let (line, byte) = (self.line, self.byte);
        Finding { code: code.into(), path, line, byte, message: message.into(), next: next.into() }
    }

    /// The command that shows the line, or where it begins.
    pub(crate) fn look(self) -> String {
        let path = quoted(self.path);
        match (self.line, self.byte) {
            (Some(line), _) => format!("look at it: sed -n {line}p {path}"),
            (None, Some(byte)) => format!("look at it: tail -c +{} {path} | head -n 1", byte + 1),
            (None, None) => format!("look at it: ls -l {path}"),
        }
    }
}

/// A line that nobody can read. In a shard, `consolidate` moves it to the quarantine.
pub(crate) fn damage(damage: &Damage, in_shard: bool) -> Finding {
    let at = At { path: &damage.path, line: damage.line, byte: Some(damage.byte) };
    let code = if damage.sort == Sort::Torn { "torn_line" } else { "damaged_line" };
    let next = match (in_shard, damage.sort) {
        (true, Sort::Torn) => {
            "if its writer is gone: consolidate, which puts it into the quarantine after a minute"
                .into()
        }
        (true, _) => "consolidate, which puts it into the quarantine, byte for byte".into(),
        (false, _) => At { byte: Some(damage.offset), ..at }.look(),
    };
    at.found(code, damage.reason.clone(), next)
}

/// The failure of the hook that left `trace`, in the repository of `worktree`. What the hook starts can be
/// started by hand; it removes the trace when it succeeds.
pub(crate) fn hook_failed(failure: &HookFailure, trace: &Path, worktree: &Path) -> Finding {
    let HookFailure { at, exit, message } = failure;
    let why = message.lines().next().filter(|why| !why.is_empty());
    let why = why.map(|why| format!(": {why}")).unwrap_or_default();
    let (what, install) = if exit == "126" || exit == "127" {
        ("name the program anew and try again", "consolidate --install-hook && ")
    } else {
        ("mend what it says and try again", "")
    };
    let folder = quoted(worktree);
    let script = quoted(&trace.with_file_name("post-commit"));
    At::file(trace).found(
        "hook_failed",
        format!("the post-commit hook failed at {at} with status {exit}{why}"),
        format!("{what}: cd {folder} && {install}{script}"),
    )
}

/// A path as a word of a shell.
pub(crate) fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+,:@".contains(c);
    if text.chars().all(plain) { text } else { format!("'{}'", text.replace('\'', r"'\''")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_stays_one_word() {
        assert_eq!(quoted(Path::new("/a/b.jsonl")), "/a/b.jsonl");
        assert_eq!(quoted(Path::new("/a b/it's")), r"'/a b/it'\''s'");
    }
}
