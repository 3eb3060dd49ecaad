//! Each reason why a task may not land, on a real repository.

use testkit::Repo;

use crate::project::{DEFINITIONS, Project, codes};

#[test]
fn nothing_was_done_yet() {
    let project = Project::new();
    // There is no handoff, so nothing says which branch is meant.
    assert_eq!(project.reasons(), ["handoff_missing"]);
    let ran = project.run("merge-ready 98 --ref 98-schema");
    assert_eq!(
        codes(&ran.code(1).json()),
        ["handoff_missing", "check_not_run", "review_missing", "review_missing"]
    );
}

#[test]
fn a_commit_after_the_handoff() {
    let project = Project::new();
    project.make_ready();
    project.lane.commit_file("notes.txt", "more\n", "More");
    assert_eq!(
        project.reasons(),
        ["handoff_other_commit", "check_not_run", "approval_stale", "approval_stale"]
    );
    // The old commit is still what it was, and can be asked for, but the handoff was for it alone.
    project.run("merge-ready 98 --ref 98-schema~1").code(0);
}

#[test]
fn a_commit_that_changes_only_its_message_keeps_its_checks_and_approvals() {
    let project = Project::new();
    project.make_ready();
    project.lane.git(["commit", "--quiet", "--amend", "-m", "Better words"]);
    assert_eq!(project.reasons(), ["handoff_other_commit"]);
    project.handoff();
    project.run("merge-ready 98").code(0);
}

#[test]
fn a_check_that_failed_after_it_passed() {
    let project =
        Project::with(&DEFINITIONS.replace("git --version", "test ! -e marker"), Repo::options());
    let check = || {
        project
            .tool(["evidence", "98", "--lane"])
            .arg(project.lane.path())
            .args(["--", "test", "!", "-e", "marker"])
            .run()
    };
    check().code(0);
    project.handoff();
    project.approve("D-arch");
    project.approve("E-governance");
    project.run("merge-ready 98").code(0);
    // The same content, another outcome: the newest run counts.
    project.lane.write(".git-excluded", "");
    let exclude = project.main.file(".git/info/exclude");
    std::fs::OpenOptions::new()
        .append(true)
        .open(exclude)
        .and_then(|mut file| std::io::Write::write_all(&mut file, b"marker\n.git-excluded\n"))
        .unwrap();
    project.lane.write("marker", "");
    check().code(1);
    assert_eq!(project.reasons(), ["check_failed"]);
    std::fs::remove_file(project.lane.file("marker")).unwrap();
    check().code(0);
    project.run("merge-ready 98").code(0);
}

#[test]
fn a_typed_result_is_no_check() {
    let project = Project::new();
    project.make_ready();
    let text = std::fs::read_to_string(project.journal()).unwrap();
    project.scratch.write(
        "talos/.git/switchyard/queue.jsonl",
        text.replace(r#""source":"ran""#, r#""source":"declared""#),
    );
    assert_eq!(project.reasons(), ["check_not_run"]);
}

#[test]
fn the_base_moved_under_the_branch() {
    let project = Project::new();
    project.make_ready();
    project.push_from_elsewhere("other.txt", "other\n");
    // A merge is still clean and still changes what was reviewed.
    project.run("merge-ready 98").code(0);
    // A fast-forward is not possible any more; the base is fetched to know it.
    let ran = project.run("land 98 --strategy ff-only --dry-run");
    assert_eq!(codes(&ran.code(1).json()), ["not_based_on_base"]);
}

#[test]
fn without_a_fetch_the_answer_says_so() {
    let project = Project::new();
    project.make_ready();
    project.push_from_elsewhere("src/api/schema.rs", "mine\n");
    let stale = project.run("merge-ready 98 --no-fetch").code(0).json();
    assert_eq!(stale["fetched"], false);
    assert_eq!(project.reasons(), ["merge_conflict"]);
}

#[test]
fn a_conflict_names_its_files() {
    let project = Project::new();
    project.lane.commit_file("docs/guide.md", "ONE\ntwo\nthree\nfour\nfive\n", "Edit");
    project.make_ready();
    project.push_from_elsewhere("docs/guide.md", "Eins\ntwo\nthree\nfour\nfive\n");
    let answer = project.run("merge-ready 98").code(1).json();
    assert_eq!(codes(&answer), ["merge_conflict"]);
    let message = answer["reasons"][0]["message"].as_str().unwrap();
    assert!(message.contains("docs/guide.md"), "{message}");
    assert_eq!(codes(&project.run("land 98").code(1).json()), ["merge_conflict"]);
    assert_eq!(project.count("landing"), 0);
}

#[test]
fn the_base_has_the_same_change_already() {
    let project = Project::new();
    project.make_ready();
    project.push_from_elsewhere("src/api/schema.rs", "pub fn schema() {}\n");
    assert_eq!(project.reasons(), ["nothing_to_land"]);
}

#[test]
fn a_merge_that_would_change_other_paths_than_the_reviewed_ones() {
    let project = Project::new();
    project.lane.commit_file("docs/guide.md", "one\ntwo\nthree\nfour\nFIVE\n", "Edit");
    project.make_ready();
    // The base renames the file: git carries the edit over to a path that nobody reviewed.
    let other = project.clone_of_origin("other");
    other.git(["mv", "docs/guide.md", "handbook.md"]);
    other.commit_all("Rename the guide");
    other.git(["push", "--quiet", "origin", "HEAD:main"]);
    let answer = project.run("merge-ready 98").code(1).json();
    assert_eq!(codes(&answer), ["merge_differs"]);
    let message = answer["reasons"][0]["message"].as_str().unwrap();
    assert!(message.contains("handbook.md") && message.contains("docs/guide.md"), "{message}");
}

#[test]
fn several_merge_bases_have_no_single_diff() {
    let project = Project::new();
    let first = project.lane.head();
    let moved = project.push_from_elsewhere("other.txt", "other\n");
    project.main.git(["fetch", "--quiet", "origin"]);
    project.lane.git(["merge", "--quiet", "-m", "Take main", &moved]);
    // The base takes the branch's first commit, so that each has merged the other.
    project.main.git(["merge", "--quiet", "--ff-only", &moved]);
    project.main.git(["merge", "--quiet", "--no-ff", "-m", "Take the branch", &first]);
    project.main.git(["push", "--quiet", "origin", "main"]);
    project.lane.commit_file("x", "x\n", "More");
    let answer = project.run("merge-ready 98 --ref 98-schema").code(1).json();
    assert!(codes(&answer).contains(&"merge_base_ambiguous".into()), "{answer}");
    assert_eq!(answer["diff_digest"], serde_json::Value::Null);
    project.run("handoff 98 --owner A --branch 98-schema").code(1);
}

#[test]
fn an_unrelated_branch() {
    let project = Project::new();
    project.main.git([
        "branch",
        "alone",
        &project.main.git(["commit-tree", "HEAD^{tree}", "-m", "x"]),
    ]);
    let answer = project.run("merge-ready 98 --ref alone").code(1).json();
    assert!(codes(&answer).contains(&"not_based_on_base".into()), "{answer}");
}

#[test]
fn a_ref_that_is_not_there() {
    let project = Project::new();
    project.make_ready();
    let answer = project.run("merge-ready 98 --ref nowhere").code(1).json();
    assert_eq!(codes(&answer), ["ref_unknown"]);
    assert_eq!(answer["head"], serde_json::Value::Null);
    // The branch was deleted: what was handed over is kept, unless that goes too.
    project.lane.git(["switch", "--quiet", "--detach"]);
    project.main.git(["branch", "-D", "98-schema"]);
    project.run("merge-ready 98").code(0);
    project.main.git(["update-ref", "-d", "refs/switchyard/queue/schema"]);
    assert_eq!(project.reasons(), ["ref_unknown"]);
}

#[test]
fn a_branch_that_only_the_remote_has() {
    let project = Project::new();
    project.make_ready();
    project.lane.git(["push", "--quiet", "origin", "98-schema"]);
    project.lane.git(["switch", "--quiet", "--detach"]);
    project.main.git(["branch", "-D", "98-schema"]);
    project.run("merge-ready 98").code(0);
}

#[test]
fn a_base_that_is_not_there() {
    let project = Project::with(&DEFINITIONS.replace("origin/main", "trunk"), Repo::options());
    let answer = project.run("merge-ready 98 --ref 98-schema").code(1).json();
    assert!(codes(&answer).contains(&"base_unknown".into()), "{answer}");
}

#[test]
fn a_dirty_coordinator_and_what_does_not_make_it_dirty() {
    let project = Project::new();
    project.make_ready();
    project.main.write("target/debug/x", "ignored\n");
    project.run("merge-ready 98").code(0);
    project.main.write("note.txt", "untracked\n");
    assert_eq!(project.reasons(), ["coordinator_dirty"]);
    project.main.git(["config", "status.showUntrackedFiles", "no"]);
    assert_eq!(project.reasons(), ["coordinator_dirty"]);
    assert_eq!(codes(&project.run("land 98").code(1).json()), ["coordinator_dirty"]);
    std::fs::remove_file(project.main.file("note.txt")).unwrap();
    project.main.write("README.md", "edited\n");
    assert_eq!(project.reasons(), ["coordinator_dirty"]);
}

#[test]
fn a_dependency_that_has_not_landed() {
    let project = Project::new();
    let ran = project.run("merge-ready later --ref 98-schema");
    let answer = ran.code(1).json();
    assert!(codes(&answer).contains(&"dependency_open".into()), "{answer}");
    project.make_ready();
    project.run("land 98").code(0);
    let answer = project.run("merge-ready later --ref 98-schema").code(1).json();
    assert!(!codes(&answer).contains(&"dependency_open".into()), "{answer}");
    // That it was recorded does not make it done; that the base holds it does.
    project.origin.git(["update-ref", "refs/heads/main", "main~1"]);
    let answer = project.run("merge-ready later --ref 98-schema").code(1).json();
    assert!(codes(&answer).contains(&"dependency_open".into()), "{answer}");
}

#[test]
fn the_answer_is_the_same_from_everywhere() {
    let project = Project::new();
    project.make_ready();
    // A lane brings no rules of its own.
    project.lane.write("switchyard.yaml", "queue:\n  tasks: []\n");
    let ask = |dir: &std::path::Path| {
        let ran = project.tool(["merge-ready", "98"]).dir(dir).run();
        ran.code(0).out().to_owned()
    };
    let here = ask(project.main.path());
    assert_eq!(ask(&project.main.file("src")), here);
    assert_eq!(ask(project.lane.path()), here);
    assert_eq!(ask(&project.lane.file("src/api")), here);
    // Nor do time zone, language, terminal, colours or the user's settings of git decide anything.
    let settings = "[diff]\n\trenames = copies\n\tnoprefix = true\n[core]\n\tquotePath = false\n[color]\n\tui = always\n[i18n]\n\tlogOutputEncoding = latin1\n[merge]\n\tdefault = union\n[log]\n\tmailmap = false\n";
    let config = project.scratch.write("settings", settings);
    for (name, value) in [
        ("TZ", "Pacific/Chatham"),
        ("LC_ALL", "tr_TR.UTF-8"),
        ("COLUMNS", "20"),
        ("CLICOLOR_FORCE", "1"),
        ("GIT_DIR", "/nowhere"),
        ("GIT_CONFIG_GLOBAL", config.to_str().unwrap()),
    ] {
        let ran = project.tool(["merge-ready", "98", "--format", "json"]).env(name, value).run();
        assert_eq!(ran.code(0).out(), here, "{name}");
    }
    let elsewhere = project.tool(["merge-ready", "98", "--repo"]).arg(project.lane.path());
    assert_eq!(elsewhere.dir(project.scratch.root()).run().code(0).out(), here);
}

#[test]
fn where_libgit2_cannot_read_the_task_lands_all_the_same() {
    for options in [Repo::options().reftable(), Repo::options().sha256()] {
        let project = Project::with(DEFINITIONS, options);
        project.make_ready();
        let landed = project.run("land 98").code(0).json();
        assert_eq!(landed["base_after"], project.base().as_str());
        assert_eq!(Project::dirt(&project.main), "");
    }
}

#[test]
fn people_see_every_condition() {
    let project = Project::new();
    project.make_ready();
    let ran = project.run("merge-ready 98 --format table");
    ran.code(0).stdout_has("schema may land").stdout_has("based_on_base");
    project.main.write("note.txt", "untracked\n");
    let ran = project.run("merge-ready 98 --format table");
    ran.code(1)
        .stdout_has("schema may not land")
        .stdout_has("coordinator_dirty")
        .stdout_has("next:");
}

#[test]
fn a_shallow_clone_that_does_not_reach_back_knows_neither_diff_nor_authors() {
    let project = Project::new();
    project.lane.commit_file("more.txt", "more\n", "More");
    let moved = project.push_from_elsewhere("other.txt", "other\n");
    project.main.git(["fetch", "--quiet", "origin"]);
    project.lane.git(["merge", "--quiet", "-m", "Take main", &moved]);
    project.lane.git(["push", "--quiet", "origin", "98-schema"]);
    // It has the merge base, but not the first commit of the branch, nor who made it.
    let origin = format!("file://{}", project.origin.path().display());
    let shallow = project.scratch.path("shallow");
    let to = shallow.to_str().unwrap();
    project.main.git(["clone", "--quiet", "--depth=2", "--no-single-branch", &origin, to]);
    let run = |words: &str| project.tool(words.split(' ')).dir(&shallow).run();
    let judged = "merge-ready 98 --ref origin/98-schema";
    assert!(codes(&run(judged).code(1).json()).contains(&"history_cut_off".into()));
    run("route-review 98 --ref origin/98-schema").code(2).stderr_has("git fetch --unshallow");
    let review = "review 98 --role D-arch --reviewer D --status approved";
    run(&format!("{review} --commit origin/98-schema")).code(2);
    project.main.git(["-C", to, "fetch", "--quiet", "--unshallow"]);
    assert!(!codes(&run(judged).code(1).json()).contains(&"history_cut_off".into()));
    run("route-review 98 --ref origin/98-schema").code(0);
}

#[test]
fn a_shallow_clone_that_reaches_back_is_good_enough() {
    let project = Project::new();
    project.lane.git(["push", "--quiet", "origin", "98-schema"]);
    let origin = format!("file://{}", project.origin.path().display());
    let shallow = project.scratch.path("shallow");
    let to = shallow.to_str().unwrap();
    project.main.git(["clone", "--quiet", "--depth=2", "--no-single-branch", &origin, to]);
    let ran = project.tool(["route-review", "98", "--ref", "origin/98-schema"]).dir(&shallow).run();
    assert_eq!(ran.code(0).json(), project.run("route-review 98 --ref 98-schema").code(0).json());
}

#[test]
fn how_one_clone_merges_decides_nothing() {
    let project = Project::new();
    project.lane.commit_file("docs/guide.md", "ONE\ntwo\nthree\nfour\nfive\n", "Edit");
    project.make_ready();
    project.push_from_elsewhere("docs/guide.md", "Eins\ntwo\nthree\nfour\nfive\n");
    project.main.git(["config", "merge.default", "union"]);
    assert_eq!(project.reasons(), ["merge_conflict"]);
    project.main.git(["config", "--unset", "merge.default"]);
    let attributes = project.scratch.write("attributes", "* merge=union\n");
    project.main.git(["config", "core.attributesFile", attributes.to_str().unwrap()]);
    assert_eq!(project.reasons(), ["merge_conflict"]);
    let own = project.main.file(".git/info/attributes");
    project.main.write(&own, "# merge\n*.png diff=png\n");
    assert_eq!(project.reasons(), ["merge_conflict"]);
    project.main.write(&own, "# merge\n*.md merge=union\n");
    project.run("merge-ready 98").code(2).stderr_has("info/attributes:2");
}

#[test]
fn parents_that_one_clone_gives_a_commit_hide_no_author() {
    let project = Project::new();
    project.lane.write("more.txt", "more\n");
    project.lane.git(["add", "more.txt"]);
    project.lane.git(["commit", "--quiet", "--author", "D <d@example.invalid>", "-m", "By D"]);
    let head = project.lane.commit_file("last.txt", "last\n", "Last");
    project.handoff();
    let review = "review 98 --role D-arch --reviewer D --status approved";
    assert_eq!(codes(&project.run(review).code(1).json()), ["self_approval"]);
    let grafts = project.main.file(".git/info/grafts");
    project.main.write(&grafts, format!("{head} {}\n", project.main.head()));
    project.run(review).code(2).stderr_has("info/grafts");
    project.run("merge-ready 98").code(2).stderr_has("info/grafts");
    project.main.git(["replace", "--convert-graft-file"]);
    assert_eq!(codes(&project.run(review).code(1).json()), ["self_approval"]);
}

#[test]
fn several_refs_have_an_answer_each() {
    let project = Project::new();
    project.make_ready();
    let reviewed = project.lane.head();
    project.lane.commit_file("notes.txt", "more\n", "More");
    let words = format!("merge-ready 98 --ref {reviewed} --ref 98-schema --ref nowhere");
    let answers = project.run(&words).code(1).json_lines();
    let ready: Vec<_> = answers.iter().map(|answer| answer["ready"].as_bool().unwrap()).collect();
    assert_eq!(ready, [true, false, false]);
    assert_eq!(answers[0]["head"], reviewed.as_str());
    assert_eq!(codes(&answers[2]), ["ref_unknown"]);
    project.run(&format!("merge-ready 98 --ref {reviewed} --ref 98-schema~1")).code(0);
    project.run("merge-ready").code(2);
    project.run("merge-ready 98 --all").code(2);
    project.run("merge-ready --all --ref main").code(2);
}

#[test]
fn all_that_is_handed_over_and_has_not_landed_is_judged_at_once() {
    let project = Project::new();
    let ran = project.run("merge-ready --all");
    ran.code(1).stdout_is("").stderr_has("no task is handed over");
    project.make_ready();
    let answers = project.run("merge-ready --all").code(0).json_lines();
    assert_eq!(answers, [project.run("merge-ready 98").code(0).json()]);
    let second = project.main.worktree(project.scratch.path("talos-99"), "99-later");
    second.commit_file("later.txt", "later\n", "Later");
    project.run("handoff 99 --owner B --branch 99-later").code(0);
    let answers = project.run("merge-ready --all").code(1).json_lines();
    let tasks: Vec<_> = answers.iter().map(|answer| answer["task"].as_str().unwrap()).collect();
    assert_eq!(tasks, ["schema", "later"]);
    assert_eq!(codes(&answers[1]), ["evidence_missing", "dependency_open"]);
    project.run("land 98").code(0);
    let answers = project.run("merge-ready --all").code(1).json_lines();
    assert_eq!(answers.len(), 1);
    assert_eq!(codes(&answers[0]), ["evidence_missing"]);
}

#[test]
fn a_blocked_task_does_not_land() {
    let project = Project::new();
    project.make_ready();
    project.run("set-status 98 blocked --reason undecided").code(0);
    let answer = project.run("merge-ready 98").code(1).json();
    assert_eq!(codes(&answer), ["task_blocked"]);
    assert!(answer["reasons"][0]["message"].as_str().unwrap().ends_with(": undecided"));
    project.run("land 98").code(1);
    // The step that the reason gives keeps what there is.
    let next = answer["reasons"][0]["next"].as_str().unwrap();
    let (_, words) = next.split_once("merge-queue ").unwrap();
    project.run(words).code(0);
    project.run("land 98").code(0);
}
