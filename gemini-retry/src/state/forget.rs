//! Forgetting on request what the service's next refusal would teach again.

use records::Stamp;

use crate::state::overview::{Named, named};
use crate::state::{Retired, Scope, State, account_scope};

/// What to forget.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Forget {
    /// That a key is dead, and the cool-downs of its project and its account.
    Credential {
        /// The credential's name.
        name: String,
        /// Its project; `None` when the file does not say.
        project: Option<String>,
        /// Its account; `None` when the file does not say.
        billing: Option<String>,
    },
    /// The cool-downs of a model, and its breaker.
    Model(String),
    /// Everything.
    All,
}

/// Something that was forgotten.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Forgotten {
    /// A cool-down, by the name of its scope.
    Cooldown {
        /// The scope.
        scope: String,
        /// Why it was set.
        reason: String,
        /// When it would have ended.
        until: Stamp,
    },
    /// That a key is dead.
    Death {
        /// The credential's name.
        name: String,
        /// Why it was retired.
        reason: String,
    },
}

impl State {
    /// Forgets that this very key is dead, because the service took it again. Whether it was.
    pub(crate) fn revive(&mut self, name: &str, fingerprint: &str) -> bool {
        let was_dead = self.is_retired(name, fingerprint);
        if was_dead {
            self.credentials.remove(name);
        }
        was_dead
    }

    /// Forgets, and says what. Calls in flight are not touched.
    pub(crate) fn forget(&mut self, what: &Forget) -> Vec<Forgotten> {
        let account = match what {
            Forget::Credential { billing, .. } => billing.as_deref().map(account_scope),
            Forget::Model(_) | Forget::All => None,
        };
        let goes = |scope: &str| match (what, named(scope)) {
            (Forget::All, _) => true,
            (Forget::Model(of), Named::Model { model, .. }) => model == of,
            (Forget::Credential { project: Some(of), .. }, Named::Model { project, .. }) => {
                project == of
            }
            (Forget::Credential { .. }, Named::Account(_)) => account.as_deref() == Some(scope),
            _ => false,
        };
        let dies = |name: &str| match what {
            Forget::All => true,
            Forget::Credential { name: of, .. } => name == of,
            Forget::Model(_) => false,
        };
        let cooldowns = self.scopes.extract_if(.., |name, _| goes(name)).map(
            |(scope, Scope { reason, until, .. })| Forgotten::Cooldown { scope, reason, until },
        );
        let mut forgotten: Vec<Forgotten> = cooldowns.collect();
        let recovers = |model: &str| match what {
            Forget::All => true,
            Forget::Model(of) => model == of,
            Forget::Credential { .. } => false,
        };
        self.live.budgets.retain(|model, _| !recovers(model));
        let breakers = self.models.extract_if(.., |model, _| recovers(model));
        forgotten.extend(breakers.map(|(model, breaker)| Forgotten::Cooldown {
            scope: format!("m:{model}"),
            reason: breaker.reason,
            until: breaker.until,
        }));
        let deaths = self.credentials.extract_if(.., |name, _| dies(name));
        forgotten
            .extend(deaths.map(|(name, Retired { reason, .. })| Forgotten::Death { name, reason }));
        forgotten
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::backoff::Delays;
    use crate::policy::classify::Class;
    use crate::state::breaker::{Failed, Room};
    use jiff::Timestamp;

    fn state() -> State {
        let now = Timestamp::UNIX_EPOCH;
        let mut state = State::default();
        for scope in ["p:one|m:x", "p:one|m:y", "p:two|m:x", "b:acme", "b:other"] {
            state.cool(scope, "quota_day", now, "r", now);
        }
        state.retire("a", "fp", "auth", "", now);
        state.retire("b", "fp", "auth", "", now);
        state
    }

    /// What is left after forgetting.
    fn left(what: &Forget) -> Vec<String> {
        let mut state = state();
        let forgotten = state.forget(what).len();
        let left: Vec<String> =
            state.scopes.keys().chain(state.credentials.keys()).cloned().collect();
        assert_eq!(forgotten + left.len(), 7);
        left
    }

    #[test]
    fn a_breaker_goes_with_its_model() {
        let now = Timestamp::UNIX_EPOCH;
        let mut state = State::default();
        let delays = Delays { base: None, most: None };
        for (model, times) in [("x", 3), ("y", 3), ("z", 1)] {
            for _ in 0..times {
                let class = Class::Capacity;
                let failed = Failed { class, begun: now, now, floor: None, run: "r" };
                state.model_failed(model, failed, delays, 0);
            }
        }
        let forgotten = state.forget(&Forget::Model("x".into()));
        assert!(
            matches!(&forgotten[..], [Forgotten::Cooldown { scope, .. }] if scope == "m:x"),
            "{forgotten:?}"
        );
        assert_eq!((state.room("x", now), state.live.budgets.len()), (Room::Free, 1));
        assert_ne!(state.room("y", now), Room::Free);
        state.forget(&Forget::All);
        assert_eq!((state.room("y", now), state.live.budgets.len()), (Room::Free, 0));
    }

    #[test]
    fn only_the_key_that_was_dead_comes_back() {
        let mut state = state();
        assert!(!state.revive("a", "another"));
        assert!(state.revive("a", "fp") && !state.revive("a", "fp"));
        assert!(state.is_retired("b", "fp"));
    }

    #[test]
    fn only_what_was_named_is_forgotten() {
        let credential = |project: Option<&str>, billing: Option<&str>| Forget::Credential {
            name: "a".into(),
            project: project.map(str::to_owned),
            billing: billing.map(str::to_owned),
        };
        let some = credential(Some("one"), Some("acme"));
        assert_eq!(left(&some), ["b:other", "p:two|m:x", "b"]);
        assert_eq!(left(&credential(None, None)).len(), 6);
        assert_eq!(left(&Forget::Model("x".into())), ["b:acme", "b:other", "p:one|m:y", "a", "b"]);
        assert_eq!(left(&Forget::Model("z".into())).len(), 7);
        assert!(left(&Forget::All).is_empty());
    }
}
