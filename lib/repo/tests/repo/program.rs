//! Running programs: input, output, limits, and what is left behind.

use std::time::Duration;

use repo::{Error, Program, shell_words};

fn sh(script: &str) -> Program {
    Program::new("sh").args(["-c", script])
}

#[test]
fn streams_status_and_input_are_kept_apart() {
    let ran = sh("cat; echo err >&2; exit 3").stdin("in").run().unwrap();
    assert_eq!((ran.stdout.as_slice(), ran.stderr.as_slice()), (&b"in"[..], &b"err\n"[..]));
    assert_eq!((ran.code(), ran.signal(), ran.ok()), (Some(3), None, false));
    let killed = sh("kill -9 $$").run().unwrap();
    assert_eq!((killed.code(), killed.signal()), (None, Some(9)));
}

#[test]
fn merged_output_keeps_the_order_and_only_the_end() {
    let ran = sh("echo one; echo two >&2; echo three").merged_output().run().unwrap();
    assert_eq!(ran.stdout, b"one\ntwo\nthree\n");
    let ran = sh("seq 1 200000").merged_output().keep_last(14).run().unwrap();
    assert_eq!(ran.stdout, b"199999\n200000\n");
}

#[test]
fn a_program_that_ignores_its_input_is_no_error() {
    let ran = Program::new("true").stdin(vec![b'x'; 1 << 20]).run().unwrap();
    assert!(ran.ok());
}

#[test]
fn a_missing_program_is_named() {
    let error = Program::new("no-such-program-here").run().unwrap_err();
    assert!(matches!(&error, Error::NotFound { program } if program == "no-such-program-here"));
}

#[test]
fn the_time_limit_stops_the_whole_group() {
    let scratch = testkit::Scratch::new();
    let pid_file = scratch.path("pid");
    let script = format!("sleep 1000 & echo $! > '{}'; wait", pid_file.display());
    let error = sh(&script).limit(Duration::from_millis(300)).run().unwrap_err();
    assert!(matches!(error, Error::TimedOut { .. }), "{error}");
    assert!(!lives(&pid_file), "the grandchild lives");
}

/// Whether the process whose number is in the file is alive. One that nobody has reaped yet is not.
fn lives(pid_file: &std::path::Path) -> bool {
    let pid = std::fs::read_to_string(pid_file).unwrap_or_default();
    assert!(!pid.trim().is_empty(), "nothing wrote {}", pid_file.display());
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", pid.trim())).unwrap_or_default();
    !stat.is_empty() && !stat.contains(") Z")
}

/// In a process of its own: whatever else this one starts would be taken for a descendant.
#[test]
fn what_is_contained_leaves_nothing_behind() {
    if std::env::var_os("CONTAINED").is_none() {
        let itself = std::env::current_exe().unwrap();
        let name = "program::what_is_contained_leaves_nothing_behind";
        let ran = Program::new(itself).args(["--exact", name]).env("CONTAINED", "1").run().unwrap();
        let said = String::from_utf8_lossy(&ran.stdout);
        assert!(ran.ok() && said.contains("1 passed"), "{said}");
        return;
    }
    let scratch = testkit::Scratch::new();
    let own = scratch.path("own");
    let earlier =
        Program::new("sh").args(["-c", &format!("echo $$ > '{0}'; cat '{0}.fifo'", own.display())]);
    Program::new("mkfifo").arg(format!("{}.fifo", own.display())).run().unwrap();
    let earlier = std::thread::spawn(move || earlier.run());
    while std::fs::read_to_string(&own).unwrap_or_default().is_empty() {
        std::thread::yield_now();
    }
    let (pid, fifo) = (scratch.path("pid"), scratch.path("fifo"));
    Program::new("mkfifo").arg(&fifo).run().unwrap();
    let begun = format!("read x < '{}'", fifo.display());
    let sleeper =
        format!("echo $$ > '{}'; echo go > '{}'; exec sleep 1000", pid.display(), fifo.display());
    for (what, script) in [
        ("a background child", format!("sh -c \"{sleeper}\" & {begun}")),
        ("a session of its own", format!("setsid sh -c \"{sleeper}\" & {begun}")),
        ("a daemon", format!("(setsid sh -c \"trap '' TERM; {sleeper}\" &) & {begun}")),
        ("with an empty environment", format!("env -i setsid /bin/sh -c \"{sleeper}\" & {begun}")),
    ] {
        let ran = sh(&script).contained().merged_output().run().unwrap();
        assert!(ran.ok(), "{what}");
        assert!(!lives(&pid), "{what}");
        // And when it is stopped.
        let mut said = Vec::new();
        for limit in [300, 3000, 30_000].map(Duration::from_millis) {
            let ran = sh(&format!("{script}; echo said; sleep 1000"));
            let ran = ran.contained().merged_output().end_at(limit).run().unwrap();
            assert_eq!((ran.stopped_at, ran.ok()), (Some(limit), false), "{what}");
            assert!(!lives(&pid), "{what}");
            said = ran.stdout;
            // A machine under load may not have come that far.
            if !said.is_empty() {
                break;
            }
        }
        assert_eq!(said, b"said\n", "{what}");
    }
    assert!(lives(&own), "what was started before is none of it");
    sh(&format!("echo > '{}.fifo'", own.display())).run().unwrap();
    assert!(earlier.join().unwrap().unwrap().ok());
}

#[test]
fn a_grandchild_that_keeps_the_pipe_open_does_not_hang_the_run() {
    let ran = sh("sleep 1000 & echo done").own_group().run().unwrap();
    assert_eq!(ran.stdout, b"done\n");
}

#[test]
fn a_part_of_the_output_never_passes_for_the_whole() {
    let scratch = testkit::Scratch::new();
    let pid_file = scratch.path("pid");
    // Without a group of its own nothing is killed, so that the pipe stays open.
    let script = format!("echo a part; sleep 1000 & echo $! >> '{}'", pid_file.display());
    let error = sh(&script).run().unwrap_err();
    assert!(matches!(error, Error::Failed { code: Some(0), .. }), "{error}");
    let ran = sh(&script).keep_last(100).run().unwrap();
    assert_eq!(ran.stdout, b"a part\n");
    for pid in std::fs::read_to_string(&pid_file).unwrap().lines() {
        assert!(Program::new("kill").arg(pid).run().unwrap().ok());
    }
}

#[test]
fn a_program_that_asks_on_the_terminal_does_not_wait_for_ever() {
    // What the system does to a background process that reads from the terminal.
    let error = sh("kill -TTIN $$").own_group().run().unwrap_err();
    assert!(matches!(error, Error::WantedTerminal { .. }), "{error}");
}

#[test]
fn a_program_that_somebody_else_pauses_goes_on() {
    let ran = sh("(sleep 0.1; kill -CONT $$) & kill -STOP $$; echo on").own_group().run().unwrap();
    assert_eq!(ran.stdout, b"on\n");
}

#[test]
fn a_missing_folder_is_not_taken_for_a_missing_program() {
    let error = sh("true").dir("/no/such/folder".as_ref()).run().unwrap_err();
    assert!(error.to_string().contains("/no/such/folder"), "{error}");
    let error = Program::new("./no-such-program").run().unwrap_err();
    assert!(matches!(error, Error::Spawn { .. }), "{error}");
}

/// Runs itself once more with the variables set, because a test must not change its own
/// environment.
#[test]
fn local_git_variables_and_keys_do_not_reach_the_child() {
    const NAMES: [&str; 4] = ["GIT_DIR", "GIT_INDEX_FILE", "GEMINI_API_KEY", "GOOGLE_API_KEY"];
    if std::env::var_os("GIT_INDEX_FILE").is_none() {
        let name = "program::local_git_variables_and_keys_do_not_reach_the_child";
        let mut again = testkit::Tool::program(std::env::current_exe().unwrap());
        for name in NAMES {
            again = again.env(name, "set");
        }
        again.args([name, "--exact"]).run().code(0).stdout_has("1 passed");
        return;
    }
    let inner = sh("env").env("KEPT", "1").run().unwrap();
    let variables = String::from_utf8(inner.stdout).unwrap();
    assert!(variables.lines().any(|l| l == "KEPT=1"));
    for name in NAMES {
        assert!(std::env::var_os(name).is_some());
        assert!(!variables.lines().any(|l| l.starts_with(&format!("{name}="))), "{name}");
    }
}

#[test]
fn shown_words_are_what_a_shell_splits_back() {
    let words = ["a b", "", "it's", "$HOME", "`x`", "new\nline", "plain-1.0"];
    let ran = sh(&format!("printf '%s\\0' {}", shell_words(words))).run().unwrap();
    let back: Vec<String> =
        String::from_utf8(ran.stdout).unwrap().split_terminator('\0').map(str::to_owned).collect();
    assert_eq!(back, words);
}
