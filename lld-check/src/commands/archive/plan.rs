//! What would move where.

use std::path::Path;

use cli::Failure;
use records::lld_check::Move;
use records::{IssueNumber, Reason};
use repo::Place;

use crate::document::find::{self, Documents, Found, active_reports, done_path, in_the_way};
use crate::document::name::slug_of;
use crate::gate::{Located, locate};
use crate::lanes::Lanes;
use crate::reports::{self, Kind, Shelf};
use crate::{issues, settings};

/// The moves for an issue, and why they cannot be made.
pub(super) struct Plan {
    /// Each file with its place in `done/`; empty when all are there.
    pub(super) moves: Vec<Move>,
    /// Files whose bytes stand in `done/` already, with where.
    pub(super) duplicates: Vec<Move>,
    /// Files that are in `done/` already.
    pub(super) settled: Vec<String>,
    /// Why not.
    pub(super) reasons: Vec<Reason>,
}

/// Plans the moves of the LLD and of the reports, in whatever layout they are.
///
/// A file that is in both folders is judged by its bytes: the same bytes in `done/` make the one in
/// `active/` superfluous, other bytes are for a person to decide.
pub(super) fn plan(place: &Place, issue: IssueNumber) -> Result<Plan, Failure> {
    let root = place.worktree();
    let (mut moves, mut duplicates) = (Vec::new(), Vec::new());
    let (mut settled, mut reasons) = (Vec::new(), Vec::new());
    let documents = Documents::list(root)?;
    let mut from = Vec::new();
    match locate(documents.of(issue)) {
        Located::Active(path) => from.push(path),
        Located::Done(path) => settled.push(path),
        Located::Missing if needs_none(place, issue)? => {}
        other => match twins(root, documents.of(issue))? {
            Some(twins) => duplicates.push(twins),
            None => reasons.extend(other.reason(issue, None)),
        },
    }
    from.extend(reports_in(root, issue, Shelf::Active)?);
    for from in from {
        let Some(to) = done_path(root, &from)? else { continue };
        match in_the_way(root, &to)? {
            None => moves.push(Move { from, to }),
            Some(to) if same_bytes(root, &from, &to)? => duplicates.push(Move { from, to }),
            Some(to) => {
                let message =
                    format!("{to} exists with other content, so {from} cannot move there");
                let next = "compare the two and decide which one holds";
                reasons.push(Reason::new("target_exists", message, next));
                moves.push(Move { from, to });
            }
        }
    }
    Ok(Plan { moves, duplicates, settled, reasons })
}

/// Whether a rule says that the issue needs no LLD.
fn needs_none(place: &Place, issue: IssueNumber) -> Result<bool, Failure> {
    let Some(list) = issues::recall(place)? else { return Ok(false) };
    let gates = settings::load(place)?.section;
    Ok(list.get(issue).is_some_and(|issue| gates.no_lld(issue).is_some()))
}

/// The two files of an issue whose LLD stands in both folders with the same bytes. (The predecessor left
/// seven such pairs, and two with other bytes.)
fn twins(root: &Path, documents: &[Found]) -> Result<Option<Move>, Failure> {
    let [
        Found { place: find::Place::Active, path: from },
        Found { place: find::Place::Done, path: to },
    ] = documents
    else {
        return Ok(None);
    };
    let same = same_bytes(root, from, to)?;
    Ok(same.then(|| Move { from: from.clone(), to: to.clone() }))
}

/// Whether both are regular files that hold the same.
fn same_bytes(root: &Path, one: &str, other: &str) -> Result<bool, Failure> {
    let read = |path: &str| {
        let file = root.join(path);
        let fail = |error: &std::io::Error| Failure::io("cannot read", &file, error);
        let is_file = file.symlink_metadata().map_err(|e| fail(&e))?.is_file();
        if is_file { std::fs::read(&file).map(Some).map_err(|e| fail(&e)) } else { Ok(None) }
    };
    let (one, other) = (read(one)?, read(other)?);
    Ok(one.is_some() && one == other)
}

/// The reports of the issue on that shelf, and what else bears its number beside them.
fn reports_in(root: &Path, issue: IssueNumber, shelf: Shelf) -> Result<Vec<String>, Failure> {
    let documents = Documents::list(root)?;
    let slug = documents.of(issue).iter().find_map(|found| slug_of(&found.path));
    let files = reports::in_checkout(root)?;
    let of = |kind| reports::find(&files, kind, issue, slug);
    let found = [Kind::Implementation, Kind::Test].into_iter().flat_map(of);
    let mut all: Vec<String> =
        found.filter(|found| found.shelf == shelf).map(|found| found.path).collect();
    if shelf == Shelf::Active {
        all.extend(active_reports(root, issue)?);
    }
    all.sort();
    all.dedup();
    Ok(all)
}

/// Documents and reports that a lane of the issue holds and this checkout does not: they would be left
/// behind.
pub(super) fn only_in_lane(
    root: &Path,
    issue: IssueNumber,
    lanes: &Result<Lanes, String>,
) -> Result<Vec<Reason>, Failure> {
    let lanes = match lanes {
        Ok(lanes) => lanes.of(issue),
        Err(why) => {
            let message = format!("the lanes are unknown: {why}");
            return Ok(vec![Reason::new("lanes_unknown", message, "worktree-lane list")]);
        }
    };
    let mut reasons = Vec::new();
    for lane in lanes.into_iter().filter(|lane| !lane.missing && Path::new(&lane.path) != root) {
        let top = Path::new(&lane.path);
        let documents = Documents::list(top)?;
        let mut paths: Vec<String> =
            documents.of(issue).iter().map(|found| found.path.clone()).collect();
        for shelf in [Shelf::Active, Shelf::Done, Shelf::Neither] {
            paths.extend(reports_in(top, issue, shelf)?);
        }
        for path in paths {
            let here = |path: &str| root.join(path).symlink_metadata().is_ok();
            if !here(&path) && !done_path(root, &path)?.is_some_and(|done| here(&done)) {
                let message = format!("{}/{path} is only in the lane", lane.path);
                let next = "commit and land it, or move it out of the lane";
                reasons.push(Reason::new("only_in_lane", message, next));
            }
        }
    }
    Ok(reasons)
}
