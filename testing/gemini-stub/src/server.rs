//! The running stub: accepts connections, answers them, and remembers what came.

mod connection;
mod state;

use std::fmt;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::plan::Plan;
use crate::script::{Script, ScriptError};
use crate::seen::SeenRequest;
use state::Shared;

/// How long [`Stub::wait_for_calls`] waits: a guard against hanging.
const PATIENCE: Duration = Duration::from_mins(2);

/// Where a stub listens and writes.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The port on 127.0.0.1; 0 takes a free one.
    pub port: u16,
    /// A file to which one JSON line a request is appended.
    pub log: Option<PathBuf>,
}

/// Why a stub could not be started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The script makes no sense.
    #[error(transparent)]
    Script(#[from] ScriptError),
    /// The port cannot be had.
    #[error("127.0.0.1:{port}: cannot listen: {source}")]
    Listen {
        /// The port that was asked for.
        port: u16,
        /// What the system said.
        source: io::Error,
    },
    /// The log file cannot be opened.
    #[error("{path}: cannot be opened: {source}")]
    Log {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// A running server on loopback. Dropping it ends all its connections and threads.
pub struct Stub {
    address: SocketAddr,
    shared: Arc<Shared>,
    acceptor: Option<JoinHandle<Vec<JoinHandle<()>>>>,
}

impl Stub {
    /// Starts on a free port, without a log file.
    ///
    /// # Panics
    /// When the script makes no sense or no port can be had, with the reason.
    #[track_caller]
    pub fn start(script: Script) -> Self {
        let started = Self::serve(script, &Options::default());
        #[expect(clippy::panic, reason = "the form for tests; Stub::serve returns the error")]
        started.unwrap_or_else(|error| panic!("gemini-stub: {error}"))
    }

    /// Starts as the options say.
    pub fn serve(script: Script, options: &Options) -> Result<Self, StartError> {
        let plan = Plan::of(script)?;
        let cannot_listen = |source| StartError::Listen { port: options.port, source };
        let listener =
            TcpListener::bind((Ipv4Addr::LOCALHOST, options.port)).map_err(cannot_listen)?;
        let address = listener.local_addr().map_err(cannot_listen)?;
        let shared = Arc::new(Shared::new(plan, options.log.as_deref())?);
        let for_acceptor = Arc::clone(&shared);
        let acceptor = thread::spawn(move || accept(&listener, &for_acceptor));
        Ok(Self { address, shared, acceptor: Some(acceptor) })
    }

    /// `http://127.0.0.1:PORT`, for `GOOGLE_GEMINI_BASE_URL`.
    pub fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The port it listens on.
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// Everything that came, in order of arrival.
    pub fn requests(&self) -> Vec<SeenRequest> {
        self.shared.lock().seen.clone()
    }

    /// How many generateContent requests came from the credential with that name.
    pub fn calls(&self, key: &str) -> usize {
        let is_call =
            |seen: &&SeenRequest| seen.model.is_some() && seen.key.as_deref() == Some(key);
        self.shared.lock().seen.iter().filter(is_call).count()
    }

    /// The most generateContent requests that were being answered at once, from all known credentials.
    pub fn most_at_once(&self) -> usize {
        self.shared.lock().most_at_once
    }

    /// The requests to which the script had nothing to say. A test that means to have scripted all
    /// of them asserts that this is empty.
    pub fn unscripted(&self) -> Vec<SeenRequest> {
        let seen = &self.shared.lock().seen;
        seen.iter().filter(|request| request.is_unscripted()).cloned().collect()
    }

    /// Why the log file could not be written, when that happened.
    pub fn log_failure(&self) -> Option<String> {
        self.shared.lock().log_failure.clone()
    }

    /// Blocks until at least `count` generateContent requests came, from any credential.
    ///
    /// # Panics
    /// When they do not come within two minutes.
    #[track_caller]
    #[expect(clippy::panic, reason = "for tests: what was waited for will not come")]
    pub fn wait_for_calls(&self, count: usize) {
        if let Err(came) = self.shared.wait_for_calls(count, PATIENCE) {
            panic!("gemini-stub: waited for {count} calls, {came} came");
        }
    }
}

/// Only the address: what came in may hold anything.
impl fmt::Debug for Stub {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stub").field("address", &self.address).finish_non_exhaustive()
    }
}

impl Drop for Stub {
    fn drop(&mut self) {
        self.shared.stop.set();
        // Wakes the acceptor. When it cannot be reached it has ended already.
        drop(TcpStream::connect(self.address));
        let workers = self.acceptor.take().and_then(|acceptor| acceptor.join().ok());
        self.shared.end_connections();
        for worker in workers.into_iter().flatten() {
            // A worker that panicked has printed its message.
            worker.join().ok();
        }
    }
}

/// Accepts until the stub is stopped; returns the threads that may still be at work.
fn accept(listener: &TcpListener, shared: &Arc<Shared>) -> Vec<JoinHandle<()>> {
    let mut workers: Vec<JoinHandle<()>> = Vec::new();
    loop {
        let accepted = listener.accept();
        if shared.stop.is_set() {
            return workers;
        }
        let Ok((stream, _)) = accepted else {
            // A connection that died in the queue, or no descriptor left: neither is a reason to
            // stop, and the second must not spin.
            if shared.stop.pause(Duration::from_millis(10)) {
                return workers;
            }
            continue;
        };
        workers.retain(|worker| !worker.is_finished());
        let stream = Arc::new(stream);
        shared.register(&stream);
        let shared = Arc::clone(shared);
        workers.push(thread::spawn(move || connection::serve(stream, &shared)));
    }
}
