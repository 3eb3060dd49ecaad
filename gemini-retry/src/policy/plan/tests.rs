//! Whole runs against a virtual clock: nothing here sleeps, and every sequence of failures is a run.

mod crowd;

use proptest::prelude::*;
use secrecy::SecretString;

use super::*;
use crate::answer::facts::{ApiError, Facts};
use crate::policy::cooldown::cooldown;
use crate::setup::credentials::Access;
use crate::state::breaker::Failed;
use crate::state::in_flight::Lease;
use crate::state::model_scope;

const MODEL: &str = "m";
const DELAYS: Delays = Delays { base: None, most: None };

fn pool(names: &[&str]) -> Vec<Credential> {
    let credential = |name: &&str| Credential {
        name: (*name).to_owned(),
        project: (*name).to_owned(),
        billing: (*name).to_owned(),
        fingerprint: format!("fp-{name}"),
        access: Access::Key(SecretString::from("key-of-nobody")),
        weight: 1,
        models: Vec::new(),
    };
    names.iter().map(credential).collect()
}

fn limits(deadline: u64, attempt: u64, attempts: u32) -> Limits {
    let seconds = Duration::from_secs;
    let (deadline, attempt) = (seconds(deadline), seconds(attempt));
    Limits { deadline, quota: Duration::ZERO, attempt, attempts }
}

fn start() -> Timestamp {
    "2026-01-24T18:30:45Z".parse().unwrap()
}

/// One reply: what it means, how long it took and what wait it asked for.
#[derive(Debug, Clone)]
struct Reply {
    class: Class,
    took: Duration,
    asked: Option<Duration>,
}

/// What a run did.
#[derive(Debug)]
struct Played {
    stop: Stop,
    elapsed: Duration,
    /// Place and limit of each call.
    calls: Vec<(usize, Duration)>,
}

/// Plays a run in which each call is answered by the next reply, and the last one again and again.
fn play(pool: &[Credential], limits: &Limits, replies: &[Reply]) -> Played {
    let mut state = State::default();
    let mut course = Course::default();
    let mut elapsed = Duration::ZERO;
    let mut calls = Vec::new();
    for turn in 0..100_000_u64 {
        let now = Moment { wall: later(start(), elapsed), elapsed };
        match next(&course, pool, &state, MODEL, limits, now) {
            Step::Stop(stop) => return Played { stop, elapsed, calls },
            Step::Wait { slice, why, .. } => {
                assert!(!slice.is_zero() && slice <= SLICE, "{slice:?}");
                elapsed += slice;
                course.has_waited(&why, slice);
            }
            Step::Call { place, limit, .. } => {
                let reply = &replies[calls.len().min(replies.len() - 1)];
                state.live.take(Lease::new("run", now.wall, limit).of(&pool[place], MODEL, false));
                calls.push((place, limit));
                course.attempts += 1;
                elapsed += reply.took.min(limit);
                let wall = later(start(), elapsed);
                state.live.give_back("run");
                let floor = reply.asked;
                let failed =
                    Failed { class: reply.class, begun: now.wall, now: wall, floor, run: "run" };
                state.model_failed(MODEL, failed, DELAYS, turn);
                let error = ApiError { retry_delay: reply.asked, ..ApiError::default() };
                let facts = Facts { error: Some(error), ..Facts::default() };
                if reply.class == Class::Auth {
                    let Credential { name, fingerprint, .. } = &pool[place];
                    state.retire(name, fingerprint, "auth", "", wall);
                }
                if let Some((_, until)) = cooldown(reply.class, &facts, wall, 0, 0.5) {
                    let scope = model_scope(&pool[place].project, MODEL);
                    state.cool(&scope, reply.class.name(), until, "run", wall);
                }
                course.learn(reply.class, place, elapsed, reply.asked, DELAYS, turn);
            }
        }
        assert!(elapsed <= limits.deadline + limits.quota, "past the deadline: {elapsed:?}");
    }
    panic!("the run does not end");
}

fn always(class: Class) -> Vec<Reply> {
    vec![Reply { class, took: Duration::from_secs(1), asked: None }]
}

fn places(played: &Played) -> Vec<usize> {
    played.calls.iter().map(|(place, _)| *place).collect()
}

#[test]
fn each_class_has_its_sequence_of_calls() {
    let pool = pool(&["a", "b", "c"]);
    let limits = limits(1200, 300, 20);
    for (class, expected) in [
        (Class::InvalidRequest, vec![0]),
        (Class::PromptTooLong, vec![0]),
        (Class::ModelUnavailable, vec![0]),
        (Class::Precondition, vec![0, 1]),
        (Class::RedirectRefused, vec![0]),
        (Class::SafetyBlock, vec![0]),
        (Class::ModelUnverified, vec![0]),
        (Class::AnswerBlocked, vec![0, 0]),
        (Class::Recitation, vec![0, 0]),
        (Class::Truncated, vec![0, 0]),
        (Class::Unknown, vec![0, 0]),
        (Class::BadVerdict, vec![0, 0, 0]),
        (Class::ModelMismatch, vec![0, 0, 1]),
        (Class::Timeout, vec![0, 0, 0, 1]),
        (Class::Empty, vec![0, 0, 0, 0]),
        (Class::Server, vec![0; 5]),
        (Class::Network, vec![0; 6]),
        (Class::Auth, vec![0, 1, 2]),
        (Class::QuotaDay, vec![0, 1, 2]),
        (Class::Billing, vec![0, 1, 2]),
        (Class::Permission, vec![0, 1, 2]),
        (Class::NoEntitlement, vec![0, 1, 2]),
    ] {
        assert_eq!(places(&play(&pool, &limits, &always(class))), expected, "{class:?}");
    }
}

#[test]
fn an_overloaded_model_burns_no_other_credential() {
    let played = play(&pool(&["a", "b"]), &limits(1200, 300, 20), &always(Class::Capacity));
    assert!(places(&played).iter().all(|place| *place == 0));
    let Stop::Attempts { class, retry_at } = played.stop else { panic!("{played:?}") };
    assert_eq!(class, Class::Capacity);
    assert!(retry_at > later(start(), played.elapsed), "the back-off goes on");
}

#[test]
fn a_minute_is_waited_out_and_a_day_is_not() {
    let pool = pool(&["a", "b"]);
    let played = play(&pool, &limits(1200, 300, 6), &always(Class::QuotaMinute));
    assert_eq!(places(&played), [0, 1, 0, 1, 0, 1]);
    let Stop::Attempts { class, retry_at } = played.stop else { panic!("{played:?}") };
    assert_eq!(class, Class::QuotaMinute);
    assert!(retry_at > later(start(), played.elapsed), "both cool down");
    let played = play(&pool, &limits(1200, 300, 20), &always(Class::QuotaDay));
    assert_eq!(played.elapsed, Duration::from_secs(2), "it ends at once");
    let Stop::Cooling { reason, retry_at } = played.stop else { panic!("{played:?}") };
    assert_eq!(reason, "quota_day");
    assert_eq!(retry_at.to_string(), "2026-01-25T08:01:00Z");
}

#[test]
fn a_dead_pool_and_a_cooling_pool_end_before_any_call() {
    let pool = pool(&["a", "b"]);
    let now = Moment { wall: start(), elapsed: Duration::ZERO };
    let mut state = State::default();
    state.retire("a", "fp-a", "auth", "", start());
    let scope = model_scope("b", MODEL);
    let until = later(start(), Duration::from_hours(2));
    state.cool(&scope, "quota_day", until, "r", start());
    let step =
        |state: &State, limits: &Limits| next(&Course::default(), &pool, state, MODEL, limits, now);
    let cooling = Stop::Cooling { reason: "quota_day".into(), retry_at: until };
    assert_eq!(step(&state, &limits(1200, 300, 20)), Step::Stop(cooling));
    // With time enough the wait is the way.
    assert!(matches!(step(&state, &limits(9000, 300, 20)), Step::Wait { .. }));
    state.retire("b", "fp-b", "auth", "", start());
    assert_eq!(step(&state, &limits(9000, 300, 20)), Step::Stop(Stop::AllRetired));
}

#[test]
fn the_least_recently_used_credential_is_next() {
    let pool = pool(&["a", "b", "c"]);
    let mut state = State::default();
    let mut order = Vec::new();
    for turn in 0..7 {
        let wall = later(start(), Duration::from_secs(turn));
        let now = Moment { wall, elapsed: Duration::ZERO };
        let step = next(&Course::default(), &pool, &state, MODEL, &limits(60, 60, 1), now);
        let Step::Call { place, .. } = step else { panic!("{step:?}") };
        state.live.take(Lease::new("run", wall, Duration::ZERO).of(&pool[place], MODEL, false));
        state.live.give_back("run");
        order.push(place);
    }
    assert_eq!(order, [0, 1, 2, 0, 1, 2, 0]);
}

#[test]
fn an_attempt_has_twenty_seconds_or_as_long_as_attempts_may_last() {
    let pool = pool(&["a"]);
    for (deadline, attempt, elapsed, calls) in [
        (1200, 300, 1180, true),
        (1200, 300, 1181, false),
        (1200, 7, 1193, true),
        (1200, 7, 1194, false),
        (40, 300, 30, true),
        (40, 300, 31, false),
    ] {
        let elapsed = Duration::from_secs(elapsed);
        let now = Moment { wall: later(start(), elapsed), elapsed };
        let limits = limits(deadline, attempt, 20);
        let step = next(&Course::default(), &pool, &State::default(), MODEL, &limits, now);
        assert_eq!(matches!(step, Step::Call { .. }), calls, "{step:?}");
        assert!(calls || matches!(step, Step::Stop(Stop::Deadline { .. })), "{step:?}");
    }
}

#[test]
fn whatever_is_waited_for_the_state_is_read_anew_every_five_seconds() {
    let pool = pool(&["a"]);
    let now = Moment { wall: start(), elapsed: Duration::ZERO };
    let mut cooling = State::default();
    let until = later(start(), Duration::from_mins(2));
    cooling.cool(&model_scope("a", MODEL), "quota_minute", until, "r", start());
    let mut full = State::default();
    let floor = Some(Duration::from_mins(2));
    let failed = Failed { class: Class::Capacity, begun: start(), now: start(), floor, run: "run" };
    (0..3).for_each(|_| full.model_failed(MODEL, failed, DELAYS, 0));
    let mut failed = Course::default();
    failed.learn(Class::Capacity, 0, Duration::ZERO, floor, DELAYS, 0);
    for (course, state) in
        [(Course::default(), cooling), (Course::default(), full), (failed, State::default())]
    {
        let step = next(&course, &pool, &state, MODEL, &limits(1200, 300, 20), now);
        assert!(matches!(step, Step::Wait { slice: SLICE, .. }), "{step:?}");
    }
}

#[test]
fn the_time_to_wait_for_quotas_is_spent_once() {
    let pool = pool(&["a"]);
    let limits = Limits { quota: Duration::from_mins(10), ..limits(60, 20, 20) };
    let step = |waited: u64, wait: u64| {
        let mut course = Course::default();
        course.has_waited(&Why::Quota(String::new()), Duration::from_mins(waited));
        let elapsed = Duration::from_mins(waited);
        let now = Moment { wall: later(start(), elapsed), elapsed };
        let mut state = State::default();
        let until = later(now.wall, Duration::from_mins(wait));
        state.cool(&model_scope("a", MODEL), "quota_minute", until, "r", now.wall);
        next(&course, &pool, &state, MODEL, &limits, now)
    };
    for (waited, wait, waits) in [(0, 10, true), (0, 11, false), (6, 4, true), (6, 5, false)] {
        let step = step(waited, wait);
        assert_eq!(matches!(step, Step::Wait { .. }), waits, "{waited} and {wait}: {step:?}");
    }
}

#[test]
fn dead_keys_do_not_use_up_the_turns_of_their_project() {
    let mut pool = pool(&["a", "b", "c", "d"]);
    for credential in &mut pool {
        credential.project = "one".to_owned();
    }
    let played = play(&pool, &limits(1200, 300, 20), &always(Class::Auth));
    assert_eq!(places(&played), [0, 1, 2, 3]);
}

#[test]
fn the_project_with_the_fewest_calls_in_flight_is_asked() {
    let pool = pool(&["a", "b"]);
    let mut state = State::default();
    state.live.take(Lease::new("r", start(), SLICE).of(&pool[0], MODEL, false));
    // Used later, but free again.
    let after = later(start(), Duration::from_secs(1));
    state.live.take(Lease::new("s", after, SLICE).of(&pool[1], MODEL, false));
    state.live.give_back("s");
    assert_eq!(choose(&pool, &state, MODEL, start(), |_| false), Choice::This(1));
}

fn any_class() -> impl Strategy<Value = Class> {
    prop::sample::select(vec![
        Class::Capacity,
        Class::Billing,
        Class::Auth,
        Class::Permission,
        Class::NoEntitlement,
        Class::QuotaDay,
        Class::QuotaMinute,
        Class::Ambiguous429,
        Class::InvalidRequest,
        Class::Timeout,
        Class::Server,
        Class::Network,
        Class::AnswerBlocked,
        Class::Truncated,
        Class::Empty,
        Class::ModelMismatch,
        Class::BadVerdict,
        Class::Unknown,
    ])
}

fn any_reply() -> impl Strategy<Value = Reply> {
    let asked = prop::option::of((0_u64..400_000).prop_map(Duration::from_millis));
    (any_class(), 0_u64..400_000, asked).prop_map(|(class, took, asked)| Reply {
        class,
        took: Duration::from_millis(took),
        asked,
    })
}

proptest! {
    #[test]
    fn no_sequence_of_replies_goes_past_the_deadline_or_the_attempts(
        replies in prop::collection::vec(any_reply(), 1..30),
        deadline in 1_u64..3000,
        attempt in 1_u64..400,
        attempts in 1_u32..25,
        keys in 1_usize..4,
    ) {
        let pool = pool(&["a", "b", "c"][..keys]);
        // `play` itself fails when the deadline is passed.
        let played = play(&pool, &limits(deadline, attempt, attempts), &replies);
        prop_assert!(played.calls.len() <= usize::try_from(attempts).unwrap());
        for (_, limit) in &played.calls {
            prop_assert!(*limit <= Duration::from_secs(attempt));
        }
        if let Stop::Cooling { retry_at, .. } | Stop::Deadline { retry_at, .. } = played.stop {
            prop_assert!(retry_at >= later(start(), played.elapsed));
        }
    }

    #[test]
    fn a_credential_that_cools_is_not_asked(
        wait in 1_u64..93_000, ahead in 0_u64..100_000, keys in 1_usize..4,
    ) {
        let pool = pool(&["a", "b", "c"][..keys]);
        let mut state = State::default();
        let until = later(start(), Duration::from_secs(wait));
        state.cool(&model_scope("a", MODEL), "quota_minute", until, "r", start());
        let now = Moment {
            wall: later(start(), Duration::from_secs(ahead)),
            elapsed: Duration::ZERO,
        };
        let step = next(&Course::default(), &pool, &state, MODEL, &limits(60, 60, 1), now);
        if ahead < wait {
            prop_assert!(!matches!(step, Step::Call { place: 0, .. }), "{:?}", step);
        } else {
            let free = matches!(step, Step::Call { place: 0, .. });
            prop_assert!(free, "{:?}", step);
        }
    }
}

#[test]
fn a_weight_is_a_share_of_the_calls_in_flight() {
    let mut pool = pool(&["light", "heavy"]);
    pool[1].weight = 3;
    let (mut state, now) = (State::default(), start());
    let mut taken = Vec::new();
    loop {
        match choose(&pool, &state, MODEL, now, |_| false) {
            Choice::This(place) => {
                let lease = Lease::new("run", now, Duration::from_mins(1));
                state.live.take(lease.of(&pool[place], MODEL, false));
                taken.push(pool[place].name.as_str());
            }
            choice => {
                assert!(matches!(choice, Choice::Busy { .. }), "{choice:?}");
                break;
            }
        }
    }
    taken.sort_unstable();
    assert_eq!(taken, ["heavy", "heavy", "heavy", "heavy", "heavy", "heavy", "light", "light"]);
}

#[test]
fn a_key_for_other_models_is_not_chosen() {
    let mut pool = pool(&["a", "b"]);
    pool[0].models = vec!["other-*".to_owned()];
    for name in [MODEL, "other-1", "third"] {
        let expected = usize::from(name != "other-1");
        let choice =
            choose(&pool, &State::default(), name, start(), |c| c.name == "b" && expected == 0);
        assert_eq!(choice, Choice::This(expected), "{name}");
    }
}
