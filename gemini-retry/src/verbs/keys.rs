//! `keys`: the credentials file, without ever showing a key.

use std::path::Path;

use cli::{Cell, Exit, Failure, Out, Page, Table, Tone};
use records::Extra;
use records::gemini_retry::{KeyEntry, KeySource, KeysChange, KeysChanged};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Map, Value};

use crate::setup::commands::{KeysAddArgs, KeysCommand, KeysRemoveArgs};
use crate::setup::credentials::{ENV_KEY, ENV_NAME, fingerprint_of};
use crate::setup::key_cmd::KeyCommand;
use crate::setup::redact::Redactor;
use crate::setup::settings::credentials_file;
use crate::setup::{environment, key_file, key_input};

/// What an entry without a name is called.
const UNNAMED: &str = "unnamed";

/// Lists, adds or removes.
pub(crate) fn run(command: &KeysCommand, out: &mut Out) -> Result<Exit, Failure> {
    let typed = match command {
        KeysCommand::List(args) => &args.file.credentials,
        KeysCommand::Add(args) => &args.file.credentials,
        KeysCommand::Remove(args) => &args.file.credentials,
    };
    let path = credentials_file(typed.clone(), |name| std::env::var_os(name))?;
    match command {
        KeysCommand::List(_) => list(&path, out),
        KeysCommand::Add(args) => add(args, &path, out),
        KeysCommand::Remove(args) => remove(args, &path, out),
    }
}

fn list(path: &Path, out: &mut Out) -> Result<Exit, Failure> {
    let entries = key_file::entries(path)?;
    let env = environment::text(|name| std::env::var_os(name), ENV_KEY)?.map(SecretString::from);
    let redactor = Redactor::new(entries.iter().filter_map(key_of).chain(env.clone()));
    let mut shown: Vec<KeyEntry> = entries.iter().map(shown).collect();
    shown.extend(env.map(|key| KeyEntry {
        name: ENV_NAME.into(),
        source: KeySource::Environment,
        variable: Some(ENV_KEY.into()),
        fingerprint: Some(fingerprint_of(&key)),
        enabled: true,
        ..KeyEntry::default()
    }));
    let shown: Vec<KeyEntry> =
        shown.into_iter().map(|one| redactor.clean_noun(one)).collect::<Result<_, _>>()?;
    for one in &shown {
        if out.is_json() {
            out.print(one, |_, _| {})?;
        }
    }
    out.page(|page| table(&shown, page))?;
    if shown.is_empty() {
        out.note(&format!("{} has no credentials; see `gemini-retry keys add`", path.display()));
    }
    Ok(Exit::Yes)
}

fn add(args: &KeysAddArgs, path: &Path, out: &mut Out) -> Result<Exit, Failure> {
    let labels = [Some(&args.name), args.project.as_ref(), args.billing.as_ref()];
    let by_form = Redactor::default();
    for word in labels.into_iter().flatten().chain(&args.key_env).chain(&args.key_cmd) {
        if by_form.clean(word) != *word {
            let why = "a key does not belong on the command line, where others can see it";
            return Err(Failure::usage("keys add", why)
                .hint("take it out of the shell's history, and replace the key"));
        }
    }
    for label in labels.into_iter().flatten().chain(&args.key_env) {
        if label.trim() != label || label.is_empty() || label.chars().any(char::is_control) {
            return Err(Failure::usage("keys add", "a name is empty, or has blanks around it"));
        }
    }
    if args.name == ENV_NAME {
        return Err(Failure::usage(&args.name, format_args!("that is the name of {ENV_KEY}")));
    }
    if let Some(variable) = args.key_env.as_ref().filter(|name| !is_variable(name)) {
        return Err(Failure::usage(
            "--key-env",
            format_args!("'{variable}' is no variable's name"),
        ));
    }
    if let Some(line) = &args.key_cmd {
        KeyCommand::of(&line.as_str().into()).map_err(|why| Failure::usage("--key-cmd", why))?;
    }
    let key = if args.key_env.is_some() || args.key_cmd.is_some() {
        None
    } else {
        Some(key_input::read(|| out.note("the key, which is not shown:"))?)
    };
    let redactor = Redactor::new(key.clone());
    if labels.into_iter().flatten().any(|label| redactor.clean(label) != *label) {
        return Err(Failure::usage("keys add", "the name, project or billing has the key in it"));
    }
    let remaining = key_file::edit(path, |entries| {
        if let Some(why) = taken(entries, args, key.as_ref()) {
            return Err(Failure::usage(format_args!("cannot add {}", args.name), why));
        }
        entries.push(entry(args, key.as_ref()));
        Ok(names(entries))
    })?;
    let change = KeysChanged {
        change: KeysChange::Added,
        name: args.name.clone(),
        fingerprint: key.as_ref().map(fingerprint_of),
        remaining,
        extra: Extra::new(),
    };
    out.print(&redactor.clean_noun(change)?, changed)?;
    Ok(Exit::Yes)
}

fn remove(args: &KeysRemoveArgs, path: &Path, out: &mut Out) -> Result<Exit, Failure> {
    let change = key_file::edit(path, |entries| {
        let redactor = Redactor::new(entries.iter().filter_map(key_of));
        let what = format!("cannot remove {}", redactor.clean(&args.name));
        let places: Vec<usize> = (0..entries.len())
            .filter(|i| entries.get(*i).map(name_of) == Some(&args.name))
            .collect();
        let place = match places.as_slice() {
            [place] => *place,
            [] => {
                let known = match names(entries).as_slice() {
                    [] => "there are none".to_owned(),
                    names => format!("there are: {}", names.join(", ")),
                };
                let failure = Failure::usage(what, "no credential in the file has that name");
                return Err(failure.hint(redactor.clean(&known)));
            }
            _ => return Err(Failure::usage(what, "several have that name; edit the file by hand")),
        };
        let gone = entries.remove(place);
        let change = KeysChanged {
            change: KeysChange::Removed,
            name: args.name.clone(),
            fingerprint: key_of(&gone).as_ref().map(fingerprint_of),
            remaining: names(entries),
            extra: Extra::new(),
        };
        redactor.clean_noun(change)
    })?;
    out.print(&change, changed)?;
    Ok(Exit::Yes)
}

/// Why there is no room for what is to be added.
fn taken(entries: &[Value], args: &KeysAddArgs, key: Option<&SecretString>) -> Option<String> {
    let has = |entry: &&Value, key: &str, text: &str| text_of(entry, key) == Some(text);
    if entries.iter().any(|entry| name_of(entry) == args.name) {
        return Some("a credential has that name; give it another, or remove the old one".into());
    }
    let same_key = |entry: &&Value| key.is_some_and(|key| has(entry, "key", key.expose_secret()));
    let same_env = |entry: &&Value| args.key_env.as_ref().is_some_and(|v| has(entry, "key_env", v));
    let command = |value: &Value| KeyCommand::of(value).ok();
    let wanted = args.key_cmd.as_deref().and_then(|line| command(&line.into()));
    let same_cmd = |entry: &&Value| {
        wanted.is_some() && entry.get("key_cmd").and_then(command).as_ref() == wanted.as_ref()
    };
    let same = |entry: &&Value| same_key(entry) || same_env(entry) || same_cmd(entry);
    let other = entries.iter().find(same)?;
    let name = Redactor::new(key.cloned()).clean(name_of(other));
    Some(format!("{name} has the same key"))
}

/// The entry in the form that the predecessor reads, too: it wants the type spelled out.
fn entry(args: &KeysAddArgs, key: Option<&SecretString>) -> Value {
    let mut entry = Map::new();
    let mut put = |name: &str, value: Option<&str>| {
        if let Some(value) = value {
            entry.insert(name.to_owned(), value.into());
        }
    };
    put("name", Some(&args.name));
    put("type", Some("api_key"));
    put("key", key.map(SecretString::expose_secret));
    put("key_env", args.key_env.as_deref());
    put("key_cmd", args.key_cmd.as_deref());
    put("project", args.project.as_deref());
    put("billing", args.billing.as_deref());
    entry.insert("enabled".into(), true.into());
    entry.into()
}

fn shown(entry: &Value) -> KeyEntry {
    let text = |key: &str| text_of(entry, key).map(str::to_owned);
    let variable = text("key_env");
    let from_env = || {
        let value = environment::text(|name| std::env::var_os(name), variable.as_deref()?).ok()?;
        value.map(SecretString::from)
    };
    // In the order in which a call looks for it.
    let (source, key) = if entry.get("key_cmd").is_some_and(|command| !command.is_null()) {
        (KeySource::KeyCmd, None)
    } else if let Some(key) = from_env() {
        (KeySource::KeyEnv, Some(key))
    } else if let Some(key) = key_of(entry) {
        (KeySource::Key, Some(key))
    } else if variable.is_some() {
        (KeySource::KeyEnv, None)
    } else {
        (KeySource::None, None)
    };
    KeyEntry {
        name: name_of(entry).to_owned(),
        kind: text("type").unwrap_or_else(|| "api_key".into()),
        project: text("project"),
        billing: text("billing"),
        enabled: entry.get("enabled").and_then(Value::as_bool).unwrap_or(true),
        source,
        fingerprint: key.as_ref().map(fingerprint_of),
        variable,
        extra: Extra::new(),
    }
}

fn text_of<'a>(entry: &'a Value, key: &str) -> Option<&'a str> {
    entry.get(key).and_then(Value::as_str).filter(|text| !text.trim().is_empty())
}

fn name_of(entry: &Value) -> &str {
    text_of(entry, "name").unwrap_or(UNNAMED)
}

fn names(entries: &[Value]) -> Vec<String> {
    entries.iter().map(|entry| name_of(entry).to_owned()).collect()
}

fn key_of(entry: &Value) -> Option<SecretString> {
    text_of(entry, "key").map(SecretString::from)
}

/// A name that a shell can set (POSIX, 8.1).
fn is_variable(name: &str) -> bool {
    let begins_well = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    begins_well && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

fn table(entries: &[KeyEntry], page: &mut Page) {
    let mut table =
        Table::new(["NAME", "TYPE", "PROJECT", "BILLING", "ENABLED", "KEY FROM", "FINGERPRINT"]);
    for entry in entries {
        let source = match (entry.source, &entry.variable) {
            (KeySource::Key, _) => "the file".to_owned(),
            (KeySource::KeyCmd, _) => "a command".to_owned(),
            (_, Some(variable)) => format!("${variable}"),
            _ => "nowhere".to_owned(),
        };
        let (tone, enabled) = if entry.enabled { (Tone::Plain, "yes") } else { (Tone::Dim, "no") };
        table.row([
            Cell::new(&entry.name),
            Cell::new(&entry.kind),
            Cell::maybe(entry.project.as_ref()),
            Cell::maybe(entry.billing.as_ref()),
            Cell::toned(tone, enabled),
            Cell::new(source),
            Cell::maybe(entry.fingerprint.as_ref()),
        ]);
    }
    if !table.is_empty() {
        table.show(page);
    }
}

fn changed(change: &KeysChanged, page: &mut Page) {
    let word = match change.change {
        KeysChange::Added => "added",
        KeysChange::Removed => "removed",
    };
    page.line(Tone::Good, format_args!("{word} {}", change.name));
    let names = change.remaining.join(", ");
    page.field("in the file now", if names.is_empty() { "nothing" } else { &names });
}
