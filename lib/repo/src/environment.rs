//! What a child process must not inherit.

use std::process::Command;

/// Variables that point git at one repository (`git rev-parse --local-env-vars`, git 2.47). Left in
/// place, as in a hook or under `git rebase --exec`, they make `git -C lane` answer for another
/// repository.
const GIT_LOCAL: [&str; 16] = [
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_CONFIG",
    "GIT_CONFIG_PARAMETERS",
    "GIT_CONFIG_COUNT",
    "GIT_OBJECT_DIRECTORY",
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_IMPLICIT_WORK_TREE",
    "GIT_GRAFT_FILE",
    "GIT_INDEX_FILE",
    "GIT_NO_REPLACE_OBJECTS",
    "GIT_REPLACE_REF_BASE",
    "GIT_PREFIX",
    "GIT_SHALLOW_FILE",
    "GIT_COMMON_DIR",
    "GIT_NAMESPACE",
];

/// Keys that no child of these tools needs unless it is given them on purpose.
const SECRETS: [&str; 3] = ["GEMINI_API_KEY", "GOOGLE_API_KEY", "GOOGLE_APPLICATION_CREDENTIALS"];

/// Removes git's local variables and all secrets from the environment of `command`.
///
/// [`crate::Program`] does this by itself.
pub fn scrub(command: &mut Command) {
    for name in GIT_LOCAL.iter().chain(&SECRETS) {
        command.env_remove(name);
    }
}
