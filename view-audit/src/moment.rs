//! Times as flags take them: a date, a full timestamp, or how long ago.

use std::str::FromStr;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Span, Timestamp, ToSpan as _};

/// A time that was typed (DESIGN section 3, "Time").
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Moment {
    /// A whole day of the local time zone.
    Day(Date),
    /// An instant.
    At(Timestamp),
    /// This long before now.
    Ago(SignedDuration),
}

impl FromStr for Moment {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let why =
            || format!("'{text}' is no time such as 2026-01-24, 2026-01-24T18:30:45Z, 24h or 7d");
        if let Ok(at) = text.parse() {
            return Ok(Self::At(at));
        }
        let is_date = text.len() == 10 && text.bytes().all(|b| b.is_ascii_digit() || b == b'-');
        if is_date {
            return text.parse().map(Self::Day).map_err(|_| why());
        }
        let span: Span = text.parse().map_err(|_| why())?;
        // A day is 24 hours here, so that 1d and 24h are the same.
        let length = span.to_duration(jiff::SpanRelativeTo::days_are_24_hours());
        length.ok().filter(|length| !length.is_negative()).map(Self::Ago).ok_or_else(why)
    }
}

impl Moment {
    /// The first instant that it takes in.
    pub(crate) fn begin(&self, now: Timestamp, zone: &TimeZone) -> Timestamp {
        match self {
            Self::Day(date) => start_of(*date, zone).unwrap_or(Timestamp::MIN),
            Self::At(at) => *at,
            Self::Ago(length) => now.checked_sub(*length).unwrap_or(Timestamp::MIN),
        }
    }

    /// The first instant behind it: that of the next day, or the one behind an instant.
    pub(crate) fn end(&self, now: Timestamp, zone: &TimeZone) -> Timestamp {
        match self {
            Self::Day(date) => {
                let next = date.checked_add(1.day()).ok();
                next.and_then(|next| start_of(next, zone)).unwrap_or(Timestamp::MAX)
            }
            Self::At(_) | Self::Ago(_) => {
                let at = self.begin(now, zone);
                at.checked_add(1.nanosecond()).unwrap_or(Timestamp::MAX)
            }
        }
    }
}

fn start_of(date: Date, zone: &TimeZone) -> Option<Timestamp> {
    zone.to_zoned(date.to_datetime(jiff::civil::Time::midnight())).ok().map(|z| z.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn dates_are_whole_days_of_the_zone() {
        let now = at("2026-02-01T12:00:00Z");
        let zone = TimeZone::get("Asia/Tokyo").unwrap();
        for (text, begin, end) in [
            ("2026-01-24", "2026-01-23T15:00:00Z", "2026-01-24T15:00:00Z"),
            ("2026-01-24T18:30:45Z", "2026-01-24T18:30:45Z", "2026-01-24T18:30:45.000000001Z"),
            (
                "2026-01-24T20:30:45.5+02:00",
                "2026-01-24T18:30:45.5Z",
                "2026-01-24T18:30:45.500000001Z",
            ),
            ("24h", "2026-01-31T12:00:00Z", "2026-01-31T12:00:00.000000001Z"),
            ("7d", "2026-01-25T12:00:00Z", "2026-01-25T12:00:00.000000001Z"),
            ("1d 30m", "2026-01-31T11:30:00Z", "2026-01-31T11:30:00.000000001Z"),
        ] {
            let moment: Moment = text.parse().unwrap();
            assert_eq!(moment.begin(now, &zone), at(begin), "{text}");
            assert_eq!(moment.end(now, &zone), at(end), "{text}");
        }
        let ever: Moment = "200000d".parse().unwrap();
        assert!(ever.begin(now, &zone) < at("1500-01-01T00:00:00Z"));
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in ["", "yesterday", "2026-13-01", "-24h", "24", "2026-01-24T18:30:45", "1mo"] {
            assert!(text.parse::<Moment>().is_err(), "{text}");
        }
    }
}
