//! Whose log is shown.

use testkit::{Repo, Scratch, Tool};

use crate::project::{HISTORY, entries, entry, text, view};

#[test]
fn every_lane_shows_the_log_of_the_main_worktree() {
    let scratch = Scratch::new();
    let repo = Repo::init(scratch.path("talos"));
    repo.commit_file("README.md", "x", "Begin");
    let lane = repo.worktree(scratch.path("talos-98"), "98-x");
    repo.write("logs/active/s.jsonl", text(&[entry(1, "a")]));
    let here = Tool::new("view-audit").dir(lane.path()).run();
    assert_eq!(entries(here.code(0)), [entry(1, "a")]);
    assert_eq!(entries(view(lane.path()).run().code(0)), [entry(1, "a")]);
    let table = Tool::new("view-audit").args(["--format", "table"]).dir(lane.path()).run();
    table.code(0).stdout_has("talos ").stdout_lacks("talos-98");
}

#[test]
fn several_projects_are_shown_as_one_log_each_once() {
    let scratch = Scratch::new();
    scratch.write("one/logs/active/s.jsonl", text(&[entry(1, "a"), entry(3, "c")]));
    scratch.write(format!("two/{HISTORY}"), text(&[entry(2, "b"), entry(4, "d")]));
    let roots = || Tool::new("view-audit").arg("--root").arg(scratch.path("one"));
    let ran = roots().arg("--root").arg(scratch.path("two/logs")).run();
    let expected = [(1, "a"), (2, "b"), (3, "c"), (4, "d")].map(|(s, id)| entry(s, id));
    assert_eq!(entries(ran.code(0)), expected);
    let ran = roots().arg("--root").arg(scratch.path("one/logs")).run();
    assert_eq!(entries(ran.code(0)).len(), 2);
    // One that is not there does not hide the others, and is an error all the same.
    let ran = roots().arg("--root").arg(scratch.path("three")).run();
    ran.code(2).stderr_has("three: no such folder");
    assert_eq!(entries(&ran).len(), 2);
    let file = scratch.write("one/file", "");
    let ran = Tool::new("view-audit").arg("--root").arg(file).run();
    ran.code(2).stdout_is("").stderr_has("file: no such folder");
}

#[test]
fn outside_a_repository_a_root_is_needed() {
    let scratch = Scratch::new();
    let ran = Tool::new("view-audit").dir(scratch.root()).run();
    ran.code(2).stdout_is("").stderr_has("not inside a git repository");
    ran.stderr_has("name a project folder with --root").stderr_lacks("--repo");
}

#[test]
fn projects_of_the_configuration_are_shown_together() {
    let scratch = Scratch::new();
    let repo = Repo::init(scratch.path("talos"));
    repo.commit_file("switchyard.yaml", "projects: [{name: Clio.js, path: ../clio}]\n", "Begin");
    repo.write("logs/active/s.jsonl", text(&[entry(1, "a"), entry(3, "c")]));
    scratch.write(format!("clio/{HISTORY}"), text(&[entry(2, "b")]));
    let here = || Tool::new("view-audit").dir(repo.path());
    let all = [entry(1, "a"), entry(2, "b"), entry(3, "c")];
    assert_eq!(entries(here().run().code(0)), all);
    assert_eq!(entries(here().args(["--project", "Cl*.js"]).run().code(0)), all[1..2]);
    assert_eq!(entries(view(repo.path()).run().code(0)), [entry(1, "a"), entry(3, "c")]);
    let shown = here().arg("--show-config").run().code(0).json();
    assert_eq!(shown["key"], "projects");
    assert_eq!(shown["value"][0]["path"], "../clio");
    std::fs::remove_dir_all(scratch.path("clio")).unwrap();
    let ran = here().run();
    assert_eq!(
        entries(ran.code(2).stderr_has("clio: no such folder")),
        [entry(1, "a"), entry(3, "c")]
    );
}
