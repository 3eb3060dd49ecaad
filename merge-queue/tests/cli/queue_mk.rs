//! `queue.mk`: the runbook's commands as they are typed there, and any text in any variable.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use testkit::{Repo, Tool};

use crate::project::Project;

fn queue_mk() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../queue.mk").canonicalize().unwrap()
}

/// A project whose own Makefile takes `queue.mk` in.
fn project(definitions: &str) -> Project {
    let project = Project::with(definitions, Repo::options());
    let makefile = format!("include {}\nown:\n\t@echo mine\n", queue_mk().display());
    project.main.write("Makefile", &makefile);
    project.main.commit_all("Take the queue in");
    project.main.git(["push", "--quiet", "origin", "main"]);
    project
}

fn make(project: &Project, dir: &Repo) -> Tool {
    Tool::program("make")
        .dir(dir.path())
        .home(project.scratch.home())
        .path_first(Path::new(env!("CARGO_BIN_EXE_merge-queue")).parent().unwrap())
}

/// Runs a line of the runbook in the coordinator's checkout, through a shell, as it is typed.
#[track_caller]
fn typed(project: &Project, line: &str) -> testkit::Ran {
    Tool::program("sh")
        .args(["-c", line])
        .dir(project.main.path())
        .home(project.scratch.home())
        .path_first(Path::new(env!("CARGO_BIN_EXE_merge-queue")).parent().unwrap())
        .run()
}

const RUNBOOK: &str = "\
queue:
  base: origin/main
  strategy: ff-only
  policy: {declared: counts}
  roles:
    B-ui: {branch: agent/B-ui, worktree: ../talos-B-ui}
    D-arch: {reviewer: true}
    E-governance: {reviewer: true}
  tasks:
    - {id: ui-table, title: A table, role: B-ui, priority: 1, acceptance_checks: [\"git --version\"]}
  routes:
    - {globs: [\"doc/architecture/**\"], roles: [D-arch]}
    - {globs: [\"doc/**\"], roles: [E-governance]}
";

/// Runbook v2, sections 1 and 3, from the first to the last line.
#[test]
fn the_runbooks_normal_path_works_as_it_is_typed() {
    let project = project(RUNBOOK);
    let run = |line: &str| typed(&project, line);
    run("git fetch origin").code(0);
    run("git pull --ff-only origin main").code(0);
    run("make queue-prune-stale ACTOR=coordinator").code(0);
    run("make orchestrator-status").code(0).stdout_has("\"state\":\"todo\"");
    run("make orchestrator-tick").code(0).stdout_has("\"action\":\"claim\"");
    run("make queue-ready ROLE=B-ui").code(0).stdout_has("ui-table");
    run("worktree-lane add --role B-ui").code(0).stdout_has("/talos-B-ui\"");
    run("make queue-claim TASK_ID=ui-table ROLE=B-ui OWNER=B")
        .code(0)
        .stdout_has("\"owner\":\"B\"");
    run("make orchestrator-tick").code(0).stdout_has("\"action\":\"continue\"");
    project.scratch.write("talos-B-ui/doc/architecture/ui.md", "A table\n");
    let commit = "git -C ../talos-B-ui add . && git -C ../talos-B-ui commit -qm 'Draw a table'";
    run(commit).code(0);
    let sha = run("git -C ../talos-B-ui rev-parse HEAD").code(0).out().trim().to_owned();

    let evidence =
        run("make queue-record-evidence TASK_ID=ui-table COMMAND_TEXT=\"git --version\"");
    evidence.code(0).stdout_has("\"source\":\"ran\"");
    let declared = "make queue-record-evidence TASK_ID=ui-table COMMAND_TEXT=\"pnpm --dir packages/web typecheck\" RESULT=pass";
    run(declared).code(0).stdout_has("\"source\":\"declared\"");
    run(&format!("make queue-record-handoff TASK_ID=ui-table OWNER=B BRANCH=agent/B-ui COMMIT={sha} COMMANDS=\"git --version\" RESULTS=\"pass\" CHANGED_FILES=\"doc/architecture/ui.md\"")).code(0);
    let route = run("make queue-route-review TASK_ID=ui-table");
    route.code(0).stdout_has("D-arch").stdout_has("E-governance");
    let review = |role: &str, rest: &str| {
        let who = role.get(..1).unwrap();
        run(&format!(
            "make queue-record-review TASK_ID=ui-table REVIEWER_ROLE={role} REVIEWER={who} {rest}"
        ))
    };
    let approved = format!("STATUS=approved COMMIT={sha} NOTE=\"No findings.\"");
    review("D-arch", &approved).code(0);
    review("E-governance", "STATUS=changes_requested NOTE=\"...\"").code(0);
    run("make queue-merge-ready TASK_ID=ui-table").code(2).stdout_has("changes_requested");
    review("E-governance", &approved.replace("No findings", "Gates sufficient")).code(0);
    run("make queue-merge-ready TASK_ID=ui-table").code(0).stdout_has("\"ready\":true");

    run("git switch main").code(0);
    run("git pull --ff-only origin main").code(0);
    run(&format!("git merge --ff-only {sha}")).code(0);
    run("git push origin main").code(0);
    run(&format!(
        "make queue-set-status TASK_ID=ui-table STATUS=done OWNER=B BRANCH=agent/B-ui COMMIT={sha}"
    ))
    .code(0);
    run("make queue-git-check").code(0).stdout_has("\"sound\":true");
    run("make orchestrator-status").code(0).stdout_has("\"state\":\"done\"");
    run("make queue-log TASK_ID=ui-table").code(0).stdout_has("\"kind\":\"status\"");
    run("make queue-validate").code(0);
    // Section 6: the database is moved aside, not deleted, and made anew.
    let db = ".git/switchyard/queue.db";
    run(&format!("mv {db} {db}.corrupt")).code(0);
    run("make queue-validate").code(0);
    run("make orchestrator-status").code(0).stdout_has("\"state\":\"done\"");
    assert!(project.main.file(db).exists());
}

#[test]
fn a_blocked_task_and_a_claim_that_is_given_up() {
    let project = project(crate::project::DEFINITIONS);
    let run = |line: &str| typed(&project, line);
    run("make queue-claim TASK_ID=schema ROLE=A-backend OWNER=A LEASE=20m").code(0);
    run("make queue-renew TASK_ID=schema OWNER=A LEASE=40m").code(0);
    run("make queue-set-status TASK_ID=schema STATUS=blocked REASON='a decision is missing'")
        .code(0);
    run("make queue-ready").code(2).stdout_has("a decision is missing");
    run("make queue-release TASK_ID=schema OWNER=A REASON='agent stopped'").code(0);
    run("make queue-set-status TASK_ID=schema STATUS=todo").code(0);
    run("make queue-claim TASK_ID=schema ROLE=A-backend").code(2).stderr_has("OWNER is missing");
    run("make queue-land TASK_ID=schema").code(2).stdout_has("handoff_missing");
    run("make queue-add TASK_ID=hotfix TITLE=\"Mend it\" ROLE=A-backend").code(0);
    let export = run("make queue-export").code(0).json();
    let tasks = export["tasks"].as_array().unwrap();
    let lines: Vec<String> = tasks.iter().map(|task| format!("{}\n", task["definition"])).collect();
    project.scratch.write("tasks.jsonl", lines.concat());
    let imported = run("make queue-import FILE=../tasks.jsonl").code(0).json();
    assert_eq!(imported["present"].as_array().map(Vec::len), Some(3));
    run("make queue-git-check FORMAT=table").code(0).stdout_has("as defined");
    assert_eq!(project.events().last().unwrap()["kind"], "added");
}

#[test]
fn a_projects_own_default_target_stays() {
    let project = project(crate::project::DEFINITIONS);
    make(&project, &project.main).run().code(0).stdout_is("mine\n");
}

/// Everything that make or a shell might take for something else.
const HOSTILE: &str = "--x 'a' \"b\" $HOME $$ ${HOME} $(HOME) $(shell touch PWNED1) `touch PWNED2` $(touch PWNED3); touch PWNED4 & # \\ * ~ %\nsecond\tline\n\ttouch PWNED5\nü";

/// The words of a list in `queue.mk`.
fn listed(name: &str) -> Vec<String> {
    let text = std::fs::read_to_string(queue_mk()).unwrap();
    let (_, rest) = text.split_once(&format!("\n{name} := ")).unwrap();
    let rest = rest.replace("\\\n", " ");
    rest.lines().next().unwrap().split_whitespace().map(Into::into).collect()
}

/// A stand-in for the tool that writes down what it gets.
fn recorder(project: &Project) -> PathBuf {
    let script = "for arg in \"$@\"; do printf '%s\\0' \"$arg\"; done > \"$RECORD\"";
    let path = project.scratch.path("recorder");
    project.scratch.program(&path, script);
    path
}

/// Each target with the variables whose text it passes on.
const CASES: &[(&str, &[&str])] = &[
    ("orchestrator-status", &["ACTOR", "FORMAT"]),
    ("orchestrator-tick", &["ACTOR", "FORMAT"]),
    ("queue-validate", &["ACTOR", "FORMAT"]),
    ("queue-git-check", &["ACTOR", "FORMAT"]),
    ("queue-prune-stale", &["ACTOR", "FORMAT"]),
    ("queue-export", &["ACTOR", "FORMAT"]),
    ("queue-promote", &["SOURCE", "SINCE", "FORMAT"]),
    ("queue-init", &["ACTOR", "FORMAT"]),
    ("queue-ready", &["ROLE", "ACTOR", "FORMAT"]),
    ("queue-claim", &["TASK_ID", "ROLE", "OWNER", "LEASE", "ACTOR", "FORMAT"]),
    ("queue-renew", &["TASK_ID", "OWNER", "LEASE"]),
    ("queue-release", &["TASK_ID", "OWNER", "REASON"]),
    ("queue-record-evidence", &["COMMAND_TEXT", "RESULT", "COMMIT", "LIMIT", "LANE", "NOTE"]),
    (
        "queue-record-handoff",
        &[
            "TASK_ID",
            "OWNER",
            "BRANCH",
            "COMMIT",
            "MODEL",
            "COMMANDS",
            "RESULTS",
            "CHANGED_FILES",
            "RISKS",
            "NEXT_STEP",
        ],
    ),
    ("queue-route-review", &["TASK_ID", "REF"]),
    (
        "queue-record-review",
        &["TASK_ID", "REVIEWER_ROLE", "REVIEWER", "STATUS", "COMMIT", "NOTE", "MODEL", "EXCEPTION"],
    ),
    ("queue-merge-ready", &["TASK_ID", "REF", "ACTOR", "FORMAT"]),
    ("queue-land", &["TASK_ID", "VERIFY", "LIMIT", "STRATEGY", "MAX", "FORMAT"]),
    ("queue-set-status", &["TASK_ID", "STATUS", "OWNER", "BRANCH", "COMMIT", "REASON"]),
    ("queue-log", &["TASK_ID"]),
    ("queue-add", &["TASK_ID", "TITLE", "ROLE", "PRIORITY", "CHECK", "NOTE"]),
    ("queue-add", &["ISSUE", "SEQUENCE", "DEPENDS_ON", "GLOB", "FORMAT", "NOTE"]),
    ("queue-import", &["FILE"]),
    ("queue-recover", &["ACTOR", "ACCEPT_LOSS", "FORMAT"]),
    ("queue-freeze", &["REASON", "UNTIL"]),
    ("queue-thaw", &["ACTOR"]),
    ("queue-revert", &["WHAT", "REASON", "VERIFY", "LIMIT"]),
];

/// Whatever their text is, it goes nowhere.
const SWITCHES: [&str; 10] = [
    "REOPEN",
    "PREVIEW",
    "ALL",
    "READY",
    "BATCH",
    "DRY_RUN",
    "APPLY",
    "NO_FETCH",
    "KEEP_LANE",
    "ALLOW_SHRINK",
];

#[test]
fn every_target_and_every_variable_has_a_case() {
    let mut left = listed("switchyard_targets");
    left.retain(|target| !CASES.iter().any(|(case, _)| case == target));
    assert_eq!(left, [""; 0]);
    let mut left = listed("switchyard_variables");
    let has_case = |variable: &str| CASES.iter().any(|(_, tried)| tried.contains(&variable));
    left.retain(|variable| !has_case(variable) && !SWITCHES.contains(&variable.as_str()));
    assert_eq!(left, [""; 0]);
}

#[test]
fn any_text_in_any_variable_reaches_the_tool_and_nothing_else() {
    let project = project(crate::project::DEFINITIONS);
    let recorder = recorder(&project);
    let record = project.scratch.path("record");
    let needed = [
        "TASK_ID",
        "ROLE",
        "OWNER",
        "COMMAND_TEXT",
        "REVIEWER_ROLE",
        "REVIEWER",
        "STATUS",
        "TITLE",
        "FILE",
        "REASON",
        "WHAT",
    ];
    let unused = ["CHANGED_FILES", "NOTE"].iter().chain(&SWITCHES);
    for (target, variables) in CASES {
        for variable in
            variables.iter().chain(unused.clone().filter(|one| !variables.contains(one)))
        {
            for from_environment in [false, true] {
                let mut make = make(&project, &project.main)
                    .arg(target)
                    .arg(format!("MERGE_QUEUE={}", recorder.display()))
                    .env("RECORD", &record);
                for other in needed.iter().filter(|other| *other != variable) {
                    make = make.arg(format!("{other}=plain"));
                }
                make = if from_environment {
                    make.env(variable, HOSTILE)
                } else {
                    make.arg(format!("{variable}={HOSTILE}"))
                };
                make.run().code(0).stderr_is("");
                let got = std::fs::read(&record).unwrap();
                let got = String::from_utf8(got).unwrap();
                let words: Vec<&str> = got.split_terminator('\0').collect();
                let intact = words.iter().filter(|word| {
                    **word == HOSTILE
                        || word.split_once('=').is_some_and(|(_, text)| text == HOSTILE)
                });
                let expected = usize::from(variables.contains(variable));
                assert_eq!(intact.count(), expected, "{target} {variable}: {words:?}");
                std::fs::remove_file(&record).unwrap();
            }
        }
    }
    let dirt = Project::dirt(&project.main);
    assert_eq!(dirt, "", "something was run");
    assert!(project.events().is_empty());
}

#[test]
fn a_word_that_would_be_an_option_is_no_task() {
    let project = project(crate::project::DEFINITIONS);
    for task in ["--help", "--show-config", "--declared=pass", "-h"] {
        for target in [
            "queue-record-evidence COMMAND_TEXT=true",
            "queue-claim ROLE=A-backend OWNER=A",
            "queue-record-handoff OWNER=A",
            "queue-route-review",
            "queue-record-review REVIEWER_ROLE=D-arch REVIEWER=D STATUS=approved",
            "queue-merge-ready ALL=1",
            "queue-land READY=1",
            "queue-set-status STATUS=todo",
            "queue-log",
            "queue-add TITLE=T",
        ] {
            typed(&project, &format!("make {target} TASK_ID={task}")).code(2).stdout_is("");
        }
    }
    assert!(project.events().is_empty());
}

#[test]
fn a_task_or_all_of_them() {
    let project = project(crate::project::DEFINITIONS);
    let run = |line: &str| typed(&project, line);
    for target in ["queue-merge-ready", "queue-land"] {
        run(&format!("make {target}")).code(2).stderr_has("TASK_ID is missing: make ");
    }
    let head = project.main.head();
    project.lane.git(["merge", "--quiet", "-m", "Take main", &head]);
    project.make_ready();
    let all = run("make queue-merge-ready ALL=1").code(0).json_lines();
    assert_eq!((all.len(), &all[0]["task"]), (1, &json!("schema")));
    let before = project.base();
    run("make queue-merge-ready TASK_ID=schema NO_FETCH=1").code(0).stdout_has("\"fetched\":false");
    run("make queue-prune-stale ALLOW_SHRINK=1").code(0);
    let plan = run("make queue-land READY=1 DRY_RUN=1 KEEP_LANE=1").code(0).json_lines();
    assert_eq!((&plan[0]["task"], &plan[0]["dry_run"]), (&json!("schema"), &json!(true)));
    assert_eq!(project.base(), before);
    let landed = run(
        "make queue-land READY=1 BATCH=1 MAX=2 VERIFY='test -e src/api/schema.rs && true' LIMIT=5m STRATEGY=no-ff",
    );
    landed.code(0).stdout_has("\"landed\":true");
    let evidence = run(&format!("make queue-promote SINCE={before}")).code(0).json();
    assert_eq!(evidence["tasks"][0]["task"], "schema");
    assert_eq!(project.reasons(), ["nothing_to_land"]);
}

#[test]
fn the_files_that_are_named_are_compared() {
    let project = project(crate::project::DEFINITIONS);
    project.lane.commit_file("docs/a b.md", "x\n", "A name with a blank");
    let run = |files: &str| {
        typed(
            &project,
            &format!(
                "make queue-record-handoff TASK_ID=schema OWNER=A BRANCH=98-schema COMMANDS=\"...\" RESULTS=\"...\" CHANGED_FILES=\"{files}\""
            ),
        )
    };
    for files in [
        "docs/a b.md src/api/schema.rs",
        "src/api/schema.rs, docs/a b.md",
        "...",
        "src/api/schema.rs ...",
        "",
    ] {
        run(files).code(0);
    }
    for files in ["src/api/schema.rs", "src/api/schema.rs docs/a b.md README.md", "README.md ..."] {
        run(files).code(2).stdout_has("changed_files_differ");
    }
    run("README.md ...").stdout_has("98-schema does not change README.md\"");
}

/// Through the real tool into the journal and back.
#[test]
fn hostile_text_is_stored_as_it_is() {
    let project = project(crate::project::DEFINITIONS);
    let reason = format!("REASON={HOSTILE}");
    make(&project, &project.main)
        .args(["queue-set-status", "TASK_ID=schema", "STATUS=blocked", &reason])
        .run()
        .code(0);
    let event: Value = project.events().remove(0);
    assert_eq!(event["status"]["reason"], json!(HOSTILE));
    assert_eq!(Project::dirt(&project.main), "");
}
