//! What all connections of a stub share.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::net::{Shutdown, TcpStream};
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use sha2::{Digest as _, Sha256};

use super::StartError;
use crate::answer::{Answer, decide, malformed};
use crate::http::{BadRequest, Request};
use crate::plan::Plan;
use crate::route::Route;
use crate::seen::SeenRequest;
use crate::sequence::Places;
use crate::stop::Stop;

pub(crate) struct Shared {
    plan: Plan,
    pub(crate) stop: Stop,
    state: Mutex<State>,
    arrived: Condvar,
    begun: Instant,
    /// Weak, so that a connection closes when its own thread lets go of it: only then can it be
    /// closed with a reset.
    connections: Mutex<Vec<Weak<TcpStream>>>,
}

pub(crate) struct State {
    pub(crate) seen: Vec<SeenRequest>,
    places: Places,
    in_flight: HashMap<String, usize>,
    /// generateContent requests that were being answered at once, from all credentials: the most so far.
    pub(crate) most_at_once: usize,
    log: Option<File>,
    pub(crate) log_failure: Option<String>,
}

impl Shared {
    pub(crate) fn new(plan: Plan, log: Option<&Path>) -> Result<Self, StartError> {
        let open = |path: &Path| {
            let opened = OpenOptions::new().append(true).create(true).open(path);
            opened.map_err(|source| StartError::Log { path: path.to_owned(), source })
        };
        let state = State {
            seen: Vec::new(),
            places: Places::default(),
            in_flight: HashMap::new(),
            most_at_once: 0,
            log: log.map(open).transpose()?,
            log_failure: None,
        };
        Ok(Self {
            plan,
            stop: Stop::default(),
            state: Mutex::new(state),
            arrived: Condvar::new(),
            begun: Instant::now(),
            connections: Mutex::default(),
        })
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn register(&self, stream: &Arc<TcpStream>) {
        let mut all = self.connections.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|known| known.strong_count() > 0);
        all.push(Arc::downgrade(stream));
    }

    /// Ends every connection, so that no thread reads or writes any more.
    pub(crate) fn end_connections(&self) {
        let all = self.connections.lock().unwrap_or_else(PoisonError::into_inner);
        for stream in all.iter().filter_map(Weak::upgrade) {
            // Fails when the client was faster.
            stream.shutdown(Shutdown::Both).ok();
        }
    }

    /// `Err` holds how many came.
    pub(crate) fn wait_for_calls(&self, count: usize, patience: Duration) -> Result<(), usize> {
        let calls = |state: &State| state.seen.iter().filter(|seen| seen.model.is_some()).count();
        let few = |state: &mut State| calls(state) < count;
        let waited = self.arrived.wait_timeout_while(self.lock(), patience, few);
        let (state, timeout) = waited.unwrap_or_else(PoisonError::into_inner);
        if timeout.timed_out() { Err(calls(&state)) } else { Ok(()) }
    }

    /// Chooses the answer to a request and writes the request down. The guard counts it as being
    /// answered until it is dropped.
    pub(crate) fn answer(&self, request: &Request) -> (Answer, InFlight<'_>) {
        let head = &request.head;
        let in_query = head.query.as_deref().and_then(key_of_query);
        let key = head.values("x-goog-api-key").next().or(in_query);
        let name = key.and_then(|key| self.plan.keys.name_of(key));
        let route = Route::of(&head.method, &head.path);
        let model = if let Route::Generate(model) = &route { Some(model.clone()) } else { None };

        let mut state = self.lock();
        let seq = state.seen.len() as u64 + 1;
        let answer =
            decide(&self.plan, &mut state.places, &route, key, request, seq, self.begun.elapsed());
        let counted = name.filter(|_| model.is_some()).map(str::to_owned);
        let in_flight = counted.as_ref().map_or(0, |name| {
            let count = state.in_flight.entry(name.clone()).or_default();
            *count += 1;
            *count
        });
        state.most_at_once = state.most_at_once.max(state.in_flight.values().sum());
        let names = head.headers.iter();
        let seen = SeenRequest {
            schema: "gemini-stub.request/1",
            seq,
            at: now(),
            key: name.map(str::to_owned),
            has_key: key.is_some(),
            key_in_query: in_query.is_some(),
            model: model.map(|model| self.plan.keys.redact(&model)),
            method: Some(self.plan.keys.redact(&head.method)),
            path: Some(self.plan.keys.redact(&head.path)),
            header_names: names.map(|(name, _)| self.plan.keys.redact(name)).collect(),
            body_sha256: hex_sha256(&request.body),
            body_bytes: request.body.len(),
            in_flight,
            given: answer.given.clone(),
            status: answer.status,
            body: serde_json::from_slice(&request.body).ok(),
        };
        state.remember(seen);
        self.arrived.notify_all();
        (answer, InFlight { shared: self, name: counted })
    }

    /// Writes down bytes that were not a request, and says what to answer.
    pub(crate) fn answer_malformed(&self, bad: BadRequest) -> Answer {
        let answer = malformed(bad.status, bad.why);
        let mut state = self.lock();
        let seen = SeenRequest {
            schema: "gemini-stub.request/1",
            seq: state.seen.len() as u64 + 1,
            at: now(),
            key: None,
            has_key: false,
            key_in_query: false,
            model: None,
            method: None,
            path: None,
            header_names: Vec::new(),
            body_sha256: hex_sha256(b""),
            body_bytes: 0,
            in_flight: 0,
            given: answer.given.clone(),
            status: answer.status,
            body: None,
        };
        state.remember(seen);
        answer
    }
}

impl State {
    fn remember(&mut self, seen: SeenRequest) {
        if let Some(log) = &mut self.log {
            let line = serde_json::to_string(&seen).map_err(std::io::Error::from);
            let written = line.and_then(|line| log.write_all(format!("{line}\n").as_bytes()));
            if let Err(error) = written {
                self.log_failure.get_or_insert_with(|| error.to_string());
            }
        }
        self.seen.push(seen);
    }
}

/// A request that is being answered.
pub(crate) struct InFlight<'a> {
    shared: &'a Shared,
    name: Option<String>,
}

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        if let Some(name) = &self.name
            && let Some(count) = self.shared.lock().in_flight.get_mut(name)
        {
            *count -= 1;
        }
    }
}

fn key_of_query(query: &str) -> Option<&str> {
    query.split('&').find_map(|pair| pair.strip_prefix("key="))
}

fn hex_sha256(bytes: &[u8]) -> String {
    let mut hex = String::with_capacity(64);
    for byte in Sha256::digest(bytes) {
        write!(hex, "{byte:02x}").ok();
    }
    hex
}

#[expect(clippy::disallowed_methods, reason = "the stub stamps what it saw; nothing decides on it")]
fn now() -> String {
    format!("{:.3}", jiff::Timestamp::now())
}
