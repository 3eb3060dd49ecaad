//! When a review was made, as far as a row says so.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;

/// A day, and the time where it is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct When {
    day: Date,
    time: Option<Time>,
}

impl When {
    /// Whether it is certainly later. Of two on one day nobody knows, unless both have a time.
    pub(crate) fn is_after(self, other: Self) -> bool {
        let times = self.time.zip(other.time);
        self.day > other.day
            || (self.day == other.day && times.is_some_and(|(ours, theirs)| ours > theirs))
    }
}

/// Reads `2026-02-02`, with or without a time and words around it; also `2026/02/02`, and the month
/// as a word. Whatever could be two days is none.
pub(crate) fn read(text: &str) -> Option<When> {
    let text = text.trim();
    iso(text).or_else(|| worded(text))
}

/// Whether it stands for a date that nobody has filled in, such as `2025-01-XX`.
pub(crate) fn is_placeholder(text: &str) -> bool {
    let upper = text.to_ascii_uppercase();
    read(text).is_none()
        && (upper.contains("XX")
            || upper.contains("YYYY")
            || upper.contains('{')
            || (upper.contains("DD") && upper.contains("MM")))
}

fn iso(text: &str) -> Option<When> {
    for (at, _) in text.char_indices() {
        let Some(rest) = text.get(at..) else { continue };
        let before = text.get(..at).and_then(|t| t.chars().next_back());
        if before.is_some_and(|c| c.is_ascii_digit()) {
            continue;
        }
        let Some(ten) = rest.get(..10) else { break };
        if let Ok(day) = ten.replace('/', "-").parse::<Date>() {
            if ten.bytes().next().is_some_and(|b| !b.is_ascii_digit())
                || rest.as_bytes().get(10).is_some_and(u8::is_ascii_digit)
            {
                continue;
            }
            let stamp = rest.split([' ', ')', ',', ';']).next().unwrap_or_default();
            if let Ok(at) = stamp.parse::<Timestamp>() {
                let utc = at.to_zoned(TimeZone::UTC).datetime();
                return Some(When { day: utc.date(), time: Some(utc.time()) });
            }
            return Some(When { day, time: time(rest.get(10..).unwrap_or_default()) });
        }
    }
    None
}

fn time(rest: &str) -> Option<Time> {
    let rest = rest.strip_prefix(['T', ' ', 't'])?;
    let end = rest.find(|c: char| !(c.is_ascii_digit() || c == ':')).unwrap_or(rest.len());
    let shown = rest.get(..end)?;
    // Some other zone could be another order: then only the day counts.
    if rest.get(end..)?.starts_with(['+', '-']) {
        return None;
    }
    let full = if shown.len() == 5 { format!("{shown}:00") } else { shown.to_owned() };
    format!("2000-01-01T{full}").parse::<DateTime>().ok().map(DateTime::time)
}

/// `2 Feb 2026` and `February 2, 2026`.
fn worded(text: &str) -> Option<When> {
    const MONTHS: [&str; 12] =
        ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    let words = super::words::words(text);
    let mut month = None;
    let (mut day, mut year) = (None, None);
    for word in &words {
        let start = word.get(..3).unwrap_or_default();
        if let Some(at) = MONTHS.iter().position(|m| *m == start) {
            month = month.or(i8::try_from(at + 1).ok());
        } else if word.len() == 4 {
            year = year.or(word.parse::<i16>().ok());
        } else if let Ok(number) = word.trim_end_matches(char::is_alphabetic).parse::<i8>() {
            day = day.or(Some(number));
        }
    }
    let day = Date::new(year?, month?, day?).ok()?;
    Some(When { day, time: None })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_in_use() {
        for text in [
            "2026-02-02",
            "on 2026-02-02.",
            "2026/02/02",
            "2026-02-02T10:00:00Z",
            "Feb 2, 2026",
            "2 February 2026",
            "2nd Feb 2026",
        ] {
            assert_eq!(
                read(text).map(|w| w.day.to_string()).as_deref(),
                Some("2026-02-02"),
                "{text}"
            );
        }
        for text in [
            "-",
            "(auto)",
            "2025-01-XX",
            "02/03/2026",
            "2026-02-31",
            "2026-02",
            "漢字漢字漢字",
            "12026-02-021",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
        for text in ["2025-01-XX", "YYYY-MM-DD", "{date}"] {
            assert!(is_placeholder(text), "{text}");
        }
        assert!(!is_placeholder("(auto)") && !is_placeholder("2026-02-02"));
    }

    #[test]
    fn times_order_one_day() {
        let after = |a: &str, b: &str| read(a).unwrap().is_after(read(b).unwrap());
        assert!(after("2026-02-02 10:30", "2026-02-02T09:00:00Z"));
        assert!(!after("2026-02-02 10:30", "2026-02-02"));
        assert!(!after("2026-02-02T10:30:00+02:00", "2026-02-02T09:00:00Z"));
        assert!(after("2026-02-02T10:00:00.5+00:00", "2026-02-02T10:00:00Z"));
        assert!(after("2026-02-03", "2026-02-02 23:00"));
    }
}
