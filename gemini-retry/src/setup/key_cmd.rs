//! Keys that a command prints (`key_cmd`), such as `pass show gemini/team-a`. No shell runs it.

use std::io::Read as _;
use std::process::{ChildStdout, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};
use secrecy::SecretString;
use serde_json::Value;

use crate::call::children::Children;

/// How long a command may take: somebody may have to unlock a store.
pub(crate) const LIMIT: Duration = Duration::from_secs(10);
/// How often it is asked whether to stop.
const SLICE: Duration = Duration::from_millis(20);
/// No key is longer.
const LONGEST: u64 = 64 << 10;

/// The words of a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct KeyCommand(Vec<String>);

impl KeyCommand {
    /// Reads the value of `key_cmd`: a line, which is split as a shell would split it, or its words.
    ///
    /// # Errors
    /// One sentence without the value, which may hold a key.
    pub(crate) fn of(value: &Value) -> Result<Self, &'static str> {
        let words = match value {
            Value::String(line) => {
                shlex::split(line).ok_or("key_cmd has a quote that is not closed")?
            }
            Value::Array(words) => {
                let words: Option<Vec<_>> =
                    words.iter().map(|word| word.as_str().map(str::to_owned)).collect();
                words.ok_or("key_cmd is a line, or a list of words")?
            }
            _ => return Err("key_cmd is a line, or a list of words"),
        };
        match words.first() {
            None => Err("key_cmd is empty"),
            Some(program) if program.is_empty() => Err("key_cmd begins with an empty word"),
            Some(_) if words.iter().any(|word| word.contains('\0')) => Err("key_cmd holds a NUL"),
            Some(_) => Ok(Self(words)),
        }
    }
}

/// Runs all of `commands` at once, without the variables `hidden`, and gives what each printed, or a
/// sentence that says what went wrong. `stopped` is asked again and again whether to give up.
///
/// # Errors
/// The signal because of which it gave up; the commands are killed then.
pub(crate) fn ask_all(
    commands: &[&KeyCommand],
    hidden: &[String],
    limit: Duration,
    stopped: impl Fn() -> Option<i32>,
) -> Result<Vec<Result<SecretString, String>>, i32> {
    let children = Children::default();
    let (sender, results) = mpsc::channel();
    let mut keys: Vec<Option<Result<SecretString, String>>> =
        commands.iter().map(|_| None).collect();
    let ended = thread::scope(|scope| {
        for (place, command) in commands.iter().enumerate() {
            let (sender, children) = (sender.clone(), &children);
            // Nobody listens any more after a signal.
            scope.spawn(move || drop(sender.send((place, ask(command, hidden, limit, children)))));
        }
        drop(sender);
        loop {
            match results.recv_timeout(SLICE) {
                Ok((place, key)) => {
                    if let Some(slot) = keys.get_mut(place) {
                        *slot = Some(key);
                    }
                }
                Err(RecvTimeoutError::Disconnected) => return Ok(()),
                Err(RecvTimeoutError::Timeout) => {}
            }
            if let Some(signal) = stopped() {
                children.abandon();
                return Err(signal);
            }
        }
    });
    ended?;
    let lost = || Err("key_cmd did not end".to_owned());
    Ok(keys.into_iter().map(|key| key.unwrap_or_else(lost)).collect())
}

/// Runs one command. What it says on stderr is not kept: it may be the key.
fn ask(
    KeyCommand(words): &KeyCommand,
    hidden: &[String],
    limit: Duration,
    children: &Children,
) -> Result<SecretString, String> {
    let begun = Instant::now();
    let (program, arguments) = words.split_first().ok_or("key_cmd is empty")?;
    let mut command = Command::new(program);
    repo::scrub(&mut command);
    for name in hidden {
        command.env_remove(name);
    }
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let fail = |e: std::io::Error| format!("key_cmd cannot be run: {e}");
    let (mut child, group) = children.begin(&mut command, None).map_err(fail)?;
    let (sender, news) = mpsc::channel();
    let stdout = child.stdout.take();
    thread::spawn(move || drop(sender.send(read(stdout, group))));
    let text = news.recv_timeout(limit.saturating_sub(begun.elapsed()));
    // The leader is not collected yet, so the number cannot belong to anybody else.
    children.end(group);
    let status = child.wait().map_err(fail)?;
    match text {
        Ok(text) => key(text.map_err(fail)?, status),
        Err(_) => Err(format!("key_cmd printed no key within {limit:?}")),
    }
}

/// Reads what the command prints, until it has ended.
fn read(stdout: Option<ChildStdout>, program: Pid) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    if let Some(stdout) = stdout {
        stdout.take(LONGEST).read_to_end(&mut bytes)?;
    }
    // It stays to be collected, so that its number is not given to another process.
    waitid(WaitId::Pid(program), WaitIdOptions::EXITED | WaitIdOptions::NOWAIT)?;
    Ok(bytes)
}

/// The key in what a command printed: one line.
fn key(bytes: Vec<u8>, status: ExitStatus) -> Result<SecretString, String> {
    if !status.success() {
        return Err(format!("key_cmd failed ({status})"));
    }
    let mut text = String::from_utf8(bytes).map_err(|_| "key_cmd printed no text")?;
    if text.ends_with('\n') {
        text.pop();
        if text.ends_with('\r') {
            text.pop();
        }
    }
    if text.is_empty() {
        return Err("key_cmd printed nothing".to_owned());
    }
    Ok(SecretString::from(text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret as _;
    use serde_json::json;

    fn run(commands: &[Value], limit: Duration) -> Vec<Result<String, String>> {
        let commands: Vec<KeyCommand> =
            commands.iter().map(|words| KeyCommand::of(words).unwrap()).collect();
        let keys = ask_all(&commands.iter().collect::<Vec<_>>(), &[], limit, || None).unwrap();
        keys.into_iter().map(|key| key.map(|key| key.expose_secret().to_owned())).collect()
    }

    #[test]
    fn a_line_is_split_as_a_shell_would_and_by_no_shell() {
        let words = |value| KeyCommand::of(&value).map(|KeyCommand(words)| words);
        assert_eq!(words(json!("a 'b c' d\\ e $F `g`")).unwrap(), ["a", "b c", "d e", "$F", "`g`"]);
        assert_eq!(words(json!(["a b", "c"])).unwrap(), ["a b", "c"]);
        for odd in [
            json!(""),
            json!(" "),
            json!("a 'b"),
            json!([]),
            json!(["a", 1]),
            json!(7),
            json!([""]),
        ] {
            assert!(words(odd.clone()).unwrap_err().contains("key_cmd"), "{odd}");
        }
    }

    #[test]
    fn what_each_prints_is_its_key() {
        let keys = run(
            &[
                json!("printf 'key-one\\n'"),
                json!(["printf", "key-two\r\n"]),
                json!("printf 'key-three\\n\\n'"),
                json!("printf 'key four'"),
                json!("true"),
                json!("sh -c 'echo secret >&2; echo secret; exit 3'"),
                json!("no-such-program-anywhere"),
                json!(["printf", "\\377"]),
            ],
            Duration::from_mins(5),
        );
        assert_eq!(
            keys[..4],
            ["key-one", "key-two", "key-three\n", "key four"].map(|k| Ok(k.into()))
        );
        for (key, why) in keys[4..].iter().zip([
            "key_cmd printed nothing",
            "key_cmd failed (exit status: 3)",
            "key_cmd cannot be run: ",
            "key_cmd printed no text",
        ]) {
            let fault = key.as_ref().unwrap_err();
            assert!(fault.starts_with(why) && !fault.contains("secret"), "{fault}");
        }
    }

    #[test]
    fn one_that_does_not_end_is_killed_with_what_it_started() {
        let script = "sleep 1000 & echo $! >\"$0\"; wait";
        let scratch = testkit::Scratch::new();
        let told = scratch.path("pid");
        let command = KeyCommand::of(&json!(["sh", "-c", script, told.to_str().unwrap()])).unwrap();
        // The signal comes once the inner process is there.
        let pid = || std::fs::read_to_string(&told).ok()?.trim().parse::<i32>().ok();
        let signal = ask_all(&[&command], &[], Duration::from_mins(5), || pid().map(|_| 15));
        assert_eq!(signal.map(|_| ()), Err(15));
        let gone = || {
            let stat = std::fs::read_to_string(format!("/proc/{}/stat", pid().unwrap()));
            // A dead process that nobody has collected yet is gone, too.
            stat.map_or(true, |stat| stat.contains(") Z "))
        };
        while !gone() {
            thread::yield_now();
        }
        let [key] = &run(&[json!("sleep 1000")], Duration::from_millis(10))[..] else { panic!() };
        assert_eq!(key, &Err("key_cmd printed no key within 10ms".to_owned()));
    }
}
