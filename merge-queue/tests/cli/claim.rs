//! Who works on a task: claims, leases, take-overs.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use records::Stamp;
use serde_json::{Value, json};

use crate::project::{Project, codes};

/// Changes the newest event in the journal, to let time pass without waiting for it.
pub(crate) fn change_last(project: &Project, change: impl Fn(&mut Value)) {
    let mut events = project.events();
    change(events.last_mut().unwrap());
    let lines: Vec<String> = events.iter().map(|event| format!("{event}\n")).collect();
    project.scratch.write("talos/.git/switchyard/queue.jsonl", lines.concat());
}

/// Lets the lease of the newest claim be over.
pub(crate) fn let_it_lapse(project: &Project) {
    change_last(project, |event| event["claim"]["until"] = json!("2026-01-24T18:30:45.000Z"));
}

fn refused(project: &Project, words: &str) -> Vec<String> {
    codes(&project.run(words).code(1).json())
}

fn state(project: &Project) -> Value {
    project.run("status").code(0).json_lines().remove(0)["state"].take()
}

#[test]
fn a_claim_is_the_owners_until_it_is_given_up() {
    let project = Project::new();
    let claimed = project.run("claim 98 --role A-backend --owner B --lease 90m").code(0).json();
    assert_eq!(claimed["kind"], "claimed");
    assert_eq!(claimed["claim"]["owner"], "B");
    assert_eq!(claimed["claim"]["role"], "A-backend");
    assert_eq!(claimed["claim"]["since"], claimed["at"]);
    assert_eq!(claimed["claim"]["took_over"], Value::Null);
    assert_eq!(state(&project), "in_progress");

    // Asking again changes nothing, whatever the case and the blanks of the name.
    for owner in ["B", " b "] {
        let args = ["claim", "schema", "--role", "A-backend", "--owner", owner];
        assert_eq!(project.tool(args).run().code(0).json(), claimed);
    }
    let answer = project.run("claim 98 --role A-backend --owner C").code(1).json();
    assert_eq!(codes(&answer), ["claimed_by_other"]);
    assert!(answer["reasons"][0]["next"].as_str().unwrap().contains("release schema --owner B"));
    assert_eq!(refused(&project, "renew 98 --owner C"), ["claimed_by_other"]);
    assert_eq!(refused(&project, "release 98 --owner C"), ["claimed_by_other"]);
    assert_eq!(project.events().len(), 1);

    let renewed = project.run("renew 98 --owner B --lease 5h").code(0).json();
    assert_eq!(renewed["claim"]["since"], claimed["claim"]["since"]);
    assert!(renewed["claim"]["until"].as_str() > claimed["claim"]["until"].as_str());
    project.run("release 98 --owner B").code(0);
    assert_eq!(state(&project), "todo");
    assert_eq!(refused(&project, "release 98 --owner B"), ["not_claimed"]);
    project.run("claim 98 --role A-backend --owner C").code(0);
    let kinds: Vec<Value> = project.events().iter().map(|e| e["kind"].clone()).collect();
    assert_eq!(kinds, ["claimed", "renewed", "released", "claimed"]);
    project.run("validate").code(0);
}

#[test]
fn a_claim_ends_with_its_lease_and_a_take_over_is_recorded() {
    let project = Project::new();
    project.run("claim 98 --role A-backend --owner B").code(0);
    let_it_lapse(&project);
    assert_eq!(state(&project), "todo");
    assert_eq!(refused(&project, "renew 98 --owner B"), ["lease_over"]);
    let claimed = project.run("claim 98 --role A-backend --owner C").code(0).json();
    assert_eq!(
        claimed["claim"]["took_over"],
        json!({"owner": "B", "until": "2026-01-24T18:30:45.000Z", "event": 1})
    );
    assert_eq!(refused(&project, "claim 98 --role A-backend --owner B"), ["claimed_by_other"]);
    // Whoever comes back to a lapsed claim of their own takes nothing over.
    let_it_lapse(&project);
    let again = project.run("claim 98 --role A-backend --owner C").code(0).json();
    assert_eq!(again["claim"]["took_over"], Value::Null);
}

#[test]
fn the_lease_is_the_definitions_unless_it_is_given() {
    let definitions =
        crate::project::DEFINITIONS.replace("queue:\n", "queue:\n  policy: {lease: 10m}\n");
    let project = Project::with(&definitions, testkit::Repo::options());
    let claimed = project.run("claim 98 --role A-backend --owner B").code(0).json();
    let stamp = |key: &str| claimed["claim"][key].as_str().unwrap().parse::<Stamp>().unwrap();
    assert_eq!(stamp("since").after(Duration::from_mins(10)), Some(stamp("until")));
    for lease in ["0s", "-5m", "soon"] {
        let lease = format!("--lease={lease}");
        project.tool(["renew", "98", "--owner", "B", &lease]).run().code(2).stderr_has("--lease");
    }
    let far = "renew 98 --owner B --lease 80000000h";
    assert_eq!(refused(&project, far), ["lease_too_long"]);
    assert_eq!(project.events().len(), 1);
}

#[test]
fn all_reasons_against_a_claim_come_at_once() {
    let project = Project::new();
    project.run("set-status 99 blocked --reason undecided").code(0);
    let reasons = refused(&project, "claim 99 --role nobody --owner B");
    assert_eq!(reasons, ["unknown_role", "task_blocked", "dependency_open"]);
    assert_eq!(refused(&project, "claim 98 --role D-arch --owner D"), ["wrong_role"]);
    project.run("claim 97 --role A-backend --owner B").code(2).stderr_has("defines no such task");
    assert_eq!(project.events().len(), 1);
}

#[test]
fn a_dependency_is_done_when_the_base_has_its_work() {
    let project = Project::new();
    assert_eq!(refused(&project, "claim 99 --role A-backend --owner B"), ["dependency_open"]);
    project.make_ready();
    assert_eq!(refused(&project, "claim 99 --role A-backend --owner B"), ["dependency_open"]);
    project.run("land 98").code(0);
    project.run("claim 99 --role A-backend --owner B").code(0);
    assert_eq!(refused(&project, "claim 98 --role A-backend --owner B"), ["task_done"]);
}

/// Tasks that nobody needs to wait for.
fn many_tasks(count: usize) -> Project {
    let task = |number| format!("    - {{id: t{number}, title: Task {number}, role: A}}\n");
    let tasks: Vec<String> = (0..count).map(task).collect();
    let head = "queue:\n  base: origin/main\n  roles:\n    A: {}\n  tasks:\n";
    let definitions = format!("{head}{}", tasks.concat());
    Project::with(&definitions, testkit::Repo::options())
}

#[test]
fn of_32_processes_one_gets_each_task_and_no_event_is_lost() {
    let project = many_tasks(4);
    for task in 0..4 {
        let id = format!("t{task}");
        let running: Vec<_> = (0..32)
            .map(|n| {
                project.tool(["claim", &id, "--role", "A", "--owner", &format!("o{n}")]).spawn()
            })
            .collect();
        let ran: Vec<_> = running.into_iter().map(testkit::Running::wait).collect();
        let winners: Vec<Value> =
            ran.iter().filter(|ran| ran.exit_code() == Some(0)).map(testkit::Ran::json).collect();
        assert_eq!(winners.len(), 1);
        for loser in ran.iter().filter(|ran| ran.exit_code() != Some(0)) {
            assert_eq!(codes(&loser.code(1).json()), ["claimed_by_other"]);
        }
        assert_eq!(winners[0]["seq"], task + 1);
    }
    assert_eq!(project.events().len(), 4);
    project.run("validate").code(0);
}

#[test]
fn processes_that_claim_different_tasks_all_get_theirs() {
    let project = many_tasks(32);
    let running: Vec<_> = (0..32)
        .map(|n| project.tool(["claim", &format!("t{n}"), "--role", "A", "--owner", "o"]).spawn())
        .collect();
    let answers: BTreeMap<u64, Value> = running
        .into_iter()
        .map(|one| one.wait().code(0).json())
        .map(|event| (event["seq"].as_u64().unwrap(), event["task"].clone()))
        .collect();
    let recorded: BTreeMap<u64, Value> = project
        .events()
        .into_iter()
        .map(|event| (event["seq"].as_u64().unwrap(), event["task"].clone()))
        .collect();
    assert_eq!(recorded.keys().copied().collect::<Vec<_>>(), (1..=32).collect::<Vec<_>>());
    assert_eq!(answers, recorded);
}

#[test]
fn processes_that_are_killed_lose_and_double_nothing() {
    let project = many_tasks(8);
    let mut running = Vec::new();
    for n in 0..32 {
        let (task, owner) = (format!("t{}", n % 8), format!("o{n}"));
        running.push(project.tool(["claim", &task, "--role", "A", "--owner", &owner]).spawn());
        if n % 2 == 1
            && let Some(one) = running.pop()
        {
            // Wherever it happens to be.
            one.kill();
        }
    }
    let told: Vec<Value> = running
        .into_iter()
        .map(testkit::Running::wait)
        .filter(|ran| ran.exit_code() == Some(0))
        .map(|ran| ran.json())
        .collect();
    project.run("validate").code(0);
    let tasks = |events: &[Value]| -> Vec<String> {
        events.iter().map(|event| event["task"].as_str().unwrap().to_owned()).collect()
    };
    let recorded = project.events();
    let winners: BTreeSet<String> = tasks(&recorded).into_iter().collect();
    assert_eq!(winners.len(), recorded.len(), "a task has two winners: {recorded:?}");
    for event in &told {
        assert!(
            recorded.iter().any(|one| one["seq"] == event["seq"] && one["task"] == event["task"])
        );
    }
}

#[test]
fn a_journal_that_lacks_something_gives_nothing_away() {
    let project = Project::new();
    project.run("claim 98 --role A-backend --owner B").code(0);
    project.run("release 98 --owner B").code(0);
    project.run("claim 98 --role A-backend --owner B").code(0);
    let text = std::fs::read_to_string(project.journal()).unwrap();
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    for damaged in [
        format!("{}{}", lines[0], lines[2]),
        format!("{}broken\n{}{}", lines[0], lines[1], lines[2]),
    ] {
        project.scratch.write("talos/.git/switchyard/queue.jsonl", &damaged);
        project.run("claim 98 --role A-backend --owner C").code(65).stderr_has("queue.jsonl:2");
        assert_eq!(std::fs::read_to_string(project.journal()).unwrap(), damaged);
    }
    // What an append left behind when it broke off was never anybody's.
    project.scratch.write("talos/.git/switchyard/queue.jsonl", format!("{}{{\"seq\":2,", lines[0]));
    assert_eq!(refused(&project, "claim 98 --role A-backend --owner C"), ["claimed_by_other"]);
    project.run("release 98 --owner B").code(0);
    project.run("validate").code(0);
}
