//! The command line of `freeze`.

use std::str::FromStr;

use clap::Args as ClapArgs;
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use records::Stamp;

use super::some_words;

/// `freeze`.
#[derive(Debug, ClapArgs)]
pub(crate) struct FreezeArgs {
    /// Why nothing may land
    #[arg(long, value_name = "R", value_parser = some_words)]
    pub(crate) reason: String,
    /// When it ends by itself: a date, a timestamp, or a time from now such as 2h [default: when
    /// somebody thaws it]
    #[arg(long, value_name = "T")]
    pub(crate) until: Option<Until>,
}

/// A time to come, as it was typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Until {
    /// The beginning of a day of the local time zone.
    Day(Date),
    /// An instant.
    At(Stamp),
    /// So long from now.
    In(std::time::Duration),
}

impl FromStr for Until {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        if let Ok(at) = text.parse() {
            return Ok(Self::At(at));
        }
        let is_date = text.len() == 10 && text.bytes().all(|b| b.is_ascii_digit() || b == b'-');
        if let Some(day) = is_date.then(|| text.parse().ok()).flatten() {
            return Ok(Self::Day(day));
        }
        cli::parse_duration(text).map(Self::In).map_err(|_| {
            format!("'{text}' is no time such as 2026-01-24, 2026-01-24T18:30:45Z, 2h or 7d")
        })
    }
}

impl Until {
    /// The instant, if the calendar has it.
    pub(crate) fn instant(self, now: Stamp, zone: &TimeZone) -> Option<Stamp> {
        match self {
            Self::At(at) => Some(at),
            Self::In(time) => now.after(time),
            Self::Day(day) => {
                let midnight = zone.to_zoned(day.to_datetime(Time::midnight())).ok()?;
                Some(Stamp::new(midnight.timestamp()))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_to_come_is_a_day_an_instant_or_a_while() {
        let now: Stamp = "2026-01-24T18:30:45.000Z".parse().unwrap();
        let zone = TimeZone::fixed(jiff::tz::offset(2));
        for (text, at) in [
            ("2026-01-25", "2026-01-24T22:00:00.000Z"),
            ("2026-01-24T20:30:45+02:00", "2026-01-24T18:30:45.000Z"),
            ("90m", "2026-01-24T20:00:45.000Z"),
            ("7d", "2026-01-31T18:30:45.000Z"),
        ] {
            let until: Until = text.parse().unwrap();
            assert_eq!(until.instant(now, &zone).unwrap().to_string(), at, "{text}");
        }
        for text in ["", "soon", "2026-13-01", "2026-1-1", "-2h"] {
            assert!(text.parse::<Until>().is_err(), "{text}");
        }
    }
}
