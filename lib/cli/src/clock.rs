//! The one place where the clock is read, so that rules get the time as a value.

use records::Stamp;

/// Now, to the millisecond.
#[expect(clippy::disallowed_methods, reason = "this is the one place that reads the clock")]
pub fn now() -> Stamp {
    Stamp::new(jiff::Timestamp::now())
}

/// `at` in the local time zone, for tables: `2026-01-24 18:30:45`. Files and JSON hold UTC.
pub fn local(at: Stamp) -> String {
    at.instant().to_zoned(jiff::tz::TimeZone::system()).strftime("%Y-%m-%d %H:%M:%S").to_string()
}
