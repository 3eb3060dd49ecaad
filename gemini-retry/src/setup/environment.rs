//! Variables of the environment: what is set and no text is an error and never overlooked.

use std::ffi::OsString;

use cli::Failure;

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
