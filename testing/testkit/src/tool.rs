//! Runs a built binary of this workspace.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;

use crate::clean_env;
use crate::ran::Ran;
use crate::running::{Running, Started};

/// How long a child may run before the test gives it up. A guard against hanging, not an assertion.
const LIMIT: Duration = Duration::from_mins(5);

/// One call of a tool, built up and then run.
#[derive(Debug)]
pub struct Tool {
    program: PathBuf,
    args: Vec<OsString>,
    env: Vec<(OsString, OsString)>,
    path_first: Vec<PathBuf>,
    dir: Option<PathBuf>,
    home: Option<PathBuf>,
    stdin: Input,
    limit: Duration,
}

#[derive(Debug)]
enum Input {
    Empty,
    Bytes(Vec<u8>),
    Open,
}

impl Tool {
    /// The tool of this workspace with that binary name.
    ///
    /// Binaries are looked for in `SWITCHYARD_BIN_DIR` when it is set, otherwise beside the running
    /// test (`target/debug/deps/x` runs `target/debug/<name>`).
    #[track_caller]
    pub fn new(name: &str) -> Self {
        Self::program(Self::binary(name))
    }

    /// Where that tool is.
    #[track_caller]
    pub fn binary(name: &str) -> PathBuf {
        let candidates = binary_candidates(name);
        let found = candidates.iter().find(|path| path.is_file()).unwrap_or_else(|| {
            let tried: Vec<String> = candidates.iter().map(|p| p.display().to_string()).collect();
            panic!(
                "the binary `{name}` is not built: tried {}\n\
                 hint: run `cargo build --workspace`, or set SWITCHYARD_BIN_DIR",
                tried.join(", ")
            )
        });
        found.clone()
    }

    /// Any other program (`git`, `sh`, a script), in the same clean environment.
    pub fn program(program: impl Into<PathBuf>) -> Self {
        Self {
            program: program.into(),
            args: Vec::new(),
            env: Vec::new(),
            path_first: Vec::new(),
            dir: None,
            home: None,
            stdin: Input::Empty,
            limit: LIMIT,
        }
    }

    /// Adds one argument.
    #[must_use]
    pub fn arg(mut self, arg: impl AsRef<OsStr>) -> Self {
        self.args.push(arg.as_ref().to_owned());
        self
    }

    /// Adds arguments.
    #[must_use]
    pub fn args<A: AsRef<OsStr>>(mut self, args: impl IntoIterator<Item = A>) -> Self {
        self.args.extend(args.into_iter().map(|arg| arg.as_ref().to_owned()));
        self
    }

    /// Feeds these bytes to stdin, then closes it. Without a call, stdin is empty.
    #[must_use]
    pub fn stdin(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.stdin = Input::Bytes(bytes.into());
        self
    }

    /// Leaves stdin open, for [`Running::write_stdin`] and [`Running::close_stdin`].
    #[must_use]
    pub fn stdin_open(mut self) -> Self {
        self.stdin = Input::Open;
        self
    }

    /// Sets one environment variable on top of the clean environment.
    #[must_use]
    pub fn env(mut self, key: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Self {
        self.env.push((key.as_ref().to_owned(), value.as_ref().to_owned()));
        self
    }

    /// Puts a directory at the front of `PATH`, to stand in for a program such as `gh`.
    #[must_use]
    pub fn path_first(mut self, dir: impl Into<PathBuf>) -> Self {
        self.path_first.insert(0, dir.into());
        self
    }

    /// The working directory. Without a call, the throwaway home.
    #[must_use]
    pub fn dir(mut self, dir: impl AsRef<Path>) -> Self {
        self.dir = Some(dir.as_ref().to_owned());
        self
    }

    /// `HOME`; a `.gitconfig` with an identity is put there when it has none. Without a call the
    /// tool gets an empty home of its own that is gone afterwards.
    #[must_use]
    pub fn home(mut self, home: impl AsRef<Path>) -> Self {
        self.home = Some(home.as_ref().to_owned());
        self
    }

    /// Changes how long the child may run before the test gives it up (five minutes).
    #[must_use]
    pub fn limit(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    /// Runs to the end.
    #[track_caller]
    pub fn run(self) -> Ran {
        self.spawn().wait()
    }

    /// Starts it as the leader of a process group of its own.
    #[track_caller]
    pub fn spawn(self) -> Running {
        let (command, home) = self.command();
        let (label, limit) = (self.label(), self.limit);
        let feed = match self.stdin {
            Input::Bytes(bytes) => Some(bytes),
            Input::Empty | Input::Open => None,
        };
        Running::start(command, Started { label, feed, limit, home })
    }

    /// The command, whose stdout and stderr are not set yet, and its throwaway home.
    #[track_caller]
    pub(crate) fn command(&self) -> (Command, Option<TempDir>) {
        let throwaway = self
            .home
            .is_none()
            .then(|| TempDir::with_prefix("switchyard-home-").expect("create a throwaway home"));
        let home = match (&self.home, &throwaway) {
            (Some(home), _) => home.clone(),
            (None, Some(dir)) => dir.path().to_owned(),
            (None, None) => unreachable!("one of both is made above"),
        };
        clean_env::write_gitconfig(&home);

        let mut command = Command::new(&self.program);
        clean_env::apply(&mut command, &home);
        if !self.path_first.is_empty() {
            let inherited = std::env::var_os("PATH").unwrap_or_default();
            let dirs = self.path_first.iter().cloned().chain(std::env::split_paths(&inherited));
            command.env("PATH", std::env::join_paths(dirs).expect("a PATH without separators"));
        }
        command.envs(self.env.iter().map(|(key, value)| (key, value)));
        command.args(&self.args);
        command.current_dir(self.dir.as_deref().unwrap_or(&home));
        command.stdin(match self.stdin {
            Input::Empty => Stdio::null(),
            Input::Bytes(_) | Input::Open => Stdio::piped(),
        });
        (command, throwaway)
    }

    /// The command as shown on failure. Environment values are not part of it: they may be secret.
    fn label(&self) -> String {
        let mut words = vec![quoted(self.program.as_os_str())];
        words.extend(self.args.iter().map(|arg| quoted(arg)));
        let dir =
            self.dir.as_deref().map_or_else(String::new, |dir| format!("cd {} && ", dir.display()));
        format!("{dir}{}", words.join(" "))
    }
}

fn quoted(word: &OsStr) -> String {
    let text = word.to_string_lossy();
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=,@+%".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        text.into_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

fn binary_candidates(name: &str) -> Vec<PathBuf> {
    let file = format!("{name}{}", std::env::consts::EXE_SUFFIX);
    if let Some(dir) = std::env::var_os("SWITCHYARD_BIN_DIR") {
        return vec![PathBuf::from(dir).join(file)];
    }
    let exe = std::env::current_exe().expect("the path of the running test");
    // A test lies in target/debug/deps, an example in target/debug/examples, a tool in target/debug.
    exe.ancestors().skip(1).take(2).map(|dir| dir.join(&file)).collect()
}
