//! What all processes know of a model's strength: a budget for failures, and when it is used up a
//! breaker, behind which one call at a time finds out whether the model is back.
//!
//! A model has either a budget or a breaker. The budget is 10 tokens: a failure that may be tried
//! again costs one, a success gives a fifth of one back. At 5 tokens, or at the third overload in a
//! row, the breaker takes its place: nobody calls until a time that moves away with each failed
//! probe, then one run does. An answer removes the breaker, and with it what was spent.

use jiff::Timestamp;
use records::{Extra, Stamp};
use serde::{Deserialize, Serialize};

use crate::policy::backoff::{Delays, delay};
use crate::policy::classify::Class;
use crate::policy::cooldown::later;
use crate::state::State;

/// The budget counts in fifths of a token, so that no fraction is ever rounded.
const TOKEN: u32 = 5;
/// What a model has that answers.
const FULL: u32 = 10 * TOKEN;
/// What is not spent on further tries.
const RESERVE: u32 = 5 * TOKEN;
/// So many overloads in a row are no accident.
const IN_A_ROW: u32 = 3;

/// What a model may still fail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Budget {
    /// Fifths of a token.
    fifths: u32,
    /// Overloads since the last answer.
    #[serde(default)]
    overloads: u32,
    /// Keys of later versions.
    #[serde(flatten)]
    extra: Extra,
}

/// What keeps all processes from a model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Breaker {
    /// The class of the failure that was last.
    pub(crate) reason: String,
    /// No call before this time, and one at a time from then on.
    #[serde(rename = "capacity_until")]
    pub(crate) until: Stamp,
    /// When the last failure was.
    pub(crate) set_at: Stamp,
    /// The run that had it.
    #[serde(default)]
    pub(crate) set_by: String,
    /// How many failures in a row the wait has grown with.
    #[serde(default)]
    pub(crate) strikes: u32,
    /// Keys of later versions.
    #[serde(flatten)]
    extra: Extra,
}

/// Whether a model may be called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Room {
    /// By anybody.
    Free,
    /// By nobody before this time; and the class that is the reason.
    None(Timestamp, String),
    /// By one run at a time.
    Probe,
}

/// What a call says about its model's strength.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sign {
    /// It has no room.
    Overload,
    /// It failed, perhaps for want of room.
    Trouble,
    /// It answered.
    Answer,
    /// Nothing.
    None,
}

impl Sign {
    /// The sign of a failure. An answer that was of no use is an answer.
    pub(crate) fn of(class: Class) -> Self {
        match class {
            Class::Capacity => Self::Overload,
            Class::Server | Class::Timeout => Self::Trouble,
            class if class.is_answer() => Self::Answer,
            _ => Self::None,
        }
    }
}

/// A failure of a call.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Failed<'a> {
    /// What it was.
    pub(crate) class: Class,
    /// When the call began.
    pub(crate) begun: Timestamp,
    /// When it was over.
    pub(crate) now: Timestamp,
    /// The wait that the service asked for.
    pub(crate) floor: Option<std::time::Duration>,
    /// The run that called.
    pub(crate) run: &'a str,
}

impl State {
    /// Whether `model` may be called.
    pub(crate) fn room(&self, model: &str, now: Timestamp) -> Room {
        match self.models.get(model) {
            None => Room::Free,
            Some(breaker) if breaker.until.instant() > now => {
                Room::None(breaker.until.instant(), breaker.reason.clone())
            }
            Some(_) => Room::Probe,
        }
    }

    /// The model answered a call that began at `begun`. A breaker goes if that was after the failure
    /// that it stands for; an older call says nothing about it.
    pub(crate) fn model_answered(&mut self, model: &str, begun: Timestamp) {
        if let Some(breaker) = self.models.get(model) {
            if breaker.set_at.instant() <= begun {
                self.models.remove(model);
            }
        } else if let Some(budget) = self.live.budgets.get_mut(model) {
            budget.overloads = 0;
            budget.fifths = budget.fifths.saturating_add(1);
            if budget.fifths >= FULL {
                self.live.budgets.remove(model);
            }
        }
    }

    /// A call of `model` failed. `seed` decides the jitter of a breaker's wait.
    pub(crate) fn model_failed(
        &mut self,
        model: &str,
        failed: Failed<'_>,
        delays: Delays,
        seed: u64,
    ) {
        let Failed { class, begun, now, floor, run } = failed;
        let sign = Sign::of(class);
        match sign {
            Sign::None => return,
            Sign::Answer => return self.model_answered(model, begun),
            Sign::Overload | Sign::Trouble => {}
        }
        let wait = |strikes: u32| {
            later(now, delay(delays, Class::Capacity, strikes.saturating_sub(1), floor, seed))
        };
        if let Some(breaker) = self.models.get_mut(model) {
            // Of many calls that were in flight together, the first says what all of them say.
            let is_news = breaker.set_at.instant() <= begun;
            if is_news {
                breaker.strikes = breaker.strikes.saturating_add(1);
                breaker.set_at = Stamp::new(now);
                run.clone_into(&mut breaker.set_by);
                class.name().clone_into(&mut breaker.reason);
            }
            if is_news || floor.is_some() {
                breaker.until = breaker.until.max(Stamp::new(wait(breaker.strikes)));
            }
            return;
        }
        let fresh = || Budget { fifths: FULL, overloads: 0, extra: Extra::new() };
        let budget = self.live.budgets.entry(model.to_owned()).or_insert_with(fresh);
        budget.fifths = budget.fifths.saturating_sub(TOKEN);
        if sign == Sign::Overload {
            budget.overloads = budget.overloads.saturating_add(1);
        }
        if budget.fifths <= RESERVE || budget.overloads >= IN_A_ROW {
            let strikes = budget.overloads.max(1);
            let breaker = Breaker {
                reason: class.name().to_owned(),
                until: Stamp::new(wait(strikes)),
                set_at: Stamp::new(now),
                set_by: run.to_owned(),
                strikes,
                extra: Extra::new(),
            };
            self.models.insert(model.to_owned(), breaker);
            self.live.budgets.remove(model);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use proptest::prelude::*;

    const DELAYS: Delays = Delays { base: None, most: None };

    fn at(ms: u64) -> Timestamp {
        later(Timestamp::from_second(1_800_000_000).unwrap(), Duration::from_millis(ms))
    }

    /// A call that begins and fails then, in milliseconds.
    fn fail(state: &mut State, class: Class, begun: u64, now: u64, floor: Option<u64>) {
        let floor = floor.map(Duration::from_millis);
        let failed = Failed { class, begun: at(begun), now: at(now), floor, run: "run" };
        state.model_failed("m", failed, DELAYS, now);
    }

    fn until(state: &State, now: u64) -> Option<Timestamp> {
        match state.room("m", at(now)) {
            Room::None(until, _) => Some(until),
            Room::Free | Room::Probe => None,
        }
    }

    #[test]
    fn the_third_overload_in_a_row_opens_the_breaker() {
        let mut state = State::default();
        for now in [0, 1000] {
            fail(&mut state, Class::Capacity, now, now + 10, None);
            assert_eq!(state.room("m", at(now + 10)), Room::Free);
        }
        state.model_answered("m", at(1500));
        for now in [2000, 3000] {
            fail(&mut state, Class::Capacity, now, now, None);
            assert_eq!(state.room("m", at(now)), Room::Free, "an answer came between");
        }
        fail(&mut state, Class::Capacity, 4000, 4000, None);
        let held = until(&state, 4000).unwrap();
        assert!(held >= at(14_000) && held <= at(24_000), "the third wait: {held}");
        assert_eq!(state.room("other", at(4000)), Room::Free);
        assert_eq!(state.room("m", at(24_000)), Room::Probe);
    }

    #[test]
    fn five_failures_use_up_the_budget_and_successes_fill_it() {
        let mut state = State::default();
        for turn in 0..4 {
            fail(&mut state, Class::Server, turn, turn, None);
        }
        for _ in 0..5 {
            state.model_answered("m", at(5));
        }
        fail(&mut state, Class::Timeout, 10, 10, None);
        assert_eq!(state.room("m", at(10)), Room::Free);
        fail(&mut state, Class::Server, 11, 11, None);
        let held = until(&state, 11).unwrap();
        assert!(held <= at(5011), "the first wait: {held}");
        state.model_answered("m", at(6000));
        assert_eq!((state.room("m", at(6000)), state.live.budgets.len()), (Room::Free, 0));
    }

    #[test]
    fn calls_that_were_in_flight_together_are_one_strike_and_prove_nothing() {
        let mut state = State::default();
        for now in [100, 101, 102] {
            fail(&mut state, Class::Capacity, 0, now, None);
        }
        let held = until(&state, 102).unwrap();
        for now in 103..110 {
            fail(&mut state, Class::Capacity, 0, now, None);
        }
        assert_eq!(until(&state, 110), Some(held));
        assert_eq!(state.models["m"].strikes, 3);
        state.model_answered("m", at(50));
        assert_eq!(until(&state, 110), Some(held), "it began before the overload");
        // What the service asks for counts whoever hears it.
        fail(&mut state, Class::Capacity, 0, 111, Some(40_000));
        assert!(until(&state, 111).unwrap() >= at(40_111));
    }

    #[test]
    fn an_answer_of_no_use_is_an_answer_and_a_refusal_says_nothing() {
        let mut state = State::default();
        for now in [0, 1, 2] {
            fail(&mut state, Class::Capacity, now, now, None);
        }
        for class in [Class::QuotaDay, Class::Auth, Class::InvalidRequest, Class::Network] {
            fail(&mut state, class, 30_000, 30_000, None);
            assert_eq!(state.room("m", at(30_000)), Room::Probe, "{class:?}");
        }
        fail(&mut state, Class::BadVerdict, 30_000, 30_001, None);
        assert_eq!(state.room("m", at(30_001)), Room::Free);
    }

    proptest! {
        /// Only an answer shortens what holds, and nothing lasts longer than a minute unless asked.
        #[test]
        fn failures_never_make_a_model_free_earlier(
            steps in prop::collection::vec(
                (0_u8..3, 0_u64..3000, 0_u64..90_000, prop::option::of(0_u64..200_000)), 1..60,
            ),
        ) {
            let mut state = State::default();
            let mut now = 0;
            for (what, took, pause, floor) in steps {
                now += pause;
                let before = until(&state, now + took);
                let class = match what {
                    0 => Class::Capacity,
                    1 => Class::Server,
                    _ => Class::QuotaMinute,
                };
                fail(&mut state, class, now, now + took, floor);
                now += took;
                let after = until(&state, now);
                prop_assert!(after >= before);
                let most = floor.unwrap_or(0).max(50_000) * 6 / 5;
                prop_assert!(after <= before.max(Some(at(now + most))));
            }
        }
    }
}
