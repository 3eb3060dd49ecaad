//! `lld-check waive`: the runbook's `[HOTFIX]`, on record.

use cli::{Exit, Failure, Out};
use records::lld_check::{WaiverEvent, WaiverState};
use records::{Bound, Decision, Extra, IssueNumber, Reason};
use repo::{Git, Place};

use super::{examine, refuse};
use crate::document::find::Documents;
use crate::gate::{CODE, WAIVABLE, WAIVE, WITHDRAW, Waivers};
use crate::{show, waivers};

/// What is decided about an issue's gate.
pub(super) struct Decided {
    /// The issue.
    pub(super) issue: IssueNumber,
    /// Why.
    pub(super) reason: String,
    /// Who; the name that git knows by default.
    pub(super) by: Option<String>,
    /// Whether an earlier waiver is taken back.
    pub(super) withdraw: bool,
}

/// Records the decision.
pub(super) fn run(place: &Place, out: &mut Out, decided: Decided) -> Result<Exit, Failure> {
    let Decided { issue, reason, by, withdraw } = decided;
    let by = match by {
        Some(by) => by,
        None => whoever(place)?,
    };
    let documents = examine::bound(place, Documents::list(place.worktree())?.of(issue))?;
    let mut book = waivers::load(place, out)?;
    if let Some(damaged) = &book.damaged {
        return Err(Failure::damaged("waivers.jsonl", damaged)
            .hint("put the lines right from a copy of the file; nothing was written"));
    }
    let now = cli::clock::now();
    let judge = |events: &[WaiverEvent]| {
        let waivers = Waivers { events, damaged: None, documents: &documents, now };
        waivers.of(issue, CODE)
    };
    if withdraw && judge(&book.events).iter().all(|w| w.state == WaiverState::Withdrawn) {
        let message = format!("issue {issue} has no waiver to withdraw");
        let next = format!("lld-check gate {issue}");
        let reasons = vec![Reason::new("waiver_missing", message, next)];
        return refuse(out, issue, "waive --withdraw", reasons);
    }
    let event = event(issue, now, (by, reason), withdraw, documents.clone());
    waivers::append(place, &event)?;
    book.events.push(event);
    if let Some(newest) = judge(&book.events).last() {
        out.print(newest, show::waiver)?;
    }
    Ok(Exit::Yes)
}

fn event(
    issue: IssueNumber,
    at: records::Stamp,
    (by, reason): (String, String),
    withdraw: bool,
    bound: Vec<Bound>,
) -> WaiverEvent {
    WaiverEvent {
        at,
        issue,
        phase: CODE.into(),
        conditions: WAIVABLE.map(Into::into).to_vec(),
        decision: Decision {
            subject: format!("issue {issue}"),
            question: format!("may issue {issue} be coded without an approved LLD?"),
            bound,
            decision: if withdraw { WITHDRAW } else { WAIVE }.into(),
            by,
            via: "flag".into(),
            note: Some(reason),
            expires_at: None,
            extra: Extra::new(),
        },
    }
}

/// Who runs this, as git signs commits: `Name <address>`.
fn whoever(place: &Place) -> Result<String, Failure> {
    let git = Git::new(place.worktree());
    let setting = |key| -> Result<String, Failure> {
        let ran = git.try_run(["config", "--get", key])?;
        let text = String::from_utf8_lossy(&ran.stdout).trim().to_owned();
        Ok(if ran.ok() { text } else { String::new() })
    };
    let (name, email) = (setting("user.name")?, setting("user.email")?);
    match (name.is_empty(), email.is_empty()) {
        (false, false) => Ok(format!("{name} <{email}>")),
        (false, true) => Ok(name),
        (true, _) => Err(Failure::usage("who waives this", "git's user.name does not say")
            .hint("give --by NAME")),
    }
}
