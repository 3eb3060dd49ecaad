//! What is refused before anything is asked.

use std::os::unix::ffi::OsStrExt as _;

use gemini_stub::{Response, Rule};
use records::{SubjectBlock, sha256_hex};
use serde_json::json;

use crate::world::{BETA, World, approval, script};

fn world() -> World {
    World::new(script().rule(Rule::new("*", "*").respond(approval())))
}

#[track_caller]
fn is_refused(world: &World, prompt: &[u8], code: i32, why: &str) {
    let ran = world.run(world.tool().arg("-").stdin(prompt));
    ran.code(code).stdout_is("").stderr_has(why);
    assert!(world.stub.requests().is_empty());
    assert!(!world.repo.file("logs").exists(), "nothing was written");
}

#[test]
fn what_is_no_prompt_is_refused_by_its_byte() {
    let world = world();
    is_refused(&world, b"", 65, "stdin: the prompt is empty");
    is_refused(&world, b" \n", 65, "the prompt is empty");
    is_refused(&world, b"ab\0", 65, "NUL at byte 2");
    is_refused(&world, b"abc\xfe", 65, "not UTF-8 from byte 3 on");
}

#[test]
fn a_subject_that_is_not_what_it_says_is_refused() {
    let world = world();
    let block = SubjectBlock::new("a.md", b"design", &"0".repeat(32)).unwrap();
    let (header, begin, end) = (block.header_line(), block.begin_line(), block.end_line());
    let prompt = format!("{header}\n{begin}\ndesigm\n{end}\nReview.\n");
    is_refused(&world, prompt.as_bytes(), 65, "have the digest");
    let prompt = format!("{header}\nReview.\n");
    is_refused(&world, prompt.as_bytes(), 65, "lines '-----BEGIN SUBJECT");
}

#[test]
fn a_file_is_the_subject_only_when_its_bytes_are_in_the_prompt() {
    let world = world();
    world.repo.write("docs/design.md", "# Design\n\nStore it.\n");
    let sub = world.repo.file("docs");
    let ask = |prompt: &str| {
        let tool = world.tool().dir(&sub).args(["--subject", "design.md", "-"]);
        world.run(tool.stdin(prompt))
    };
    ask("Review.\n# Design\n\nStore  it.\n").code(65).stderr_has("not in the prompt");
    assert!(world.stub.requests().is_empty());
    let envelope = ask("Review.\n# Design\n\nStore it.\nJSON only.\n").code(0).json();
    assert_eq!(envelope["subject"]["path"], "docs/design.md");
    assert_eq!(envelope["subject"]["sha256"], sha256_hex(b"# Design\n\nStore it.\n"));
    assert_eq!(world.entries()[0]["subject"], envelope["subject"]);
}

#[test]
fn outside_a_repository_the_log_must_be_named() {
    let world = world();
    let outside = world.scratch.path("outside");
    std::fs::create_dir_all(&outside).unwrap();
    let tool = || world.tool().dir(&outside).args(["-p", "Review this."]);
    world.run(tool()).code(2).stderr_has("--log-dir").stderr_has("--no-audit");
    assert!(world.stub.requests().is_empty());
    let envelope = world.run(tool().arg("--no-audit")).code(0).json();
    assert!(envelope["audit_id"].is_null());
    world.run(tool().args(["--log-dir", "l"])).code(0);
    assert_eq!(std::fs::read_dir(outside.join("l/active")).unwrap().count(), 1);
}

#[test]
fn a_log_that_cannot_be_written_costs_no_call() {
    let world = world();
    world.repo.write("logs/active", "a file is in the way");
    world.ask().code(74).stdout_is("").stderr_has("logs/active");
    assert!(world.stub.requests().is_empty());
}

#[test]
fn a_shard_that_cannot_be_appended_to_costs_no_call() {
    let world = world();
    let target = world.scratch.write("elsewhere", "");
    let shard = world.repo.file("logs/active/20260124T183045_a1b2c3d4.jsonl");
    std::fs::create_dir_all(shard.parent().unwrap()).unwrap();
    std::os::unix::fs::symlink(target, shard).unwrap();
    let tool = world.tool().env("SWITCHYARD_SESSION", "a1b2c3d4").args(["-p", "Review this."]);
    world.run(tool).code(74).stdout_is("").stderr_has("symbolic link");
    assert!(world.stub.requests().is_empty());
}

#[test]
fn an_answer_that_was_paid_for_is_printed_even_when_its_entry_fails() {
    // Files may not grow beyond half of what the entry needs: as good as a disk that is full.
    let long = json!({"verdict": "APPROVED", "critique": "a".repeat(2 << 20)});
    let answer = Response::verdict(long);
    let world = World::new(script().rule(Rule::new("*", "*").respond(answer)));
    let limited = "trap '' XFSZ; ulimit -f 2048; exec \"$0\" -p 'Review this.'";
    let tool =
        testkit::Tool::program("sh").args(["-c", limited, env!("CARGO_BIN_EXE_gemini-retry")]);
    let tool = tool.dir(world.repo.path()).home(world.scratch.home());
    let ran = world.run(tool.env("GOOGLE_GEMINI_BASE_URL", world.stub.base_url()));
    ran.code(74).stderr_has("the audit entry of this call is missing");
    let envelope = ran.json();
    assert!(envelope["verdict"] == "APPROVED" && envelope["audit_id"].is_null());
    assert!(world.entries().is_empty());
}

#[test]
fn a_variable_that_is_no_text_is_never_overlooked() {
    let odd = std::ffi::OsStr::from_bytes(b"key-of-odd-\xff");
    for name in [
        "GEMINI_API_KEY",
        "GEMINI_RETRY_BASE_DELAY",
        "GEMINI_RETRY_MAX_DELAY",
        "SWITCHYARD_SESSION",
        "TEAM_KEY",
    ] {
        let world = world();
        world.credentials(&json!([{"name": "team", "key_env": "TEAM_KEY"}]));
        let tool = world.tool().env("TEAM_KEY", BETA).env(name, odd).args(["-p", "Review this."]);
        let ran = world.run(tool);
        ran.code(2).stdout_is("").stderr_has("not UTF-8").stderr_lacks("key-of-odd");
        assert!(world.stub.requests().is_empty());
    }
}

#[test]
fn a_home_may_have_any_name() {
    let world = world();
    let odd = world.scratch.path(std::ffi::OsStr::from_bytes(b"h\xff"));
    std::fs::rename(world.scratch.home(), &odd).unwrap();
    world.run(world.tool().env("HOME", &odd).args(["-p", "Review this."])).code(0);
    assert!(odd.join(".assemblyzero/gemini-retry/in-flight.json").is_file());
    let ran = world.run(world.tool().env("HOME", "").args(["-p", "Review this."]));
    ran.code(2).stderr_has("HOME").stderr_has("--credentials and --state-dir");
}

#[test]
fn settings_that_make_no_sense_are_named() {
    let world = world();
    for (flags, word) in [
        (&["--base-url", "http://example.com"][..], "https"),
        (&["--model", "a/b"], "--model"),
        (&["--deadline", "0"], "--deadline"),
        (&["--deadline", "soon"], "--deadline"),
        (&["--node", "a b"], "--node"),
        (&["--issue", "x"], "--issue"),
        (&["--schema", "file.json"], "--schema file.json: No such file"),
        (&["--schema", "builtin:other"], "--schema"),
        (&["--schema", ""], "--schema"),
        (&["--no-audit", "--log-dir", "x"], "--log-dir"),
    ] {
        let ran = world.run(world.tool().args(flags).args(["-p", "Review this."]));
        ran.code(2).stdout_is("").stderr_has(word);
    }
    for (name, value) in [
        ("GEMINI_RETRY_BASE_DELAY", "soon"),
        ("GEMINI_RETRY_MAX_DELAY", "-1"),
        ("SWITCHYARD_SESSION", "xyz"),
        ("GOOGLE_GEMINI_BASE_URL", "xyz"),
        ("GEMINI_API_KEY", "short"),
    ] {
        let ran = world.run(world.tool().env(name, value).args(["-p", "Review this."]));
        ran.code(2).stdout_is("").stderr_has(name);
    }
    assert!(world.stub.requests().is_empty());
}

#[test]
fn help_and_version_touch_nothing() {
    let scratch = testkit::Scratch::new();
    for flag in ["--help", "-h", "--version"] {
        let ran = testkit::Tool::new("gemini-retry").arg(flag).home(scratch.home()).run();
        ran.code(0).stderr_is("").stdout_has("gemini-retry");
    }
    assert!(!scratch.path("home/.assemblyzero").exists());
}
