//! What all processes of a user know together: which project cools down until when and which key is
//! dead, and beside it who is calling now. Names only, never a key. Only [`store`] does I/O.

pub(crate) mod breaker;
pub(crate) mod forget;
pub(crate) mod in_flight;
pub(crate) mod learnt;
pub(crate) mod overview;
pub(crate) mod process;
pub(crate) mod store;

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use records::{Extra, Stamp};
use serde::{Deserialize, Serialize};

use crate::policy::classify::Class;
use crate::state::breaker::Breaker;
use crate::state::in_flight::InFlight;

/// The version that this program writes.
pub(crate) const VERSION: u64 = 1;

/// Longer than any reset of a day's quota: whatever claims more is a broken clock or a broken file.
const LONGEST: SignedDuration = SignedDuration::from_hours(26);
/// How far the clocks of two machines that share a home may differ.
const SKEW: SignedDuration = SignedDuration::from_mins(5);

/// The content of `state.json`. Keys of a later version are kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct State {
    /// The format's version.
    #[serde(default)]
    pub(crate) version: u64,
    /// Counts the changes.
    #[serde(default)]
    pub(crate) rev: u64,
    /// When the last change was made.
    #[serde(default)]
    pub(crate) updated_at: Option<Stamp>,
    /// Cool-downs by scope, see [`model_scope`] and [`account_scope`].
    #[serde(default)]
    scopes: BTreeMap<String, Scope>,
    /// Dead keys by the credential's name.
    #[serde(default)]
    credentials: BTreeMap<String, Retired>,
    /// What keeps everybody from a model, by its name.
    #[serde(default)]
    models: BTreeMap<String, Breaker>,
    /// Where earlier versions kept what [`InFlight`] has now.
    #[serde(default, rename = "last_used", skip_serializing)]
    earlier_last_used: BTreeMap<String, Stamp>,
    /// What changes with every call and is kept in a file of its own.
    #[serde(skip)]
    pub(crate) live: InFlight,
    /// Keys of later versions.
    #[serde(flatten)]
    extra: Extra,
}

/// A cool-down.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Scope {
    /// The class of the refusal that caused it.
    pub(crate) reason: String,
    /// When it ends.
    pub(crate) until: Stamp,
    /// When it was set.
    pub(crate) set_at: Stamp,
    /// The run that set it.
    #[serde(default)]
    pub(crate) set_by: String,
    /// How many cool-downs of this reason came one after another.
    #[serde(default)]
    pub(crate) strikes: u32,
    /// Keys of later versions.
    #[serde(flatten)]
    extra: Extra,
}

/// A dead key.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Retired {
    /// The class of the refusal that caused it.
    pub(crate) reason: String,
    /// The fingerprint of the key: another key under the same name is alive.
    fp: String,
    /// When that was.
    pub(crate) set_at: Stamp,
    /// The reason that the service gave.
    #[serde(default)]
    pub(crate) detail: String,
    #[serde(flatten)]
    extra: Extra,
}

impl Default for State {
    fn default() -> Self {
        Self {
            version: VERSION,
            rev: 0,
            updated_at: None,
            scopes: BTreeMap::new(),
            credentials: BTreeMap::new(),
            models: BTreeMap::new(),
            earlier_last_used: BTreeMap::new(),
            live: InFlight::default(),
            extra: Extra::new(),
        }
    }
}

/// The scope of a project's quota for a model.
pub(crate) fn model_scope(project: &str, model: &str) -> String {
    format!("p:{project}|m:{model}")
}

/// The scope of everything that one account pays for.
pub(crate) fn account_scope(billing: &str) -> String {
    format!("b:{billing}")
}

/// The stamp of `at`, up to a millisecond later: a stamp alone would cut off what is left of it, and
/// the service would be asked before the time that it named.
fn no_earlier(at: Timestamp) -> Stamp {
    let last = SignedDuration::from_nanos(999_999);
    Stamp::new(at.checked_add(last).unwrap_or(at))
}

impl State {
    /// When the latest of the cool-downs of `scopes` ends, with its reason; `None` when none holds.
    pub(crate) fn cooling(&self, scopes: &[String], now: Timestamp) -> Option<(Timestamp, &str)> {
        let held = scopes.iter().filter_map(|name| self.scopes.get(name));
        held.map(|scope| (scope.until.instant(), scope.reason.as_str()))
            .filter(|(until, _)| *until > now)
            .max_by_key(|(until, _)| *until)
    }

    /// Whether a day's quota should be back and no answer has shown it yet: one run may find out.
    pub(crate) fn is_day_over(&self, scopes: &[String], now: Timestamp) -> bool {
        let mut held = scopes.iter().filter_map(|name| self.scopes.get(name));
        held.any(|scope| scope.reason == Class::QuotaDay.name() && scope.until.instant() <= now)
    }

    /// How many cool-downs of this reason a scope had one after another.
    pub(crate) fn strikes(&self, scope: &str, reason: &str) -> u32 {
        self.scopes.get(scope).filter(|s| s.reason == reason).map_or(0, |s| s.strikes)
    }

    /// Starts a cool-down. It never shortens one that holds: of two processes that learn different
    /// things at once, the later end stands.
    pub(crate) fn cool(
        &mut self,
        name: &str,
        reason: &str,
        until: Timestamp,
        run: &str,
        now: Timestamp,
    ) -> Stamp {
        let most = now.checked_add(LONGEST).unwrap_or(Timestamp::MAX);
        let strikes = self.strikes(name, reason).saturating_add(1);
        let new = Scope {
            reason: reason.to_owned(),
            until: no_earlier(until.min(most)),
            set_at: Stamp::new(now),
            set_by: run.to_owned(),
            strikes,
            extra: Extra::new(),
        };
        match self.scopes.get_mut(name) {
            Some(held) if held.until >= new.until => held.until,
            _ => {
                let until = new.until;
                self.scopes.insert(name.to_owned(), new);
                until
            }
        }
    }

    /// Whether the key with this fingerprint is known to be dead.
    pub(crate) fn is_retired(&self, name: &str, fingerprint: &str) -> bool {
        self.credentials.get(name).is_some_and(|retired| retired.fp == fingerprint)
    }

    /// Remembers that a key is dead.
    pub(crate) fn retire(
        &mut self,
        name: &str,
        fingerprint: &str,
        reason: &str,
        detail: &str,
        now: Timestamp,
    ) {
        let retired = Retired {
            reason: reason.to_owned(),
            fp: fingerprint.to_owned(),
            set_at: Stamp::new(now),
            detail: detail.to_owned(),
            extra: Extra::new(),
        };
        self.credentials.insert(name.to_owned(), retired);
    }

    /// A success ends what it disproves: cool-downs of the project that ended by themselves before
    /// the call began are forgotten, and their strikes with them. One that was set meanwhile, by a
    /// process that learnt something newer, stands.
    pub(crate) fn succeeded(&mut self, scopes: &[String], begun: Timestamp) {
        for name in scopes {
            if self.scopes.get(name).is_some_and(|scope| scope.until.instant() <= begun) {
                self.scopes.remove(name);
            }
        }
    }

    /// Adds what changes with every call, from its own file.
    pub(crate) fn with(mut self, live: InFlight) -> Self {
        self.live = InFlight { version: VERSION, ..live };
        self.live.adopt(std::mem::take(&mut self.earlier_last_used));
        self
    }

    /// Repairs what a wrong clock wrote: a cool-down from the future begins now, and none lasts
    /// longer than [`LONGEST`]. What ended more than that long ago is forgotten.
    pub(crate) fn settle(&mut self, now: Timestamp) {
        let scopes = self.scopes.values_mut().map(|s| (&mut s.set_at, &mut s.until));
        let models = self.models.values_mut().map(|b| (&mut b.set_at, &mut b.until));
        for (set_at, until) in scopes.chain(models) {
            let set = set_at.instant();
            let asked = set.duration_until(until.instant());
            let length = asked.min(LONGEST);
            if now.duration_until(set) > SKEW {
                *set_at = Stamp::new(now);
                *until = Stamp::new(now.checked_add(length).unwrap_or(Timestamp::MAX));
            } else if asked > LONGEST {
                *until = Stamp::new(set.checked_add(length).unwrap_or(Timestamp::MAX));
            }
        }
        let is_recent = |until: &Stamp| until.instant().duration_until(now) <= LONGEST;
        self.scopes.retain(|_, scope| is_recent(&scope.until));
        self.models.retain(|_, breaker| is_recent(&breaker.until));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn ends(state: &State, name: &str, now: i64) -> Option<i64> {
        state.cooling(&[name.to_owned()], at(now)).map(|(until, _)| until.as_second())
    }

    proptest! {
        #[test]
        fn a_cooldown_never_makes_a_credential_free_earlier(
            steps in prop::collection::vec((0_u8..3, 0_i64..200_000, any::<bool>()), 1..30),
        ) {
            let now = 1_800_000_000;
            let names = ["p:a|m:x", "p:b|m:x", "b:a"];
            let mut state = State::default();
            for (which, ahead, day) in steps {
                let before = names.map(|name| ends(&state, name, now));
                let reason = if day { "quota_day" } else { "quota_minute" };
                let name = names[usize::from(which)];
                state.cool(name, reason, at(now + ahead), "run", at(now));
                state.settle(at(now));
                for (name, before) in names.iter().zip(before) {
                    prop_assert!(ends(&state, name, now) >= before, "{}", name);
                }
                // What was asked holds, up to the longest time that makes sense.
                let asked = (now + ahead).min(now + LONGEST.as_secs());
                prop_assert!(ahead == 0 || ends(&state, name, now) >= Some(asked));
            }
        }

        #[test]
        fn a_success_frees_nothing_that_holds(ahead in -100_i64..100, begun in -100_i64..100) {
            let now = 1_800_000_000;
            let mut state = State::default();
            state.cool("p", "quota_minute", at(now + ahead), "run", at(now - 200));
            let before = ends(&state, "p", now + begun);
            state.succeeded(&["p".to_owned()], at(now + begun));
            prop_assert_eq!(ends(&state, "p", now + begun), before);
        }
    }

    #[test]
    fn a_wrong_clock_blocks_nobody_for_longer_than_a_day() {
        let now = 1_800_000_000;
        let mut state = State::default();
        state.cool("far", "quota_day", at(now + 400 * 86_400), "r", at(now));
        assert_eq!(ends(&state, "far", now), Some(now + 26 * 3600));
        state.cool("future", "quota_day", at(now + 400 * 86_400), "r", at(now + 399 * 86_400));
        state.cool("long", "quota_day", at(now + 10), "r", at(now));
        state.scopes.get_mut("long").unwrap().until = Stamp::new(at(now + 900 * 86_400));
        state.settle(at(now));
        assert_eq!(ends(&state, "future", now), Some(now + 86_400));
        assert_eq!(ends(&state, "long", now), Some(now + 26 * 3600));
        state.settle(at(now + 60 * 3600));
        assert!(state.scopes.is_empty());
    }

    #[test]
    fn a_part_of_a_millisecond_is_not_cut_off() {
        let until = at(45) + SignedDuration::from_nanos(837_906_927);
        let mut state = State::default();
        state.cool("p", "quota_minute", until, "run", at(0));
        let (held, _) = state.cooling(&["p".to_owned()], at(1)).unwrap();
        assert_eq!(held, at(45) + SignedDuration::from_millis(838));
        // A whole one stays as it is.
        state.cool("q", "quota_minute", held, "run", at(0));
        assert_eq!(state.cooling(&["q".to_owned()], at(1)).unwrap().0, held);
    }

    #[test]
    fn another_key_under_the_same_name_is_alive() {
        let mut state = State::default();
        state.retire("a", "sha256:01", "auth", "API_KEY_INVALID", at(0));
        assert!(state.is_retired("a", "sha256:01"));
        assert!(!state.is_retired("a", "sha256:02"));
        assert!(!state.is_retired("b", "sha256:01"));
    }

    #[test]
    fn keys_of_a_later_version_come_back() {
        let text = r#"{"version":1,"weather":[1],"scopes":{"s":{"reason":"x",
            "until":"2026-01-25T08:00:00.000Z","set_at":"2026-01-24T08:00:00.000Z","probe":7}}}"#;
        let state: State = serde_json::from_str(text).unwrap();
        let back = serde_json::to_value(&state).unwrap();
        assert_eq!(back["weather"][0], 1);
        assert_eq!(back["scopes"]["s"]["probe"], 7);
    }
}
