//! Nobody approves their own work, whatever name it was done under.

use testkit::Repo;

use crate::project::{DEFINITIONS, Project, codes};

fn review(project: &Project, role: &str, reviewer: &str) -> testkit::Ran {
    let args = ["review", "98", "--role", role, "--status", "approved", "--reviewer", reviewer];
    project.tool(args).run()
}

#[track_caller]
fn refused(project: &Project, reviewer: &str) {
    let before = project.events().len();
    let answer = review(project, "D-arch", reviewer).code(1).json();
    assert_eq!(codes(&answer), ["self_approval"], "{reviewer}");
    assert_eq!(project.events().len(), before, "a refusal records nothing");
}

#[test]
fn whoever_claimed_the_task_implements_it_even_after_the_claim_has_ended() {
    let project = Project::new();
    project.run("claim 98 --role A-backend --owner Zoe").code(0);
    project.run("release 98 --owner Zoe").code(0);
    project.make_ready();
    refused(&project, "zoe");
    // Somebody who has approved takes the task over: the approval does not count any more.
    project.run("claim 98 --role A-backend --owner d").code(0);
    assert_eq!(project.reasons(), ["self_approval"]);
    review(&project, "D-arch", "F").code(0);
    project.run("merge-ready 98").code(0);
}

#[test]
fn the_map_of_names_in_the_base_says_who_is_who() {
    let project = Project::new();
    let map = "Ada Lovelace <author@example.invalid>\n<ada@example.invalid> <lovelace@example.invalid>\nAda Lovelace <ada@example.invalid>\n";
    project.push_from_elsewhere(".mailmap", map);
    project.main.git(["pull", "--quiet"]);
    project.handoff();
    for reviewer in ["ada lovelace", "Test Author", "X <author@example.invalid>"] {
        refused(&project, reviewer);
    }
    // Under her old address she is still the one who holds it today.
    project.run("handoff 98 --owner ada@example.invalid --branch 98-schema").code(0);
    refused(&project, "lovelace@example.invalid");
    // A map that only the branch has says nothing, and neither does one of this clone.
    project.lane.commit_file(".mailmap", "Nobody <author@example.invalid>\n", "Another map");
    let own = project.scratch.write("map", "Nobody <author@example.invalid>\n");
    project.main.git(["config", "mailmap.file", own.to_str().unwrap()]);
    project.handoff();
    refused(&project, "ada lovelace");
    review(&project, "D-arch", "Nobody").code(0);
}

#[test]
fn letters_in_another_width_or_put_together_otherwise_are_the_same_name() {
    let project = Project::new();
    project.run("handoff 98 --owner J\u{f6}rg --branch 98-schema").code(0);
    for reviewer in ["Jo\u{308}rg", "\u{ff2a}\u{f6}rg", "J\u{d6}RG", "\u{1d409}\u{f6}r\u{200b}g"] {
        refused(&project, reviewer);
    }
    assert_eq!(
        review(&project, "D-arch", "\u{200b}").code(1).json()["reasons"][0]["code"],
        "self_approval"
    );
}

#[test]
fn two_roles_need_two_people() {
    let project = Project::new();
    project.evidence();
    project.handoff();
    review(&project, "D-arch", "Max").code(0);
    review(&project, "E-governance", "MAX ").code(0);
    let answer = project.run("merge-ready 98").code(1).json();
    assert_eq!(codes(&answer), ["same_reviewer"]);
    assert_eq!(
        answer["reasons"][0]["next"].as_str().map(|next| next.contains("E-governance")),
        Some(true)
    );
    // Somebody else for either of the roles will do, in whatever order they speak.
    review(&project, "D-arch", "Mia").code(0);
    review(&project, "D-arch", "Max").code(0);
    let answer = project.run("merge-ready 98").code(0).json();
    assert_eq!(
        answer["conditions"][3]["detail"],
        "event 5: Mia as D-arch; event 4: MAX as E-governance"
    );

    let shared = DEFINITIONS.replace("queue:\n", "queue:\n  policy: {reviewers: shared}\n");
    let project = Project::with(&shared, Repo::options());
    project.evidence();
    project.handoff();
    review(&project, "D-arch", "Max").code(0);
    review(&project, "E-governance", "Max").code(0);
    project.run("merge-ready 98").code(0);
}

#[test]
fn where_no_exception_is_allowed_the_same_model_never_counts() {
    let never = DEFINITIONS
        .replace("queue:\n", "queue:\n  policy: {same_model: never}\n")
        .replace("A-backend: {}", "A-backend: {model: anthropic/opus}");
    let project = Project::with(&never, Repo::options());
    // Whatever the handoff says: it is the role's model that worked.
    project.run("handoff 98 --owner A --branch 98-schema --model other").code(0);
    for model in ["opus", "OTHER", "models/other"] {
        let args = "review 98 --role D-arch --reviewer D --status approved --exception none";
        let answer = project.run(&format!("{args} --model {model}")).code(1).json();
        assert_eq!(codes(&answer), ["same_model"], "{model}");
    }
}

/// An exception that is blank to the eye is none.
#[test]
fn an_exception_says_something() {
    let project = Project::new();
    project.run("handoff 98 --owner A --branch 98-schema --model opus").code(0);
    let args = ["review", "98", "--role", "D-arch", "--reviewer", "D", "--status", "approved"];
    let same = ["--model", "opus", "--exception", "\u{200b}"];
    let answer = project.tool(args.into_iter().chain(same)).run().code(1).json();
    assert_eq!(codes(&answer), ["same_model"]);
}
