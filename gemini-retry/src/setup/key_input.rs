//! Reading a key from stdin: never from the command line, where every process can see it.

use std::io::{self, BufRead as _, IsTerminal as _, Read as _};
use std::thread::JoinHandle;

use cli::Failure;
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
use secrecy::SecretString;
use signal_hook::consts::{SIGCONT, SIGHUP, SIGINT, SIGTERM, SIGTSTP};

use crate::setup::credentials::check_key;

/// No key is as long.
const LONGEST: u64 = 4096;

/// Reads one line. On a terminal it is not shown.
///
/// # Errors
/// Exit 2 for what is no key, 74 when stdin cannot be read.
pub(crate) fn read(ask: impl FnOnce()) -> Result<SecretString, Failure> {
    let stdin = io::stdin();
    let fail = |e: io::Error| Failure::world("cannot read the key from stdin", e);
    let mut bytes = Vec::new();
    if stdin.is_terminal() {
        ask();
        let hidden = Hidden::begin().map_err(fail)?;
        let read = stdin.lock().take(LONGEST).read_until(b'\n', &mut bytes);
        drop(hidden);
        read.map_err(fail)?;
    } else {
        stdin.lock().take(LONGEST).read_to_end(&mut bytes).map_err(fail)?;
    }
    let refuse = |why: &str| {
        Failure::usage("the key on stdin", why)
            .hint("give it on stdin, for example: gemini-retry keys add NAME < key.txt")
    };
    let text = String::from_utf8(bytes).map_err(|_| refuse("it is not UTF-8"))?;
    let text = text.trim_end_matches(['\r', '\n']);
    if text.is_empty() {
        return Err(refuse("there is none"));
    }
    if text.starts_with(['"', '\'']) || text.ends_with(['"', '\'']) {
        return Err(refuse("it stands in quotes, which are no part of a key"));
    }
    let key = SecretString::from(text);
    check_key(&key).map_err(refuse)?;
    Ok(key)
}

/// A terminal that shows nothing of what is typed, until this is dropped.
struct Hidden {
    before: Termios,
    handle: signal_hook::iterator::Handle,
    watch: Option<JoinHandle<()>>,
}

impl Hidden {
    fn begin() -> io::Result<Self> {
        let before = tcgetattr(io::stdin())?;
        let mut without = before.clone();
        without.local_modes.remove(LocalModes::ECHO);
        without.local_modes.insert(LocalModes::ECHONL);
        let watched = [SIGINT, SIGTERM, SIGHUP, SIGTSTP, SIGCONT];
        let mut signals = signal_hook::iterator::Signals::new(watched)?;
        let handle = signals.handle();
        let (shown, hidden) = (before.clone(), without.clone());
        let watch = std::thread::spawn(move || {
            for signal in signals.forever() {
                if signal == SIGCONT {
                    // A shell gives a program that goes on a terminal that shows everything.
                    set(&hidden);
                    continue;
                }
                // Nobody wants a shell that shows nothing after Ctrl-C or Ctrl-Z.
                set(&shown);
                drop(signal_hook::low_level::emulate_default_handler(signal));
            }
        });
        tcsetattr(io::stdin(), OptionalActions::Flush, &without)?;
        Ok(Self { before, handle, watch: Some(watch) })
    }
}

impl Drop for Hidden {
    fn drop(&mut self) {
        self.handle.close();
        // The watch has the last word no more: what it set may be what must not stay.
        drop(self.watch.take().map(JoinHandle::join));
        set(&self.before);
    }
}

/// Where even that fails there is nothing left to do.
fn set(modes: &Termios) {
    _ = tcsetattr(io::stdin(), OptionalActions::Now, modes);
}
