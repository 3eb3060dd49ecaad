//! `lld-check new`.

use crate::world::{DESIGN, DOCUMENT, World, codes};
use testkit::{Repo, Tool};

#[test]
fn the_template_is_made_once_and_the_gate_finds_it_unfilled() {
    let world = World::new();
    let made = world.tool(["new", "98", "--title", "Schema backend CRUD"]).run();
    let made = made.code(0).json();
    assert_eq!(made["schema"], "lld-check.document/1");
    assert_eq!(made["path"], DOCUMENT);
    let text = world.document();
    assert!(text.starts_with("# 98 - Feature: Schema backend CRUD\n\n## 1. Context & Goal\n"));
    assert_eq!(world.closed(), ["lld_unfilled", "lld_not_reviewed"]);

    let again = world.tool(["new", "98", "--title", "Other", "--slug", "other"]).run();
    let again = again.code(1).json();
    assert_eq!(again["schema"], "lld-check.refused/1");
    assert_eq!(codes(&again), ["lld_exists"]);
    assert_eq!(world.document(), text);
}

#[test]
fn every_reason_is_given_at_once() {
    let world = World::without_list();
    world.repo.write("docs/lld/done/LLD-098.md", DESIGN);
    let refused = world.tool(["new", "98", "--title", "T"]).run().code(1).json();
    assert_eq!(codes(&refused), ["issue_list_missing", "lld_exists"]);
    let world = World::new();
    let unknown = world.tool(["new", "7", "--title", "T"]).run().code(1).json();
    assert_eq!(codes(&unknown), ["issue_unknown"]);
    let closed = world.tool(["new", "90", "--title", "T"]).run().code(1).json();
    assert_eq!(codes(&closed), ["issue_closed"]);
    assert!(!world.repo.file("docs").exists());
}

#[test]
fn a_folder_in_use_is_used() {
    for (folder, expected) in [
        ("docs/lld/active", "docs/lld/active/98-t.md"),
        ("docs/llds/done", "docs/llds/active/98-t.md"),
    ] {
        let world = World::new();
        world.repo.write(format!("{folder}/LLD-001.md"), "x\n");
        let made = world.tool(["new", "98", "--title", "T"]).run().code(0).json();
        assert_eq!(made["path"], expected);
    }
}

#[test]
fn names_are_checked() {
    let world = World::new();
    world.tool(["new", "98", "--title", "漢字"]).run().code(2).stderr_has("--slug");
    world.tool(["new", "98", "--title", " "]).run().code(2).stderr_has("--title");
    world.tool(["new", "98", "--title", "a\nb"]).run().code(2).stderr_has("--title");
    for slug in ["../x", "a/b", "-x", "", "a b"] {
        world
            .tool(["new", "98", "--title", "T", &format!("--slug={slug}")])
            .run()
            .code(2)
            .stderr_has("--slug");
    }
    for issue in ["0", "x", "-1"] {
        world.tool(["new", issue, "--title", "T"]).run().code(2);
    }
    world.tool(["new", "98", "--title", "漢字", "--slug", "kanji"]).run().code(0);
    assert!(world.repo.file("docs/LLDs/active/98-kanji.md").is_file());
}

#[test]
fn a_folder_that_cannot_be_written_is_one_line() {
    let world = World::new();
    // Also root cannot make a folder below a file.
    world.repo.write("docs/LLDs", "in the way\n");
    let ran = world.tool(["new", "98", "--title", "T"]).run();
    assert_eq!(ran.code(74).err().lines().filter(|l| l.starts_with("lld-check: ")).count(), 1);
    ran.stdout_is("");
}

#[test]
fn outside_a_checkout_it_says_so() {
    let world = World::new();
    let nowhere = world.scratch.path("nowhere");
    std::fs::create_dir(&nowhere).unwrap();
    Tool::new("lld-check")
        .args(["gate", "98"])
        .dir(&nowhere)
        .run()
        .code(2)
        .stderr_has("not inside a git repository");
    let bare = Repo::bare_origin(&world.repo);
    Tool::new("lld-check")
        .args(["gate", "98"])
        .dir(bare.path())
        .run()
        .code(2)
        .stderr_has("bare repository");
    let repo = world.repo.path().to_str().unwrap();
    Tool::new("lld-check")
        .args(["gate", "98", "--repo", "/no/such"])
        .dir(&nowhere)
        .run()
        .code(2)
        .stderr_has("--repo /no/such");
    Tool::new("lld-check").args(["gate", "98", "--repo", repo]).dir(&nowhere).run().code(1);
}

#[test]
fn of_several_calls_at_once_one_makes_the_document() {
    let world = World::new();
    let call = |n: usize| {
        let slug = format!("--slug=name-{n}");
        world.tool(["new", "98", "--title", "T", &slug]).spawn()
    };
    let calls: Vec<_> = (0..8).map(call).collect();
    let mut made = 0;
    for ran in calls.into_iter().map(testkit::Running::wait) {
        if ran.exit_code() == Some(0) {
            made += 1;
        } else {
            assert_eq!(codes(&ran.code(1).json()), ["lld_exists"]);
        }
    }
    assert_eq!(made, 1);
    assert_eq!(std::fs::read_dir(world.repo.file("docs/LLDs/active")).unwrap().count(), 1);
}

#[test]
fn a_document_under_any_name_is_in_the_way() {
    for path in [
        "docs/LLDs/done/98-other.md",
        "docs/lld/Active/lld-98.MD",
        "docs/LlDs/DONE/00098-x.md",
        "docs/llds/active/LLD-098-x.md",
    ] {
        let world = World::new();
        world.repo.write(path, "x\n");
        let refused = world.tool(["new", "98", "--title", "T"]).run().code(1).json();
        assert_eq!(codes(&refused), ["lld_exists"], "{path}");
        assert!(refused["reasons"][0]["message"].as_str().unwrap().ends_with(path));
    }
    // Nor is a link that leads nowhere written through.
    let world = World::new();
    std::fs::create_dir_all(world.repo.file("docs/LLDs/active")).unwrap();
    std::os::unix::fs::symlink("../../../elsewhere", world.repo.file("docs/LLDs/active/98-t.md"))
        .unwrap();
    let refused = world.tool(["new", "98", "--title", "T"]).run().code(1).json();
    assert_eq!(codes(&refused), ["lld_exists"]);
    assert!(!world.repo.file("elsewhere").exists());
}
