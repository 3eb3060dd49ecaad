//! What changes with every call: who is calling now, and who was used last. It may be lost, so it
//! costs no disk's patience: a power cut also ends the calls that it told of.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use records::{Extra, Stamp};
use serde::{Deserialize, Serialize};

use crate::policy::cooldown::later;
use crate::setup::credentials::Credential;
use crate::state::breaker::Budget;
use crate::state::process::Process;
use crate::state::{SKEW, VERSION};

/// How long a lease outlives the time that its request may take.
const LEEWAY: Duration = Duration::from_secs(30);

/// The content of `in-flight.json`. Keys of a later version are kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct InFlight {
    /// The format's version.
    #[serde(default)]
    pub(crate) version: u64,
    /// Counts the changes: every lease that is taken or given back is one.
    #[serde(default)]
    pub(crate) rev: u64,
    /// The calls that are being made.
    #[serde(default)]
    pub(crate) leases: Vec<Lease>,
    /// When a credential was last chosen, by its name.
    #[serde(default)]
    pub(super) last_used: BTreeMap<String, Stamp>,
    /// What a model may still fail, by its name; one that is not here has a full budget.
    #[serde(default)]
    pub(super) budgets: BTreeMap<String, Budget>,
    /// Keys of later versions.
    #[serde(flatten)]
    pub(super) extra: Extra,
}

/// The right to make one call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Lease {
    /// The run that calls. It has one lease at a time.
    pub(crate) run: String,
    /// The process of that run.
    #[serde(flatten)]
    pub(crate) holder: Process,
    /// The credential's name.
    pub(crate) credential: String,
    /// Its project.
    pub(crate) project: String,
    /// What is asked.
    pub(crate) model: String,
    /// When the call began.
    pub(crate) taken: Stamp,
    /// When it is over at the latest.
    pub(crate) expires: Stamp,
    /// Whether it finds out for all if a day's quota, or the model, is back.
    #[serde(default)]
    pub(crate) probe: bool,
    /// Keys of later versions.
    #[serde(flatten)]
    extra: Extra,
}

impl Lease {
    /// A lease from now on, for a call that may take as long as `limit`.
    pub(crate) fn new(run: &str, now: Timestamp, limit: Duration) -> Self {
        Self {
            run: run.to_owned(),
            holder: Process::this().clone(),
            credential: String::new(),
            project: String::new(),
            model: String::new(),
            taken: Stamp::new(now),
            expires: Stamp::new(later(now, limit.saturating_add(LEEWAY))),
            probe: false,
            extra: Extra::new(),
        }
    }

    /// The same for a call of `model` with this credential.
    pub(crate) fn of(self, credential: &Credential, model: &str, probe: bool) -> Self {
        let (credential, project) = (credential.name.clone(), credential.project.clone());
        Self { credential, project, model: model.to_owned(), probe, ..self }
    }
}

impl Default for InFlight {
    fn default() -> Self {
        Self {
            version: VERSION,
            rev: 0,
            leases: Vec::new(),
            last_used: BTreeMap::new(),
            budgets: BTreeMap::new(),
            extra: Extra::new(),
        }
    }
}

impl InFlight {
    /// The calls of one project, whatever the model.
    pub(crate) fn of_project(&self, project: &str) -> impl Iterator<Item = &Lease> {
        self.leases.iter().filter(move |lease| lease.project == project)
    }

    /// The calls that find out whether `model` is back, for all or for one project.
    pub(crate) fn probes<'a>(&'a self, model: &'a str) -> impl Iterator<Item = &'a Lease> {
        self.leases.iter().filter(move |lease| lease.probe && lease.model == model)
    }

    /// A call begins: its credential was used last.
    pub(crate) fn take(&mut self, lease: Lease) {
        self.last_used.insert(lease.credential.clone(), lease.taken);
        self.leases.push(lease);
    }

    /// The call of this run is over, however it ended.
    pub(crate) fn give_back(&mut self, run: &str) {
        self.leases.retain(|lease| lease.run != run);
    }

    /// When a credential was last chosen; never comes before any time.
    pub(crate) fn last_used(&self, name: &str) -> Option<Stamp> {
        self.last_used.get(name).copied()
    }

    /// What an earlier version kept elsewhere counts where nothing newer is known.
    pub(crate) fn adopt(&mut self, earlier: BTreeMap<String, Stamp>) {
        for (name, at) in earlier {
            self.last_used.entry(name).or_insert(at);
        }
    }

    /// Drops the leases that hold no more: those that are over, those of processes that are gone,
    /// and those that a wrong clock dated into the future.
    pub(crate) fn settle(&mut self, now: Timestamp, is_gone: impl Fn(&Process) -> bool) {
        self.leases.retain(|lease| {
            let ahead = now.duration_until(lease.taken.instant());
            lease.expires.instant() > now && ahead <= SKEW && !is_gone(&lease.holder)
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).unwrap()
    }

    fn lease(run: &str, project: &str, taken: i64, limit: u64) -> Lease {
        let (credential, project) = (project.to_owned(), project.to_owned());
        Lease { credential, project, ..Lease::new(run, at(taken), Duration::from_secs(limit)) }
    }

    #[test]
    fn a_lease_ends_when_it_is_given_back_or_over_or_its_process_is_gone() {
        let mut live = InFlight::default();
        for run in ["one", "two", "three"] {
            live.take(lease(run, "a", 0, 300));
        }
        live.take(lease("ahead", "a", 1000, 300));
        live.give_back("two");
        live.leases[1].holder.pid = 7;
        live.settle(at(1), |process| process.pid == 7);
        assert_eq!(live.of_project("a").map(|l| l.run.as_str()).collect::<Vec<_>>(), ["one"]);
        live.settle(at(329), |_| false);
        assert_eq!(live.leases.len(), 1);
        live.settle(at(330), |_| false);
        assert_eq!(live.leases, []);
        assert_eq!(live.last_used("a"), Some(Stamp::new(at(1000))));
    }

    #[test]
    fn keys_of_a_later_version_come_back() {
        let text = r#"{"version":1,"queue":[1],"leases":[{"run":"r","pid":1,"credential":"c",
            "project":"p","model":"m","taken":"2026-01-24T18:30:45.000Z",
            "expires":"2026-01-24T18:36:15.000Z","cost":3}]}"#;
        let live: InFlight = serde_json::from_str(text).unwrap();
        assert!(!live.leases[0].holder.is_gone(), "nothing is known of its process");
        let back = serde_json::to_value(&live).unwrap();
        assert_eq!((&back["queue"][0], &back["leases"][0]["cost"]), (&1.into(), &3.into()));
    }

    proptest! {
        #[test]
        fn a_crash_blocks_no_longer_than_its_lease(limit in 0_u64..4000, later in 0_i64..5000) {
            let mut live = InFlight::default();
            live.take(lease("crashed", "a", 0, limit));
            live.settle(at(later), |_| false);
            let held = live.of_project("a").count() == 1;
            prop_assert_eq!(held, later < i64::try_from(limit).unwrap() + 30);
        }
    }
}
