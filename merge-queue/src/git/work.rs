//! The commits of a branch, with who wrote them and what they say.

use cli::Failure;
use repo::Git;

use crate::git::merge;
use crate::rules::people::Person;
use crate::rules::squash::Work;

/// The commits that `head` has and `base` lacks, oldest first; merges are left out, unless there is
/// nothing else.
pub(crate) fn commits(git: &Git, base: &str, head: &str) -> Result<Vec<Work>, Failure> {
    let own = list(git, base, head, "--no-merges")?;
    if own.is_empty() { list(git, base, head, "--min-parents=0") } else { Ok(own) }
}

fn list(git: &Git, base: &str, head: &str, which: &str) -> Result<Vec<Work>, Failure> {
    let (without, format) = (format!("^{base}"), "--format=%an%x00%ae%x00%ad%x00%B%x00");
    let shape = ["rev-list", "--reverse", "--topo-order", "--no-commit-header", "--encoding=UTF-8"];
    let rest = ["--date=raw", format, which, head, &without, "--"];
    let args: Vec<&str> = shape.into_iter().chain(rest).collect();
    let ran = merge::git(git, base, &args).run()?;
    if !ran.ok() {
        return Err(git.failure(&args, &ran).into());
    }
    let mut fields = ran.stdout.split(|byte| *byte == 0);
    let mut commits = Vec::new();
    // A line break stands between two commits.
    while let (Some(name), Some(email), Some(date), Some(message)) =
        (fields.next(), fields.next(), fields.next(), fields.next())
    {
        commits.push(Work {
            author: Person::new(name, email),
            date: String::from_utf8_lossy(date).into_owned(),
            message: String::from_utf8_lossy(message).into_owned(),
        });
    }
    Ok(commits)
}
