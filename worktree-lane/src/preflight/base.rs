//! Whether a lane is based on its base as that stands now.

use cli::Failure;
use records::{LaneEvent, Reason};
use repo::shell_words;

use crate::add::base::{self, Base, Found};
use crate::here::Here;

/// How a lane stands to its base.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Based {
    /// The base is known.
    Known {
        /// The base.
        base: Base,
        /// How many of its commits the lane does not have.
        behind: u64,
    },
    /// It could not be found out.
    Unknown(Reason),
}

/// Compares the lane's commit `head` with the base that `event` records, after fetching it when
/// `fetch` says so.
pub(crate) fn based(
    here: &Here,
    event: &LaneEvent,
    head: Option<&str>,
    fetch: bool,
) -> Result<Based, Failure> {
    let base = match found(here, event, fetch)? {
        Found::Base(base) => base,
        Found::Refused(reason) => return Ok(Based::Unknown(reason)),
        Found::NotFetched(failure) => return Ok(Based::Unknown(not_fetched(event, &failure))),
    };
    let behind = match head {
        Some(head) => behind(here, head, &base.commit)?,
        None => behind_nothing(here, &base.commit)?,
    };
    Ok(Based::Known { base, behind })
}

/// The base that `event` records, after fetching it when `fetch` says so.
pub(crate) fn found(here: &Here, event: &LaneEvent, fetch: bool) -> Result<Found, Failure> {
    match fixed(event) {
        Some(base) => Ok(Found::Base(base)),
        None => base::look(here, event.base.as_deref(), fetch),
    }
}

/// A base that nothing is ever merged into: the commit that the lane was made from. `HEAD~2` and
/// `:/text` mean something else wherever they are asked for.
fn fixed(event: &LaneEvent) -> Option<Base> {
    let (name, commit) = (event.base.as_ref()?, event.base_commit.as_ref()?);
    let id = name.len() >= 4 && commit.starts_with(&name.to_ascii_lowercase());
    let relative = name == "HEAD" || name.contains(['~', '^', ':', '@']);
    (id || relative).then(|| Base { name: name.clone(), commit: commit.clone(), fetched: false })
}

fn behind(here: &Here, head: &str, base: &str) -> Result<u64, Failure> {
    counted(here, &["rev-list", "--count", base, &format!("^{head}")])
}

/// A lane without a commit lacks every one of the base's.
fn behind_nothing(here: &Here, base: &str) -> Result<u64, Failure> {
    counted(here, &["rev-list", "--count", base])
}

fn counted(here: &Here, args: &[&str]) -> Result<u64, Failure> {
    let text = here.git().text(args)?;
    text.parse().map_err(|_| Failure::world("git rev-list", format_args!("'{text}' is no number")))
}

fn not_fetched(event: &LaneEvent, failure: &Failure) -> Reason {
    let message = format!("the base could not be fetched: {failure}");
    let next = shell_words(["worktree-lane", "preflight", "--no-fetch", &event.lane]);
    Reason::new("base_not_fetched", message, next)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::tests::event;
    use records::LaneEventKind;

    #[test]
    fn only_refs_go_on() {
        let commit = "0123456789abcdef0123456789abcdef01234567";
        for (base, is_fixed) in [
            ("origin/main", false),
            ("v1.0", false),
            ("0123", true),
            ("0123456789ABCDEF", true),
            ("beef", false),
            ("HEAD", true),
            ("HEAD~2", true),
            ("origin/main^", true),
            (":/text", true),
            ("@", true),
        ] {
            let mut event = event("98", LaneEventKind::Added);
            event.base = Some(base.into());
            event.base_commit = Some(commit.into());
            assert_eq!(fixed(&event).is_some(), is_fixed, "{base}");
        }
    }
}
