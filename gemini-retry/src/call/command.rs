//! One attempt by another program: `gemini`, `agy`, or any that reads a prompt on stdin.
//!
//! The prompt is never an argument, where everybody could read it. The program works in a new empty
//! folder, so that there is nothing to look for, and gets no key but the one that it asks with.

mod folder;
mod process;
mod streams;

use std::os::unix::process::ExitStatusExt as _;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use secrecy::ExposeSecret as _;

use self::folder::Folder;
use self::process::{Bounds, Ran, Stopped};
use crate::answer::ended::{Ended, Trouble};
use crate::answer::facts::{Broken, Exchange};
use crate::call::body::instructions;
use crate::call::children::Children;
use crate::call::transport::{LONGEST_BODY, Sending};
use crate::setup::command::CommandLine;
use crate::setup::credentials::{Access, Asker, ENV_KEY};

/// Variables by which the client is told which login to use. With a key, none of them may count.
const OTHER_LOGINS: [&str; 3] =
    ["GOOGLE_GENAI_USE_VERTEXAI", "GOOGLE_GENAI_USE_GCA", "GEMINI_CLI_USE_COMPUTE_ADC"];
/// Where the login of a service account is; no secret itself.
const SERVICE_ACCOUNT: &str = "GOOGLE_APPLICATION_CREDENTIALS";
/// Where the client keeps its settings and its login.
const CLIENT_HOME: &str = "GEMINI_CLI_HOME";

/// A program that asks.
#[derive(Clone)]
pub(crate) struct Asking {
    /// What is run.
    line: Arc<CommandLine>,
    /// Variables that hold keys.
    key_variables: Arc<[String]>,
    /// Where the folders are made.
    folders: PathBuf,
    /// Every program that runs.
    children: Children,
}

impl Asking {
    /// Prepares to run `line` in folders under `folders`. No variable in `key_variables` is handed on.
    pub(crate) fn new(
        line: &Arc<CommandLine>,
        key_variables: &[String],
        folders: PathBuf,
        children: Children,
    ) -> Self {
        Self { line: Arc::clone(line), key_variables: key_variables.into(), folders, children }
    }

    /// Runs the program and waits for the whole answer, at most `limit`.
    pub(crate) fn ask(&self, sending: &Sending, limit: Duration) -> Exchange {
        let name = &self.line.name;
        let failed = |what: &str, e: &std::io::Error| {
            Exchange::Broken(Broken::Connection(format!("{name}: {what}: {e}")))
        };
        let folder = match Folder::new(&self.folders) {
            Ok(folder) => folder,
            Err(error) => return failed("no folder to work in", &error),
        };
        let command = match self.command(sending, &folder) {
            Ok(command) => command,
            Err(error) => return failed("no folder to work in", &error),
        };
        let bounds = Bounds {
            limit,
            most: usize::try_from(LONGEST_BODY).unwrap_or(usize::MAX),
            cancel: &sending.cancel,
            children: &self.children,
            folder: folder.path(),
        };
        let input = instructions(&sending.prompt, &sending.form, sending.mend.repair);
        match process::run(command, input.into_bytes().into(), &bounds) {
            Ok(ran) => self.exchange(ran),
            Err(error) => failed("it cannot be started", &error),
        }
    }

    /// The program, its arguments and its environment.
    fn command(&self, sending: &Sending, folder: &Folder) -> std::io::Result<Command> {
        let mut command = Command::new(&self.line.file);
        command.args(self.line.arguments(&sending.model)).current_dir(folder.work());
        repo::scrub(&mut command);
        for variable in &*self.key_variables {
            command.env_remove(variable);
        }
        match &sending.access {
            Access::Key(key) => {
                for variable in OTHER_LOGINS {
                    command.env_remove(variable);
                }
                command.env(ENV_KEY, key.expose_secret());
                if self.line.asker() == Asker::Gemini {
                    // The user's settings may name a login, which would outrank the key.
                    command.env(CLIENT_HOME, folder.client_home()?);
                }
            }
            Access::Login { home } => {
                if let Some(account) = std::env::var_os(SERVICE_ACCOUNT) {
                    command.env(SERVICE_ACCOUNT, account);
                }
                if let Some(home) = home {
                    command.env(CLIENT_HOME, home);
                }
            }
        }
        Ok(command)
    }

    fn exchange(&self, ran: Ran) -> Exchange {
        let name = &self.line.name;
        let trouble = match ran.stopped {
            Some(Stopped::TimedOut) => {
                return Exchange::Broken(Broken::TimedOut(format!("{name} did not end in time")));
            }
            Some(Stopped::Cancelled) => {
                return Exchange::Broken(Broken::TimedOut(format!("{name} was stopped")));
            }
            Some(Stopped::TooMuch) => Some(Trouble::TooMuch),
            Some(Stopped::WantsTerminal) => Some(Trouble::WantsTerminal),
            None if !ran.whole => Some(Trouble::Open),
            None => None,
        };
        Exchange::Ended(Ended {
            program: name.clone(),
            dialect: self.line.dialect,
            is_gemini: self.line.asker() == Asker::Gemini,
            code: ran.status.code(),
            signal: ran.status.signal(),
            trouble,
            stdout: ran.stdout,
            stderr: ran.stderr,
        })
    }
}
