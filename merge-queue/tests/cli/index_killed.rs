//! Calls that are killed while they append or bring the index up to date, and many at once.
//!
//! A test plays some of the system calls at which a call can be killed, evenly spread; `KILLS=all` plays all.

use std::fs;

use testkit::Tool;
use testkit::kills::{Before, Killer, Whom};

use crate::index::{answers, answers_without, asked, busy_project, file};
use crate::project::Project;

/// How many kills of each command a test plays.
const SOME: usize = 10;

/// Kills the command at each chosen call of its own, and compares what is answered afterwards with and
/// without the index. Says how many were killed.
fn play(project: &Project, command: &str, events: usize) {
    let Some(killer) = Killer::new("merge-queue") else { return };
    let args: Vec<String> =
        ["--actor", "lead"].into_iter().chain(command.split(' ')).map(Into::into).collect();
    let home = project.scratch.home();
    let place = |tool: Tool| tool.home(&home).dir(project.main.path());
    let before = Before::of(&project.scratch);
    let kills = killer.all(&args, &place, 0);
    let own: Vec<_> = kills.into_iter().filter(|kill| kill.whom == Whom::Tool).collect();
    let step = match std::env::var("KILLS").as_deref() {
        Ok("all") => 1,
        _ => own.len().div_ceil(SOME),
    };
    let mut ended_early = 0;
    for kill in own.iter().step_by(step) {
        before.again(&project.scratch);
        let count = project.events().len();
        assert_eq!(count, events);
        let ran = killer.kill(&args, &place, kill);
        killer.wait_for_orphans();
        ended_early += usize::from(ran.exit_code() != Some(0));
        // With what the kill left of the index, then without one.
        let answered = answers(project);
        assert_eq!(answered, answers_without(project), "{command}, {kill:?}: {ran}");
        assert_eq!(answered, answers(project), "{command}, {kill:?}: {ran}");
        let recorded = project.events().len();
        assert!(recorded == count || recorded == count + 1, "{command}, {kill:?}: {recorded}");
        let indexed = asked(project, "SELECT count(*) FROM events");
        assert_eq!(indexed, [recorded.to_string()], "{command}, {kill:?}: {ran}");
    }
    assert!(ended_early > 0, "{command}: nothing was killed");
}

#[test]
fn while_a_call_appends_and_the_index_follows() {
    let project = busy_project();
    project.run("status").code(0);
    play(&project, "release 98 --owner B", 7);
}

#[test]
fn while_the_index_is_made_anew() {
    let project = busy_project();
    fs::remove_file(file(&project)).unwrap();
    play(&project, "status", 7);
}

#[test]
fn while_the_index_catches_up_with_what_others_appended() {
    let project = busy_project();
    project.run("status").code(0);
    let mut text = fs::read_to_string(project.journal()).unwrap();
    text.push_str("{\"seq\":8,\"at\":\"2026-01-24T18:30:45.000Z\",\"actor\":\"x\",\"task\":\"later\",\"kind\":\"note\"}\n");
    project.scratch.write("talos/.git/switchyard/queue.jsonl", text);
    play(&project, "status", 8);
}

#[test]
fn many_at_once_while_some_only_look_and_the_index_vanishes() {
    let project = busy_project();
    let running: Vec<_> = (0..32)
        .map(|number| {
            let id = format!("n{number}");
            if number == 16 {
                fs::remove_file(file(&project)).ok();
            }
            match number % 4 {
                0 => project.tool(["status"]).spawn(),
                1 => project.tool(["merge-ready", "98", "--no-fetch"]).spawn(),
                _ => project.tool(["set-status", "99", "blocked", "--reason", &id]).spawn(),
            }
        })
        .collect();
    for one in running {
        one.wait().code(0);
    }
    assert_eq!(project.events().len(), 7 + 16);
    let answered = answers(&project);
    assert_eq!(asked(&project, "SELECT count(*) FROM events"), ["23"]);
    assert_eq!(answered, answers_without(&project));
}
