//! Reading fields of entries that older or foreign writers left: a value of another type counts as
//! absent instead of making the whole entry unreadable. What is printed or copied is always the
//! original line, so nothing is lost by it.

use serde::de::DeserializeOwned;
use serde::{Deserialize as _, Deserializer};
use serde_json::Value;

use crate::IssueNumber;

/// `None` for `null` and for a value of another type.
pub(crate) fn any<'de, T, D>(input: D) -> Result<Option<T>, D::Error>
where
    T: DeserializeOwned,
    D: Deserializer<'de>,
{
    let value = Value::deserialize(input)?;
    Ok(serde_json::from_value(value).ok())
}

/// An issue number that may have been written as a number or as text (`98`, `"98"`, `"#98"`).
pub(crate) fn issue<'de, D>(input: D) -> Result<Option<IssueNumber>, D::Error>
where
    D: Deserializer<'de>,
{
    Ok(match Value::deserialize(input)? {
        Value::Number(n) => n.as_u64().filter(|n| *n > 0).map(IssueNumber),
        Value::String(text) => text.parse().ok(),
        _ => None,
    })
}
