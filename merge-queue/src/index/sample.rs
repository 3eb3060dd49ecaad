//! One of everything that is packed, with every field there: what its bytes are tells builds apart that pack
//! otherwise.

use records::{LanePreflight, Stamp, StatusChange, TakenOver, TaskClaim, TaskId, TaskState};

use super::header::{Header, Kept};
use super::packed::Row;
use crate::rules::definitions::Task;
use crate::rules::standing::{Held, Said, Standing};

/// See the module.
pub(super) fn sample() -> (Header, Option<Task>, Row) {
    let at = Stamp::of_millisecond(1).unwrap_or_else(cli::clock::now);
    let text = || String::from("s");
    let standing = Standing {
        claim: Some(Held {
            claim: TaskClaim {
                role: text(),
                owner: text(),
                since: at,
                until: at,
                preflight: Some(LanePreflight { at, lane: text(), sha256: text() }),
                took_over: Some(TakenOver { owner: text(), until: at, event: 1 }),
            },
            event: 2,
        }),
        said: Some(Said {
            change: StatusChange {
                to: TaskState::Blocked,
                reason: Some(text()),
                owner: Some(text()),
                branch: Some(text()),
                commit: Some(text()),
                reopened: false,
            },
            event: 3,
            at,
        }),
        worked: true,
        handed_over: Some(text()),
        in_review: true,
        asked_by: [text()].into(),
        returned: Some(13),
        last: Some((4, at)),
    };
    let task = text().parse::<TaskId>().ok().map(|id| Task {
        depends_on: vec![id.clone()],
        id,
        issue: Some(records::IssueNumber(5)),
        title: text(),
        role: Some(text()),
        priority: 6,
        sequence: Some(7),
        acceptance_checks: vec![text()],
        paths: vec![text()],
        notes: Some(text()),
        added_by: Some(8),
    });
    let kept = Kept { digest: text(), added: (9, 10), pieces: 11, mistakes: Vec::new() };
    let header = Header { open: vec![(12, text())], joined: Some(kept), ..Header::default() };
    (header, task, Row::sample(standing))
}
