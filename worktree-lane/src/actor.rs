//! Who makes a change.

/// What `--actor` says, else the login name, else `unknown`.
pub(crate) fn actor(given: Option<&str>) -> String {
    let login = || ["USER", "LOGNAME"].iter().find_map(|name| std::env::var(name).ok());
    given.map(str::to_owned).or_else(login).filter(|a| !a.is_empty()).unwrap_or("unknown".into())
}
