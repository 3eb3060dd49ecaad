//! `lld-check status`.

use std::cell::OnceCell;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::thread;

use cli::{Exit, Failure, Out};
use records::lld_check::{DocumentPlace, Status};
use records::{IssueNumber, Reason};
use repo::Place;

use super::examine::note_torn;
use super::excuses::Excuses;
use super::logs;
use crate::audit::{Review, Scan, Wanted};
use crate::claim::{self, Claim};
use crate::document::find::{self, Documents};
use crate::document::read::Document;
use crate::gate::{self, locate};
use crate::show;

/// One thing that was asked about.
#[derive(Debug, Clone)]
enum Asked {
    /// A document of an issue.
    Lld { issue: IssueNumber, place: find::Place, path: String },
    /// A file that is none.
    File(String),
    /// An issue without a document.
    Missing(IssueNumber),
}

/// A document, read: its digest and its claim, without its text.
type Judged = Result<(Document, Claim), Failure>;

/// Says what documents claim and what the audit log proves.
pub(super) fn run(place: &Place, out: &mut Out, of: &[String]) -> Result<Exit, Failure> {
    let documents = Documents::list(place.worktree())?;
    let asked = if of.is_empty() { all(&documents) } else { named(place, &documents, of)? };
    let mut wanted: Vec<IssueNumber> = asked.iter().filter_map(issue).collect();
    wanted.sort();
    wanted.dedup();
    let (judged, scan) = thread::scope(|scope| {
        // The log is read while the documents are.
        let reading = scope.spawn(|| judge(place.worktree(), &asked));
        let read = OnceCell::new();
        let reading = std::cell::Cell::new(Some(reading));
        let judged = || -> &Vec<Option<Judged>> {
            read.get_or_init(|| reading.take().map(joined).unwrap_or_default())
        };
        let scan = scan(place, &wanted, |scan| proofs(scan, &asked, judged()));
        judged();
        (read.into_inner().unwrap_or_default(), scan)
    });
    let scan = scan?;
    note_torn(out, &scan);

    let excuses = Excuses::read(place, out)?;
    let mut first_failure = None;
    let mut answers = Vec::with_capacity(asked.len());
    for (asked, judged) in asked.iter().zip(judged) {
        let document = judged.as_ref().and_then(|judged| Some(judged.as_ref().ok()?.0.clone()));
        let (mut answer, failure) = answer(&documents, &scan, asked, judged);
        excuses.add(place, &documents, &scan, document.as_ref(), &mut answer);
        answers.push(answer);
        if let Some(failure) = failure {
            match &first_failure {
                // One document that cannot be judged does not hide the others.
                Some(_) => out.note(&failure.to_string()),
                None => first_failure = Some(failure),
            }
        }
    }
    if out.is_json() {
        for answer in &answers {
            out.print(answer, |_, _| {})?;
        }
    }
    out.page(|page| match answers.as_slice() {
        [one] => show::status(one, page),
        several => show::statuses(several, page),
    })?;
    first_failure.map_or(Ok(Exit::Yes), Err)
}

fn issue(asked: &Asked) -> Option<IssueNumber> {
    match asked {
        Asked::Lld { issue, .. } | Asked::Missing(issue) => Some(*issue),
        Asked::File(_) => None,
    }
}

fn lld((issue, found): (IssueNumber, &find::Found)) -> Asked {
    Asked::Lld { issue, place: found.place, path: found.path.clone() }
}

fn all(documents: &Documents) -> Vec<Asked> {
    documents.iter().map(lld).collect()
}

/// What the arguments name: all documents of an issue, or a file.
fn named(place: &Place, documents: &Documents, of: &[String]) -> Result<Vec<Asked>, Failure> {
    let mut asked = Vec::new();
    for one in of {
        if let Ok(issue) = one.parse::<IssueNumber>() {
            let found = documents.of(issue);
            asked.extend(found.iter().map(|found| lld((issue, found))));
            if found.is_empty() {
                asked.push(Asked::Missing(issue));
            }
            continue;
        }
        let ours = in_checkout(place, Path::new(one))?;
        let known =
            documents.iter().find(|(_, found)| ours.as_deref() == Some(Path::new(&found.path)));
        asked.push(known.map_or_else(|| Asked::File(one.clone()), lld));
    }
    Ok(asked)
}

/// The path from the root of the checkout, if the file is in it.
fn in_checkout(place: &Place, file: &Path) -> Result<Option<PathBuf>, Failure> {
    let (Some(folder), Some(name)) = (file.parent(), file.file_name()) else { return Ok(None) };
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    // A folder that is not there holds no document; reading the file says so.
    let Ok(folder) = folder.canonicalize() else { return Ok(None) };
    let root = place
        .worktree()
        .canonicalize()
        .map_err(|error| Failure::io("cannot find", place.worktree(), &error))?;
    Ok(folder.strip_prefix(root).ok().map(|inside| inside.join(name)))
}

/// Reads and judges the documents on all cores.
fn judge(root: &Path, asked: &[Asked]) -> Vec<Option<Judged>> {
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    let size = asked.len().div_ceil(cores).max(1);
    thread::scope(|scope| {
        let parts: Vec<_> = asked
            .chunks(size)
            .map(|part| scope.spawn(|| part.iter().map(|one| judge_one(root, one)).collect()))
            .collect();
        parts.into_iter().flat_map(|part| -> Vec<_> { joined(part) }).collect()
    })
}

/// What a thread made. A panic in it is a panic here: nothing is left out silently.
fn joined<T>(thread: thread::ScopedJoinHandle<'_, T>) -> T {
    thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

fn judge_one(root: &Path, asked: &Asked) -> Option<Judged> {
    let read = match asked {
        Asked::Lld { path, .. } => Document::read(root, path),
        Asked::File(path) => Document::read(Path::new(""), path),
        Asked::Missing(_) => return None,
    };
    Some(read.map(|mut document| {
        let claim = claim::of(&document.text);
        // Ten thousand texts need not be kept.
        document.text = String::new();
        document.design = String::new();
        (document, claim)
    }))
}

fn scan(
    place: &Place,
    wanted: &[IssueNumber],
    proofs: impl Fn(&Scan) -> Vec<Review>,
) -> Result<Scan, Failure> {
    let wanted = match wanted {
        [] => return Ok(Scan::default()),
        [only] => Wanted::Issue(*only),
        _ => Wanted::All,
    };
    Scan::read(&logs(place)?, wanted, cli::clock::now(), proofs)
}

/// The approvals that answers rest on: what damage in the logs has to be held against.
fn proofs(scan: &Scan, asked: &[Asked], judged: &[Option<Judged>]) -> Vec<Review> {
    let both = asked.iter().zip(judged);
    both.filter_map(|(asked, judged)| {
        let (document, _) = judged.as_ref()?.as_ref().ok()?;
        gate::proof(&scan.of(issue(asked)?).reviews, &document.sha256)
    })
    .collect()
}

fn answer(
    documents: &Documents,
    scan: &Scan,
    asked: &Asked,
    judged: Option<Judged>,
) -> (Status, Option<Failure>) {
    let mut status = Status {
        issue: issue(asked),
        path: None,
        place: None,
        claimed: None,
        evidence: None,
        entry: None,
        rows: Vec::new(),
        why: Vec::new(),
        no_lld: None,
        waivers: Vec::new(),
        error: None,
    };
    match asked {
        Asked::Lld { place, path, .. } => {
            status.path = Some(path.clone());
            status.place = Some(match place {
                find::Place::Active => DocumentPlace::Active,
                find::Place::Done => DocumentPlace::Done,
            });
        }
        Asked::File(path) => status.path = Some(path.clone()),
        Asked::Missing(issue) => status.why.extend(locate(&[]).reason(*issue, None)),
    }
    let (document, claim) = match judged {
        None => return (status, None),
        Some(Err(failure)) => {
            status.error = Some(failure.to_string());
            return (status, Some(failure));
        }
        Some(Ok(judged)) => judged,
    };
    status.claimed = Some(claim.claimed);
    status.rows = claim.rows;
    status.why = claim.why;
    if let Some(issue) = status.issue {
        let audit = scan.of(issue);
        let damage = match gate::proof(&audit.reviews, &document.sha256) {
            Some(proof) => scan.damage_behind(&proof),
            None => scan.unreadable(issue),
        };
        let found = gate::evidence(issue, &document, &audit, &damage);
        status.evidence = Some(found.proven);
        status.entry = found.entry;
        status.why.extend(found.why);
        if documents.of(issue).len() > 1 {
            let located = locate(documents.of(issue));
            status.why.extend(located.reason(issue, None));
        }
    } else {
        let message = "the file is no LLD of this checkout, so the audit log knows nothing of it";
        status.why.push(Reason::without_step("no_issue", message));
    }
    (status, None)
}
