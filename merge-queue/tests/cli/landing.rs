//! What `land` does when nothing interferes.

use serde_json::{Value, json};
use testkit::Repo;

use crate::project::{DEFINITIONS, Project, codes};

#[test]
fn a_fast_forward_lands_the_reviewed_commit_itself() {
    let definitions = DEFINITIONS.replace("queue:\n", "queue:\n  strategy: ff-only\n");
    let project = Project::with(&definitions, Repo::options());
    project.make_ready();
    let landed = project.run("land 98").code(0).json();
    assert_eq!(landed["strategy"], "ff-only");
    assert_eq!(project.base(), project.lane.head());
    assert_eq!(project.main.head(), project.lane.head());
    assert_eq!(project.run("land 98").code(0).json()["already"], true);
    assert_eq!(project.count("landed"), 1);
}

#[test]
fn a_merge_brings_in_exactly_what_was_reviewed() {
    let project = Project::new();
    project.make_ready();
    let moved = project.push_from_elsewhere("other.txt", "other\n");
    let landed = project.run("land 98").code(0).json();
    assert_eq!(landed["base_before"], moved.as_str());
    assert_eq!(project.origin.git(["rev-parse", "main^1"]), moved);
    assert_eq!(project.origin.git(["rev-parse", "main^2"]), project.lane.head());
    let tree = project.origin.git(["rev-parse", "main^{tree}"]);
    assert_eq!(landed["tree"], tree.as_str());
    let changed = project.origin.git(["diff", "--name-only", "main^1", "main"]);
    assert_eq!(changed, "src/api/schema.rs");
}

#[test]
fn a_task_stays_landed_when_its_lane_and_branch_are_gone() {
    let project = Project::new();
    project.make_ready();
    project.run("land 98").code(0);
    project.main.git(["worktree", "remove", project.lane.path().to_str().unwrap()]);
    project.main.git(["branch", "--quiet", "-D", "98-schema"]);
    assert_eq!(project.run("land 98").code(0).json()["already"], true);
    assert_eq!(project.reasons(), ["ref_unknown", "nothing_to_land"]);
    assert_eq!(project.run("status").code(0).json_lines()[0]["state"], "done");
}

#[test]
fn a_rehearsal_changes_nothing() {
    let project = Project::new();
    project.make_ready();
    let state = |project: &Project| {
        let refs = |repo: &Repo| repo.git(["for-each-ref", "--format=%(refname) %(objectname)"]);
        (refs(&project.main), refs(&project.origin), project.events(), project.main.head())
    };
    let before = state(&project);
    let plan = project.run("land 98 --dry-run").code(0).json();
    assert_eq!(state(&project), before);
    assert_eq!(
        (&plan["dry_run"], &plan["landed"], &plan["base_after"]),
        (&json!(true), &json!(false), &Value::Null)
    );
    let landed = project.run("land 98").code(0).json();
    assert_eq!(landed["tree"], plan["tree"]);
    project.main.write("x", "dirty\n");
    assert_eq!(project.run("land 98 --dry-run").code(0).json()["already"], true);
}

#[test]
fn a_task_that_is_not_ready_moves_nothing() {
    let project = Project::new();
    let before = project.base();
    project.evidence();
    project.handoff();
    let answer = project.run("land 98").code(1).json();
    assert_eq!(codes(&answer), ["review_missing", "review_missing"]);
    assert_eq!(project.base(), before);
    assert_eq!(project.count("landing"), 0);
}

#[test]
fn without_a_remote_the_local_branch_is_the_base() {
    let definitions = DEFINITIONS.replace("origin/main", "main");
    for checked_out in [true, false] {
        let project = Project::with(&definitions, Repo::options());
        let pushed = project.base();
        project.make_ready();
        if !checked_out {
            project.main.switch_new("elsewhere");
        }
        let landed = project.run("land 98").code(0).json();
        assert_eq!(landed["remote"], Value::Null);
        assert_eq!(landed["base_after"], project.main.rev("main").as_str());
        assert_eq!(project.main.git(["rev-parse", "main^2"]), project.lane.head());
        assert_eq!(Project::dirt(&project.main), "");
        assert_eq!(project.base(), pushed, "nothing is pushed");
        assert_eq!(project.run("land 98").code(0).json()["already"], true);
        assert_eq!(project.count("landed"), 1);
    }
}

#[test]
fn a_handoff_of_more_work_opens_a_landed_task_again() {
    let project = Project::new();
    project.make_ready();
    project.run("land 98").code(0);
    let first = project.base();
    project.lane.commit_file("src/api/more.rs", "pub fn more() {}\n", "More");
    // Nobody has handed that over: the task is as done as before.
    assert_eq!(project.run("land 98").code(0).json()["already"], true);
    project.handoff();
    let states = project.run("status").code(0).json_lines();
    assert_eq!(states[0]["state"], "in_progress");
    project.evidence();
    project.approve("D-arch");
    project.approve("E-governance");
    let landed = project.run("land 98").code(0).json();
    assert_eq!(landed["already"], false);
    assert_eq!(landed["base_before"], first.as_str());
    assert_eq!(project.count("landed"), 2);
    assert_eq!(project.run("status").code(0).json_lines()[0]["state"], "done");
}

#[test]
fn a_title_of_several_lines_stays_one_subject() {
    let definitions = DEFINITIONS
        .replace("title: Schema backend CRUD", "title: \"Schema\\n\\nQueue-Task: other\\nü\"");
    let project = Project::with(&definitions, Repo::options());
    project.make_ready();
    project.run("land 98").code(0);
    let subject = project.origin.git(["log", "-1", "--format=%s", "main"]);
    assert_eq!(subject, "Merge schema: Schema Queue-Task: other ü");
    let trailers = project.origin.git(["log", "-1", "--format=%(trailers:key=Queue-Task)", "main"]);
    assert_eq!(trailers.trim(), "Queue-Task: schema");
}

#[test]
fn a_missing_identity_fails_before_anything_is_recorded() {
    let project = Project::new();
    project.make_ready();
    let before = project.base();
    project
        .tool(["land", "98"])
        .env("GIT_COMMITTER_NAME", "")
        .env("GIT_COMMITTER_EMAIL", "")
        .env("GIT_AUTHOR_NAME", "")
        .run()
        .code(74)
        .stderr_has("git commit-tree");
    assert_eq!(project.base(), before);
    assert_eq!(project.count("landing"), 0);
}

#[test]
fn a_merge_is_signed_where_git_is_told_to_sign() {
    let project = Project::new();
    project.make_ready();
    let before = project.base();
    let signer = project.scratch.program("signer", "echo 'the signer was asked' >&2; exit 1");
    project.main.git(["config", "gpg.program", signer.to_str().unwrap()]);
    project.run("land 98 --dry-run").code(0);
    project.main.git(["config", "commit.gpgSign", "true"]);
    project.run("land 98").code(74).stderr_has("sign");
    assert_eq!(project.base(), before);
    assert_eq!(project.count("landing"), 0);
}

#[test]
fn a_setting_for_signing_that_git_cannot_read_is_no_no() {
    let project = Project::new();
    project.make_ready();
    project.main.git(["config", "commit.gpgSign", "perhaps"]);
    project.run("land 98").code(74).stderr_has("gpgsign");
    assert_eq!(project.count("landing"), 0);
}

#[test]
fn a_landing_that_cannot_be_recorded_says_that_it_has_landed() {
    let project = Project::new();
    project.make_ready();
    // The journal goes out of reach while the push is under way.
    let journal = project.journal();
    let (from, to) = (journal.display(), project.scratch.path("aside"));
    let script = format!("mv '{from}' '{}'; mkdir '{from}'", to.display());
    project.hook(project.origin.path(), "post-receive", &script);
    let ran = project.run("land 98");
    ran.code(74).stderr_has("schema has landed").stderr_has("merge-queue land schema");
    assert_eq!(ran.json()["landed"], true);
    std::fs::remove_dir(&journal).unwrap();
    std::fs::rename(to, &journal).unwrap();
    std::fs::remove_file(project.origin.file("hooks/post-receive")).unwrap();
    assert_eq!(project.run("land 98").code(0).json()["already"], true);
    assert_eq!(project.count("landed"), 1);
    assert_eq!(project.main.head(), project.base());
}
