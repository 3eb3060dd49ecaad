//! Asking GitHub through its own tool.

use std::path::Path;
use std::time::Duration;

use repo::Program;

use super::LIST_COMMAND;

/// How long the network may take.
const LIMIT: Duration = Duration::from_mins(1);

/// What `gh` printed about `repo`, else about the repository that it takes the checkout for.
///
/// # Errors
/// One line on why there is no list: `gh` is not there, not logged in, offline, ….
pub(crate) fn from_gh(worktree: &Path, repo: Option<&str>) -> Result<Vec<u8>, String> {
    let mut words = LIST_COMMAND.split(' ');
    let program = words.next().unwrap_or_default();
    let ran = Program::new(program)
        .args(words)
        .args(repo.into_iter().flat_map(|repo| ["--repo", repo]))
        .dir(worktree)
        .env("GH_PROMPT_DISABLED", "1")
        .env("NO_COLOR", "1")
        .limit(LIMIT)
        .run()
        .map_err(|error| error.to_string())?;
    if ran.ok() {
        return Ok(ran.stdout);
    }
    let said = String::from_utf8_lossy(&ran.stderr);
    let said = said.lines().map(str::trim).find(|line| !line.is_empty());
    Err(match (said, ran.code()) {
        (Some(said), _) => format!("gh issue list: {said}"),
        (None, Some(code)) => format!("gh issue list: exit status {code}"),
        (None, None) => "gh issue list: ended by a signal".into(),
    })
}
