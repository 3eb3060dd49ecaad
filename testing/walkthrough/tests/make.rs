//! The Makefile says in one line what is missing.

use testkit::{Scratch, Tool};

#[test]
fn missing_programs_are_named_in_one_line() {
    let make = std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default())
        .map(|dir| dir.join("make"))
        .find(|path| path.is_file())
        .expect("make is on PATH");
    let scratch = Scratch::new();
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
    for target in ["run", "test", "install"] {
        let ran = Tool::program(&make)
            .args(["--no-print-directory", "-C", root, target])
            .env("PATH", scratch.root())
            .run();
        ran.code(2).stderr_has("switchyard: missing: git cc cargo (needed: git 2.45 or newer");
    }
}
