//! What a landing keeps meanwhile, and what it takes away afterwards: pins, lanes, the sight of it.

use serde_json::{Value, json};
use testkit::{Repo, Tool, crash};

use crate::land_in_turn::hand_over;
use crate::project::{Project, codes};

fn project() -> Project {
    Project::with(crate::land_in_turn::MANY, Repo::options())
}

fn pins(project: &Project) -> String {
    project.main.git(["for-each-ref", "--format=%(refname) %(objectname)", "refs/switchyard"])
}

#[test]
fn what_was_handed_over_lands_although_its_branch_is_gone() {
    let project = project();
    let lane = hand_over(&project, "a", "a.txt", "text\n");
    let commit = lane.head();
    assert_eq!(pins(&project), format!("refs/switchyard/queue/a {commit}"));
    project.main.git(["worktree", "remove", "--force", lane.path().to_str().unwrap()]);
    project.main.git(["branch", "-q", "-D", "a"]);
    project.main.git(["reflog", "expire", "--expire=now", "--all"]);
    project.main.git(["gc", "-q", "--prune=now"]);
    let landed = project.run("land a").code(0).json();
    assert_eq!(landed["commit"], commit.as_str());
    assert_eq!(project.origin.git(["rev-parse", "main^2"]), commit);
    assert_eq!(pins(&project), "");
}

#[test]
fn a_branch_that_moved_on_is_another_matter() {
    let project = project();
    let lane = hand_over(&project, "a", "a.txt", "text\n");
    lane.commit_file("more.txt", "more\n", "More");
    assert_eq!(codes(&project.run("land a").code(1).json()), ["handoff_other_commit"]);
    // The branch is gone and comes back as something else: the pin is no way around that.
    lane.git(["reset", "-q", "--hard", "origin/main"]);
    let told = codes(&project.run("land a").code(1).json());
    assert!(told.contains(&"handoff_other_commit".to_owned()), "{told:?}");
}

/// `worktree-lane add` for a task.
fn add_lane(project: &Project, id: &str) -> std::path::PathBuf {
    let ran = Tool::new("worktree-lane")
        .args(["add", id, "work"])
        .home(project.scratch.home())
        .dir(project.main.path())
        .run();
    ran.code(0).json()["path"].as_str().unwrap().into()
}

fn in_lane(project: &Project, id: &str) -> std::path::PathBuf {
    let lane = add_lane(project, id);
    let git = |args: &[&str]| {
        project.main.git(["-C", lane.to_str().unwrap()].iter().chain(args).copied())
    };
    project.scratch.write(lane.join("a.txt"), "text\n");
    git(&["add", "a.txt"]);
    git(&["commit", "-qm", "work"]);
    lane
}

#[test]
fn lane_and_branch_are_retired_with_the_landing() {
    let definitions = crate::land_in_turn::MANY.replace("id: a,", "id: a, issue: 98,");
    for keep in [false, true] {
        let project = Project::with(&definitions, Repo::options());
        project.main.git(["worktree", "remove", "--force", project.lane.path().to_str().unwrap()]);
        let lane = in_lane(&project, "98");
        project.run("handoff a --owner A --branch 98-work").code(0);
        let landed = project.run(if keep { "land a --keep-lane" } else { "land a" }).code(0).json();
        assert_eq!(landed["pending"], json!([]));
        let branches = project.main.git(["branch", "--list", "98-work"]);
        if keep {
            assert_eq!(landed["retired"], json!([]));
            assert!(lane.exists() && !branches.is_empty());
        } else {
            assert_eq!(landed["retired"], json!([lane.to_str().unwrap(), "98-work"]));
            assert!(!lane.exists() && branches.is_empty());
        }
    }
}

#[test]
fn a_lane_with_work_in_it_stays_and_is_named() {
    let definitions = crate::land_in_turn::MANY.replace("id: a,", "id: a, issue: 98,");
    let project = Project::with(&definitions, Repo::options());
    project.main.git(["worktree", "remove", "--force", project.lane.path().to_str().unwrap()]);
    let lane = in_lane(&project, "98");
    project.run("handoff a --owner A --branch 98-work").code(0);
    project.scratch.write(lane.join("notes.txt"), "unfinished\n");
    let ran = project.run("land a");
    ran.code(0).stderr_has("notes.txt");
    let landed = ran.json();
    assert_eq!((&landed["landed"], &landed["retired"]), (&json!(true), &json!([])));
    assert_eq!(landed["pending"][0]["code"], "untracked");
    assert!(lane.join("notes.txt").exists());
    // Put right, the same command retires it.
    std::fs::remove_file(lane.join("notes.txt")).unwrap();
    let again = project.run("land a").code(0).json();
    assert_eq!(again["retired"], json!([lane.to_str().unwrap(), "98-work"]));
}

#[test]
fn others_see_what_a_landing_does_and_not_what_a_killed_one_did() {
    let project = project();
    for task in ["a", "c", "d"] {
        hand_over(&project, task, &format!("{task}.txt"), "text\n");
    }
    let reached = project.scratch.path("reached");
    let gate = project.scratch.path("gate");
    Tool::program("mkfifo").arg(&gate).run().code(0);
    let script = format!(": > '{}'; read line < '{}'", reached.display(), gate.display());
    let verify = project.scratch.program("verify", &script);
    let land = |words: &[&str]| {
        project.tool(words.iter().copied()).args(["--verify"]).arg(&verify).spawn()
    };
    let status = || -> Vec<Value> {
        let lines = project.run("status").code(0).json_lines();
        lines.into_iter().filter(|line| line["schema"] == "merge-queue.land-run/1").collect()
    };
    assert_eq!(status(), [] as [Value; 0]);
    let mut seen = None;
    let killed = crash::when(land(&["land", "--ready", "--batch", "--max", "2"]), || {
        let there = reached.exists();
        if there {
            seen = Some(status());
        }
        there
    });
    assert!(killed.was_killed());
    let [run] = <[Value; 1]>::try_from(seen.unwrap()).unwrap();
    assert_eq!(
        (&run["step"], &run["tasks"], &run["waiting"]),
        (&json!("verifying"), &json!(["c", "a"]), &json!(1))
    );
    assert_eq!(status(), [] as [Value; 0]);
    assert!(pins(&project).contains("refs/switchyard/stage/"));
    // Whatever the killed call started waits at the gate for ever; it is let go.
    drop(std::fs::OpenOptions::new().write(true).open(&gate).unwrap());
    project.run("land --ready --batch --max 2").code(0);
    assert_eq!(pins(&project), "");
    let left = std::fs::read_dir(project.main.file(".git/switchyard/land")).unwrap().count();
    assert_eq!(left, 0);
}
