//! The credentials file `~/.assemblyzero/gemini-credentials.json` in the form that users have on
//! disk, and the key of the environment.
//!
//! ```json
//! {"credentials": [{"name": "team-a", "type": "api_key", "key": "…", "enabled": true,
//!                   "account-name": "…", "notes": "…",
//!                   "project": "alpha", "billing": "acme", "key_env": "TEAM_A_KEY",
//!                   "key_cmd": "pass show gemini/team-a", "weight": 2, "models": ["*pro*"]},
//!                  {"name": "me", "type": "oauth", "home": "/home/me/accounts/first"}]}
//! ```
//!
//! `key_cmd` goes before `key_env`, and that before `key`.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::io::Read as _;
use std::num::NonZeroU16;
use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::time::Duration;

use cli::Failure;
use records::sha256_hex;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde_json::Value;

use crate::answer::strict_json;
use crate::setup::environment;
use crate::setup::key_cmd::KeyCommand;
use crate::setup::pending::Pending;
use crate::setup::redact::Redactor;
use crate::state::{account_scope, model_scope};

/// The variable that holds one more key; its credential is called [`ENV_NAME`].
pub(crate) const ENV_KEY: &str = "GEMINI_API_KEY";
pub(crate) const ENV_NAME: &str = "env";
/// What the login is called that a program has without an entry in the file.
const OWN_LOGIN: &str = "command";
/// Shorter texts are no keys, and to redact them would take ordinary words out of every log.
const SHORTEST_KEY: usize = 8;
/// Labels are written to logs and to the state.
const KEY_AS_LABEL: &str = "its name, project or billing has a key in it, and those are shown";
/// More than any list of credentials needs.
const LONGEST_FILE: u64 = 1 << 20;
/// How long whoever writes into a pipe may take, such as a program that asks for a passphrase.
const PATIENCE: Duration = Duration::from_mins(1);

/// One credential that can be used.
#[derive(Debug, Clone)]
pub(crate) struct Credential {
    /// What logs call it.
    pub(crate) name: String,
    /// Keys of one project share one quota.
    pub(crate) project: String,
    /// Projects of one account share one purse.
    pub(crate) billing: String,
    /// Tells two keys apart without showing either.
    pub(crate) fingerprint: String,
    /// What it asks with.
    pub(crate) access: Access,
    /// How many times the calls of another one it may have in flight, at least 1.
    pub(crate) weight: u16,
    /// The models that it may be used for, as patterns; none means all.
    pub(crate) models: Vec<String>,
}

/// What a credential asks with.
#[derive(Debug, Clone)]
pub(crate) enum Access {
    /// A key, which cannot be printed.
    Key(SecretString),
    /// The login of a program, which keeps it itself.
    Login {
        /// The folder that the program keeps this one in, when it has several.
        home: Option<PathBuf>,
    },
}

impl Access {
    /// The key, if it is one.
    pub(crate) fn key(&self) -> Option<&SecretString> {
        match self {
            Self::Key(key) => Some(key),
            Self::Login { .. } => None,
        }
    }
}

impl Credential {
    /// Every scope whose cool-down stops this credential for `model`.
    pub(crate) fn scopes(&self, model: &str) -> [String; 2] {
        [model_scope(&self.project, model), account_scope(&self.billing)]
    }

    /// Its weight, as a factor.
    pub(crate) fn share(&self) -> usize {
        usize::from(self.weight.max(1))
    }

    /// Whether it may be used for `model`.
    pub(crate) fn serves(&self, model: &str) -> bool {
        self.models.is_empty() || self.models.iter().any(|pattern| cli::fits(pattern, model))
    }
}

/// Who asks with the credentials, which decides what it takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asker {
    /// This tool: keys.
    Rest,
    /// The program `gemini`: keys, and logins in several homes.
    Gemini,
    /// The program `agy`: its own login alone.
    Agy,
    /// Another program: keys, and its own login.
    Program,
}

impl Asker {
    fn takes_keys(self) -> bool {
        self != Self::Agy
    }
}

/// What the file and the environment hold.
#[derive(Default)]
pub(crate) struct Pool {
    /// In the order of the file.
    pub(crate) usable: Vec<Credential>,
    /// Names that are left out, with the reason.
    pub(crate) skipped: Vec<(String, &'static str)>,
    /// Those whose key a command has yet to print.
    pub(crate) pending: Vec<Pending>,
    /// Every variable that the file names as the place of a key.
    pub(crate) key_variables: Vec<String>,
}

#[derive(Deserialize)]
struct File {
    credentials: Vec<Entry>,
}

/// Further keys, such as `account-name` and `notes`, are for people.
#[derive(Deserialize)]
struct Entry {
    name: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
    key: Option<SecretString>,
    enabled: Option<bool>,
    project: Option<String>,
    billing: Option<String>,
    key_env: Option<String>,
    key_cmd: Option<Value>,
    weight: Option<NonZeroU16>,
    models: Option<Vec<String>>,
    home: Option<PathBuf>,
}

/// Reads the credentials file, if there is one, and adds the key of the environment.
///
/// # Errors
/// Exit 2 when nothing in them can be used, and those of [`read`].
pub(crate) fn load(
    path: &Path,
    asker: Asker,
    env: impl Fn(&str) -> Option<OsString>,
) -> Result<Pool, Failure> {
    let pool = read(path, asker, env)?;
    let none = pool.usable.is_empty() && pool.pending.is_empty();
    if none { Err(pool.unusable(path)) } else { Ok(pool) }
}

/// The same, also when nothing can be used.
///
/// # Errors
/// Exit 2 for a file that others may read or that has not the expected form.
pub(crate) fn read(
    path: &Path,
    asker: Asker,
    env: impl Fn(&str) -> Option<OsString>,
) -> Result<Pool, Failure> {
    let text = read_private(path)?;
    pool_of(&path.display().to_string(), text.as_ref(), asker, env)
}

/// The same from the text of the file that is shown under this name.
///
/// # Errors
/// Exit 2 for a text that has not the expected form.
pub(crate) fn pool_of(
    shown: &str,
    text: Option<&SecretString>,
    asker: Asker,
    env: impl Fn(&str) -> Option<OsString>,
) -> Result<Pool, Failure> {
    let mut pool = Pool::default();
    if let Some(text) = text {
        let file: File =
            serde_json::from_str(text.expose_secret()).map_err(|e| broken(shown, &e))?;
        for (index, entry) in file.credentials.into_iter().enumerate() {
            add(&mut pool, entry, asker, &env).map_err(|why| {
                Failure::usage(format_args!("{shown}: credential {}", index + 1), why)
            })?;
        }
    }
    if asker.takes_keys()
        && let Some(key) = environment::text(&env, ENV_KEY)?
    {
        let key = SecretString::from(key);
        check_key(&key).map_err(|why| Failure::usage(ENV_KEY, why))?;
        let access = Access::Key(key);
        // The same key in the file has a project and a name that say more.
        if !pool.usable.iter().any(|c| c.fingerprint == fingerprint(&access)) {
            pool.usable.push(credential(ENV_NAME.into(), None, None, access));
        }
    }
    if pool.usable.is_empty() && pool.pending.is_empty() && asker != Asker::Rest {
        let access = Access::Login { home: None };
        pool.usable.push(credential(OWN_LOGIN.into(), None, None, access));
    }
    pool.check(shown)?;
    Ok(pool)
}

impl Pool {
    /// Every key that can be used.
    pub(crate) fn keys(&self) -> impl Iterator<Item = SecretString> {
        self.usable.iter().filter_map(|c| c.access.key().cloned())
    }

    /// Refuses what would mix up credentials or show a key.
    pub(super) fn check(&self, shown: &str) -> Result<(), Failure> {
        let refuse = |why: String| Failure::usage(shown, why);
        check_labels(&self.usable).map_err(|why| refuse(why.to_owned()))?;
        check_unique(self).map_err(refuse)
    }

    /// Says that nothing can be used, and why.
    pub(crate) fn unusable(&self, path: &Path) -> Failure {
        let shown = path.display();
        let left_out: Vec<String> =
            self.skipped.iter().map(|(name, why)| format!("{name} ({why})")).collect();
        let why = match left_out.as_slice() {
            [] => "there is none".to_owned(),
            list => format!("none can be used: {}", list.join(", ")),
        };
        Failure::usage(format_args!("no credentials in {shown}"), why).hint(format!(
            "`gemini-retry keys add NAME` asks for a key and keeps it; or set {ENV_KEY}"
        ))
    }
}

fn add(
    pool: &mut Pool,
    entry: Entry,
    asker: Asker,
    env: &impl Fn(&str) -> Option<OsString>,
) -> Result<(), String> {
    let own = Redactor::new(entry.key.clone());
    let label = |text: Option<String>| match text.filter(|text| !text.trim().is_empty()) {
        Some(text) if own.clean(&text) != text => Err(KEY_AS_LABEL),
        text => Ok(text),
    };
    let name = label(entry.name)?.unwrap_or("unnamed".into());
    let (project, billing) = (label(entry.project)?, label(entry.billing)?);
    pool.key_variables.extend(entry.key_env.clone());
    if !entry.enabled.unwrap_or(true) {
        pool.skipped.push((name, "disabled"));
        return Ok(());
    }
    let weight = entry.weight.map_or(1, NonZeroU16::get);
    let models = entry.models.unwrap_or_default();
    match entry.kind.as_deref() {
        None | Some("api_key") if asker.takes_keys() => {}
        None | Some("api_key") => {
            pool.skipped.push((name, "a key, which the program does not take"));
            return Ok(());
        }
        Some("oauth") => {
            let place = pool.usable.len();
            add_login(pool, name, project, billing, entry.home, asker)?;
            if let Some(new) = pool.usable.get_mut(place) {
                (new.weight, new.models) = (weight, models);
            }
            return Ok(());
        }
        Some(_) => return Err(format!("{name}: 'type' must be api_key or oauth")),
    }
    if let Some(value) = entry.key_cmd {
        let command = KeyCommand::of(&value).map_err(|why| format!("{name}: {why}"))?;
        // Where its key is to stand.
        let place = pool.usable.len() + pool.pending.len();
        pool.pending.push(Pending { place, command, name, project, billing, weight, models });
        return Ok(());
    }
    let named = match &entry.key_env {
        Some(variable) => environment::text(env, variable)
            .map_err(|_| format!("{name}: the variable that key_env names is not UTF-8"))?,
        None => None,
    };
    let Some(key) = named.map(SecretString::from).or(entry.key) else {
        if entry.key_env.is_none() {
            return Err(format!("{name}: it has no key; add key, key_env or key_cmd"));
        }
        pool.skipped.push((name, "the variable that key_env names is not set"));
        return Ok(());
    };
    check_key(&key).map_err(|why| format!("{name}: {why}"))?;
    let new = credential(name, project, billing, Access::Key(key));
    pool.usable.push(Credential { weight, models, ..new });
    Ok(())
}

/// Adds an entry whose token belongs to a program; there is no key to send.
fn add_login(
    pool: &mut Pool,
    name: String,
    project: Option<String>,
    billing: Option<String>,
    home: Option<PathBuf>,
    asker: Asker,
) -> Result<(), String> {
    if asker == Asker::Rest {
        pool.skipped.push((name, "oauth, which is not for this service"));
        return Ok(());
    }
    if home.as_ref().is_some_and(|home| !home.is_absolute()) {
        return Err(format!("{name}: home must be an absolute path"));
    }
    // Only one program is known to look elsewhere for a login when it is told to.
    let home = home.filter(|_| asker == Asker::Gemini);
    let taken =
        pool.usable.iter().any(|c| matches!(&c.access, Access::Login { home: h } if *h == home));
    if taken {
        pool.skipped.push((name, "oauth, the same login as an entry before it"));
    } else {
        pool.usable.push(credential(name, project, billing, Access::Login { home }));
    }
    Ok(())
}

pub(super) fn credential(
    name: String,
    project: Option<String>,
    billing: Option<String>,
    access: Access,
) -> Credential {
    let project = project.unwrap_or_else(|| name.clone());
    let billing = billing.unwrap_or_else(|| project.clone());
    let (weight, models) = (1, Vec::new());
    Credential { fingerprint: fingerprint(&access), name, project, billing, access, weight, models }
}

/// The whole file as it stands, each key of each object once.
///
/// # Errors
/// Exit 2 for a text that has not the expected form, with line and column.
pub(crate) fn document(shown: &str, text: &SecretString) -> Result<Value, Failure> {
    let text = text.expose_secret();
    // For the place of what has the wrong type.
    let _file: File = serde_json::from_str(text).map_err(|e| broken(shown, &e))?;
    strict_json::read(text).map_err(|e| broken(shown, &e))
}

/// The first 8 bytes of a digest that serves no other purpose. A login has none: the program renews
/// it without telling.
fn fingerprint(access: &Access) -> String {
    access.key().map_or_else(|| "login".into(), fingerprint_of)
}

/// The fingerprint of a key.
pub(crate) fn fingerprint_of(key: &SecretString) -> String {
    let text = format!("gemini-retry credential fingerprint 1\n{}", key.expose_secret());
    let digest = sha256_hex(text.as_bytes());
    format!("sha256:{}", digest.get(..16).unwrap_or_default())
}

/// A key travels in a header. Its form is otherwise the service's business.
pub(crate) fn check_key(key: &SecretString) -> Result<(), &'static str> {
    let key = key.expose_secret();
    if key.len() < SHORTEST_KEY {
        Err("the key is too short to be one")
    } else if !key.bytes().all(|b| b.is_ascii_graphic()) {
        Err("the key has a blank or a character in it that cannot be sent")
    } else {
        Ok(())
    }
}

/// No label may be the key of another credential.
fn check_labels(pool: &[Credential]) -> Result<(), &'static str> {
    let keys = Redactor::new(pool.iter().filter_map(|c| c.access.key().cloned()));
    let mut labels = pool.iter().flat_map(|c| [&c.name, &c.project, &c.billing]);
    if labels.any(|label| keys.clean(label) != *label) { Err(KEY_AS_LABEL) } else { Ok(()) }
}

/// Names are the keys of the shared state, and two names for one key would look like two quotas.
fn check_unique(pool: &Pool) -> Result<(), String> {
    let mut names = BTreeSet::new();
    let pending = pool.pending.iter().map(|p| &p.name);
    for name in pool.usable.iter().map(|c| &c.name).chain(pending) {
        if !names.insert(name) {
            return Err(format!("two credentials are called {name}; give each its own name"));
        }
    }
    let mut keys = BTreeMap::new();
    for c in &pool.usable {
        if c.access.key().is_some()
            && let Some(other) = keys.insert(&c.fingerprint, &c.name)
        {
            return Err(format!("credentials {other} and {} have the same key", c.name));
        }
    }
    Ok(())
}

/// The file's text; `None` when there is no file. A pipe that nobody writes to is waited for, but not
/// for ever.
pub(crate) fn read_private(path: &Path) -> Result<Option<SecretString>, Failure> {
    read_within(path, PATIENCE)
}

fn read_within(path: &Path, patience: Duration) -> Result<Option<SecretString>, Failure> {
    if !std::fs::metadata(path).is_ok_and(|metadata| metadata.file_type().is_fifo()) {
        return read_now(path);
    }
    let (sender, text) = mpsc::channel();
    let pipe = path.to_owned();
    // Opening a pipe cannot be interrupted, but it can be left behind.
    std::thread::spawn(move || drop(sender.send(read_now(&pipe))));
    text.recv_timeout(patience).unwrap_or_else(|_| {
        let why =
            format!("nothing has come through this pipe for {}", cli::show_duration(patience));
        Err(Failure::usage(path.display(), why))
    })
}

/// The same, however long it takes.
fn read_now(path: &Path) -> Result<Option<SecretString>, Failure> {
    let fail = |e: &std::io::Error| Failure::io("cannot read", path, e);
    let file = match std::fs::File::open(path) {
        Ok(file) => file,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(fail(&e)),
    };
    let metadata = file.metadata().map_err(|e| fail(&e))?;
    // A pipe is what `--credentials <(decrypt …)` gives.
    if !(metadata.is_file() || metadata.file_type().is_fifo()) {
        return Err(Failure::usage(path.display(), "it is not a file"));
    }
    let mode = metadata.permissions().mode();
    if mode & 0o077 != 0 {
        let why = format!("others may read the keys in it (mode {:03o})", mode & 0o777);
        return Err(Failure::usage(path.display(), why)
            .hint(format!("chmod 600 {}", repo::shell_words([path.to_string_lossy()]))));
    }
    let mut bytes = Vec::new();
    file.take(LONGEST_FILE + 1).read_to_end(&mut bytes).map_err(|e| fail(&e))?;
    if bytes.len() as u64 > LONGEST_FILE {
        let why = format!("it is larger than {LONGEST_FILE} bytes");
        return Err(Failure::usage(path.display(), why));
    }
    let text = String::from_utf8(bytes).map_err(|e| {
        let at = e.utf8_error().valid_up_to();
        Failure::usage(path.display(), format_args!("it is not UTF-8 from byte {at} on"))
    })?;
    // Some editors put a byte order mark in front.
    Ok(Some(SecretString::from(text.strip_prefix('\u{feff}').unwrap_or(&text))))
}

/// The parser's own words may quote the file, and with it a key: only the place is told.
fn broken(shown: &str, error: &serde_json::Error) -> Failure {
    let why = if error.is_data() { "it has not the expected form" } else { "it is not JSON" };
    let what = format!("{shown}:{}:{}", error.line(), error.column());
    Failure::usage(what, why).hint(
        r#"the form is {"credentials": [{"name": "team-a", "key": "…", "project": "alpha"}]}"#,
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::{Permissions, set_permissions};

    fn load_text(text: &str, vars: &[(&str, &str)]) -> Result<Pool, Failure> {
        let scratch = testkit::Scratch::new();
        let path = scratch.write("c.json", text);
        set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
        load(&path, Asker::Rest, |name| {
            vars.iter().find(|(n, _)| *n == name).map(|(_, v)| v.into())
        })
    }

    fn refusal(text: &str) -> String {
        load_text(text, &[]).err().map(|f| f.render("t")).expect("a refusal")
    }

    #[test]
    fn the_predecessors_file_reads() {
        let pool = load_text(
            r#"{"version":3,"credentials":[
                {"name":"o","type":"oauth","account-name":"x@y"},
                {"name":"a","key":"key-of-alpha","account-name":"A","notes":"n"},
                {"name":"b","type":"api_key","key":"key-of-beta","enabled":false},
                {"name":"c","key_env":"C_KEY","project":"p","billing":"w"},
                {"name":"d","key_env":"D_KEY"}]}"#,
            &[("C_KEY", "key-of-gamma"), (ENV_KEY, "key-of-the-env")],
        )
        .unwrap();
        let names: Vec<&str> = pool.usable.iter().map(|c| c.name.as_str()).collect();
        assert_eq!(names, ["a", "c", "env"]);
        let skipped: Vec<&str> = pool.skipped.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(skipped, ["o", "b", "d"]);
        let c = &pool.usable[1];
        assert_eq!(c.scopes("m"), ["p:p|m:m".to_owned(), "b:w".to_owned()]);
        assert_eq!(pool.usable[0].scopes("m"), ["p:a|m:m".to_owned(), "b:a".to_owned()]);
        assert!(!format!("{:?}", pool.usable).contains("key-of"));
    }

    #[test]
    fn a_program_uses_its_login_and_the_keys_that_it_takes() {
        let scratch = testkit::Scratch::new();
        let text = r#"{"credentials":[{"name":"o","type":"oauth"},{"name":"p","type":"oauth"},
            {"name":"h","type":"oauth","home":"/h"},{"name":"a","key":"key-of-alpha"},
            {"name":"e","key_env":"E_KEY","enabled":false}]}"#;
        let path = scratch.write("c.json", text);
        set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
        let none = scratch.path("none");
        for (asker, names) in [
            (Asker::Rest, &["a", "env"][..]),
            (Asker::Gemini, &["o", "h", "a", "env"]),
            (Asker::Program, &["o", "a", "env"]),
            (Asker::Agy, &["o"]),
        ] {
            let env = |name: &str| (name == ENV_KEY).then(|| "key-of-the-env".into());
            let pool = load(&path, asker, env).unwrap();
            let found: Vec<&str> = pool.usable.iter().map(|c| c.name.as_str()).collect();
            assert_eq!(found, names, "{asker:?}");
            assert_eq!(pool.key_variables, ["E_KEY"]);
            let alone = load(&none, asker, |_| None);
            match asker {
                Asker::Rest => assert!(alone.is_err()),
                _ => assert_eq!(alone.unwrap().usable[0].name, OWN_LOGIN),
            }
        }
        let relative = r#"{"credentials":[{"name":"o","type":"oauth","home":"h"}]}"#;
        let path = scratch.write("c.json", relative);
        assert!(load(&path, Asker::Gemini, |_| None).is_err());
    }

    #[test]
    fn the_key_of_the_environment_is_not_added_twice() {
        let text = r#"{"credentials":[{"name":"a","key":"key-of-alpha"}]}"#;
        let pool = load_text(text, &[(ENV_KEY, "key-of-alpha")]).unwrap();
        assert_eq!(pool.usable.len(), 1);
    }

    #[test]
    fn a_wrong_file_is_refused_without_showing_it() {
        for (text, word) in [
            (r#"{"credentials":[{"name":"a","enabled":"AIzaSecret"}]}"#, "c.json:1:"),
            (r#"{"credentials":"AIzaSecret"}"#, "c.json:1:"),
            ("{\"credentials\":[\nAIzaSecret", "c.json:2:1: it is not JSON"),
            (r#"{"credentials":[{"name":"a","key":"AIzaSecret","key_cmd":7}]}"#, "key_cmd is a"),
            (r#"{"credentials":[{"name":"a","key_cmd":"AIza 'Secret"}]}"#, "a quote"),
            (r#"{"credentials":[{"name":"a","key":"AIzaSecret","weight":0}]}"#, "c.json:1:"),
            (r#"{"credentials":[{"name":"a","key":"AIzaSecret","weight":1.5}]}"#, "c.json:1:"),
            (r#"{"credentials":[{"name":"a","key":"AIzaSecret","models":"x"}]}"#, "c.json:1:"),
            (
                r#"{"credentials":[{"name":"a","key_cmd":"b"},{"name":"a","key_cmd":"c"}]}"#,
                "called a",
            ),
            (r#"{"credentials":[{"name":"a","key":"AIza Secret"}]}"#, "blank"),
            (r#"{"credentials":[{"name":"a","key":"AIza"}]}"#, "too short"),
            (r#"{"credentials":[{"name":"a"}]}"#, "credential 1: a: it has no key"),
            (r#"{"credentials":[{"key":"AIzaSecret1"},{"key":"AIzaSecret2"}]}"#, "unnamed"),
            (
                r#"{"credentials":[{"name":"a","key":"AIzaSecret"},{"name":"b","key":"AIzaSecret"}]}"#,
                "a and b have the same key",
            ),
            (r#"{"credentials":[{"name":"a","type":"token","key":"AIzaSecret"}]}"#, "'type'"),
            (r#"{"credentials":[]}"#, "there is none"),
            (r#"{"credentials":[{"name":"AIzaSecret","key":"AIzaSecret"}]}"#, "has a key in it"),
            (
                r#"{"credentials":[{"name":"AIzaSecret","key":"key-of-b"},{"key":"AIzaSecret"}]}"#,
                "has a key in it",
            ),
            (r#"{"credentials":[{"name":"AIzaSy_3456789_123456789_123456789_1234"}]}"#, "a key"),
            (
                r#"{"credentials":[{"name":"a","key":"AIzaSecret","project":"AIzaSecret"}]}"#,
                "has a key in it",
            ),
        ] {
            let message = refusal(text);
            assert!(message.contains(word), "{message}");
            assert!(!message.contains("AIza"), "{message}");
        }
    }

    #[test]
    fn an_empty_label_is_none_and_a_byte_order_mark_means_nothing() {
        let text = "\u{feff}{\"credentials\":[{\"name\":\"a\",\"key\":\"key-of-alpha\",\"project\":\" \",\"billing\":\"\"}]}";
        let pool = load_text(text, &[]).unwrap();
        assert_eq!(pool.usable[0].scopes("m"), ["p:a|m:m".to_owned(), "b:a".to_owned()]);
    }

    #[test]
    fn what_is_no_private_text_file_is_refused_and_left_alone() {
        let scratch = testkit::Scratch::new();
        let refusal = |path: &Path| load(path, Asker::Rest, |_| None).err().unwrap().render("t");
        let message = refusal(scratch.root());
        assert!(message.contains("not a file") && !message.contains("chmod"), "{message}");
        assert!(refusal(Path::new("/dev/zero")).contains("not a file"));
        for (bytes, why) in [
            (b"{\"credentials\":[\xff".to_vec(), "not UTF-8 from byte 16"),
            (vec![b' '; (1 << 20) + 1], "larger than 1048576 bytes"),
        ] {
            let path = scratch.write("c.json", bytes);
            set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
            let message = refusal(&path);
            assert!(message.contains(why), "{message}");
        }
    }

    #[test]
    fn a_pipe_is_read_and_one_that_nobody_writes_to_is_given_up() {
        let scratch = testkit::Scratch::new();
        let pipe = |name: &str| {
            let pipe = scratch.path(name);
            testkit::Tool::program("mkfifo").args(["-m", "600"]).arg(&pipe).run().code(0);
            pipe
        };
        let fault = read_within(&pipe("idle"), Duration::from_millis(20)).unwrap_err();
        assert!(fault.to_string().contains("nothing has come through this pipe"), "{fault}");
        let busy = pipe("busy");
        let to = busy.clone();
        let writer = std::thread::spawn(move || {
            let mut pipe = std::fs::OpenOptions::new().write(true).open(to).unwrap();
            std::io::Write::write_all(&mut pipe, b"text").unwrap();
        });
        let text = read_within(&busy, Duration::from_mins(5)).unwrap().unwrap();
        assert_eq!(text.expose_secret(), "text");
        writer.join().unwrap();
    }

    #[test]
    fn a_file_that_others_may_read_is_refused_with_the_command_that_helps() {
        let scratch = testkit::Scratch::new();
        let path =
            scratch.write("c.json", r#"{"credentials":[{"name":"a","key":"key-of-alpha"}]}"#);
        for mode in [0o640, 0o604, 0o660] {
            set_permissions(&path, Permissions::from_mode(mode)).unwrap();
            let message = load(&path, Asker::Rest, |_| None).err().unwrap().render("t");
            assert!(message.contains(&format!("chmod 600 {}", path.display())), "{message}");
        }
        assert!(load(&scratch.path("none"), Asker::Rest, |_| None).is_err());
    }
}
