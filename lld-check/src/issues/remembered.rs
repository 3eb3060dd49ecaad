//! The list that `coverage` saw last, in `<git common dir>/switchyard/issues.json`.

use std::io;
use std::time::SystemTime;

use cli::Failure;
use jiff::Timestamp;
use records::Stamp;
use repo::Place;

use super::IssueList;

/// The file's name.
const FILE: &str = "issues.json";

/// Keeps `bytes`, which must be a list, for later calls and for other worktrees.
pub(crate) fn remember(place: &Place, bytes: &[u8]) -> Result<(), Failure> {
    let file = place.make_state_dir()?.join(FILE);
    Ok(journal::replace(file, |out| out.write_all(bytes))?)
}

/// The list that was kept; `None` when there is none yet.
pub(crate) fn recall(place: &Place) -> Result<Option<IssueList>, Failure> {
    let file = place.state_dir().join(FILE);
    match std::fs::read(&file) {
        Ok(bytes) => IssueList::parse(&file.display().to_string(), &bytes).map(Some),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(Failure::io("cannot read", &file, &e)),
    }
}

/// The same, with the time when it was kept.
pub(crate) fn recall_with_time(place: &Place) -> Result<Option<(IssueList, Stamp)>, Failure> {
    let Some(list) = recall(place)? else { return Ok(None) };
    let file = place.state_dir().join(FILE);
    let kept = std::fs::metadata(&file).and_then(|found| found.modified());
    let kept: SystemTime = kept.map_err(|e| Failure::io("cannot read", &file, &e))?;
    let at = Timestamp::try_from(kept).map_err(|e| Failure::world(file.display(), e))?;
    Ok(Some((list, Stamp::new(at))))
}

/// How long ago `then` was, for a person: `5 minutes ago`, `3 hours ago`, `2 days ago`.
pub(crate) fn age(then: Stamp, now: Stamp) -> String {
    let minutes = now.instant().duration_since(then.instant()).as_mins();
    let (number, unit) = match minutes {
        ..1 => return "a moment ago".into(),
        1..120 => (minutes, "minute"),
        120..2880 => (minutes / 60, "hour"),
        _ => (minutes / 1440, "day"),
    };
    let s = if number == 1 { "" } else { "s" };
    format!("{number} {unit}{s} ago")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_are_told_in_the_largest_unit_that_says_enough() {
        let then: Stamp = "2026-01-24T18:00:00Z".parse().unwrap();
        for (now, text) in [
            ("2026-01-24T17:00:00Z", "a moment ago"),
            ("2026-01-24T18:00:59Z", "a moment ago"),
            ("2026-01-24T18:01:00Z", "1 minute ago"),
            ("2026-01-24T19:59:00Z", "119 minutes ago"),
            ("2026-01-24T20:00:00Z", "2 hours ago"),
            ("2026-01-26T17:59:00Z", "47 hours ago"),
            ("2026-01-26T18:00:00Z", "2 days ago"),
        ] {
            assert_eq!(age(then, now.parse().unwrap()), text, "{now}");
        }
    }
}
