//! Several runs that share one state on one virtual clock, some of which crash in the middle of a
//! call.

use super::*;

/// One run, and when something happens to it next.
#[derive(Debug, Default)]
struct Player {
    course: Course,
    begun: Duration,
    at: Duration,
    /// The place that it asks, and since when; nobody else sees a crash.
    call: Option<(usize, Duration)>,
    is_over: bool,
}

/// What happens to the next call of a run.
#[derive(Debug, Clone)]
enum Event {
    Reply(Reply),
    Success(Duration),
    Crash,
}

fn any_event() -> impl Strategy<Value = Event> {
    prop_oneof![
        6 => any_reply().prop_map(Event::Reply),
        3 => (0_u64..60_000).prop_map(|ms| Event::Success(Duration::from_millis(ms))),
        1 => Just(Event::Crash),
    ]
}

fn wall(at: Duration) -> Timestamp {
    later(start(), at)
}

/// A state with a model behind a breaker and a project after a used-up day.
fn tried(now: Timestamp) -> State {
    let mut state = State::default();
    for turn in 0..3 {
        let class = Class::Capacity;
        let failed = Failed { class, begun: now, now, floor: None, run: "before" };
        state.model_failed(MODEL, failed, DELAYS, turn);
    }
    state.cool(&model_scope("a", MODEL), "quota_day", later(now, SLICE), "before", now);
    state
}

/// What every call must keep to when it begins.
fn check_call(state: &State, credential: &Credential, probe: bool, now: Timestamp) {
    let project = &credential.project;
    assert!(state.live.of_project(project).count() < 2, "three calls of one project");
    assert!(state.cooling(&credential.scopes(MODEL), now).is_none(), "it cools");
    let probes = || state.live.probes(MODEL);
    match state.room(MODEL, now) {
        Room::None(until, _) => panic!("a call before {until}"),
        Room::Probe => assert!(probe && probes().next().is_none(), "two probes of the model"),
        Room::Free => {}
    }
    if state.is_day_over(&credential.scopes(MODEL), now) {
        let other = probes().any(|lease| lease.project == *project);
        assert!(probe && !other, "two probes of one project");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]
    #[test]
    fn many_runs_keep_to_the_limits_that_they_share(
        events in prop::collection::vec(any_event(), 1..60),
        starts in prop::collection::vec(0_u64..30_000, 2..9),
        keys in 1_usize..4,
        quota in 0_u64..2000,
    ) {
        let pool = pool(&["a", "b", "c"][..keys]);
        let limits = Limits { quota: Duration::from_secs(quota), ..limits(900, 200, 12) };
        let mut state = tried(start());
        let mut players: Vec<Player> = starts
            .iter()
            .map(|ms| Duration::from_millis(*ms))
            .map(|begun| Player { begun, at: begun, ..Player::default() })
            .collect();
        let mut events = events.iter().cycle();
        let mut coming: Vec<Option<Event>> = vec![None; players.len()];
        for turn in 0..200_000_u64 {
            let next_up = (0..players.len()).filter(|n| !players[*n].is_over);
            let Some(number) = next_up.min_by_key(|n| players[*n].at) else { return Ok(()) };
            let run = number.to_string();
            let player = &mut players[number];
            let now = Moment { wall: wall(player.at), elapsed: player.at.saturating_sub(player.begun) };
            state.settle(now.wall);
            state.live.settle(now.wall, |_| false);
            prop_assert!(now.elapsed <= limits.deadline + limits.quota, "past the deadline");
            if let Some((place, since)) = player.call.take() {
                let begun = wall(since);
                state.live.give_back(&run);
                match coming[number].take().unwrap() {
                    Event::Success(_) => {
                        state.succeeded(&pool[place].scopes(MODEL), begun);
                        state.model_answered(MODEL, begun);
                        player.is_over = true;
                    }
                    Event::Reply(Reply { class, asked, .. }) => {
                        let failed =
                            Failed { class, begun, now: now.wall, floor: asked, run: &run };
                        state.model_failed(MODEL, failed, DELAYS, turn);
                        let error = ApiError { retry_delay: asked, ..ApiError::default() };
                        let facts = Facts { error: Some(error), ..Facts::default() };
                        if let Some((_, until)) = cooldown(class, &facts, now.wall, 0, 0.5) {
                            let scope = model_scope(&pool[place].project, MODEL);
                            state.cool(&scope, class.name(), until, &run, now.wall);
                        }
                        player.course.learn(class, place, now.elapsed, asked, DELAYS, turn);
                    }
                    Event::Crash => unreachable!("it left no trace"),
                }
                continue;
            }
            match next(&player.course, &pool, &state, MODEL, &limits, now) {
                Step::Stop(_) => player.is_over = true,
                Step::Wait { slice, why, .. } => {
                    player.at += slice;
                    player.course.has_waited(&why, slice);
                }
                Step::Call { place, limit, probe } => {
                    check_call(&state, &pool[place], probe, now.wall);
                    let lease = Lease::new(&run, now.wall, limit).of(&pool[place], MODEL, probe);
                    state.live.take(lease);
                    player.course.attempts += 1;
                    player.call = Some((place, player.at));
                    let event = events.next().unwrap().clone();
                    match &event {
                        // Its lease stays, and ends by itself.
                        Event::Crash => player.is_over = true,
                        Event::Reply(Reply { took, .. }) | Event::Success(took) => {
                            player.at += (*took).min(limit);
                        }
                    }
                    coming[number] = Some(event);
                }
            }
        }
        prop_assert!(false, "some run does not end");
    }
}
