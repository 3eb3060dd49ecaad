//! A claim asks `worktree-lane preflight` about the lane first.

use std::path::{Path, PathBuf};

use serde_json::Value;
use testkit::{Repo, Tool};

use crate::project::{DEFINITIONS, Project, codes};

const CLAIM: &str = "claim schema --role A-backend --owner B";

/// A project whose role has a lane of its own.
fn with_lane() -> (Project, PathBuf) {
    let definitions = DEFINITIONS.replace("issue: 98", "issue: 97");
    let project = Project::with(&definitions, Repo::options());
    let made = Tool::new("worktree-lane")
        .args(["add", "--role", "A-backend"])
        .dir(project.main.path())
        .home(project.scratch.home())
        .run();
    let lane = made.code(0).json()["path"].as_str().unwrap().into();
    (project, lane)
}

#[track_caller]
fn git(project: &Project, lane: &Path, args: &[&str]) {
    Tool::program("git").args(args).dir(lane).home(project.scratch.home()).run().code(0);
}

fn refused(project: &Project) -> (Vec<String>, Value) {
    let answer = project.run(CLAIM).code(1).json();
    (codes(&answer), answer)
}

#[test]
fn a_fit_lane_is_on_record() {
    let (project, lane) = with_lane();
    let claimed = project.run(CLAIM).code(0).json();
    let preflight = &claimed["claim"]["preflight"];
    assert_eq!(preflight["lane"], lane.display().to_string());
    assert_eq!(preflight["sha256"].as_str().map(str::len), Some(64), "{claimed}");
    assert!(preflight["at"].as_str() <= claimed["at"].as_str());
}

#[test]
fn an_unfit_lane_is_refused_with_all_its_reasons() {
    let (project, lane) = with_lane();
    project.scratch.write(lane.join("half.rs"), "half");
    let (reasons, answer) = refused(&project);
    assert_eq!(reasons.len(), 1, "{answer}");
    assert!(answer["reasons"][0]["message"].as_str().unwrap().contains("half.rs"), "{answer}");
    assert!(answer["reasons"][0]["next"].is_string(), "{answer}");
    // Reasons of the queue and of the lane come together, and nothing is recorded.
    project.run("set-status schema blocked --reason undecided").code(0);
    let (reasons, answer) = refused(&project);
    assert_eq!((reasons[0].as_str(), reasons.len()), ("task_blocked", 2), "{answer}");
    assert_eq!(project.count("claimed"), 0);

    git(&project, &lane, &["add", "."]);
    git(&project, &lane, &["commit", "--quiet", "-m", "Whole"]);
    project.run("set-status schema todo").code(0);
    project.run(CLAIM).code(0);
    // Whoever has the task works in the lane, which does not cost them the claim.
    project.scratch.write(lane.join("more.rs"), "half");
    project.run(CLAIM).code(0);
    project.run("renew schema --owner B").code(0);
    assert_eq!(project.count("claimed"), 1);
}

#[test]
fn a_lane_that_is_behind_the_base_is_unfit() {
    let (project, _) = with_lane();
    project.push_from_elsewhere("other.txt", "x");
    // As it was last fetched, the base has nothing new.
    project.run(&format!("{CLAIM} --no-fetch")).code(0);
    project.run("release schema --owner B").code(0);
    let (reasons, answer) = refused(&project);
    assert_eq!(reasons.len(), 1, "{answer}");
}

#[test]
fn a_worktree_that_git_alone_knows_is_not_known_to_be_fit() {
    let definitions = DEFINITIONS
        .replace("A-backend: {}", "A-backend: {worktree: ../talos-98, branch: 98-schema}");
    let project = Project::with(&definitions, Repo::options());
    let (reasons, answer) = refused(&project);
    assert_eq!(reasons, ["foreign"]);
    let next = answer["reasons"][0]["next"].as_str().unwrap();
    // What is in it is looked at before anybody thinks of removing it.
    assert!(next.starts_with("git -C ") && next.contains(" status "), "{next}");
}

#[test]
fn a_task_without_a_lane_may_be_claimed() {
    let definitions = DEFINITIONS
        .replace("A-backend: {}", "A-backend: {worktree: ../not-yet, branch: agent/A}")
        .replace("issue: 98", "issue: 97");
    let project = Project::with(&definitions, Repo::options());
    let claimed = project.run(CLAIM).code(0).json();
    assert_eq!(claimed["claim"]["preflight"], Value::Null);
}
