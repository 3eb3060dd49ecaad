//! Taking landed work out of the base again.

use serde_json::Value;
use testkit::Repo;

use crate::land_in_turn::{self, hand_over};
use crate::project::{DEFINITIONS, Project, codes};

fn landed(strategy: &str) -> Project {
    let definitions = DEFINITIONS.replace("queue:\n", &format!("queue:\n  strategy: {strategy}\n"));
    let project = Project::with(&definitions, Repo::options());
    project.make_ready();
    project.run("land 98").code(0);
    project
}

fn files(project: &Project) -> String {
    project.origin.git(["ls-tree", "-r", "--name-only", "main"])
}

#[test]
fn a_task_goes_out_of_the_base_and_is_open_again() {
    for strategy in ["no-ff", "ff-only", "squash"] {
        let project = landed(strategy);
        assert!(files(&project).contains("src/api/schema.rs"));
        let before = project.base();
        let moved = project.push_from_elsewhere("other.txt", "other\n");

        let plan = project.run("revert 98 --dry-run").code(0).json();
        assert_eq!((&plan["dry_run"], &plan["reverted"]), (&true.into(), &false.into()));
        assert_eq!(project.base(), moved);
        assert_eq!(project.count("reverting"), 0);

        let undone = project.tool(["revert", "98", "--reason", "it is slow"]).run();
        let undone = undone.code(0).json();
        assert_eq!(undone["reverted"], true, "{strategy}");
        assert_eq!(undone["tasks"], serde_json::json!(["schema"]));
        assert_eq!(undone["base_before"], moved.as_str());
        assert_eq!(undone["base_after"], project.base().as_str());
        assert_eq!(undone["tree"], plan["tree"]);
        let files = files(&project);
        assert!(!files.contains("schema.rs") && files.contains("other.txt"), "{files}");
        assert_eq!(project.origin.git(["rev-parse", "main^"]), moved);
        assert_eq!(project.main.head(), project.base());
        assert_eq!(Project::dirt(&project.main), "");
        let shown = |format: &str| project.origin.git(["show", "--no-patch", format, "main"]);
        assert_eq!(shown("--format=%s"), "Revert schema: Schema backend CRUD");
        assert!(shown("--format=%b").contains("it is slow"));
        let reverts = shown("--format=%(trailers:key=Queue-Reverts,valueonly)");
        assert_eq!(reverts.trim(), before);

        assert_eq!(project.run("status").code(0).json_lines()[0]["state"], "in_progress");
        let reasons = project.reasons();
        assert!(reasons.contains(&"returned".into()), "{strategy}: {reasons:?}");
        assert_eq!(codes(&project.run("revert 98").code(1).json()), ["not_landed"]);
        project.run("land --ready").code(0);
        assert_eq!(project.count("landed"), 1);
        assert_eq!(project.count("reverting"), 1);
    }
}

#[test]
fn the_next_step_that_is_named_brings_the_work_back() {
    for strategy in ["no-ff", "ff-only", "squash"] {
        let project = landed(strategy);
        project.run("revert 98").code(0);
        let answer = project.run("merge-ready 98").code(1).json();
        let reasons = answer["reasons"].as_array().unwrap();
        let returned = reasons.iter().find(|reason| reason["code"] == "returned").unwrap();
        let next = returned["next"].as_str().unwrap();
        let commands = next.split('\'').filter_map(|part| part.strip_prefix("git "));
        let commands: Vec<&str> = commands.collect();
        // The commits of a squashed branch never came into the base.
        assert_eq!(commands.len(), if strategy == "squash" { 0 } else { 2 }, "{next}");
        project.lane.git(["fetch", "--quiet", "origin"]);
        for command in commands {
            project.lane.git(["-c", "core.editor=true"].into_iter().chain(command.split(' ')));
        }
        project.make_ready();
        let landed = project.run("land 98").code(0).json();
        assert_eq!((&landed["landed"], &landed["already"]), (&true.into(), &false.into()));
        assert!(files(&project).contains("src/api/schema.rs"), "{strategy}");
        assert_eq!(project.run("status").code(0).json_lines()[0]["state"], "done");
    }
}

#[test]
fn what_was_changed_again_since_is_not_undone() {
    let project = landed("no-ff");
    let moved = project.push_from_elsewhere("src/api/schema.rs", "pub fn other() {}\n");
    let answer = project.run("revert 98").code(1).json();
    assert_eq!(codes(&answer), ["revert_conflict"]);
    let message = answer["reasons"][0]["message"].as_str().unwrap();
    assert!(message.contains("src/api/schema.rs"), "{message}");
    assert_eq!(project.base(), moved);
    assert_eq!(project.count("reverting"), 0);
    assert_eq!(project.run("status").code(0).json_lines()[0]["state"], "done");

    // Somebody has undone it by hand.
    let project = landed("no-ff");
    let other = project.clone_of_origin("elsewhere");
    other.git(["revert", "--no-edit", "-m", "1", "HEAD"]);
    other.git(["push", "--quiet", "origin", "HEAD:main"]);
    assert_eq!(codes(&project.run("revert 98").code(1).json()), ["nothing_to_revert"]);
}

#[test]
fn what_is_not_there_is_named() {
    let project = Project::new();
    assert_eq!(codes(&project.run("revert 98").code(1).json()), ["not_landed"]);
    assert_eq!(codes(&project.run("revert 20260124T183045-1.1").code(1).json()), ["unknown"]);
    project.run("revert").code(2);
}

#[test]
fn it_is_undone_only_if_the_command_passes_without_it_and_also_while_the_queue_is_frozen() {
    let project = landed("no-ff");
    let before = project.base();
    let verify = project.scratch.program("verify", "test ! -e must-not-be");
    let verify = verify.to_str().unwrap();
    let revert = |command: &str| project.tool(["revert", "98", "--verify", command]).run();
    let fails = project.scratch.program("fails", "echo 'too slow'; exit 1");
    let answer = revert(fails.to_str().unwrap()).code(1).json();
    assert_eq!(codes(&answer), ["verify_failed"]);
    assert!(answer["output_tail"].as_str().unwrap().contains("too slow"));
    assert_eq!((project.base(), project.count("reverting")), (before, 0));

    project.tool(["freeze", "--reason", "the base is red"]).run().code(0);
    let undone = revert(verify).code(0).json();
    assert_eq!(undone["verified"]["commit"], undone["base_after"]);
    assert_eq!(undone["verified"]["commit"], project.base().as_str());
}

#[test]
fn a_whole_batch_goes_the_newest_first() {
    let project = land_in_turn::project();
    let before = project.base();
    for task in ["a", "c", "d"] {
        hand_over(&project, task, &format!("{task}.txt"), "text\n");
    }
    let answers = project.run("land --ready --batch").code(0).json_lines();
    let tasks: Vec<&Value> = answers.iter().rev().map(|answer| &answer["task"]).collect();
    let batch = answers[0]["batch"].as_str().unwrap();
    let undone = project.run(&format!("revert {batch} --reason slow")).code(0).json();
    assert_eq!(undone["tasks"].as_array().unwrap().iter().collect::<Vec<_>>(), tasks);
    assert_eq!(
        project.origin.git(["rev-parse", "main^{tree}"]),
        project.origin.git(["rev-parse", &format!("{before}^{{tree}}")])
    );
    let log = project.origin.git(["log", "--first-parent", "--format=%s", "-3", "main"]);
    assert_eq!(log, "Revert c: The third\nRevert a: The first\nRevert d: The fourth");
    for status in project.run("status").code(0).json_lines() {
        assert_ne!(status["state"], "done", "{status}");
    }
    let again = project.run(&format!("revert {batch}"));
    assert_eq!(codes(&again.code(1).json()), ["not_landed"]);

    // Nothing of it is in a release, and nothing came in without the queue.
    let release = project.tool(["promote", "--evidence", "--since", &before]).run();
    let release = release.code(1).json();
    assert_eq!(codes(&release), ["nothing_to_release"]);
    assert_eq!(release["unaccounted"], serde_json::json!([]));
}

#[test]
fn one_of_a_batch_goes_and_the_others_stay() {
    let project = land_in_turn::project();
    for task in ["a", "c", "d"] {
        hand_over(&project, task, &format!("{task}.txt"), "text\n");
    }
    project.run("land --ready --batch").code(0);
    project.run("revert a").code(0);
    let left = files(&project);
    assert!(!left.contains("a.txt") && left.contains("c.txt") && left.contains("d.txt"), "{left}");
}

#[test]
fn a_reversion_that_could_not_be_recorded_holds_and_is_recorded_later() {
    let project = landed("no-ff");
    let journal = project.journal();
    let (from, to) = (journal.display(), project.scratch.path("aside"));
    let script = format!("mv '{from}' '{}'; mkdir '{from}'", to.display());
    project.hook(project.origin.path(), "post-receive", &script);
    project.run("revert 98").code(74).stderr_has("out of the base");
    std::fs::remove_dir(&journal).unwrap();
    std::fs::rename(to, &journal).unwrap();
    std::fs::remove_file(project.origin.file("hooks/post-receive")).unwrap();
    assert_eq!(project.count("returned"), 0);
    // The base has the commit, whatever the journal says.
    assert_eq!(project.run("status").code(0).json_lines()[0]["state"], "in_progress");
    let answer = project.run("merge-ready 98");
    answer.code(1).stderr_has("earlier call");
    assert!(codes(&answer.json()).contains(&"returned".into()));
    project.run("merge-ready 98").code(1).stderr_lacks("earlier call");
    let returned: Vec<Value> =
        project.events().into_iter().filter(|event| event["kind"] == "returned").collect();
    assert_eq!(returned.len(), 1);
    assert_eq!(returned[0]["returned"]["why"], "reverted");
}

#[test]
fn a_base_that_moves_meanwhile_is_not_touched() {
    let project = landed("no-ff");
    // The remote takes another commit before it looks at ours.
    let other = project.clone_of_origin("elsewhere");
    let newer = other.commit_file("other.txt", "other\n", "From elsewhere");
    other.git(["push", "--quiet", "origin", "HEAD:refs/heads/aside"]);
    let script = format!(
        "unset $(git rev-parse --local-env-vars); git -C '{}' update-ref refs/heads/main {newer}",
        project.origin.path().display()
    );
    project.hook(&project.main.file(".git"), "pre-push", &script);
    project.run("revert 98").code(75);
    assert_eq!(project.base(), newer);
    assert_eq!(project.run("status").code(0).json_lines()[0]["state"], "done");
    std::fs::remove_file(project.main.file(".git/hooks/pre-push")).unwrap();
    assert_eq!(project.run("revert 98").code(0).json()["reverted"], true);
}
