//! Credentials whose key a command prints: the commands are run once, before the first request.

use std::path::Path;

use cli::Failure;
use secrecy::SecretString;

use crate::setup::credentials::{Access, Credential, ENV_NAME, Pool, check_key, credential};
use crate::setup::key_cmd::{self, KeyCommand};

/// A credential without its key.
#[derive(Debug)]
pub(crate) struct Pending {
    /// Its place in the pool, were it complete.
    pub(super) place: usize,
    pub(super) command: KeyCommand,
    /// What logs call it.
    pub(crate) name: String,
    pub(super) project: Option<String>,
    pub(super) billing: Option<String>,
    pub(super) weight: u16,
    pub(super) models: Vec<String>,
}

impl Pending {
    /// The credential as far as it is known before the command has run.
    pub(crate) fn without_key(&self) -> Credential {
        let (name, project, billing) =
            (self.name.clone(), self.project.clone(), self.billing.clone());
        let models = self.models.clone();
        let known = credential(name, project, billing, Access::Key(SecretString::default()));
        Credential { fingerprint: String::new(), weight: self.weight, models, ..known }
    }
}

impl Pool {
    /// Gets the keys that commands print, all at once. One that fails is left out, which is worth a
    /// warning; the others go on. `path` is the credentials file, and `stopped` says whether to give
    /// up.
    ///
    /// # Errors
    /// Exit 2 when nothing can be used, or a key is there twice; 75 after a signal.
    pub(crate) fn complete(
        mut self,
        path: &Path,
        stopped: impl Fn() -> Option<i32>,
    ) -> Result<(Self, Vec<String>), Failure> {
        let pending = std::mem::take(&mut self.pending);
        if pending.is_empty() {
            return Ok((self, Vec::new()));
        }
        let commands: Vec<&KeyCommand> = pending.iter().map(|p| &p.command).collect();
        let keys = key_cmd::ask_all(&commands, &self.key_variables, key_cmd::LIMIT, stopped)
            .map_err(|signal| Failure::new(cli::Exit::Later, "key_cmd", stopped_by(signal)))?;
        let (mut warnings, mut lost) = (Vec::new(), 0);
        for (Pending { place, name, project, billing, weight, models, .. }, key) in
            pending.into_iter().zip(keys)
        {
            let key = key.and_then(|key| match check_key(&key) {
                Ok(()) => Ok(key),
                Err(why) => Err(format!("what key_cmd printed is no key: {why}")),
            });
            match key {
                Ok(key) => {
                    let new = Credential {
                        weight,
                        models,
                        ..credential(name, project, billing, Access::Key(key))
                    };
                    // It says more than a bare key in the environment.
                    self.usable.retain(|c| c.name != ENV_NAME || c.fingerprint != new.fingerprint);
                    let place = place.saturating_sub(lost).min(self.usable.len());
                    self.usable.insert(place, new);
                }
                Err(why) => {
                    lost += 1;
                    warnings.push(format!("credential {name} is left out: {why}"));
                    self.skipped.push((name, "its key_cmd gave no key"));
                }
            }
        }
        self.check(&path.display().to_string())?;
        if self.usable.is_empty() { Err(self.unusable(path)) } else { Ok((self, warnings)) }
    }
}

fn stopped_by(signal: i32) -> String {
    format!("stopped by signal {signal}")
}
