//! `lld-check new`.

use cli::{Exit, Failure, Out};
use records::lld_check::Document;
use records::{IssueNumber, Reason, check_ref_part};
use repo::Place;

use super::{lock, refuse};
use crate::document::find::{Documents, active_folder};
use crate::document::{slug, template};
use crate::gate::known;
use crate::{issues, show};

/// Makes the LLD of `issue`.
pub(super) fn run(
    place: &Place,
    out: &mut Out,
    issue: IssueNumber,
    title: &str,
    slug: Option<&str>,
) -> Result<Exit, Failure> {
    let title = title.trim();
    if title.is_empty() || cli::clean(title) != title {
        return Err(Failure::usage(
            "--title",
            "it must be one line of text without control characters",
        ));
    }
    let slug = match slug {
        Some(given) => {
            check_ref_part(given).map_err(|error| Failure::usage("--slug", error))?;
            given.to_owned()
        }
        None => slug::from_title(title).ok_or_else(|| {
            Failure::usage("--title", "no ASCII letter or digit is left for the file name")
                .hint("give the short name with --slug")
        })?,
    };

    let root = place.worktree();
    // A refusal changes nothing, so the lock, which is a file, comes behind the first look.
    let reasons = in_the_way(place, issue)?;
    if !reasons.is_empty() {
        return refuse(out, issue, "new", reasons);
    }
    // Two calls with different names would both find that there is no document yet.
    let _lock = lock(place)?;
    let reasons = in_the_way(place, issue)?;
    if !reasons.is_empty() {
        return refuse(out, issue, "new", reasons);
    }

    let folder = active_folder(root)?;
    let path = format!("{folder}/{issue}-{slug}.md");
    journal::create_dirs(root.join(&folder))?;
    journal::create_new(root.join(&path), template::render(issue, title).as_bytes())?;
    let document = Document { issue, path, title: title.into() };
    out.print(&document, show::document)?;
    Ok(Exit::Yes)
}

/// Why the issue gets no document.
fn in_the_way(place: &Place, issue: IssueNumber) -> Result<Vec<Reason>, Failure> {
    let mut reasons = Vec::new();
    reasons.extend(known(issue, issues::recall(place)?.as_ref()).1);
    for found in Documents::list(place.worktree())?.of(issue) {
        let message = format!("issue {issue} has an LLD: {}", found.path);
        reasons.push(Reason::new("lld_exists", message, format!("lld-check gate {issue}")));
    }
    Ok(reasons)
}
