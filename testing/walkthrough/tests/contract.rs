//! What holds at the border of every tool (DESIGN section 3): help, streams, exit codes, and bad
//! input that gets one clear line and changes nothing.
#![expect(clippy::unwrap_used, reason = "a failure must stop the test")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use testkit::{Ran, Repo, Scratch, Tool};

type Call = (&'static str, &'static [&'static str]);

/// Every tool with a call that needs a repository.
const CALLS: [Call; 6] = [
    ("gemini-retry", &["--prompt", "review this"]),
    ("view-audit", &[]),
    ("consolidate", &[]),
    ("lld-check", &["gate", "98"]),
    ("worktree-lane", &["list"]),
    ("merge-queue", &["status"]),
];

/// Every file below `dir` with its bytes.
fn snapshot(dir: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut folders = vec![dir.to_owned()];
    while let Some(folder) = folders.pop() {
        files.insert(folder.clone(), Vec::new());
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.symlink_metadata().unwrap().is_dir() {
                folders.push(path);
            } else {
                let bytes = std::fs::read(&path).unwrap_or_default();
                files.insert(path, bytes);
            }
        }
    }
    files
}

/// Demands exit status, an empty stdout, and one line `tool: what: why` with at most a hint.
fn refuses(tool: &str, ran: &Ran, code: i32, needle: &str) {
    ran.code(code).stdout_is("").stderr_has(needle);
    let lines: Vec<&str> = ran.err().lines().collect();
    assert!(lines[0].starts_with(&format!("{tool}: ")), "{}", ran.err());
    assert!(
        lines.len() == 1 || (lines.len() == 2 && lines[1].starts_with("  hint: ")),
        "more than a line and a hint:\n{}",
        ran.err()
    );
}

/// Runs every call in `dir` and demands a refusal that changes nothing.
fn all_refuse(scratch: &Scratch, dir: &Path, code: i32, needle: &str) {
    some_refuse(&CALLS, scratch, dir, code, needle);
}

fn some_refuse(calls: &[Call], scratch: &Scratch, dir: &Path, code: i32, needle: &str) {
    scratch.home();
    for (tool, args) in calls {
        let before = snapshot(scratch.root());
        let ran = Tool::new(tool).args(*args).dir(dir).home(scratch.home()).run();
        refuses(tool, &ran, code, needle);
        assert_eq!(snapshot(scratch.root()), before, "{tool} changed something");
    }
}

#[test]
fn each_tool_says_its_name_and_version() {
    for (tool, _) in CALLS {
        let ran = Tool::new(tool).arg("--version").run();
        ran.code(0).stdout_is(&format!("{tool} {}\n", env!("CARGO_PKG_VERSION")));
    }
}

#[test]
fn each_help_has_examples_and_survives_a_closed_pipe_and_a_full_disk() {
    for (tool, _) in CALLS {
        let help = Tool::new(tool).arg("--help").run();
        help.code(0).stdout_has("Usage:").stdout_has("Examples:");
        let path = std::env::current_exe().unwrap();
        let bin = path.parent().and_then(Path::parent).unwrap().join(tool);
        let sh = |line: &str| Tool::program("sh").args(["-c", line]).env("tool", &bin).run();
        sh("($tool --help; echo status $? >&2) | head -n 1").code(0).stderr_is("status 0\n");
        sh("$tool --help > /dev/full").code(74);
    }
}

#[test]
fn an_unknown_flag_is_named() {
    for (tool, args) in CALLS {
        let ran = Tool::new(tool).args(args).arg("--no-such-flag").run();
        ran.code(2).stdout_is("").stderr_has("--no-such-flag");
    }
}

#[test]
fn outside_a_repository() {
    let scratch = Scratch::new();
    let dir = scratch.path("plain");
    std::fs::create_dir_all(&dir).unwrap();
    all_refuse(&scratch, &dir, 2, "not inside a git repository");
}

#[test]
fn in_a_bare_repository() {
    let scratch = Scratch::new();
    let project = Repo::init(scratch.path("project"));
    project.commit_file("a.txt", "a", "first");
    project.git(["clone", "-q", "--bare", ".", "../bare.git"]);
    let bare = scratch.path("bare.git");
    // Lanes need no main checkout.
    let (lanes, others): (Vec<Call>, Vec<Call>) =
        CALLS.iter().partition(|(tool, _)| *tool == "worktree-lane");
    some_refuse(&others, &scratch, &bare, 2, "bare repository");
    for (tool, args) in lanes {
        Tool::new(tool).args(args).dir(&bare).home(scratch.home()).run().code(0);
    }
}

#[test]
fn where_the_git_file_leads_nowhere() {
    let scratch = Scratch::new();
    scratch.write("broken/.git", "gitdir: /nowhere\n");
    all_refuse(&scratch, &scratch.path("broken"), 65, "broken/.git");
}

/// A project with an origin, one commit and this `switchyard.yaml`.
fn project(scratch: &Scratch, config: Option<&[u8]>) -> Repo {
    let project = Repo::init(scratch.path("project"));
    project.commit_file("a.txt", "a", "first");
    if let Some(config) = config {
        scratch.write("project/switchyard.yaml", config);
        project.commit_all("Configure");
    }
    project.bare_origin();
    scratch.home();
    project
}

#[test]
fn a_broken_configuration_names_line_and_column() {
    let cases: [(&[u8], &str); 4] = [
        (b"queue:\n  bsae: origin/main\nlanes:\n  layuots: {}\n", "switchyard.yaml:"),
        (b"queue: [\n", "switchyard.yaml:1:"),
        (b"quue:\n  base: origin/main\n", "switchyard.yaml:1:1: unknown field `quue`"),
        (b"# caf\xe9\n", "switchyard.yaml:1: byte 5 is not UTF-8"),
    ];
    for (config, needle) in cases {
        let scratch = Scratch::new();
        let project = project(&scratch, Some(config));
        for (tool, args) in
            [("merge-queue", &["status"][..]), ("worktree-lane", &["add", "98", "x"][..])]
        {
            let before = snapshot(scratch.root());
            let ran = Tool::new(tool).args(args).dir(project.path()).home(scratch.home()).run();
            refuses(tool, &ran, 2, needle);
            assert_eq!(snapshot(scratch.root()), before, "{tool} changed something");
        }
    }
}

#[test]
fn a_missing_configuration_is_needed_by_the_queue_only() {
    let scratch = Scratch::new();
    let project = project(&scratch, None);
    let tool = |name: &str| Tool::new(name).dir(project.path()).home(scratch.home());
    refuses("merge-queue", &tool("merge-queue").arg("status").run(), 2, "switchyard.yaml");
    tool("worktree-lane").arg("list").run().code(0);
    tool("view-audit").run().code(0).stdout_is("");
    tool("consolidate").run().code(0);
}

#[test]
fn a_document_that_is_not_utf_8_names_line_and_byte() {
    let scratch = Scratch::new();
    let project = project(&scratch, None);
    scratch.write("project/docs/LLDs/active/98-x.md", b"# 98 - Feature: X\n\nna\xefve\n");
    let before = snapshot(scratch.root());
    let ran = Tool::new("lld-check").args(["prompt", "98"]).dir(project.path()).run();
    refuses("lld-check", &ran, 65, "98-x.md:3");
    assert_eq!(snapshot(scratch.root()), before);
}

/// A file where a folder has to be stops root too, which permissions would not.
#[test]
fn where_nothing_can_be_written() {
    let scratch = Scratch::new();
    let project = project(&scratch, None);
    let issues = br#"[{"number":98,"title":"X","state":"OPEN","labels":[]}]"#;
    let lld_check = || Tool::new("lld-check").dir(project.path()).home(scratch.home());
    scratch.write("project/docs", "no folder");
    lld_check().args(["coverage", "-"]).stdin(issues.to_vec()).run().code(0);
    let ran = lld_check().args(["new", "98", "--title", "X"]).run();
    refuses("lld-check", &ran, 74, "project/docs");
}

#[test]
fn an_unknown_issue_is_refused_and_nothing_is_made() {
    let scratch = Scratch::new();
    let project = project(&scratch, None);
    let issues = br#"[{"number":98,"title":"X","state":"OPEN","labels":[]}]"#;
    let lld_check = || Tool::new("lld-check").dir(project.path()).home(scratch.home());
    lld_check().args(["coverage", "-"]).stdin(issues.to_vec()).run().code(0);
    let before = snapshot(scratch.root());
    for args in [&["new", "77", "--title", "X"][..], &["gate", "77"]] {
        let ran = lld_check().args(args).run();
        let answer = ran.code(1).json();
        assert_eq!(answer["reasons"][0]["code"], "issue_unknown", "{answer}");
    }
    assert_eq!(snapshot(scratch.root()), before);
}
