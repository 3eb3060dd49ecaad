//! The names that a lane goes by, checked before they reach a path or a ref.

use cli::Failure;
use records::{IssueNumber, TaskId, check_ref_part};

/// What a lane is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Issue,
    Task,
    Role,
}

/// Names that mean something else to git or to people (lanes reference, case 29).
const RESERVED: [&str; 3] = ["head", "main", "master"];

/// The lane's id in its one spelling, and what it is for.
pub(crate) fn id(given: Option<&str>, role: Option<&str>) -> Result<(String, Kind), Failure> {
    let bad = |why: &dyn std::fmt::Display| {
        Failure::usage("lane id", why).hint("use an issue number such as 98, or a task id")
    };
    let (id, kind) = match (given, role) {
        (Some(text), _) if text.starts_with(|c: char| c == '#' || c.is_ascii_digit()) => {
            let number: IssueNumber = text.parse().map_err(|e| bad(&e))?;
            (number.to_string(), Kind::Issue)
        }
        (Some(text), _) => {
            let task: TaskId = text.parse().map_err(|e| bad(&e))?;
            (task.to_string(), Kind::Task)
        }
        (None, Some(role)) => (role.to_owned(), Kind::Role),
        (None, None) => return Err(bad(&"neither an id nor --role was given")),
    };
    check("lane id", &id)?;
    Ok((id, kind))
}

/// Checks a slug or a role.
pub(crate) fn check(what: &str, text: &str) -> Result<(), Failure> {
    check_ref_part(text).map_err(|error| Failure::usage(what, error))?;
    let lower = text.to_ascii_lowercase();
    if RESERVED.contains(&lower.as_str()) || lower.ends_with("_head") {
        return Err(Failure::usage(what, format_args!("'{text}' is reserved")));
    }
    Ok(())
}

/// The spelling of a lane's id that `path` and `remove` look for: `#98` and `098` mean 98.
pub(crate) fn spelled(given: &str) -> String {
    given.parse::<IssueNumber>().map_or_else(|_| given.to_owned(), |number| number.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_have_one_spelling() {
        assert_eq!(id(Some("#98"), None).unwrap(), ("98".into(), Kind::Issue));
        assert_eq!(id(Some("098"), None).unwrap(), ("98".into(), Kind::Issue));
        assert_eq!(id(Some("T-1"), Some("B")).unwrap(), ("T-1".into(), Kind::Task));
        assert_eq!(id(None, Some("B-ui")).unwrap(), ("B-ui".into(), Kind::Role));
        assert_eq!(spelled("#098"), "98");
        assert_eq!(spelled("T-1"), "T-1");
    }

    #[test]
    fn what_could_reach_elsewhere_is_refused() {
        for text in [
            "",
            "-x",
            "../x",
            "a/b",
            "a..b",
            "a b",
            "a\nb",
            "é",
            "HEAD",
            "main",
            "a.lock",
            "0",
            "98x",
            "ORIG_HEAD",
            "@",
            "@{-1}",
            "a~1",
            "a^",
            "a:b",
        ] {
            assert!(id(Some(text), None).is_err(), "{text:?}");
        }
    }
}
