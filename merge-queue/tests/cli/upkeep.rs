//! `git-check` and `prune-stale`.

use serde_json::{Value, json};

use crate::claim::let_it_lapse;
use crate::project::{DEFINITIONS, Project, codes};

fn wrong(project: &Project) -> Vec<String> {
    codes(&project.run("git-check").code(1).json())
}

#[test]
fn git_check_names_everything_that_is_not_as_defined() {
    let definitions = DEFINITIONS
        .replace("A-backend: {}", "A-backend: {worktree: ../talos-98, branch: 98-schema}");
    let project = Project::with(&definitions, testkit::Repo::options());
    let sound = project.run("git-check").code(0).json();
    assert_eq!(sound["sound"], true);
    assert_eq!(sound["base_commit"], project.base());
    let conditions = sound["conditions"].as_array().unwrap();
    assert!(conditions.iter().all(|condition| condition["met"] == true), "{conditions:?}");
    assert_eq!(conditions.len(), 5);

    project.main.write("target/ignored", "x");
    project.run("git-check").code(0);
    project.main.write("new.txt", "x");
    assert_eq!(wrong(&project), ["coordinator_dirty"]);
    project.main.git(["switch", "--quiet", "--create", "side"]);
    project.main.commit_all("On the side");
    assert_eq!(wrong(&project), ["coordinator_off_base", "coordinator_ahead"]);
    project.push_from_elsewhere("other.txt", "x");
    project.main.git(["fetch", "--quiet", "origin"]);
    assert_eq!(wrong(&project), ["coordinator_off_base", "coordinator_diverged"]);
    project.main.git(["switch", "--quiet", "main"]);
    assert_eq!(wrong(&project), ["coordinator_behind"]);
    project.main.git(["merge", "--quiet", "--ff-only", "origin/main"]);
    project.run("git-check").code(0);

    project.lane.git(["switch", "--quiet", "--create", "elsewhere"]);
    assert_eq!(wrong(&project), ["lane_off_branch"]);
    std::fs::rename(project.lane.path(), project.scratch.path("away")).unwrap();
    assert_eq!(wrong(&project), ["lane_unknown"]);
    std::fs::rename(project.scratch.path("away"), project.lane.path()).unwrap();
    project.lane.git(["switch", "--quiet", "98-schema"]);
    project.main.write("switchyard.yaml", definitions.replace("priority: 1", "priority: 2"));
    assert_eq!(wrong(&project), ["coordinator_dirty", "definitions_not_of_base"]);
    let table = project.run("git-check --format table");
    table.code(1).stdout_has("definitions_of_base").stdout_has("not as defined");
}

/// Takes tasks out of the definitions.
fn leave_only(project: &Project, task: &str) {
    let text = format!(
        "queue:\n  base: origin/main\n  roles: {{A-backend: }}\n  tasks:\n    - {{id: {task}, title: T}}\n"
    );
    project.main.write("switchyard.yaml", &text);
}

#[test]
fn what_is_not_defined_any_more_is_archived_and_not_deleted() {
    let project = Project::new();
    project.run("claim 98 --role A-backend --owner B").code(0);
    project.run("set-status 99 blocked --reason undecided").code(0);
    project.run("prune-stale").code(0).stdout_is("");
    leave_only(&project, "later");

    let preview = project.run("prune-stale");
    let preview = preview.code(0).stderr_has("--apply").json();
    assert_eq!((&preview["task"], &preview["archived"]), (&json!("schema"), &json!(false)));
    assert_eq!(project.events().len(), 2);
    let refused = project.run("prune-stale --apply").code(1).json();
    assert_eq!(codes(&refused), ["claimed"], "somebody works on it");
    project.run("prune-stale --allow-shrink").code(2).stderr_has("--apply");

    project.scratch.write("talos/.git/switchyard/queue.jsonl", {
        let events = project.events();
        let lapsed = events[0]
            .to_string()
            .replace(events[0]["claim"]["until"].as_str().unwrap(), "2026-01-24T18:30:45.000Z");
        format!("{lapsed}\n{}\n", events[1])
    });
    let before = std::fs::read_to_string(project.journal()).unwrap();
    let archived = project.run("prune-stale --apply").code(0).json();
    assert_eq!(archived["archived"], true);
    let after = std::fs::read_to_string(project.journal()).unwrap();
    assert!(after.starts_with(&before), "every event is where it was");
    assert_eq!(project.events().last().unwrap()["kind"], "archived");
    project.run("prune-stale").code(0).stdout_is("");
    project.run("validate").code(0);

    // Defined again, it is as it was.
    project.main.write("switchyard.yaml", DEFINITIONS);
    let log = project.run("log 98").code(0).json_lines();
    assert_eq!(log.len(), 2);
    let_it_lapse_is_for_claims(&project);
}

fn let_it_lapse_is_for_claims(project: &Project) {
    project.run("claim 98 --role A-backend --owner C").code(0);
    let_it_lapse(project);
    let status = project.run("status").code(0).json_lines().remove(0);
    assert_eq!(status["claim"]["running"], Value::Bool(false));
}

#[test]
fn definitions_that_were_cut_short_archive_nothing() {
    let project = Project::new();
    project.run("set-status 98 blocked --reason x").code(0);
    project.run("set-status 99 blocked --reason x").code(0);
    leave_only(&project, "other");
    assert_eq!(codes(&project.run("prune-stale --apply").code(1).json()), ["would_shrink"]);
    assert_eq!(project.events().len(), 2);
    project.run("prune-stale --apply --allow-shrink").code(0);
    assert_eq!(project.count("archived"), 2);
    // A mistake in the definitions is not a task that is gone.
    project.main.write("switchyard.yaml", DEFINITIONS.replace("id: schema", "id: 9"));
    project.run("prune-stale --apply").code(2).stderr_has("switchyard.yaml");
}
