//! One project of `lld-check coverage`: its open issues, and where each stands.

use cli::Failure;
use records::lld_check::{IssueStanding, Standing, Trust};
use records::{IssueNumber, Reason};
use repo::{Git, Place};

use crate::commands::examine::{self, Examined};
use crate::coverage::{comes_first, standing, starts};
use crate::gate::{LaneFacts, Located};
use crate::issues::{self, Issue, IssueList};
use crate::lanes;
use crate::notes::{Kept, Notes};
use crate::projects::Project;

/// What `gh` is asked for at most; a list of this length may have been cut.
const ASKED_FOR: usize = 1000;

/// Where lists of issues come from.
pub(super) enum Source {
    /// Each project asks GitHub.
    Gh,
    /// This is the list of the only project.
    Stdin(Vec<u8>),
}

/// What was found out about a project.
pub(super) struct Covered {
    /// Its open issues, in the order in which they are shown.
    pub(super) standings: Vec<IssueStanding>,
    /// Remarks for stderr.
    pub(super) notes: Vec<String>,
    /// Why not everything is known.
    pub(super) failure: Option<Failure>,
}

/// Looks at a project.
pub(super) fn cover(project: &Project, source: &Source) -> Covered {
    let notes = Kept::default();
    let (standings, failure) = match look(project, source, &notes) {
        Ok(found) => found,
        Err(failure) => (Vec::new(), Some(failure)),
    };
    Covered { standings, notes: notes.into_all(), failure }
}

fn look(
    project: &Project,
    source: &Source,
    notes: &dyn Notes,
) -> Result<(Vec<IssueStanding>, Option<Failure>), Failure> {
    let place = project.place.as_ref().map_err(|failure| {
        // It is told once, here.
        Failure::new(failure.exit(), "cannot look into it", failure)
    })?;
    let list = list(project, place, source, notes)?;
    let open: Vec<&Issue> = list.issues.iter().filter(|issue| issue.is_open()).collect();
    let closed = list.issues.len() - open.len();
    if closed > 0 {
        notes.add(&format!("closed issues left out: {closed}"));
    }
    let numbers: Vec<IssueNumber> = open.iter().map(|issue| issue.number).collect();
    let examined = examine::issues(place, notes, Some(&list), &numbers, (Trust::Audit, None))?;
    let mut worst = None;
    let root = place.worktree().to_string_lossy();
    let mut standings: Vec<IssueStanding> = open
        .into_iter()
        .zip(examined)
        .map(|(issue, Examined { gate, located })| {
            let mut found = IssueStanding {
                project: project.name.clone(),
                root: root.clone().into_owned(),
                issue: issue.number,
                title: issue.title.clone(),
                labels: issue.labels(),
                standing: Standing::NeedsReview,
                lld: path(&located),
                no_lld: None,
                waivers: Vec::new(),
                proof: None,
                lane: None,
                reasons: Vec::new(),
            };
            match gate {
                Ok(gate) => {
                    found.standing = standing(&gate, &located);
                    (found.no_lld, found.waivers) = (gate.no_lld, gate.waivers);
                    (found.proof, found.reasons) = (gate.proof, gate.reasons);
                }
                Err(failure) => {
                    // One document that cannot be judged does not hide the others.
                    let reason = Reason::without_step("lld_damaged", failure.to_string());
                    worst = worst.take().or(Some(failure));
                    found.reasons = vec![reason];
                }
            }
            found
        })
        .collect();
    lanes_of(place, &mut standings)?;
    standings.sort_by_key(|s| (s.standing, !comes_first(s), s.issue));
    Ok((standings, worst))
}

/// Adds the lanes. What could start and cannot because of its lane is blocked, as the gate says.
fn lanes_of(place: &Place, standings: &mut [IssueStanding]) -> Result<(), Failure> {
    if standings.is_empty() {
        return Ok(());
    }
    let lanes = lanes::list(place)?;
    let mut base = None;
    for found in standings {
        let own = lanes.as_ref().map(|lanes| lanes.of(found.issue)).unwrap_or_default();
        found.lane = own.first().map(|lane| lane.path.clone());
        if !starts(found) {
            continue;
        }
        let base = match &base {
            Some(base) => base,
            None => base.insert(repo::default_base(&Git::new(place.worktree()))?),
        };
        let facts =
            LaneFacts { issue: found.issue, lanes: &lanes, base: base.as_deref(), slug: None };
        let (_, reasons) = facts.ready();
        if !reasons.is_empty() {
            found.standing = Standing::Blocked;
            found.reasons = reasons;
        }
    }
    Ok(())
}

fn path(located: &Located) -> Option<String> {
    match located {
        Located::Active(path) | Located::Done(path) => Some(path.clone()),
        Located::Ambiguous(paths) => paths.first().cloned(),
        Located::Missing => None,
    }
}

/// The list from where it was asked for. A list that was read is remembered.
fn list(
    project: &Project,
    place: &Place,
    source: &Source,
    notes: &dyn Notes,
) -> Result<IssueList, Failure> {
    let asked;
    let (named, bytes) = match source {
        Source::Stdin(bytes) => ("stdin", bytes),
        Source::Gh => match issues::from_gh(place.worktree(), project.repo.as_deref()) {
            Ok(bytes) => {
                asked = bytes;
                ("gh issue list", &asked)
            }
            Err(why) => return remembered(project, place, &why, notes),
        },
    };
    let list = IssueList::parse(named, bytes)?;
    if matches!(source, Source::Gh) && list.issues.len() >= ASKED_FOR {
        notes.add(&format!("gh gave {ASKED_FOR} issues; there may be more"));
    }
    issues::remember(place, bytes)?;
    Ok(list)
}

/// The list as it was when `gh` gave one.
fn remembered(
    project: &Project,
    place: &Place,
    why: &str,
    notes: &dyn Notes,
) -> Result<IssueList, Failure> {
    let Some((list, at)) = issues::recall_with_time(place)? else {
        let Project { name, repo, .. } = project;
        let command = issues::list_command(repo.as_deref());
        return Err(Failure::world("no list of issues", why)
            .hint(format!("{command} | lld-check coverage --project {name} -")));
    };
    let age = issues::age(at, cli::clock::now());
    notes.add(&format!("{why}; using the list that was remembered {age} ({at})"));
    Ok(list)
}
