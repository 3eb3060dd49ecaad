//! The throwaway directory: a project with a bare origin, its lead's home, and a Gemini server.

use std::ffi::OsString;
use std::fs;
use std::io::IsTerminal as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use gemini_stub::{Response, Rule, Script, Stub};
use serde_json::json;
use tempfile::TempDir;

/// Everything that the story plays in.
pub struct World {
    // Removed when the world ends.
    _dir: TempDir,
    root: PathBuf,
    stub: Stub,
}

impl World {
    /// Builds it.
    pub fn build() -> Self {
        let dir =
            tempfile::Builder::new().prefix("switchyard-").tempdir().expect("make a directory");
        let root = dir.path().canonicalize().expect("resolve the directory");
        let world = Self { _dir: dir, root, stub: Stub::start(script()) };
        world.write("home/.gitconfig", include_str!("../story/gitconfig"));
        world.write("home/.assemblyzero/gemini-credentials.json", CREDENTIALS);
        let credentials = world.root.join("home/.assemblyzero/gemini-credentials.json");
        fs::set_permissions(credentials, fs::Permissions::from_mode(0o600)).expect("set the mode");
        world.write("drafts/98.md", include_str!("../story/98.md"));
        world.write("talos/switchyard.yaml", include_str!("../story/switchyard.yaml"));
        world.write("talos/README.md", "# Talos\n");
        world.write("talos/issues.json", include_str!("../story/issues.json"));
        world.write("talos/.gitignore", "/issues.json\n");
        for args in [
            &["init", "-q", "-b", "main"][..],
            &["add", "."],
            &["commit", "-q", "-m", "Begin Talos"],
            &["clone", "-q", "--bare", ".", "../talos.git"],
            &["remote", "add", "origin", "../talos.git"],
            &["fetch", "-q"],
            &["branch", "-q", "-u", "origin/main"],
        ] {
            world.git(args);
        }
        world
    }

    /// The project's checkout.
    pub fn project(&self) -> PathBuf {
        self.root.join("talos")
    }

    /// A file of the throwaway directory.
    pub fn path(&self, rel: impl AsRef<Path>) -> PathBuf {
        self.root.join(rel)
    }

    /// How many requests the server got with the key of that name.
    pub fn calls(&self, key: &str) -> usize {
        self.stub.calls(key)
    }

    /// The text of a file, or why there is none.
    pub fn read(&self, rel: &str) -> Result<String, String> {
        fs::read_to_string(self.path(rel)).map_err(|error| format!("{rel}: {error}"))
    }

    /// What git says in the project.
    pub fn git(&self, args: &[&str]) -> String {
        let mut command = Command::new("git");
        command.args(args).current_dir(self.project());
        self.environment(&mut command);
        #[expect(clippy::disallowed_methods, reason = "sets the stage")]
        let output = command.output().expect("run git");
        assert!(
            output.status.success(),
            "git {args:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    /// The lead's environment, with the tools of this build first on PATH.
    pub(crate) fn environment(&self, command: &mut Command) {
        let own_home = std::env::var_os("HOME").map(PathBuf::from).unwrap_or_default();
        // A toolchain manager finds its toolchains through HOME, which is another one here.
        let tool_home = |name: &str, folder: &str| {
            std::env::var_os(name).unwrap_or_else(|| own_home.join(folder).into())
        };
        let mut path = OsString::from(bin_dir());
        path.push(":");
        path.push(std::env::var_os("PATH").unwrap_or_default());
        command
            .env_clear()
            .env("PATH", path)
            .env("HOME", self.path("home"))
            .env("RUSTUP_HOME", tool_home("RUSTUP_HOME", ".rustup"))
            .env("CARGO_HOME", tool_home("CARGO_HOME", ".cargo"))
            .env("USER", "lead")
            .env("LC_ALL", "C.UTF-8")
            .env("TZ", "UTC")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_PAGER", "cat")
            .env("GOOGLE_GEMINI_BASE_URL", self.stub.base_url())
            // The real base delay is 5 s; the scripted server needs no patience.
            .env("GEMINI_RETRY_BASE_DELAY", "0.2");
        // The tools see a terminal of ours; colour belongs on the reader's.
        if !std::io::stdout().is_terminal() {
            command.env("NO_COLOR", "1");
        }
    }

    fn write(&self, rel: &str, text: &str) {
        let path = self.path(rel);
        fs::create_dir_all(path.parent().expect("a file has a folder")).expect("make a folder");
        #[expect(clippy::disallowed_methods, reason = "sets the stage")]
        fs::write(path, text).expect("write a file");
    }
}

/// The folder with the built tools: that of this program, or the one above when a test runs it.
fn bin_dir() -> PathBuf {
    let own = std::env::current_exe().expect("know the own path");
    let dir = own.parent().expect("a program has a folder");
    if dir.ends_with("deps") { dir.parent().unwrap_or(dir).into() } else { dir.into() }
}

const CREDENTIALS: &str = r#"{"credentials": [
  {"name": "team-a", "type": "api_key", "key": "demo-key-of-team-a", "project": "alpha"},
  {"name": "team-b", "type": "api_key", "key": "demo-key-of-team-b", "project": "beta"}
]}
"#;

/// The first credential has used up its quota for the day; the second meets an overloaded model
/// once, then gets its answer.
fn script() -> Script {
    let review = json!({
        "verdict": "APPROVED",
        "critique": "The data model and the failure paths are complete. Name the retention period \
                     in the operator's guide too.",
        "tier_1_issues": [],
    });
    Script::new()
        .key("team-a", "demo-key-of-team-a")
        .key("team-b", "demo-key-of-team-b")
        .rule(Rule::new("team-a", "*").respond(Response::fixture("E01")))
        .rule(
            Rule::new("team-b", "*")
                .respond(Response::fixture("E26"))
                .respond(Response::verdict(review)),
        )
}
