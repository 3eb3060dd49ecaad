//! The answers as a person reads them.

pub(crate) mod coverage;
mod status;

pub(crate) use status::{status, statuses};

use cli::{Page, Tone};
use records::lld_check::{Archived, Document, Gate, Recorded, Refused, Trust, Waiver, WaiverState};

/// A document that was made.
pub(crate) fn document(document: &Document, page: &mut Page) {
    page.line(Tone::Good, format_args!("Made {}", document.path));
    page.field("next", format_args!("fill it in, then lld-check gate {}", document.issue));
}

/// A gate's answer.
pub(crate) fn gate(gate: &Gate, page: &mut Page) {
    let answer = match (gate.phase.as_str(), gate.open) {
        ("pr", true) => "may be proposed: a pull request can be made",
        ("pr", false) => "may not be proposed yet",
        ("merge", true) => "is merged and put away",
        ("merge", false) => "is not merged and put away",
        (_, true) => "may be coded",
        (_, false) => "may not be coded",
    };
    let tone = if gate.open { Tone::Good } else { Tone::Bad };
    let by = gate.waivers.iter().rfind(|w| w.state == WaiverState::Holds);
    let waived = match by.filter(|_| !gate.waived.is_empty()) {
        Some(waiver) => format!(", waived by {}", waiver.by),
        None => String::new(),
    };
    // An approval without a proof is one on the document's word.
    let approved = gate.conditions.iter().any(|c| c.code == "lld_approved" && c.met);
    let trusted = if gate.trust == Trust::File && approved && gate.proof.is_none() {
        ", on the document's own word (--trust file)"
    } else {
        ""
    };
    page.line(tone, format_args!("#{} {answer}{trusted}{waived}", gate.issue));
    page.conditions(&gate.conditions);
    if let Some(diff) = &gate.diff {
        page.blank();
        page.field(
            "diff",
            format_args!("{} ({} against {})", diff.diff_digest, diff.branch, diff.base),
        );
    }
    if let Some(proof) = &gate.proof {
        page.blank();
        page.field("audit id", &proof.audit_id);
        page.field("digest", &proof.sha256);
        page.field("log", format_args!("{}:{}", proof.log, proof.line));
    }
    waivers(&gate.waivers, page);
    // What is missing stands with its condition; here is what to do about it.
    let steps = gate.reasons.iter().filter_map(|r| Some((&r.code, r.next.as_ref()?)));
    for (at, (code, next)) in steps.enumerate() {
        if at == 0 {
            page.blank();
        }
        page.field(code, next);
    }
}

/// Every waiver, with whether it holds.
fn waivers(waivers: &[Waiver], page: &mut Page) {
    for waiver in waivers {
        let state = match waiver.state {
            WaiverState::Holds => "holds",
            WaiverState::Outdated => "holds no more",
            WaiverState::Withdrawn => "taken back",
        };
        let ended = waiver.ended.as_ref().map(|why| format!(", {why}")).unwrap_or_default();
        let Waiver { by, at, reason, .. } = waiver;
        page.field("waiver", format_args!("{by} on {at}: {reason} ({state}{ended})"));
    }
}

/// A waiver that was given or taken back.
pub(crate) fn waiver(waiver: &Waiver, page: &mut Page) {
    let (tone, done) = match waiver.state {
        WaiverState::Holds => (Tone::Warn, "may be coded without"),
        WaiverState::Outdated | WaiverState::Withdrawn => (Tone::Good, "needs again"),
    };
    page.line(tone, format_args!("#{} {done} {}", waiver.issue, waiver.conditions.join(", ")));
    waivers(std::slice::from_ref(waiver), page);
}

/// A review that was recorded.
pub(crate) fn recorded(recorded: &Recorded, page: &mut Page) {
    let what = if recorded.changed { "Recorded" } else { "Already recorded" };
    page.line(Tone::Good, format_args!("{what} {} in {}", recorded.verdict, recorded.path));
    page.field("row", &recorded.row);
    page.field("audit id", &recorded.audit_id);
}

/// What was moved.
pub(crate) fn archived(archived: &Archived, page: &mut Page) {
    if archived.moves.is_empty() && archived.duplicates.is_empty() {
        page.line(Tone::Good, format_args!("#{} is in done already", archived.issue));
    }
    for one in &archived.moves {
        let verb = if archived.dry_run { "Would move" } else { "Moved" };
        page.line(Tone::Good, format_args!("{verb} {} to {}", one.from, one.to));
    }
    for one in &archived.duplicates {
        let verb = if archived.dry_run { "Would take out" } else { "Took out" };
        page.line(Tone::Good, format_args!("{verb} {}, the same as {}", one.from, one.to));
    }
    if let Some(commit) = &archived.commit {
        page.field("commit", commit);
    }
    if let Some(landed) = &archived.landed_commit {
        page.field("landed", landed);
    }
}

/// A refusal.
pub(crate) fn refused(refused: &Refused, page: &mut Page) {
    page.line(Tone::Bad, format_args!("{} {}: refused", refused.command, refused.issue));
    page.reasons(&refused.reasons);
}
