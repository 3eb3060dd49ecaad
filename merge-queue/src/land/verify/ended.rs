//! What the end of a command says about the commit that it ran on.
//!
//! | the command | says |
//! |---|---|
//! | ended with 0 | passed |
//! | ended with 1 to 124 | failed |
//! | was stopped at its time limit | failed |
//! | crashed: a signal that a program brings upon itself, or the status a shell makes of one | failed |
//! | cannot be started, although the base has it | failed |
//! | ended with 125 or more, or by any other signal | infra |
//! | did not pass, and there is hardly any room on the disk | infra |
//! | cannot be started, or wants the terminal | infra |
//!
//! Infra says nothing about the commit, so that nobody is blamed for it.

use cli::show_duration;
use repo::{Error, Ran};

use crate::rules::batch::trial::Outcome;

/// Signals that a program brings upon itself: SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSEGV, SIGSYS.
const CRASHES: [i32; 7] = [4, 5, 6, 7, 8, 11, 31];

/// The first status that says nothing about the commit, as `git bisect run`, `timeout`, `env` and shells
/// have it.
const FIRST_INFRA: i32 = 125;

/// What a status and a signal say; `None` where both are none.
fn of(code: Option<i32>, signal: Option<i32>) -> Outcome {
    let crashed = |signal: i32| CRASHES.contains(&signal);
    match (code, signal) {
        (Some(0), _) => Outcome::Passed,
        (Some(code), _) if code < FIRST_INFRA || crashed(code - 128) => Outcome::Failed,
        (None, Some(signal)) if crashed(signal) => Outcome::Failed,
        _ => Outcome::Infra,
    }
}

/// How a command that ran has ended, and why that is not a yes. `is_full` says whether there is
/// hardly any room.
pub(super) fn by(ran: &Ran, is_full: impl Fn() -> bool) -> (Outcome, Option<String>) {
    let (outcome, reason) = match (ran.stopped_at, ran.code(), ran.signal()) {
        (Some(limit), ..) => (Outcome::Failed, format!("stopped after {}", show_duration(limit))),
        (None, Some(0), _) => return (Outcome::Passed, None),
        (None, Some(code), _) => (of(Some(code), None), format!("it ended with {code}")),
        (None, None, signal) => {
            let number = signal.unwrap_or_default();
            (of(None, signal), format!("signal {number} ended it"))
        }
    };
    if is_full() {
        return (Outcome::Infra, Some(format!("{reason}; there is hardly any room on the disk")));
    }
    (outcome, Some(reason))
}

/// What it says that a command did not run to an end. `in_base` says whether it is a program of the base.
pub(super) fn not_run(error: &Error, in_base: impl Fn() -> bool) -> (Outcome, Option<String>) {
    let (outcome, more) = match error {
        Error::Spawn { .. } if in_base() => (Outcome::Failed, "; in the base it is a program"),
        _ => (Outcome::Infra, ""),
    };
    (outcome, Some(format!("{error}{more}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn statuses() {
        for (codes, outcome) in [
            (vec![0], Outcome::Passed),
            (vec![1, 2, 101, 124, 132, 134, 135, 136, 139, 159], Outcome::Failed),
            (vec![125, 126, 127, 128, 129, 130, 137, 143, 141, 255], Outcome::Infra),
        ] {
            for code in codes {
                assert_eq!(of(Some(code), None), outcome, "{code}");
            }
        }
        assert_eq!(of(None, Some(9)), Outcome::Infra);
        assert_eq!(of(None, Some(11)), Outcome::Failed);
    }

    proptest! {
        #[test]
        fn nothing_but_0_is_a_yes(code in proptest::option::of(1..256), signal in proptest::option::of(1..65)) {
            prop_assert_ne!(of(code, signal), Outcome::Passed);
        }

        #[test]
        fn a_shell_says_the_same_of_a_signal_as_the_signal(signal in 1..65) {
            prop_assert_eq!(of(Some(128 + signal), None), of(None, Some(signal)));
        }
    }
}
