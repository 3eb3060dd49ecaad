//! How a child is started.

use std::time::Duration;

use testkit::{Scratch, Tool};

use crate::panic_of;

#[test]
fn a_child_sees_the_same_environment_everywhere() {
    let scratch = Scratch::new();
    let ran = Tool::program("env").home(scratch.home()).env("EXTRA", "1").run();
    let mut names: Vec<&str> =
        ran.out().lines().filter_map(|line| line.split_once('=')).map(|(name, _)| name).collect();
    names.sort_unstable();
    // These depend on how the tests are run; they decide nothing.
    names.retain(|name| {
        !["TMPDIR", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "LLVM_PROFILE_FILE"].contains(name)
    });
    let expected = [
        "EXTRA",
        "GIT_CONFIG_GLOBAL",
        "GIT_CONFIG_NOSYSTEM",
        "GIT_TERMINAL_PROMPT",
        "HOME",
        "LC_ALL",
        "PATH",
        "TZ",
    ];
    assert_eq!(names, expected);
    ran.stdout_has(&format!("HOME={}\n", scratch.path("home").display())).stdout_has("LC_ALL=C\n");
}

#[test]
fn without_a_home_each_run_gets_an_empty_one_that_is_gone_afterwards() {
    let show =
        || Tool::program("sh").args(["-c", "pwd; echo $HOME; ls -A; touch left-behind"]).run();
    let (first, second) = (show(), show());
    for ran in [&first, &second] {
        let lines: Vec<&str> = ran.out().lines().collect();
        assert_eq!(lines[0], lines[1], "it is also the working directory");
        assert_eq!(lines[2..], [".gitconfig"]);
        assert!(!std::path::Path::new(lines[0]).exists());
    }
    assert_ne!(first.out(), second.out());
}

#[test]
fn git_has_an_identity_and_main_even_without_git_variables() {
    let commands = "unset $(env | grep ^GIT_ | cut -d= -f1); git init -q r && cd r && \
                    git commit -q --allow-empty -m x && git log -1 --format='%an <%ae> %D'";
    let ran = Tool::program("sh").args(["-c", commands]).run();
    ran.code(0).stdout_is("Test Author <author@example.invalid> HEAD -> main\n");
}

#[test]
fn a_home_keeps_its_own_gitconfig() {
    let scratch = Scratch::new();
    scratch.write("home/.gitconfig", "[user]\n\tname = Somebody Else\n");
    let ran = Tool::program("git").args(["config", "user.name"]).home(scratch.path("home")).run();
    ran.code(0).stdout_is("Somebody Else\n");
}

#[test]
fn stdin_is_empty_unless_given() {
    Tool::program("cat").run().code(0).stdout_is("");
    let large = "line\n".repeat(100_000);
    Tool::program("cat").stdin(large.clone()).run().code(0).stdout_is(&large);
    Tool::program("true").stdin(large).run().code(0);
}

#[test]
fn arguments_arrive_as_they_are() {
    let ran = Tool::program("printf").arg("<%s>").args(["a b", "", "$HOME", "'", "*"]).run();
    ran.stdout_is("<a b><><$HOME><'><*>");
}

#[test]
fn a_stand_in_goes_before_the_real_program() {
    let scratch = Scratch::new();
    scratch.program("bin/git", "echo stand-in \"$@\"");
    let ran = Tool::program("sh").args(["-c", "git status"]).path_first(scratch.path("bin")).run();
    ran.code(0).stdout_is("stand-in status\n");
}

#[test]
fn a_missing_binary_says_how_to_build_it() {
    let message = panic_of(|| Tool::new("no-such-tool"));
    assert!(message.contains("`no-such-tool` is not built"), "{message}");
    assert!(message.contains("cargo build --workspace"), "{message}");
    assert!(message.contains("SWITCHYARD_BIN_DIR"), "{message}");
}

#[test]
fn a_program_that_cannot_start_is_named() {
    let message = panic_of(|| Tool::program("/nonexistent/tool").arg("x y").run());
    assert!(message.contains("$ /nonexistent/tool 'x y'\ncannot be started: "), "{message}");
}

#[test]
fn a_hanging_child_ends_the_test_with_what_it_said() {
    let hang = Tool::program("sh").args(["-c", "echo started; echo why >&2; exec sleep 600"]);
    let message = panic_of(|| hang.limit(Duration::from_secs(1)).run());
    assert!(message.contains("it hangs"), "{message}");
    assert!(
        message.contains("--- stdout\nstarted\n") && message.contains("--- stderr\nwhy\n"),
        "{message}"
    );
}

#[test]
fn a_process_left_behind_with_the_output_open_is_an_error() {
    let leave = Tool::program("sh").args(["-c", "sleep 600 & echo done"]);
    let message = panic_of(|| leave.limit(Duration::from_secs(1)).run());
    assert!(message.contains("a process it left behind holds its output"), "{message}");
    assert!(message.contains("--- stdout\ndone\n"), "{message}");
}
