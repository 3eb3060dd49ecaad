//! Which schedules are played. Each family is played whole: every way to place its actions.

use super::Arena;
use super::scene::{FOLDED, Scene, first_run, one_shard, only_rubbish, put_away, several_shards};
use super::world::Case;
use super::writers::Act::{
    self, Append, Bare, Close, Half, Lock, Newline, Open, Rest, SecondRun, Write,
};

const A: &str = r#"{"timestamp":"2026-01-24T18:30:03Z","w":"a"}"#;
const B: &str = r#"{"timestamp":"2026-01-24T18:30:07Z","w":"b"}"#;
const C: &str = r#"{"timestamp":"2026-01-24T18:30:05Z","w":"c"}"#;
const S: &str = "s.jsonl";

/// Every way to place so many actions, one after the other, before steps `from..=to`.
fn places(count: usize, from: usize, to: usize) -> Vec<Vec<usize>> {
    let Some(rest) = count.checked_sub(1) else { return vec![Vec::new()] };
    let with_first =
        |first| places(rest, first, to).into_iter().map(move |rest| [vec![first], rest].concat());
    (from..=to).flat_map(with_first).collect()
}

/// The actions of the first writer, the groups before these steps.
fn placed(groups: &[&[Act]], at: &[usize]) -> Vec<(usize, usize, Act)> {
    let of_group =
        |(group, at): (&&[Act], &usize)| group.iter().map(|act| (*at, 0, *act)).collect::<Vec<_>>();
    groups.iter().zip(at).flat_map(of_group).collect()
}

/// How many steps a run has that nobody disturbs, or one that is killed and those that follow.
fn steps(arena: &mut Arena, scene: &Scene, kills: &[usize]) -> usize {
    arena.play(scene, &Case { kills: kills.to_vec(), ..Case::default() })
}

/// Plays every way to place `groups` in a run.
fn everywhere(arena: &mut Arena, scene: &Scene, groups: &[&[Act]]) {
    let steps = steps(arena, scene, &[]);
    for at in places(groups.len(), 0, steps) {
        arena.play(scene, &Case { acts: placed(groups, &at), ..Case::default() });
    }
}

/// Plays a writer that does `before` before the step that a run is killed at, and `after` before the
/// step that the next run is killed at, for all pairs of steps.
fn killed_twice(arena: &mut Arena, scene: &Scene, before: &[Act], after: &[Act]) {
    for first in 0..steps(arena, scene, &[]) {
        let total = steps(arena, scene, &[first]);
        for second in first + 1..=total {
            let kills = vec![first, second];
            let acts = placed(&[before, after], &[first, second]);
            arena.play(scene, &Case { kills, acts, ..Case::default() });
        }
    }
}

#[test]
fn a_writer_of_ours_between_any_two_steps() {
    let mut arena = Arena::new("a writer of ours");
    everywhere(&mut arena, &one_shard(), &[&[Open(S)], &[Lock], &[Write(A), Close]]);
    everywhere(&mut arena, &several_shards(), &[&[Open(S), Lock], &[Write(A), Close]]);
    everywhere(&mut arena, &several_shards(), &[&[Append(S, A)], &[Append(S, B)]]);
    everywhere(&mut arena, &first_run(), &[&[Append("new.jsonl", A)], &[Append("new.jsonl", B)]]);
}

#[test]
fn a_foreign_writer_between_any_two_steps() {
    let mut arena = Arena::new("a foreign writer");
    for scene in [several_shards(), first_run(), only_rubbish()] {
        everywhere(&mut arena, &scene, &[&[Open(S)], &[Write(A), Close]]);
        everywhere(&mut arena, &scene, &[&[Open(S), Write(A)], &[Write(B)]]);
    }
    everywhere(&mut arena, &one_shard(), &[&[Open(S), Write("rubbish")], &[Write(A)]]);
    everywhere(&mut arena, &one_shard(), &[&[Open(S), Half(A)], &[Rest(A)], &[Write(B)]]);
    everywhere(&mut arena, &one_shard(), &[&[Open(S), Bare(A)], &[Newline], &[Write(B)]]);
}

#[test]
fn another_run_between_any_two_steps() {
    let mut arena = Arena::new("another run");
    for scene in [one_shard(), several_shards(), first_run(), only_rubbish()] {
        everywhere(&mut arena, &scene, &[&[SecondRun]]);
    }
}

#[test]
fn killed_twice_with_a_writer_that_keeps_its_file_open() {
    let mut arena = Arena::new("killed twice, a file kept open");
    for scene in [several_shards(), first_run(), only_rubbish()] {
        killed_twice(&mut arena, &scene, &[Open(S), Write(A)], &[Write(B)]);
    }
    killed_twice(&mut arena, &one_shard(), &[Open(S), Half(A)], &[Rest(A)]);
}

#[test]
fn killed_twice_with_a_writer_of_ours() {
    let mut arena = Arena::new("killed twice, a writer of ours");
    for scene in [several_shards(), first_run()] {
        killed_twice(&mut arena, &scene, &[Append(S, A)], &[Append(S, B)]);
    }
    killed_twice(&mut arena, &one_shard(), &[Open(S), Lock], &[Write(A), Close]);
    killed_twice(&mut arena, &one_shard(), &[Open(S)], &[Lock, Write(A), Close]);
}

#[test]
fn opened_before_a_kill_and_written_to_after_it() {
    let mut arena = Arena::new("opened before a kill");
    let scene = one_shard();
    for kill in 0..steps(&mut arena, &scene, &[]) {
        let total = steps(&mut arena, &scene, &[kill]);
        for (open, write) in (0..=kill).flat_map(|open| (kill + 1..=total).map(move |w| (open, w)))
        {
            let acts = placed(&[&[Open(S)], &[Write(A), Close, Append(S, B)]], &[open, write]);
            arena.play(&scene, &Case { kills: vec![kill], acts, ..Case::default() });
        }
    }
}

#[test]
fn a_reader_to_whom_much_happens_between_two_looks() {
    let mut arena = Arena::new("a slow reader");
    for scene in [one_shard(), only_rubbish()] {
        for kill in 0..=steps(&mut arena, &scene, &[]) {
            let total = steps(&mut arena, &scene, &[kill]);
            for begin in 0..total {
                // A new shard makes a reader look again, so there must be runs without one, too.
                let beside = placed(&[&[Append(S, C)]], &[kill]);
                for (pace, acts) in [(1, beside), (4, Vec::new()), (5, Vec::new())] {
                    let (kills, reader) = (vec![kill], Some((begin, pace)));
                    arena.play(&scene, &Case { kills, acts, reader, ..Case::default() });
                }
            }
        }
    }
}

#[test]
fn the_power_fails_beside_a_writer() {
    let mut arena = Arena::new("power failures");
    for scene in [several_shards(), first_run(), only_rubbish()] {
        for first in 0..steps(&mut arena, &scene, &[]) {
            for seed in 0..12 {
                let second = first + 1 + usize::try_from(seed).unwrap() * 3;
                let acts = placed(&[&[Open(S), Write(A)], &[Write(B)]], &[first, second]);
                let (kills, power) = (vec![first, second], Some(seed * 100));
                arena.play(&scene, &Case { kills, acts, power, ..Case::default() });
            }
        }
    }
}

#[test]
fn the_system_refuses_a_step() {
    let mut arena = Arena::new("refused steps");
    for scene in [several_shards(), first_run(), only_rubbish()] {
        for refused in 0..steps(&mut arena, &scene, &[]) {
            // Alone; and with another refusal or a kill while the run undoes what it did.
            for (again, kill) in (0..8).map(|n| (n, 0)).chain((1..8).map(|n| (0, n))) {
                let acts = placed(&[&[Open(S), Write(A)], &[Write(B)]], &[refused, refused + 1]);
                let then = |n: usize| (n > 0).then_some(refused + n);
                let refused = [Some(refused), then(again)].into_iter().flatten().collect();
                let kills = then(kill).into_iter().collect();
                arena.play(&scene, &Case { kills, refused, acts, ..Case::default() });
            }
        }
    }
}

#[test]
fn shards_that_were_folded_a_day_ago_are_removed_unless_somebody_has_them_open() {
    let mut arena = Arena::new("a day later");
    let scene = put_away();
    let day_later = Case { day_later: true, ..Case::default() };
    let total = arena.play(&scene, &day_later);
    for kill in 0..total {
        let case = Case { kills: vec![kill], ..day_later.clone() };
        arena.play(&scene, &case);
        for write in [kill, kill + 1, total] {
            let acts = placed(&[&[Open(FOLDED)], &[Write(B)]], &[0, write]);
            arena.play(&scene, &Case { acts, ..case.clone() });
        }
    }
}
