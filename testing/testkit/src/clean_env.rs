//! The environment that children of a test see: the same on every machine.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write as _};
use std::path::Path;
use std::process::Command;

/// What a child inherits. Everything else (`GIT_*`, `NO_COLOR`, `GEMINI_*`, proxies, locale …)
/// is left out, because it would make a test pass on one machine and fail on another.
const INHERITED: [&str; 6] =
    ["PATH", "TMPDIR", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "LLVM_PROFILE_FILE", "SYSTEMROOT"];

const GITCONFIG: &str = "\
[user]
\tname = Test Author
\temail = author@example.invalid
[init]
\tdefaultBranch = main
[gc]
\tauto = 0
[maintenance]
\tauto = false
[advice]
\tdetachedHead = false
";

/// Gives `command` the clean environment with `home` as `HOME`.
pub(crate) fn apply(command: &mut Command, home: &Path) {
    command.env_clear();
    for name in INHERITED {
        if let Some(value) = std::env::var_os(name) {
            command.env(name, value);
        }
    }
    command.env("HOME", home);
    command.env("LC_ALL", "C");
    command.env("TZ", "UTC");
    command.env("GIT_CONFIG_GLOBAL", home.join(".gitconfig"));
    command.env("GIT_CONFIG_NOSYSTEM", "1");
    command.env("GIT_TERMINAL_PROMPT", "0");
}

/// Writes a `.gitconfig` with an identity and `init.defaultBranch = main` into `home`, unless one
/// is there already. It is a file of `HOME` and not only environment, because a tool may start git
/// without any `GIT_*` variable.
pub fn write_gitconfig(home: &Path) {
    let path = home.join(".gitconfig");
    match OpenOptions::new().write(true).create_new(true).open(&path) {
        Ok(mut file) => file.write_all(GITCONFIG.as_bytes()).expect("write .gitconfig"),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
        Err(error) => panic!("{}: cannot be created: {error}", path.display()),
    }
}
