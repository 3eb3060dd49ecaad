//! The `git` program.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::Error;
use crate::program::{Program, Ran};

/// Runs git in one folder.
///
/// It never prompts, never starts housekeeping in the background, and speaks untranslated English
/// so that its answers can be read.
#[derive(Debug, Clone)]
pub struct Git {
    dir: PathBuf,
    limit: Option<Duration>,
    /// Where objects are written, and where the others are.
    objects: Option<(PathBuf, PathBuf)>,
}

impl Git {
    /// Git in `dir`.
    pub fn new(dir: impl Into<PathBuf>) -> Self {
        Self { dir: dir.into(), limit: None, objects: None }
    }

    /// The same with a time limit for each call, as network operations need.
    #[must_use]
    pub fn with_limit(&self, limit: Duration) -> Self {
        Self { limit: Some(limit), ..self.clone() }
    }

    /// The same, writing objects into `folder` and none into the repository, whose own are in
    /// `repositorys`. Refs are not kept from changing.
    #[must_use]
    pub fn writing_objects_to(&self, folder: &Path, repositorys: &Path) -> Self {
        Self { objects: Some((folder.into(), repositorys.into())), ..self.clone() }
    }

    /// The folder.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Git with `args`, not yet run.
    pub fn program<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Program {
        let args: Vec<S> = args.into_iter().collect();
        let program = Program::new("git")
            .named(named(&args))
            .args(["-c", "gc.auto=0", "-c", "maintenance.auto=false"])
            .args(args)
            .dir(&self.dir)
            .env("GIT_TERMINAL_PROMPT", "0")
            .env("GIT_OPTIONAL_LOCKS", "0")
            .env("LC_ALL", "C");
        let program = match &self.objects {
            Some((folder, repositorys)) => program
                .env("GIT_OBJECT_DIRECTORY", folder)
                .env("GIT_ALTERNATE_OBJECT_DIRECTORIES", repositorys),
            None => program,
        };
        match self.limit {
            Some(limit) => program.limit(limit),
            None => program,
        }
    }

    /// Runs it to its end, whatever its status.
    pub fn try_run<S: AsRef<OsStr>>(
        &self,
        args: impl IntoIterator<Item = S>,
    ) -> Result<Ran, Error> {
        self.program(args).run()
    }

    /// Its stdout, which must come with status 0.
    pub fn bytes<S: AsRef<OsStr>>(
        &self,
        args: impl IntoIterator<Item = S>,
    ) -> Result<Vec<u8>, Error> {
        let args: Vec<S> = args.into_iter().collect();
        let ran = self.try_run(&args)?;
        if ran.ok() { Ok(ran.stdout) } else { Err(failed(&args, &ran)) }
    }

    /// Its stdout as text without surrounding blanks; status 0 is required.
    pub fn text<S: AsRef<OsStr>>(
        &self,
        args: impl IntoIterator<Item = S>,
    ) -> Result<String, Error> {
        Ok(String::from_utf8_lossy(&self.bytes(args)?).trim().to_owned())
    }

    /// A question that git answers with status 0 (yes) or 1 (no); any other status is an error.
    pub fn ask<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Result<bool, Error> {
        let args: Vec<S> = args.into_iter().collect();
        let ran = self.try_run(&args)?;
        match ran.code() {
            Some(0) => Ok(true),
            Some(1) => Ok(false),
            _ => Err(failed(&args, &ran)),
        }
    }

    /// The commit that `revision` names, in full; `None` when it names none.
    ///
    /// # Errors
    /// When git cannot tell, such as in a damaged repository or one that belongs to somebody else.
    pub fn commit(&self, revision: &str) -> Result<Option<String>, Error> {
        let peeled = format!("{revision}^{{commit}}");
        let args = ["rev-parse", "--verify", "--quiet", "--end-of-options", &peeled];
        let ran = self.try_run(args)?;
        match ran.code() {
            Some(0) => {
                let oid = String::from_utf8_lossy(&ran.stdout).trim().to_owned();
                // `^main` is a revision for git, and no commit.
                Ok(oid.bytes().all(|byte| byte.is_ascii_hexdigit()).then_some(oid))
            }
            Some(1) => Ok(None),
            _ => Err(failed(&args, &ran)),
        }
    }

    /// The commit at a branch or another ref that is given in full, such as `refs/heads/main`; `None`
    /// when there is none. What goes beyond a name, such as `refs/heads/main~1`, is no ref.
    pub fn at_ref(&self, name: &str) -> Result<Option<String>, Error> {
        if self.ask(["check-ref-format", name])? { self.commit(name) } else { Ok(None) }
    }

    /// Whether `ancestor` is reachable from `descendant`; both must exist.
    pub fn is_ancestor(&self, ancestor: &str, descendant: &str) -> Result<bool, Error> {
        self.ask(["merge-base", "--is-ancestor", ancestor, descendant])
    }

    /// An error for a finished call, for callers of [`Git::try_run`].
    pub fn failure<S: AsRef<OsStr>>(&self, args: &[S], ran: &Ran) -> Error {
        failed(args, ran)
    }
}

fn failed<S: AsRef<OsStr>>(args: &[S], ran: &Ran) -> Error {
    let stderr = String::from_utf8_lossy(&ran.stderr);
    let said: Vec<&str> = stderr.lines().filter(|l| !l.trim().is_empty()).take(5).collect();
    let why = match (said.is_empty(), ran.code(), ran.signal()) {
        (false, ..) => said.join("; "),
        (true, Some(code), _) => format!("exit status {code}"),
        (true, None, signal) => format!("ended by signal {}", signal.unwrap_or_default()),
    };
    Error::Failed { command: named(args), code: ran.code(), why }
}

/// A call as messages speak of it: `git` and the verb. The rest may be long, and a message has to stay
/// one line.
fn named<S: AsRef<OsStr>>(args: &[S]) -> String {
    let mut args = args.iter().map(|arg| arg.as_ref().to_string_lossy());
    while let Some(arg) = args.next() {
        if arg == "-c" {
            // Its value is no verb.
            drop(args.next());
        } else if !arg.starts_with('-') {
            return format!("git {arg}");
        }
    }
    "git".into()
}
