//! Others who move the base meanwhile, and remotes that say no.

use serde_json::json;
use testkit::Repo;

use crate::land_in_turn::hand_over;
use crate::project::{DEFINITIONS, Project, codes};

/// Each time, in the moment before the push talks to the remote, another clone pushes; `once` only the first
/// time.
fn pushes_in_between(project: &Project, once: bool) -> Repo {
    let other = project.clone_of_origin("other");
    let script = format!(
        "{}\ncd '{}' && unset GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE && git commit -q --allow-empty -m between \
         && git push -q origin HEAD:main",
        if once { "rm \"$0\"" } else { "" },
        other.path().display()
    );
    project.hook(&project.main.file(".git"), "pre-push", &script);
    other
}

#[test]
fn a_push_in_between_means_to_land_on_top_of_it() {
    let project = Project::new();
    project.make_ready();
    let other = pushes_in_between(&project, true);
    let log = project.scratch.path("log");
    let verify = project
        .scratch
        .program("verify", &format!("git rev-parse 'HEAD^{{tree}}' >> '{}'", log.display()));
    let ran = project.tool(["land", "98", "--verify"]).arg(verify).run();
    ran.code(0).stderr_has("trying again");
    assert_eq!(project.origin.git(["rev-parse", "main^1"]), other.head());
    assert_eq!((project.count("landing"), project.count("landed")), (2, 1));
    // The very tree had passed already: what came in between changes no file.
    assert_eq!(std::fs::read_to_string(log).unwrap().lines().count(), 1);
    assert_eq!(project.main.git(["for-each-ref", "refs/switchyard"]), "");
}

#[test]
fn for_a_fast_forward_a_push_in_between_means_to_merge_first() {
    let project = Project::new();
    project.make_ready();
    let other = pushes_in_between(&project, true);
    let answer = project.run("land 98 --strategy ff-only").code(1).json();
    assert_eq!(codes(&answer), ["not_based_on_base"]);
    assert_eq!(project.base(), other.head());
    assert_eq!(project.count("landed"), 0);
}

#[test]
fn one_who_always_pushes_first_means_try_again_later_and_nothing_is_half_done() {
    let project = Project::new();
    project.make_ready();
    let local = project.main.head();
    let other = pushes_in_between(&project, false);
    let ran = project.run("land 98");
    ran.code(75).stderr_has("somebody else moved it").stderr_has("merge-queue land schema");
    assert_eq!(codes(&ran.json()), ["not_tried"]);
    assert_eq!(project.base(), other.head());
    assert_eq!(project.main.head(), local);
    assert_eq!(project.count("landed"), 0);
    assert_eq!(project.run("status").code(0).json_lines()[0]["state"], "in_progress");
    std::fs::remove_file(project.main.file(".git/hooks/pre-push")).unwrap();
    project.run("land 98").code(0);
    assert_eq!(project.origin.git(["rev-parse", "main^1"]), other.head());
    assert_eq!(project.count("landed"), 1);
}

#[test]
fn a_hook_that_says_no_is_quoted() {
    let project = Project::new();
    project.make_ready();
    let before = project.base();
    project.hook(project.origin.path(), "pre-receive", "echo 'not on a friday' >&2; exit 1");
    let ran = project.run("land 98");
    ran.code(74).stderr_has("not on a friday").stderr_has("pre-receive hook declined");
    ran.stderr_has("nothing has landed");
    assert_eq!(project.base(), before);
    assert_eq!(project.main.head(), before);
    assert_eq!(project.count("landed"), 0);
    std::fs::remove_file(project.origin.file("hooks/pre-receive")).unwrap();
    project.run("land 98").code(0);
    assert_eq!(project.count("landed"), 1);
}

/// Has the remote refuse whatever changes the folder `b`.
fn refuses_b(project: &Project) {
    let script = "while read -r old new ref; do\n\
        git diff --quiet \"$old\" \"$new\" -- b || { echo 'not b' >&2; exit 1; }\ndone";
    project.hook(project.origin.path(), "pre-receive", script);
}

fn three_tasks() -> Project {
    let tasks =
        ["a", "b", "c"].map(|id| format!("    - {{id: {id}, title: Task {id}}}\n")).concat();
    let policy = "policy: {evidence: optional}";
    let text = format!("queue:\n  base: origin/main\n  {policy}\n  tasks:\n{tasks}");
    let project = Project::with(&text, Repo::options());
    for task in ["a", "b", "c"] {
        hand_over(&project, task, &format!("{task}/file"), "text\n");
    }
    project
}

#[test]
fn a_task_that_the_remote_does_not_take_keeps_no_other() {
    for how in ["land --ready", "land --ready --batch", "land a b c"] {
        let project = three_tasks();
        refuses_b(&project);
        let ran = project.run(how);
        ran.code(74).stderr_has("not b").stderr_has("nothing has landed");
        let answers = ran.json_lines();
        let of = |task: &str| answers.iter().find(|answer| answer["task"] == task).unwrap();
        assert_eq!(answers.len(), 3, "{how}");
        assert_eq!((&of("a")["landed"], &of("c")["landed"]), (&json!(true), &json!(true)));
        assert_eq!(codes(of("b")), ["push_refused"], "{how}");
        assert_eq!(project.count("landed"), 2, "{how}");
        std::fs::remove_file(project.origin.file("hooks/pre-receive")).unwrap();
        project.run("land --ready").code(0);
        assert_eq!(project.count("landed"), 3, "{how}");
    }
}

#[test]
fn a_remote_that_takes_nothing_is_not_asked_for_ever() {
    let project = three_tasks();
    let asked = project.scratch.path("asked");
    let script = format!("echo x >> '{}'; echo 'closed' >&2; exit 1", asked.display());
    project.hook(project.origin.path(), "pre-receive", &script);
    let ran = project.run("land --ready --batch");
    ran.code(74).stderr_has("closed");
    assert_eq!(project.count("landed"), 0);
    // The batch, and two of its tasks.
    assert_eq!(std::fs::read_to_string(asked).unwrap().lines().count(), 3);
}

#[test]
fn a_hook_of_this_clone_is_heard_too() {
    let project = Project::new();
    project.make_ready();
    project.hook(&project.main.file(".git"), "pre-push", "echo 'run the linter first' >&2; exit 1");
    project.run("land 98").code(74).stderr_has("run the linter first");
    assert_eq!(project.count("landed"), 0);
}

#[test]
fn an_answer_that_is_lost_after_the_push_arrived_is_a_landing() {
    let project = Project::new();
    project.make_ready();
    // The remote's end dies after it has moved the branch.
    project.hook(project.origin.path(), "post-receive", "kill -9 $PPID");
    let landed = project.run("land 98").code(0).json();
    assert_eq!(landed["base_after"], project.base().as_str());
    assert_eq!(project.count("landed"), 1);
    assert_eq!(project.main.head(), project.base());
}

#[test]
fn a_remote_that_cannot_be_reached_is_no_answer() {
    let project = Project::new();
    project.make_ready();
    let away = project.scratch.path("away.git");
    std::fs::rename(project.origin.path(), &away).unwrap();
    project.run("merge-ready 98").code(74).stderr_has("git fetch");
    project.run("land 98").code(74);
    project.run("merge-ready 98 --no-fetch").code(0);
    assert_eq!(project.count("landing"), 0);
}

#[test]
fn two_landings_of_a_task_at_once_land_it_once() {
    for strategy in ["no-ff", "ff-only"] {
        let project = Project::new();
        project.make_ready();
        let before = project.base();
        let land = || project.tool(["land", "98", "--strategy", strategy]).spawn();
        let both = [land(), land()].map(testkit::Running::wait);
        assert!(both.iter().any(|ran| ran.exit_code() == Some(0)), "{} {}", both[0], both[1]);
        for ran in &both {
            assert!(matches!(ran.exit_code(), Some(0 | 75 | 1)), "{ran}");
        }
        project.run("land 98").code(0);
        let span = format!("{before}..main");
        let commits = project.origin.git(["rev-list", "--first-parent", "--count", &span]);
        assert_eq!(commits, "1");
        assert_eq!(project.count("landed"), 1);
        assert_eq!(Project::dirt(&project.main), "");
    }
}

#[test]
fn two_tasks_at_once_both_land_in_the_end() {
    let definitions = format!(
        "{}    - {{id: other, issue: 97, title: Other}}\n  routes: []\n",
        DEFINITIONS.split("  routes:").next().unwrap()
    );
    let project = Project::with(&definitions, Repo::options());
    let second = project.main.worktree(project.scratch.path("talos-97"), "97-other");
    second.commit_file("other.txt", "other\n", "Other");
    project.evidence();
    project.handoff();
    project.run("handoff 97 --owner B --branch 97-other").code(0);
    let lane = second.path().to_str().unwrap();
    project.tool(["evidence", "97", "--lane", lane, "--", "true"]).run().code(0);
    let both =
        ["98", "97"].map(|task| project.tool(["land", task]).spawn()).map(testkit::Running::wait);
    for ran in &both {
        assert!(matches!(ran.exit_code(), Some(0 | 75)), "{ran}");
    }
    project.run("land 98").code(0);
    project.run("land 97").code(0);
    assert_eq!(project.count("landed"), 2);
    let files = project.origin.git(["ls-tree", "-r", "--name-only", "main"]);
    assert!(files.contains("other.txt") && files.contains("src/api/schema.rs"), "{files}");
}

#[test]
fn a_push_to_another_place_than_the_base_is_fetched_from_is_no_landing() {
    let project = Project::new();
    project.make_ready();
    let before = project.base();
    let fork = project.scratch.path("fork.git");
    let (origin, fork) = (project.origin.path().to_str().unwrap(), fork.to_str().unwrap());
    project.main.git(["clone", "--quiet", "--bare", origin, fork]);
    project.main.git(["remote", "set-url", "--push", "origin", fork]);
    let ran = project.run("land 98");
    ran.code(74).stderr_has("git says that it has moved").stderr_has("nothing has landed");
    assert_eq!((project.base(), project.main.head()), (before.clone(), before));
    assert_eq!(project.count("landed"), 0);
    assert_eq!(project.run("status").code(0).json_lines()[0]["state"], "in_progress");
}

#[test]
fn a_remote_that_takes_the_landing_back_at_once_has_not_taken_it() {
    let project = Project::new();
    project.make_ready();
    let before = project.base();
    let script = "git update-ref refs/heads/main main~1";
    project.hook(project.origin.path(), "post-receive", script);
    project.run("land 98").code(74).stderr_has("nothing has landed");
    assert_eq!((project.base(), project.main.head()), (before.clone(), before));
    assert_eq!(project.count("landed"), 0);
}

#[test]
fn a_push_that_is_interrupted_says_how_to_find_out() {
    let project = Project::new();
    project.make_ready();
    project.hook(&project.main.file(".git"), "pre-push", ": > reached; exec sleep 1000");
    let running = project.tool(["land", "98"]).spawn();
    let reached = project.main.file("reached");
    while !reached.exists() && !running.has_ended() {
        std::thread::yield_now();
    }
    running.terminate();
    let ran = running.wait();
    ran.code(74).stderr_has("interrupted by signal 15").stderr_has("merge-queue land schema");
    std::fs::remove_file(reached).unwrap();
    std::fs::remove_file(project.main.file(".git/hooks/pre-push")).unwrap();
    project.run("land 98").code(0);
    assert_eq!(project.count("landed"), 1);
}

#[test]
fn a_signal_between_two_commands_stops_the_tool() {
    let project = Project::new();
    project.make_ready();
    let before = project.base();
    let git = testkit::Tool::program("sh").args(["-c", "command -v git"]).run();
    let git = git.code(0).out().trim().to_owned();
    // By then the tool has listened for signals once, while it fetched.
    let script = format!(
        "case \" $* \" in *\" merge-tree \"*)\nkill -TERM $PPID\nwhile kill -0 $PPID; do :; done;;\nesac\nexec '{git}' \"$@\""
    );
    project.scratch.program("bin/git", &script);
    let land = project.tool(["land", "98"]).path_first(project.scratch.path("bin"));
    land.limit(std::time::Duration::from_mins(1)).run().killed_by(15);
    assert_eq!(project.base(), before);
}
