//! Instants as the files hold them: RFC 3339, UTC, milliseconds (DESIGN section 3, "Time").

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;
use std::time::{Duration, SystemTime};

use jiff::{SignedDuration, Timestamp};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An instant, written as `2026-01-24T18:30:45.123Z`.
///
/// Reading accepts any RFC 3339 offset and any number of fractional digits; writing always gives
/// UTC and exactly three digits, so that equal instants have equal bytes and text order is time
/// order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Stamp(Timestamp);

/// A text that is not an RFC 3339 instant.
#[derive(Debug, thiserror::Error)]
#[error("'{0}' is not an RFC 3339 time such as 2026-01-24T18:30:45Z")]
pub struct StampError(String);

impl Stamp {
    /// The stamp for `at`, cut to whole milliseconds.
    pub fn new(at: Timestamp) -> Self {
        Self(Timestamp::from_millisecond(at.as_millisecond()).unwrap_or(at))
    }

    /// The stamp for so many milliseconds since 1970; `None` beyond the calendar.
    pub fn of_millisecond(at: i64) -> Option<Self> {
        Timestamp::from_millisecond(at).ok().map(Self)
    }

    /// How many milliseconds since 1970 it is.
    pub fn millisecond(self) -> i64 {
        self.0.as_millisecond()
    }

    /// The instant itself.
    pub fn instant(self) -> Timestamp {
        self.0
    }

    /// The instant `time` later; `None` beyond the end of the calendar.
    pub fn after(self, time: Duration) -> Option<Self> {
        let time = SignedDuration::try_from(time).ok()?;
        self.0.checked_add(time).ok().map(Self::new)
    }

    /// How much later this is than `earlier`; nothing when it is not later.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::try_from(self.0.duration_since(earlier.0)).unwrap_or_default()
    }

    /// The time that the system gives for a file, if the calendar has it.
    pub fn of_file(time: SystemTime) -> Option<Self> {
        Timestamp::try_from(time).ok().map(Self::new)
    }

    /// `20260124T183045`, the form that names session shards (runbook 0801, "Session-Sharded
    /// Audit Log"): UTC, whole seconds.
    pub fn compact(self) -> String {
        self.0.strftime("%Y%m%dT%H%M%S").to_string()
    }
}

impl fmt::Display for Stamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.strftime("%Y-%m-%dT%H:%M:%S.%3fZ"))
    }
}

impl FromStr for Stamp {
    type Err = StampError;

    fn from_str(text: &str) -> Result<Self, StampError> {
        text.trim()
            .parse::<Timestamp>()
            .map(Self::new)
            .map_err(|_| StampError(text.chars().take(60).collect()))
    }
}

impl Serialize for Stamp {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Stamp {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        let text = Cow::<str>::deserialize(input)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for Stamp {
    fn schema_name() -> Cow<'static, str> {
        "Stamp".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "format": "date-time",
            "pattern": r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn any_offset_reads_and_utc_milliseconds_are_written() {
        for (read, written) in [
            ("2026-01-24T18:30:45Z", "2026-01-24T18:30:45.000Z"),
            ("2026-01-24T18:30:45.123456+00:00", "2026-01-24T18:30:45.123Z"),
            ("2026-01-24T20:30:45.5+02:00", "2026-01-24T18:30:45.500Z"),
        ] {
            assert_eq!(read.parse::<Stamp>().unwrap().to_string(), written);
        }
    }

    #[test]
    fn what_is_no_instant_is_refused() {
        for text in ["", "2026-01-24", "18:30", "yesterday", "2026-13-01T00:00:00Z", "null"] {
            assert!(text.parse::<Stamp>().is_err(), "{text} was read");
        }
    }

    proptest! {
        #[test]
        fn text_order_is_time_order(a in 0_i64..4_000_000_000_000, b in 0_i64..4_000_000_000_000) {
            let stamp = |ms| Stamp::new(Timestamp::from_millisecond(ms).unwrap());
            prop_assert_eq!(a.cmp(&b), stamp(a).to_string().cmp(&stamp(b).to_string()));
            prop_assert_eq!(stamp(a), stamp(a).to_string().parse().unwrap());
        }
    }
}
