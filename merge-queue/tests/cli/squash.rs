//! One commit a branch.

use testkit::Repo;

use crate::project::{DEFINITIONS, Project};

fn project() -> Project {
    let definitions = DEFINITIONS.replace("queue:\n", "queue:\n  strategy: squash\n");
    Project::with(&definitions, Repo::options())
}

/// A commit in the lane by somebody else.
fn commit_as(project: &Project, name: &str, path: &str, message: &str) {
    project.lane.write(path, message);
    project.lane.git(["add", "--all"]);
    let author = format!("{name} <{}@x.example>", name.to_lowercase());
    project.lane.git(["commit", "--quiet", "--author", &author, "--message", message]);
}

#[test]
fn a_squashed_branch_is_one_commit_with_everybodys_names() {
    let project = project();
    commit_as(&project, "Ada", "src/api/one.rs", "Add one");
    commit_as(&project, "Bea", "src/api/two.rs", "Add two\n\nCo-authored-by: Cid <cid@x.example>");
    commit_as(&project, "Ada", "src/api/three.rs", "Add three");
    project.make_ready();
    let moved = project.push_from_elsewhere("other.txt", "other\n");
    let landed = project.run("land 98").code(0).json();
    assert_eq!(landed["strategy"], "squash");
    assert_eq!(landed["base_before"], moved.as_str());
    let shown = |format: &str| project.origin.git(["show", "--no-patch", format, "main"]);
    assert_eq!(shown("--format=%P"), moved);
    assert_eq!(shown("--format=%an <%ae>"), "Ada <ada@x.example>");
    assert_eq!(shown("--format=%s"), "schema: Schema backend CRUD");
    let others = shown("--format=%(trailers:key=Co-authored-by,valueonly)");
    assert!(others.contains("Bea <bea@x.example>\nCid <cid@x.example>"), "{others}");
    assert!(shown("--format=%b").contains("* Add one\n* Add two\n* Add three\n"));
    let source = shown("--format=%(trailers:key=Queue-Source,valueonly)");
    assert_eq!(source.trim(), project.lane.head());
    // The tree is that of the merge.
    project.lane.git(["fetch", "--quiet", "origin"]);
    let merged = project.lane.git(["merge-tree", "--write-tree", &moved, &project.lane.head()]);
    assert_eq!(project.origin.git(["rev-parse", "main^{tree}"]), merged);

    // The branch's commits are not in the base, and the task is done all the same.
    assert_eq!(project.run("status").code(0).json_lines()[0]["state"], "done");
    assert_eq!(project.run("land 98").code(0).json()["already"], true);
    assert_eq!(project.count("landed"), 1);
    assert_eq!(project.reasons().last().unwrap(), "nothing_to_land");
}

#[test]
fn a_release_knows_what_a_squashed_branch_brought() {
    let project = project();
    let before = project.base();
    project.make_ready();
    project.run("land 98").code(0);
    let release = project.tool(["promote", "--evidence", "--since", &before]).run();
    let release = release.code(0).json();
    assert_eq!(release["unaccounted"], serde_json::json!([]));
    assert_eq!(release["tasks"][0]["base_after"], project.base().as_str());
    // Also when the branch and its commits are gone.
    project.main.git(["worktree", "remove", project.lane.path().to_str().unwrap()]);
    project.main.git(["branch", "--quiet", "-D", "98-schema"]);
    project.main.git(["reflog", "expire", "--expire=now", "--all"]);
    project.main.git(["gc", "--quiet", "--prune=now"]);
    let release = project.tool(["promote", "--evidence", "--since", &before]).run();
    let release = release.code(1).json();
    assert_eq!(release["unaccounted"], serde_json::json!([]));
    assert_eq!(project.run("status").code(0).json_lines()[0]["state"], "done");
}

#[test]
fn an_interrupted_squash_is_recorded_by_the_next_call() {
    let project = project();
    project.make_ready();
    // The journal is out of reach once the push is through.
    let journal = project.journal();
    let (from, to) = (journal.display(), project.scratch.path("aside"));
    let script = format!("mv '{from}' '{}'; mkdir '{from}'", to.display());
    project.hook(project.origin.path(), "post-receive", &script);
    project.run("land 98").code(74).stderr_has("schema has landed");
    std::fs::remove_dir(&journal).unwrap();
    std::fs::rename(to, &journal).unwrap();
    std::fs::remove_file(project.origin.file("hooks/post-receive")).unwrap();
    assert_eq!(project.run("land 98").code(0).json()["already"], true);
    assert_eq!(project.count("landed"), 1);
}
