//! Refs and objects that mean something else than they seem to.

use serde_json::json;
use testkit::Repo;

use crate::project::{DEFINITIONS, Project, codes};

#[test]
fn a_ref_may_be_a_tag_or_a_branch_of_the_remote_and_a_branch_goes_before_a_tag() {
    let project = Project::new();
    project.make_ready();
    project.lane.git(["push", "--quiet", "origin", "98-schema"]);
    project.lane.git(["tag", "-a", "-m", "Nested", "light", "98-schema"]);
    project.lane.git(["tag", "-a", "-m", "A tag of a tag", "v1", "light"]);
    let head = project.lane.head();
    for reference in ["v1", "origin/98-schema", "refs/heads/98-schema", head.as_str()] {
        let answer = project.run(&format!("merge-ready 98 --ref {reference}")).code(0).json();
        assert_eq!((&answer["reference"], &answer["head"]), (&json!(reference), &json!(head)));
    }
    // A tag with the name of the branch, which git would take first.
    project.main.git(["tag", "98-schema", "main"]);
    for words in ["merge-ready 98 --ref 98-schema", "merge-ready 98"] {
        assert_eq!(project.run(words).code(0).json()["head"], head.as_str());
    }
    let blob = project.main.git(["rev-parse", "HEAD:README.md"]);
    project.main.git(["tag", "a-file", &blob]);
    let answer = project.run("merge-ready 98 --ref a-file").code(1).json();
    assert_eq!(codes(&answer), ["ref_unknown"]);
}

#[test]
fn a_replaced_commit_fools_neither_the_judge_nor_the_runner() {
    let project = Project::new();
    project.make_ready();
    let before = project.run("merge-ready 98").code(0).out().to_owned();
    let reviewed = project.lane.head();
    let evil = project.lane.commit_file("src/api/schema.rs", "pub fn evil() {}\n", "Evil");
    project.handoff();
    let reasons = ["check_not_run", "approval_stale", "approval_stale"];
    assert_eq!(project.reasons(), reasons);
    // This clone shows the reviewed commit in the place of the new one.
    project.main.git(["replace", &evil, &reviewed]);
    assert_eq!(project.main.git(["diff", &evil, &reviewed]), "", "git is taken in");
    assert_eq!(project.reasons(), reasons);
    // And in the lane, where another content is checked out than was committed.
    project.lane.git(["reset", "--quiet", "--hard"]);
    assert_eq!(Project::dirt(&project.lane), "", "git is taken in");
    let lane = project.lane.path().to_str().unwrap();
    let ran = project.tool(["evidence", "98", "--lane", lane, "--", "git", "--version"]).run();
    assert_eq!(codes(&ran.code(1).json()), ["lane_dirty", "lane_replaces_objects"]);
    project.main.git(["replace", "--delete", &evil]);
    project.lane.git(["reset", "--quiet", "--hard", &reviewed]);
    project.handoff();
    let after = project.run("merge-ready 98").code(0).json();
    assert!(before.contains(after["diff_digest"].as_str().unwrap()));
}

/// What stands at the path of a critical folder, or above it, puts files there that no diff lists.
#[test]
fn a_link_or_a_submodule_counts_for_what_is_below_it() {
    for at in ["docs/api", "docs/api/vendor", "docs"] {
        for sort in ["link", "module"] {
            let definitions = DEFINITIONS.replace("docs/**", "docs/api/v1/**");
            let project = Project::with(&definitions, Repo::options());
            let lane = &project.lane;
            lane.git(["rm", "--quiet", "-r", "docs"]);
            let commit = lane.head();
            if sort == "link" {
                std::fs::create_dir_all(lane.file(at).parent().unwrap()).unwrap();
                std::os::unix::fs::symlink("/elsewhere", lane.file(at)).unwrap();
                lane.git(["add", at]);
            } else {
                lane.git([
                    "update-index",
                    "--add",
                    "--cacheinfo",
                    &format!("160000,{commit},{at}"),
                ]);
            }
            lane.git(["commit", "--quiet", "-m", "Put something else there"]);
            let route = project.run("route-review 98 --ref 98-schema").code(0).json();
            let required = &route["required"][0];
            let expected = at != "docs/api/vendor";
            let found = required["globs"].as_array().unwrap().contains(&json!("docs/api/v1/**"));
            assert_eq!((&required["role"], found), (&json!("D-arch"), expected), "{sort} at {at}");
        }
    }
}

#[test]
fn a_submodule_that_moves_and_a_mode_that_changes_void_an_approval() {
    let project = Project::new();
    let (one, two) = (project.main.head(), project.lane.head());
    let set = |commit: &str| {
        let entry = format!("160000,{commit},vendor");
        project.lane.git(["update-index", "--add", "--cacheinfo", &entry]);
        project.lane.git(["commit", "--quiet", "-m", "Move the submodule"]);
        // An empty folder is what a submodule looks like that nobody has fetched.
        std::fs::create_dir_all(project.lane.file("vendor")).unwrap();
    };
    set(&one);
    project.make_ready();
    set(&two);
    project.evidence();
    project.handoff();
    assert_eq!(project.reasons(), ["approval_stale", "approval_stale"]);
    project.approve("D-arch");
    project.approve("E-governance");
    project.run("merge-ready 98").code(0);
    project.lane.git(["update-index", "--chmod=+x", "src/api/schema.rs"]);
    project.lane.git(["commit", "--quiet", "-m", "Make it a program"]);
    project.lane.git(["checkout", "--quiet", "src"]);
    project.evidence();
    project.handoff();
    assert_eq!(project.reasons(), ["approval_stale", "approval_stale"]);
}

#[test]
fn a_branch_that_changes_nothing_has_nothing_to_land() {
    let project = Project::new();
    project.lane.git(["revert", "--no-edit", "HEAD"]);
    project.evidence();
    project.handoff();
    let answer = project.run("merge-ready 98").code(1).json();
    assert_eq!(codes(&answer), ["nothing_to_land"]);
    let digest = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    assert_eq!(answer["diff_digest"], digest, "of nothing");
}

#[test]
fn files_that_the_coordinator_hides_from_git_are_no_clean_checkout() {
    let project = Project::new();
    project.make_ready();
    project.main.git(["update-index", "--assume-unchanged", "README.md"]);
    project.main.write("README.md", "edited\n");
    assert_eq!(Project::dirt(&project.main), "", "git is taken in");
    assert_eq!(project.reasons(), ["coordinator_hides_changes"]);
    project.main.git(["update-index", "--no-assume-unchanged", "README.md"]);
    assert_eq!(project.reasons(), ["coordinator_dirty"]);
}

/// A filter of this clone can make any bytes look like the committed ones.
#[test]
fn definitions_that_a_filter_passes_off_as_the_base_s_do_not_count() {
    let project = Project::new();
    project.make_ready();
    let committed = project.scratch.write("committed.yaml", DEFINITIONS);
    let clean = format!("cat >/dev/null; cat '{}'", committed.display());
    project.main.git(["config", "filter.lie.clean", &clean]);
    let attributes = project.main.file(".git/info/attributes");
    project.scratch.write(attributes, "switchyard.yaml filter=lie\n");
    // Of the same length, or git would not ask the filter.
    let relaxed = DEFINITIONS.replace("docs/**", "dogs/**");
    project.main.write("switchyard.yaml", relaxed);
    assert_eq!(Project::dirt(&project.main), "", "git is taken in");
    assert_eq!(project.reasons(), ["definitions_not_of_base"]);
    // Line endings as this checkout has them are no difference.
    project.main.write("switchyard.yaml", DEFINITIONS.replace('\n', "\r\n"));
    assert_eq!(project.reasons(), ["coordinator_dirty"]);
}
