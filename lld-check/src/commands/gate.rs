//! `lld-check gate`.

use cli::{Exit, Failure, Out};
use records::IssueNumber;
use records::lld_check::{Gate, Trust};
use repo::{Git, Place};

use super::work::{Work, slug};
use super::{examine, logs, merged};
use crate::args::Phase;
use crate::audit::{Review, Scan, Wanted};
use crate::document::find::Documents;
use crate::gate::{self, LaneFacts, MergeFacts, PrFacts, locate};
use crate::reports::{self, Kind};
use crate::{issues, lanes, queue, settings, show};

/// Says whether `issue` has passed a gate.
pub(super) fn run(
    place: &Place,
    out: &mut Out,
    issue: IssueNumber,
    phase: Phase,
    trust: Option<Trust>,
) -> Result<Exit, Failure> {
    if phase != Phase::Code && trust == Some(Trust::File) {
        out.note("no document says whether this gate was passed; --trust file is for the LLD before coding");
    }
    let gate = match phase {
        Phase::Code => code(place, out, issue, trust)?,
        Phase::Pr => pr(place, out, issue)?,
        Phase::Merge => merge(place, out, issue)?,
    };
    out.print(&gate, show::gate)?;
    Ok(if gate.open { Exit::Yes } else { Exit::No })
}

/// Before coding.
fn code(
    place: &Place,
    out: &Out,
    issue: IssueNumber,
    trust: Option<Trust>,
) -> Result<Gate, Failure> {
    let trust = match trust {
        Some(trust) => trust,
        None => settings::load(place)?.section.trust,
    };
    let list = issues::recall(place)?;
    let git = Git::new(place.worktree());
    let base = repo::default_base(&git)?;
    let slug = slug(place, issue)?;
    let lanes = lanes::list(place)?;
    let (base, slug) = (base.as_deref(), slug.as_deref());
    let lane = LaneFacts { issue, lanes: &lanes, base, slug }.ready();
    let examined = examine::issues(place, out, list.as_ref(), &[issue], (trust, Some(&lane)))?;
    let only = examined.into_iter().next();
    only.map_or_else(|| Err(Failure::world("no answer", "the issue was not looked at")), |e| e.gate)
}

/// Before the pull request.
fn pr(place: &Place, out: &Out, issue: IssueNumber) -> Result<Gate, Failure> {
    let work = Work::read(place, issue)?;
    let slug = slug(place, issue)?;
    let outside = work.outside()?;
    let implementation = work.report(Kind::Implementation, issue, slug.as_deref())?;
    let test = work.report(Kind::Test, issue, slug.as_deref())?;
    let digest = work.branch.as_ref().ok().map(crate::branch::Branch::digest);
    let proof_of = |scan: &Scan| gate::proof(&scan.of(issue).reviews, digest.as_deref()?);
    let proofs = |scan: &Scan| -> Vec<Review> { proof_of(scan).into_iter().collect() };
    let wanted = Wanted::Implementation(issue);
    let scan = Scan::read(&logs(place)?, wanted, cli::clock::now(), proofs)?;
    examine::note_torn(out, &scan);
    let damage = match proof_of(&scan) {
        Some(proof) => scan.damage_behind(&proof),
        None => scan.unreadable(issue),
    };
    Ok(gate::before_pr(&PrFacts {
        issue,
        branch: &work.branch,
        outside: &outside,
        queue: &work.queue,
        implementation: &implementation,
        test: &test,
        audit: &scan.of(issue),
        damage: &damage,
    }))
}

/// After the merge.
fn merge(place: &Place, out: &Out, issue: IssueNumber) -> Result<Gate, Failure> {
    let list = issues::recall(place)?;
    let documents = Documents::list(place.worktree())?;
    let located = locate(documents.of(issue));
    let slug = slug(place, issue)?;
    let lanes = lanes::list(place)?;
    let queue = queue::load(place, issue)?;
    let files = reports::in_checkout(place.worktree())?;
    let found = |kind| reports::find(&files, kind, issue, slug.as_deref());
    let known = list.as_ref().and_then(|list| list.get(issue));
    if known.is_some_and(issues::Issue::is_open) {
        out.note(&format!("the remembered list shows issue {issue} as open"));
    }
    let gates = settings::load(place)?.section;
    let no_lld = known.and_then(|issue| gates.no_lld(issue));
    let (implementation, test) = (found(Kind::Implementation), found(Kind::Test));
    let reports = implementation.iter().chain(&test).map(|report| report.path.clone());
    let documents = documents.of(issue).iter().map(|found| found.path.clone());
    let untracked = untracked(place, documents.chain(reports).collect())?;
    let merged = merged::find(place, issue, &queue, &lanes)?.map(|merged| merged.detail);
    Ok(gate::after_merge(MergeFacts {
        issue,
        list: list.as_ref(),
        merged: &merged,
        lane: LaneFacts { issue, lanes: &lanes, base: None, slug: None }.gone(),
        located: &located,
        no_lld: no_lld.as_deref(),
        implementation: &implementation,
        test: &test,
        untracked: &untracked,
    }))
}

/// Those of the files of this checkout that git does not know.
fn untracked(place: &Place, mut files: Vec<String>) -> Result<Vec<String>, Failure> {
    let git = Git::new(place.worktree());
    let args = ["--literal-pathspecs", "ls-files", "-z", "--"];
    let all: Vec<&str> = args.into_iter().chain(files.iter().map(String::as_str)).collect();
    if all.len() > args.len() {
        let listed = git.bytes(all)?;
        let known: Vec<_> = listed.split(|b| *b == 0).map(String::from_utf8_lossy).collect();
        files.retain(|file| !known.iter().any(|known| known == file));
    }
    Ok(files)
}
