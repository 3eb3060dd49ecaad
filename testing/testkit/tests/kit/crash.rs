//! Killing at a random point.

use testkit::{Scratch, Tool, crash};

#[test]
fn a_kill_comes_after_a_random_number_of_lines() {
    let mut rng = testkit::rng(1);
    for _ in 0..20 {
        let drawn = rng.clone().usize(..=10);
        let endless = Tool::program("sh").args(["-c", "while :; do echo x; done"]).spawn();
        let crash = crash::after_lines(endless, &mut rng, 10);
        assert!(crash.was_killed());
        assert!(crash.ran().killed_by(9).out().lines().count() >= drawn);
    }
}

#[test]
fn a_process_that_is_done_sooner_has_finished() {
    let mut rng = testkit::rng(2);
    for _ in 0..10 {
        let mut running = Tool::program("sh").args(["-c", "echo one; exit 3"]).spawn();
        assert_eq!(running.next_line().as_deref(), Some("one"));
        assert_eq!(running.next_line(), None);
        while !running.has_ended() {
            std::thread::yield_now();
        }
        let crash = crash::after_turns(running, &mut rng, 5);
        assert!(!crash.was_killed());
        crash.ran().code(3);
    }
}

#[test]
fn a_kill_waits_for_what_the_process_shows() {
    let scratch = Scratch::new();
    let file = scratch.path("growing");
    let script = format!("while :; do echo x >>'{}'; done", file.display());
    let running = Tool::program("sh").args(["-c", &script]).spawn();
    let length = || std::fs::metadata(&file).map_or(0, |meta| meta.len());
    let crash = crash::when(running, || length() >= 20);
    crash.ran().killed_by(9);
    let left = length();
    assert!(left >= 20);
    assert_eq!(length(), left, "nothing writes any more");
}

#[test]
fn a_point_that_never_comes_ends_with_the_process() {
    let crash = crash::when(Tool::program("true").spawn(), || false);
    crash.ran().code(0);
    assert!(!crash.was_killed());
}
