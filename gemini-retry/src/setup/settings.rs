//! How it will be done: the arguments together with the environment.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use cli::Failure;
use records::SessionId;
use reqwest::Url;

use crate::call::transport::is_loopback;
use crate::logs::audit::AuditLog;
use crate::policy::backoff::Delays;
use crate::policy::plan::Limits;
use crate::setup::args::{CallArgs, FileArgs, ServiceArgs, Way, seconds_or_span};
use crate::setup::command::{CommandLine, KNOWN};
use crate::setup::credentials::Asker;
use crate::setup::prompt::Bounds;
use crate::setup::{chance, environment};

/// For a whole run.
const DEADLINE: Duration = Duration::from_mins(20);
/// Requests of one run.
const ATTEMPTS: u32 = 20;
/// The service's own address.
const SERVICE: &str = "https://generativelanguage.googleapis.com";

/// How the tool asks, whatever it asks: decided before the first request.
pub(crate) struct Settings {
    /// For the audit entry.
    pub(crate) project: Option<String>,
    /// Bounds.
    pub(crate) limits: Limits,
    /// Waits.
    pub(crate) delays: Delays,
    /// How long a prompt may be.
    pub(crate) bounds: Bounds,
    /// The service.
    pub(crate) base_url: Url,
    /// The program that asks the service instead of this one.
    pub(crate) command: Option<Arc<CommandLine>>,
    /// The credentials file and the shared state.
    pub(crate) files: Files,
    /// `None` with `--no-audit`.
    pub(crate) audit: Option<AuditLog>,
}

/// Where a user's keys are, and what all processes know of them.
#[derive(Debug)]
pub(crate) struct Files {
    /// The credentials file.
    pub(crate) credentials: PathBuf,
    /// Cool-downs and run logs.
    pub(crate) state_dir: PathBuf,
    /// One file a run.
    pub(crate) run_logs: PathBuf,
}

/// The folder in the home that the predecessor made.
fn home(env: impl Fn(&str) -> Option<OsString>) -> Result<PathBuf, Failure> {
    let home = env("HOME").filter(|home| !home.is_empty());
    let dir = home.map(|home| Path::new(&home).join(".assemblyzero"));
    dir.ok_or_else(|| {
        Failure::usage("HOME", "it is not set")
            .hint("set it, or give both --credentials and --state-dir")
    })
}

/// The credentials file alone: as typed, or in the home.
///
/// # Errors
/// Exit 2 when it is not named and there is no home.
pub(crate) fn credentials_file(
    typed: Option<PathBuf>,
    env: impl Fn(&str) -> Option<OsString>,
) -> Result<PathBuf, Failure> {
    match typed {
        Some(path) => Ok(path),
        None => Ok(home(env)?.join("gemini-credentials.json")),
    }
}

impl Files {
    /// As typed, or in the home.
    ///
    /// # Errors
    /// Those of [`Self::new`].
    pub(crate) fn typed(
        args: &FileArgs,
        env: impl Fn(&str) -> Option<OsString>,
    ) -> Result<Self, Failure> {
        Self::new(args.credentials.clone(), args.state_dir.clone(), env)
    }

    /// The folders that were named, or those in the home.
    ///
    /// # Errors
    /// Exit 2 when one is not named and there is no home.
    pub(crate) fn new(
        credentials: Option<PathBuf>,
        state_dir: Option<PathBuf>,
        env: impl Fn(&str) -> Option<OsString>,
    ) -> Result<Self, Failure> {
        let state_dir = match state_dir {
            Some(dir) => dir,
            None => home(&env)?.join("gemini-retry"),
        };
        let run_logs = env("GEMINI_RETRY_LOG_DIR").filter(|dir| !dir.is_empty());
        Ok(Self {
            credentials: credentials_file(credentials, &env)?,
            run_logs: run_logs.map_or_else(|| state_dir.join("logs"), PathBuf::from),
            state_dir,
        })
    }
}

impl Settings {
    /// Who asks with the credentials.
    pub(crate) fn asker(&self) -> Asker {
        self.command.as_ref().map_or(Asker::Rest, |line| line.asker())
    }

    /// Puts arguments and environment together. `env` gives a variable's value, when it is set.
    ///
    /// # Errors
    /// Exit 2 for whatever makes no sense, naming it.
    pub(crate) fn new(
        args: &CallArgs,
        env: impl Fn(&str) -> Option<OsString>,
    ) -> Result<Self, Failure> {
        let seconds = |name: &str| environment::parsed(&env, name, seconds_or_span);
        let number = |name: &str| environment::parsed(&env, name, str::parse::<u32>);
        let deadline = match args.deadline {
            Some(time) => positive("--deadline", time)?,
            None => match seconds("GEMINI_RETRY_DEADLINE")? {
                Some(time) => positive("GEMINI_RETRY_DEADLINE", time)?,
                None => DEADLINE,
            },
        };
        let attempts = match args.max_attempts {
            Some(number) => number,
            None => number("GEMINI_RETRY_MAX")?.unwrap_or(ATTEMPTS),
        };
        let limits = Limits {
            quota: args.wait_for_quota.unwrap_or_default(),
            deadline,
            attempt: positive("--attempt-timeout", args.attempt_timeout)?,
            attempts: attempts.max(1),
        };
        let mut bounds = Bounds { force: args.force, ..Bounds::default() };
        if let Some(bytes) = number("GEMINI_RETRY_PROMPT_THRESHOLD")? {
            bounds.typed = usize::try_from(bytes).unwrap_or(usize::MAX);
        }
        let delays = Delays {
            base: seconds("GEMINI_RETRY_BASE_DELAY")?,
            most: seconds("GEMINI_RETRY_MAX_DELAY")?,
        };
        let place = repo::Place::find(Path::new("."));
        let project = match (&args.project, &place) {
            (Some(project), _) => Some(project.clone()),
            (None, Ok(place)) => place.project_name().ok().filter(|name| !name.is_empty()),
            (None, Err(_)) => None,
        };
        let audit = if args.no_audit {
            None
        } else {
            let session = environment::text(&env, "SWITCHYARD_SESSION")?;
            Some(audit_log(args.log_dir.clone(), place, session.as_deref())?)
        };
        let service = &args.service;
        Ok(Self {
            project,
            limits,
            delays,
            bounds,
            base_url: service_url(service, &env)?,
            command: command(args, env("PATH"))?.map(Arc::new),
            files: Files::typed(&service.files, env)?,
            audit,
        })
    }
}

/// The program that asks; `None` when this tool asks itself.
fn command(args: &CallArgs, path: Option<OsString>) -> Result<Option<CommandLine>, Failure> {
    match (args.transport, &args.command) {
        (None | Some(Way::Rest), None) => Ok(None),
        (None | Some(Way::Command), Some(line)) => CommandLine::new(line, path).map(Some),
        (Some(Way::Command), None) => {
            Err(Failure::usage("--transport command", "it needs --command").hint(KNOWN))
        }
        (Some(Way::Rest), Some(_)) => {
            Err(Failure::usage("--transport rest", "--command goes with --transport command"))
        }
    }
}

fn audit_log(
    dir: Option<PathBuf>,
    place: Result<repo::Place, repo::Error>,
    session: Option<&str>,
) -> Result<AuditLog, Failure> {
    let session = match session {
        Some(text) => text.parse().map_err(|e| Failure::usage("SWITCHYARD_SESSION", e))?,
        None => SessionId::from_bits(chance::unique()),
    };
    if let Some(logs) = dir {
        return Ok(AuditLog { logs, place: None, session });
    }
    let homeless = |e: repo::Error| {
        Failure::from(e)
            .hint("the audit log stands in a main worktree; give --log-dir or --no-audit")
    };
    let place = place.map_err(homeless)?;
    let logs = place.logs_dir().map_err(homeless)?;
    Ok(AuditLog { logs, place: Some(place), session })
}

fn positive(flag: &str, time: Duration) -> Result<Duration, Failure> {
    if time.is_zero() { Err(Failure::usage(flag, "it must be longer than 0")) } else { Ok(time) }
}

/// Where the service is: as typed, else as the environment says, else where it always was.
///
/// # Errors
/// Exit 2 for an address that no key may be sent to.
pub(crate) fn service_url(
    args: &ServiceArgs,
    env: impl Fn(&str) -> Option<OsString>,
) -> Result<Url, Failure> {
    if let Some(text) = &args.base_url {
        return base_url("--base-url", text);
    }
    let name = "GOOGLE_GEMINI_BASE_URL";
    match environment::text(env, name)? {
        Some(text) => base_url(name, &text),
        None => base_url("--base-url", SERVICE),
    }
}

/// The address, if a key may be sent there.
fn base_url(source: &str, text: &str) -> Result<Url, Failure> {
    let refuse = |why: &str| Failure::usage(source, why);
    // The text is not repeated: it may carry a password.
    let url = Url::parse(text).map_err(|_| refuse("it is not a URL"))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(refuse("a name or password does not belong into it"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(refuse("it must end with its path"));
    }
    match url.scheme() {
        "https" => Ok(url),
        "http" if is_loopback(&url) => Ok(url),
        "http" => Err(refuse("keys are sent over https; http is for this machine alone")),
        _ => Err(refuse("https is expected")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_only_sent_over_https_or_to_this_machine() {
        for text in [
            "https://generativelanguage.googleapis.com",
            "http://127.0.0.1:8080",
            "http://[::1]:1",
            "http://localhost/proxy/",
        ] {
            assert!(base_url("--base-url", text).is_ok(), "{text}");
        }
        for text in [
            "http://example.com",
            "http://127.0.0.1.example.com",
            "http://localhost.example.com",
            "https://user:pw@example.com",
            "https://example.com?key=1",
            "ftp://localhost",
            "file:///etc/passwd",
            "example.com",
            "",
        ] {
            assert!(base_url("--base-url", text).is_err(), "{text}");
        }
    }
}
