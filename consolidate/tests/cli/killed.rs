//! Real runs, killed at real moments, again and again.

use std::fs;

use testkit::{Logs, Tool, crash, rng};

use crate::project::{HISTORY, Project, seen, settle};

#[test]
fn killed_at_random_moments_the_log_stays_whole() {
    let mut rng = rng(11);
    let mut killed = 0;
    for round in 0..40 {
        let project = Project::new();
        let mut logs = Logs::seeded(round);
        logs.write_history(project.root(), 20);
        let mut late = Logs::seeded(round);
        late.next_session();
        for path in logs.write_shards(project.root(), 6, 5) {
            settle(&path);
        }
        settle(&late.write_shard(project.root(), 5));
        project.shard("bad.jsonl", "nobody can read this\n");
        let before = project.seen();
        // Twice, then to the end.
        for _ in 0..2 {
            let length = || fs::metadata(project.path(HISTORY)).map_or(0, |found| found.len());
            let (was, retired) = (length(), project.path("logs/active/.retired"));
            let intent = project.path("logs/.governance_history.intent");
            let running = project.tool().spawn();
            let crash = match rng.u8(..5) {
                0 => crash::when(running, || length() != was),
                1 => crash::when(running, || intent.metadata().is_ok_and(|found| found.len() > 0)),
                2 => crash::when(running, || retired.exists()),
                3 => crash::when(running, || project.shards().iter().any(|s| s.contains("claim"))),
                _ => crash::after_turns(running, &mut rng, 2000),
            };
            killed += usize::from(crash.was_killed());
            assert_eq!(seen(project.root()), before, "round {round}");
        }
        project.fold();
        assert_eq!(project.seen(), before, "round {round}");
        assert!(project.shards().is_empty());
        assert_eq!(project.quarantined(), [b"nobody can read this".to_vec()]);
        let history = project.lines();
        assert_eq!(history.len(), before.lines().count());
    }
    assert!(killed >= 10, "only {killed} runs were killed before their end");
}

#[test]
fn an_interrupted_run_is_told_of_and_somebody_elses_change_is_not_touched() {
    use crate::project::{entry, text};
    // Kill a run between its intent and its end; where the moment is missed, try again.
    for attempt in 0.. {
        assert!(attempt < 200, "no run was killed while its intent stood");
        let project = Project::new();
        project.history(text(&[entry(5, "h")]));
        for n in 0..40 {
            project.shard(&format!("{n}.jsonl"), text(&[entry(n % 10, &format!("n{n}"))]));
        }
        let intent = project.path("logs/.governance_history.intent");
        let stands = || intent.metadata().is_ok_and(|found| found.len() > 0);
        let crash = crash::when(project.tool().spawn(), stands);
        let claimed = project.shards().len();
        if !crash.was_killed() || !stands() || claimed < 40 {
            continue;
        }
        let described = fs::read(&intent).unwrap();
        // Somebody else replaces the history meanwhile.
        fs::rename(project.path(HISTORY), project.path("old")).unwrap();
        project.history(text(&[entry(1, "other")]));
        let ran = project.tool().run();
        if described.is_empty() || ran.exit_code() == Some(0) {
            // The intent was not whole yet, so it did not count.
            continue;
        }
        ran.code(65).stderr_has("it is another file now").stderr_has("hint: nothing was changed");
        assert_eq!(project.lines(), [entry(1, "other")]);
        assert_eq!(fs::read(&intent).unwrap(), described);
        // With the history back, the run is finished or undone, and everything is there.
        fs::rename(project.path("old"), project.path(HISTORY)).unwrap();
        project.tool().run().code(0).stderr_has("an interrupted run");
        assert_eq!(project.lines().len(), 41);
        Tool::new("view-audit").arg("--root").arg(project.root()).run().code(0);
        break;
    }
}
