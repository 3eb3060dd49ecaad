//! A length of time as settings hold it: `1d`, `36h`.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// How long ago something must be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(crate) struct Age {
    /// As it was written.
    text: String,
    length: Duration,
}

impl Age {
    /// One day.
    pub(crate) fn day() -> Self {
        Self { text: "1d".into(), length: Duration::from_hours(24) }
    }

    /// The length.
    pub(crate) const fn length(&self) -> Duration {
        self.length
    }
}

impl TryFrom<String> for Age {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Ok(Self { length: cli::parse_duration(&text)?, text })
    }
}

impl From<Age> for String {
    fn from(age: Age) -> Self {
        age.text
    }
}

impl fmt::Display for Age {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
