//! `lld-check coverage`.

use std::os::unix::ffi::OsStrExt as _;

use serde_json::{Value, json};

use crate::world::{DESIGN, DOCUMENT, ISSUES, SHARD, World};

fn standings(ran: &testkit::Ran) -> Vec<(u64, String)> {
    let of = |one: &Value| {
        (one["issue"].as_u64().unwrap(), one["standing"].as_str().unwrap().to_owned())
    };
    ran.json_lines().iter().map(of).collect()
}

#[test]
fn issues_are_grouped_and_the_gate_agrees() {
    let world = World::approved();
    let issues = r#"[
        {"number":1,"title":"Done","labels":[],"state":"OPEN"},
        {"number":2,"title":"Rework","labels":[],"state":"OPEN"},
        {"number":3,"title":"None","labels":[],"state":"OPEN"},
        {"number":4,"title":"None but safe","labels":[{"name":"type: safety"}],"state":"OPEN"},
        {"number":5,"title":"Unfilled","labels":[],"state":"OPEN"},
        {"number":90,"title":"Closed","labels":[],"state":"CLOSED"},
        {"number":98,"title":"CRUD","labels":[],"state":"OPEN"}]"#;
    world.repo.write("docs/lld/done/LLD-001.md", DESIGN);
    world.repo.write("docs/lld/active/LLD-002.md", DESIGN);
    world.repo.write("docs/lld/active/5-x.md", "# {Title}\n");
    let mut entry = world.entry("BLOCKED", "e2");
    entry["issue_id"] = 2.into();
    world.log(SHARD, &[entry]);
    let ran = world.tool(["coverage", "-"]).stdin(issues).run();
    ran.code(0).stderr_has("closed issues left out: 1");
    let expected = [
        (98, "may_start"),
        (5, "needs_review"),
        (4, "needs_lld"),
        (3, "needs_lld"),
        (2, "blocked"),
        (1, "done"),
    ];
    assert_eq!(standings(&ran), expected.map(|(n, s)| (n, s.to_owned())));
    for one in ran.json_lines() {
        let gate = world.tool(["gate", &one["issue"].to_string()]).run();
        assert_eq!(gate.json()["reasons"], one["reasons"]);
        assert_eq!(gate.exit_code() == Some(0), one["standing"] == "may_start");
    }
    let table = world.tool(["coverage", "-", "--format", "table"]).stdin(issues).run();
    table
        .code(0)
        .stdout_has("6 open: 1 may start · 1 needs review · 2 needs LLD · 0 no LLD needed · 1 blocked · 1 done\n");
    assert!(
        table
            .out()
            .trim_end()
            .lines()
            .last()
            .unwrap()
            .starts_with("Next: write the LLD of #4 (safety); start #98: worktree-lane add 98 ")
    );
}

#[test]
fn without_gh_the_remembered_list_is_used() {
    let world = World::approved();
    let empty = world.scratch.path("no-gh");
    std::fs::create_dir(&empty).unwrap();
    let path = std::env::var_os("PATH").unwrap();
    let git = std::env::split_paths(&path).map(|dir| dir.join("git")).find(|git| git.is_file());
    std::os::unix::fs::symlink(git.unwrap(), empty.join("git")).unwrap();
    let alone = |world: &World| world.tool(["coverage"]).env("PATH", &empty).run();
    let ran = alone(&world);
    ran.code(0).stderr_has("gh").stderr_has("using the list that was remembered a moment ago (20");
    assert_eq!(ran.json_lines().len(), 3);
    let world = World::without_list();
    alone(&world)
        .code(74)
        .stdout_is("")
        .stderr_has("no list of issues")
        .stderr_has("limit 1000 | lld-check coverage --project talos -");
}

#[test]
fn gh_is_asked_and_its_answer_remembered() {
    let world = World::without_list();
    let bin = world.scratch.path("bin");
    let gh = |script: &str| {
        let path = world.scratch.write("bin/gh", format!("#!/bin/sh\n{script}\n"));
        std::fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o755))
            .unwrap();
        world.tool(["coverage"]).path_first(&bin).run()
    };
    gh("echo 'not logged in' >&2; exit 4").code(74).stderr_has("not logged in");
    gh("echo '<html>'").code(65).stderr_has("gh issue list:1:1");
    let answer = world.scratch.write("issues.json", ISSUES);
    let ran = gh(&format!(
        "echo \"$*\" > '{}'; cat '{}'",
        world.scratch.path("asked").display(),
        answer.display()
    ));
    assert_eq!(ran.code(0).json_lines().len(), 3);
    assert_eq!(
        world.scratch.read("asked"),
        "issue list --json number,title,labels,state,url --state open --limit 1000\n"
    );
    assert_eq!(world.closed(), ["lld_missing"]);
    assert!(gh("exit 1").code(0).err().contains("using the list that was remembered"));
}

#[test]
fn a_bad_list_is_refused_and_the_old_one_kept() {
    let world = World::approved();
    for bad in ["", "{}", "[{\"number\":1}]", "[", "{\"schema\":\"x\"}"] {
        world.tool(["coverage", "-"]).stdin(bad).run().code(65).stdout_is("").stderr_has("stdin");
    }
    world.gate().code(0);
    let state = world.repo.file(".git/switchyard/issues.json");
    std::fs::remove_file(&state).unwrap();
    world.repo.write(".git/switchyard/issues.json", "damaged");
    world.gate().code(65).stdout_is("").stderr_has("issues.json:1:1");
}

#[test]
fn one_bad_document_hides_no_other() {
    let world = World::approved();
    world.repo.write("docs/LLDs/active/99-x.md", b"a\xff");
    let ran = world.tool(["coverage", "-"]).stdin(ISSUES).run();
    ran.code(65).stderr_has("99-x.md:1");
    assert_eq!(standings(&ran).len(), 3);
    assert_eq!(standings(&ran)[0], (98, "may_start".into()));
}

#[test]
fn an_empty_list_is_an_answer() {
    let world = World::new();
    world.tool(["coverage", "-"]).stdin("[]").run().code(0).stdout_is("");
    world
        .tool(["coverage", "-", "--format", "table"])
        .stdin("[]")
        .run()
        .code(0)
        .stdout_has("0 open");
}

#[test]
fn damage_in_the_log_closes_only_what_it_could_concern() {
    let world = World::approved();
    world.log_raw(SHARD, "{\"node\":\"review_lld\",\"issue_id\":98,\n");
    let ran = world.tool(["coverage", "-"]).stdin(ISSUES).run();
    let lines = ran.code(0).json_lines();
    let crud = lines.iter().find(|one| one["issue"] == 98).unwrap();
    assert_eq!(crud["standing"], "needs_review");
    assert_eq!(crud["reasons"][0]["code"], "log_damaged");
    assert!(
        lines
            .iter()
            .filter(|one| one["issue"] != 98)
            .all(|one| one["reasons"].to_string().contains("lld_missing"))
    );
    assert_eq!(world.document(), world.repo.read(DOCUMENT));
}

#[test]
fn the_command_that_makes_a_document_works_for_any_title() {
    let titles =
        ["-x --help", "\u{6f22}\u{5b57}", "", "two\nlines", "it's `a` \"$b\"", "  ", "--title"];
    let issues: Vec<Value> = (1..)
        .zip(titles)
        .map(|(n, title)| json!({"number": n, "title": title, "labels": [], "state": "OPEN"}))
        .collect();
    let world = World::without_list();
    let list = Value::from(issues).to_string();
    let standings = world.tool(["coverage", "-"]).stdin(list).run().code(0).json_lines();
    for standing in &standings {
        let next = standing["reasons"][0]["next"].as_str().unwrap();
        let words = next.strip_prefix("lld-check").unwrap().replace("--slug SLUG", "--slug slug");
        let command = format!("exec \"$0\" {words}");
        let tool = testkit::Tool::program("sh");
        let tool = tool.args(["-c", &command, env!("CARGO_BIN_EXE_lld-check")]);
        let made = tool.dir(world.repo.path()).run().code(0).json();
        assert_eq!(made["issue"], standing["issue"], "{next}");
    }
}

#[test]
fn what_to_do_first_comes_first() {
    let world = World::with_document(format!("{DESIGN}\n{{Checklist items}}\n"));
    let ran = world.tool(["coverage", "-", "--format", "table"]).stdin(ISSUES).run();
    let last = ran.code(0).out().lines().last().unwrap();
    assert!(last.starts_with("Next: write the LLD of #96: lld-check new 96"), "{last}");
    let plain = ISSUES.replace("security", "core");
    let ran = world.tool(["coverage", "-", "--format", "table"]).stdin(plain).run();
    let last = ran.code(0).out().lines().last().unwrap();
    assert!(last.starts_with("Next: make #98 ready for review: fill in docs/"), "{last}");
}

#[test]
fn a_document_whose_name_is_no_text_is_not_overlooked() {
    let world = World::approved();
    let name = std::ffi::OsStr::from_bytes(b"docs/LLDs/active/98-\xff.md");
    world.repo.write(name, DESIGN);
    assert_eq!(world.closed(), ["lld_ambiguous"]);
    std::fs::remove_file(world.repo.file(DOCUMENT)).unwrap();
    world.gate().code(65).stdout_is("").stderr_has("the file's name is not UTF-8");
    world.tool(["new", "98", "--title", "Again"]).run().code(1);
}
