//! Variables of the environment: what is set and no text is an error and never overlooked.

use std::ffi::OsString;
use std::fmt::Display;

use cli::Failure;

/// The value of `name` as `read` understands it; `None` when it is not set, or empty.
///
/// # Errors
/// Exit 2 for a value that `read` does not understand.
pub(crate) fn parsed<T, E: Display>(
    env: impl Fn(&str) -> Option<OsString>,
    name: &str,
    read: impl FnOnce(&str) -> Result<T, E>,
) -> Result<Option<T>, Failure> {
    let text = text(env, name)?;
    text.map(|text| read(text.trim())).transpose().map_err(|e| Failure::usage(name, e))
}

/// The value of `name`; `None` when it is not set, or empty.
///
/// # Errors
/// Exit 2 for a value that is not UTF-8. The value itself is not told: it may be a key.
pub(crate) fn text(
    env: impl Fn(&str) -> Option<OsString>,
    name: &str,
) -> Result<Option<String>, Failure> {
    let Some(value) = env(name).filter(|value| !value.is_empty()) else { return Ok(None) };
    value.into_string().map(Some).map_err(|_| Failure::usage(name, "its value is not UTF-8"))
}
