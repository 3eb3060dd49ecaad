//! The audit log: one entry a call in the session's own shard (runbook 0801, "Session-Sharded Audit
//! Log"), in the main worktree, so that it outlives every lane.

use std::path::{Path, PathBuf};

use cli::Failure;
use records::{AuditEntry, Exit, Fault as _, SessionId, Stamp};

use crate::setup::redact::Redactor;

/// What `git status` must not show.
const HIDDEN: [&str; 3] =
    ["/logs/active/", "/logs/governance_history.jsonl", "/logs/*.quarantine*"];

/// Where entries go.
#[derive(Debug, Clone)]
pub(crate) struct AuditLog {
    /// The project's `logs` folder.
    pub(crate) logs: PathBuf,
    /// The repository that the folder is hidden in.
    pub(crate) place: Option<repo::Place>,
    /// Names the shard.
    pub(crate) session: SessionId,
}

/// A shard that can be written.
#[derive(Debug, Clone)]
pub(crate) struct Shard {
    path: PathBuf,
}

impl AuditLog {
    /// Makes sure that an entry can be written, before anything is spent.
    ///
    /// # Errors
    /// When it cannot (exit 74 or 75).
    pub(crate) fn prepare(&self, now: Stamp) -> Result<Shard, Failure> {
        let active = self.logs.join("active");
        journal::create_dirs(&active)?;
        if let Some(place) = &self.place {
            for pattern in HIDDEN {
                repo::exclude(place, pattern)?;
            }
        }
        let path = self
            .shard_of_session(&active)?
            .unwrap_or_else(|| active.join(format!("{}_{}.jsonl", now.compact(), self.session)));
        // Goes the whole way of an append, the lock included, and appends nothing.
        journal::append_with::<AuditEntry, journal::Error>(&path, |_| Ok(None))?;
        Ok(Shard { path })
    }

    /// The shard that an earlier call of the same session began.
    fn shard_of_session(&self, active: &Path) -> Result<Option<PathBuf>, Failure> {
        let fail = |e: &std::io::Error| Failure::io("cannot read", active, e);
        let ending = format!("_{}.jsonl", self.session);
        let mut found: Option<PathBuf> = None;
        for entry in std::fs::read_dir(active).map_err(|e| fail(&e))? {
            let path = entry.map_err(|e| fail(&e))?.path();
            let name = path.file_name().map(|n| n.to_string_lossy().into_owned());
            let stamp =
                name.as_deref().and_then(|n| n.strip_suffix(&ending)).is_some_and(is_compact);
            // The first one, if somebody made two.
            if stamp && found.as_ref().is_none_or(|first| path < *first) {
                found = Some(path);
            }
        }
        Ok(found)
    }
}

impl Shard {
    /// Appends an entry, durably and without any key in it.
    pub(crate) fn append(&self, entry: &AuditEntry, redactor: &Redactor) -> Result<(), Failure> {
        journal::append_line(&self.path, line(entry, redactor)?.as_bytes())?;
        Ok(())
    }

    /// Appends entries that [`line`] made, in one write and with one wait for the disk. Says of each
    /// whether it is there.
    pub(crate) fn append_all(&self, lines: &[&str]) -> Vec<Result<(), Failure>> {
        match journal::append_lines(&self.path, lines) {
            Ok(_) => lines.iter().map(|_| Ok(())).collect(),
            // One that cannot be written must not keep out the others.
            Err(journal::Error::BadLine { .. }) if lines.len() > 1 => {
                lines.iter().flat_map(|line| self.append_all(&[line])).collect()
            }
            Err(error) => {
                let told = || {
                    let what = "cannot write an audit entry";
                    let failure = Failure::new(error.exit(), what, &error);
                    match error.hint() {
                        Some(hint) => failure.hint(hint),
                        None => failure,
                    }
                };
                lines.iter().map(|_| Err(told())).collect()
            }
        }
    }
}

/// The line of an entry, without any key in it.
pub(crate) fn line(entry: &AuditEntry, redactor: &Redactor) -> Result<String, Failure> {
    let line = serde_json::to_string(entry)
        .map_err(|e| Failure::new(Exit::World, "cannot write the audit entry", e))?;
    Ok(redactor.clean(&line))
}

/// `20260124T183045`.
fn is_compact(text: &str) -> bool {
    let (date, time) = text.split_once('T').unwrap_or((text, ""));
    let digits =
        |part: &str, length| part.len() == length && part.bytes().all(|b| b.is_ascii_digit());
    digits(date, 8) && digits(time, 6)
}
