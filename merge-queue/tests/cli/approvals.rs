//! Review routing, and whose approval of what counts.

use serde_json::json;
use testkit::Repo;

use crate::project::{DEFINITIONS, Project, codes};

fn review(project: &Project, words: &str) -> testkit::Ran {
    project.run(&format!("review 98 {words}"))
}

#[test]
fn a_file_that_is_moved_out_of_a_critical_place_is_routed_on_both_sides() {
    let project = Project::new();
    project.lane.git(["mv", "docs/guide.md", "guide.md"]);
    project.lane.commit_all("Move the guide");
    let route = project.run("route-review 98 --ref 98-schema").code(0).json();
    assert_eq!(route["changed_files"], json!(["docs/guide.md", "guide.md", "src/api/schema.rs"]));
    assert_eq!(route["required"][0]["paths"], json!(["docs/guide.md", "src/api/schema.rs"]));
}

#[test]
fn a_deletion_and_a_name_beyond_ascii_are_routed() {
    let project = Project::new();
    project.lane.git(["rm", "--quiet", "docs/guide.md"]);
    project.lane.write("docs/größe \"x\"\n.md", "ü\n");
    project.lane.commit_all("Change the docs");
    let route = project.run("route-review 98 --ref 98-schema").code(0).json();
    let paths = json!(["docs/größe \"x\"\n.md", "docs/guide.md", "src/api/schema.rs"]);
    assert_eq!(route["changed_files"], paths);
    assert_eq!(route["required"][0]["paths"], paths);
}

#[test]
fn every_path_and_every_route_counts_not_only_the_first() {
    let project = Project::new();
    project.lane.commit_file("a-harmless-first-path.txt", "x\n", "Harmless");
    project.lane.commit_file("docs/late.md", "x\n", "Critical");
    let route = project.run("route-review 98 --ref 98-schema").code(0).json();
    let roles: Vec<&str> =
        route["required"].as_array().unwrap().iter().map(|r| r["role"].as_str().unwrap()).collect();
    assert_eq!(roles, ["D-arch", "E-governance"]);
    assert_eq!(route["required"][0]["globs"], json!(["docs/**", "src/api/**"]));
}

#[test]
fn a_branch_without_critical_paths_needs_no_review() {
    let project = Project::with(
        &DEFINITIONS.replace("src/**", "never/**").replace("src/api/**", "never/**"),
        Repo::options(),
    );
    project.evidence();
    project.handoff();
    project.run("merge-ready 98").code(0);
}

#[test]
fn an_approval_of_an_older_diff_is_stale_and_comes_back_with_the_diff() {
    let project = Project::new();
    project.make_ready();
    let edited = "pub fn schema() { }\n";
    project.lane.commit_file("src/api/schema.rs", edited, "One character");
    project.evidence();
    project.handoff();
    assert_eq!(project.reasons(), ["approval_stale", "approval_stale"]);
    project.lane.commit_file("src/api/schema.rs", "pub fn schema() {}\n", "And back");
    project.handoff();
    project.run("merge-ready 98").code(0);
}

#[test]
fn unrelated_work_from_the_base_keeps_approvals_and_an_edit_in_the_merge_voids_them() {
    let project = Project::new();
    project.make_ready();
    let digest = |project: &Project| {
        project.run("route-review 98").code(0).json()["diff_digest"].as_str().unwrap().to_owned()
    };
    let before = digest(&project);
    let moved = project.push_from_elsewhere("other.txt", "other\n");
    project.main.git(["fetch", "--quiet", "origin"]);
    project.lane.git(["merge", "--quiet", "-m", "Take main", &moved]);
    assert_eq!(digest(&project), before);
    project.evidence();
    project.handoff();
    project.run("merge-ready 98").code(0);
    // A merge commit in which the reviewed file was edited besides.
    let moved = project.push_from_elsewhere("other.txt", "other again\n");
    project.main.git(["fetch", "--quiet", "origin"]);
    project.lane.git(["merge", "--quiet", "--no-commit", "--no-ff", &moved]);
    project.lane.write("src/api/schema.rs", "pub fn evil() {}\n");
    project.lane.commit_all("Take main");
    project.evidence();
    project.handoff();
    assert_eq!(project.reasons(), ["approval_stale", "approval_stale"]);
}

#[test]
fn a_request_for_changes_holds_until_that_role_approves_again() {
    let project = Project::new();
    project.make_ready();
    review(&project, "--role D-arch --reviewer D --status changes_requested --note no").code(0);
    assert_eq!(project.reasons(), ["review_missing", "changes_requested"]);
    review(&project, "--role E-governance --reviewer D --status approved").code(0);
    assert_eq!(project.reasons(), ["review_missing", "changes_requested"]);
    project.approve("D-arch");
    project.run("merge-ready 98").code(0);
}

#[test]
fn an_older_request_for_changes_also_holds_for_a_newer_diff() {
    let project = Project::new();
    project.make_ready();
    review(&project, "--role D-arch --reviewer D --status changes_requested").code(0);
    project.lane.commit_file("src/api/schema.rs", "pub fn better() {}\n", "Fix");
    project.evidence();
    project.handoff();
    let reasons = project.reasons();
    assert!(reasons.contains(&"changes_requested".into()), "{reasons:?}");
}

#[test]
fn nobody_approves_their_own_work_under_any_spelling() {
    let project = Project::new();
    let lane = &project.lane;
    lane.git([
        "commit",
        "--quiet",
        "--amend",
        "-m",
        "x\n\nCo-authored-by: Grace Hopper <grace@example.invalid>",
    ]);
    project.evidence();
    project.handoff();
    let before = project.events().len();
    for reviewer in [
        "A",
        "a",
        "Test Author",
        "TEST  author",
        "Test\u{200b} Author",
        "Author@Example.invalid",
        "grace hopper",
        "X <grace@example.invalid>",
    ] {
        let ran = project
            .tool([
                "review",
                "98",
                "--role",
                "D-arch",
                "--status",
                "approved",
                "--reviewer",
                reviewer,
            ])
            .run();
        assert_eq!(codes(&ran.code(1).json()), ["self_approval"], "{reviewer}");
    }
    assert_eq!(project.events().len(), before, "a refusal records nothing");
    // Somebody becomes an implementer after the approval: it does not count any more.
    project.handoff();
    project.evidence();
    project.approve("D-arch");
    project.approve("E-governance");
    project.run("merge-ready 98").code(0);
    project.run("handoff 98 --owner d --branch 98-schema").code(0);
    assert_eq!(project.reasons(), ["self_approval"]);
}

#[test]
fn the_role_that_implements_cannot_review() {
    let definitions = DEFINITIONS.replace("A-backend: {}", "A-backend: {reviewer: true}");
    let project = Project::with(&definitions, Repo::options());
    project.handoff();
    for status in ["approved", "changes_requested"] {
        let ran = review(&project, &format!("--role A-backend --reviewer Z --status {status}"));
        assert_eq!(codes(&ran.code(1).json()), ["self_approval"]);
    }
}

#[test]
fn the_same_model_reviews_only_with_a_reason_why() {
    let project = Project::new();
    project.evidence();
    project.run("handoff 98 --owner A --branch 98-schema --model opus").code(0);
    project.approve("E-governance");
    let same = "--role D-arch --reviewer D --status approved --model Opus";
    assert_eq!(codes(&review(&project, same).code(1).json()), ["same_model"]);
    review(&project, &format!("{same} --exception only-model-at-hand")).code(0);
    project.run("merge-ready 98").code(0);
    // The handoff names another model later: the approval by that model does not count any more.
    let project = Project::new();
    project.make_ready();
    review(&project, "--role D-arch --reviewer D --status approved --model opus").code(0);
    project.run("handoff 98 --owner A --branch 98-schema --model opus").code(0);
    // The earlier approval, by a person, still stands.
    project.run("merge-ready 98").code(0);
}

#[test]
fn a_role_has_the_model_that_its_definition_names() {
    let definitions = DEFINITIONS
        .replace("A-backend: {}", "A-backend: {model: opus}")
        .replace("D-arch: {reviewer: true}", "D-arch: {reviewer: true, model: opus}");
    let project = Project::with(&definitions, Repo::options());
    project.handoff();
    let ran = review(&project, "--role D-arch --reviewer D --status approved");
    assert_eq!(codes(&ran.code(1).json()), ["same_model"]);
    review(&project, "--role D-arch --reviewer D --status approved --model gemini").code(0);
}

#[test]
fn a_review_names_a_known_reviewing_role_and_a_commit_that_is_there() {
    let project = Project::new();
    project.handoff();
    for role in ["Z", "A-backend"] {
        let ran = review(&project, &format!("--role {role} --reviewer D --status approved"));
        assert!(codes(&ran.code(1).json()).contains(&"unknown_role".into()), "{role}");
    }
    review(&project, "--role D-arch --reviewer D --status approved --commit nowhere")
        .code(2)
        .stderr_has("nowhere");
    review(&project, "--role D-arch --reviewer D --status maybe").code(2);
    assert_eq!(project.count("review"), 0);
}

#[test]
fn a_review_is_bound_to_the_diff_that_anybody_can_compute() {
    let project = Project::new();
    project.handoff();
    project.approve("D-arch");
    let event = project.events().pop().unwrap();
    let ran = testkit::Tool::program("sh")
        .args(["-c", "git diff-tree -r -z --no-renames --no-abbrev main 98-schema | sha256sum"])
        .dir(project.main.path())
        .run();
    let digest = event["review"]["diff_digest"].as_str().unwrap();
    assert_eq!(ran.code(0).out().split(' ').next(), Some(digest));
}

#[test]
fn a_review_is_of_what_was_handed_over_and_not_of_what_came_since() {
    let project = Project::new();
    project.evidence();
    project.handoff();
    let handed_over = project.lane.head();
    project.lane.commit_file("src/api/schema.rs", "pub fn evil() {}\n", "Unseen");
    project.approve("D-arch");
    project.approve("E-governance");
    assert_eq!(project.events().pop().unwrap()["review"]["commit"], handed_over.as_str());
    let reasons = project.reasons();
    assert!(reasons.contains(&"approval_stale".into()), "{reasons:?}");
    project.lane.git(["reset", "--quiet", "--hard", &handed_over]);
    project.run("merge-ready 98").code(0);
}

#[test]
fn a_name_stands_on_one_line() {
    let project = Project::new();
    project.handoff();
    let name = "D\nE";
    let args = ["review", "98", "--role", "D-arch", "--status", "approved", "--reviewer", name];
    project.tool(args).run().code(2).stderr_has("control character");
    let args = ["handoff", "98", "--branch", "98-schema", "--owner", "A\u{1b}[31m"];
    project.tool(args).run().code(2).stderr_has("control character");
}

#[test]
fn a_request_counts_by_its_place_in_the_journal_whatever_its_time_is() {
    let project = Project::new();
    project.make_ready();
    let approved_at = project.events().last().unwrap()["at"].clone();
    project.run("review 98 --role D-arch --reviewer D --status changes_requested").code(0);
    for at in [approved_at, "2001-01-01T00:00:00.000Z".into(), "2101-01-01T00:00:00.000Z".into()] {
        crate::claim::change_last(&project, |event| event["at"] = at.clone());
        assert_eq!(project.reasons(), ["review_missing", "changes_requested"], "{at}");
    }
    // The answer to it counts although it is older by its clock.
    project.approve("D-arch");
    crate::claim::change_last(&project, |event| event["at"] = "1999-01-01T00:00:00.000Z".into());
    project.run("merge-ready 98").code(0);
}
