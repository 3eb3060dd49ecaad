//! Which files are the reports of an issue, in any of the layouts in use.
//!
//! * `docs/reports/active/98-test-report.md`, also in `done`, also `00098-…`, `LLD-98-…`, `issue-98-…`,
//!   `98-schema-crud-test-report.md`
//! * `docs/reports/98/test-report.md`, as the LLD template has it, also below `active` and `done`
//! * `docs/reports/active/schema-crud-test-report.md` and `docs/reports/schema-crud/test-report.md`, by the
//!   short name in the name of the issue's LLD
//!
//! In any case, with `_` for `-`. As with LLDs, the issue comes from the path and never from the text.

use records::IssueNumber;

/// Which report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// What was built, decided and left out.
    Implementation,
    /// What was run, and what came of it.
    Test,
}

impl Kind {
    /// The name of its file.
    pub(crate) fn file(self) -> &'static str {
        match self {
            Self::Implementation => "implementation-report",
            Self::Test => "test-report",
        }
    }
}

/// Whether its work is ahead or behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Shelf {
    /// `active/`: waits for the merge.
    Active,
    /// `done/`: merged.
    Done,
    /// A layout without the two.
    Neither,
}

/// A report.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Found {
    /// Where it stands.
    pub(crate) shelf: Shelf,
    /// Path from the root of the repository.
    pub(crate) path: String,
}

/// The reports of a kind among `paths`, those that wait first. `slug` is the short name of the issue's
/// LLD.
pub(crate) fn find(
    paths: &[String],
    kind: Kind,
    issue: IssueNumber,
    slug: Option<&str>,
) -> Vec<Found> {
    let found = |path: &String| {
        let shelf = shelf(path, kind, issue, slug)?;
        Some(Found { shelf, path: path.clone() })
    };
    let mut all: Vec<Found> = paths.iter().filter_map(found).collect();
    all.sort();
    all
}

fn shelf(path: &str, kind: Kind, issue: IssueNumber, slug: Option<&str>) -> Option<Shelf> {
    let plain = path.to_lowercase().replace('_', "-");
    let mut parts: Vec<&str> = plain.strip_prefix("docs/reports/")?.split('/').collect();
    let stem = parts.pop()?.strip_suffix(".md")?;
    let front = stem.strip_suffix(kind.file())?;
    if !front.is_empty() && !front.ends_with('-') {
        return None;
    }
    let (shelf, folders) = match parts.split_first() {
        Some((&"active", rest)) => (Shelf::Active, rest),
        Some((&"done", rest)) => (Shelf::Done, rest),
        _ => (Shelf::Neither, parts.as_slice()),
    };
    let owners = [front.trim_end_matches('-'), folders.first().copied().unwrap_or_default()];
    let named: Vec<&str> = owners.into_iter().filter(|owner| !owner.is_empty()).collect();
    if folders.len() > 1 || named.is_empty() {
        return None;
    }
    let numbers: Vec<IssueNumber> = named.iter().filter_map(|owner| number(owner)).collect();
    let ours = if numbers.is_empty() {
        let slug = slug?.to_lowercase().replace('_', "-");
        named.contains(&slug.as_str())
    } else {
        numbers.iter().all(|number| *number == issue)
    };
    ours.then_some(shelf)
}

/// The number at the front of a name: `98`, `00098-slug`, `lld-98`, `issue-98-slug`.
fn number(name: &str) -> Option<IssueNumber> {
    let name = ["lld-", "issue-"].iter().find_map(|front| name.strip_prefix(front)).unwrap_or(name);
    let end = name.find(|c: char| !c.is_ascii_digit()).unwrap_or(name.len());
    let (digits, rest) = name.split_at_checked(end)?;
    if rest.is_empty() || rest.starts_with('-') { digits.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_layout_in_use_gives_its_issue_and_shelf() {
        use Shelf::{Active, Done, Neither};
        for (path, expected) in [
            ("docs/reports/active/98-test-report.md", Some(Active)),
            ("docs/reports/done/98-test-report.md", Some(Done)),
            ("docs/reports/98/test-report.md", Some(Neither)),
            ("docs/reports/98-test-report.md", Some(Neither)),
            ("docs/reports/active/98/test-report.md", Some(Active)),
            ("docs/Reports/Active/00098_Test_Report.MD", Some(Active)),
            ("docs/reports/active/LLD-098-test-report.md", Some(Active)),
            ("docs/reports/active/issue-98-crud-test-report.md", Some(Active)),
            ("docs/reports/active/98-schema-crud-test-report.md", Some(Active)),
            ("docs/reports/active/schema-crud-test-report.md", Some(Active)),
            ("docs/reports/done/schema-crud/test-report.md", Some(Done)),
            ("docs/reports/98-schema-crud/test-report.md", Some(Neither)),
            ("docs/reports/active/198-test-report.md", None),
            ("docs/reports/active/981-test-report.md", None),
            ("docs/reports/99/98-test-report.md", None),
            ("docs/reports/active/99-schema-crud-test-report.md", None),
            ("docs/reports/active/other-test-report.md", None),
            ("docs/reports/active/test-report.md", None),
            ("docs/reports/active/98-implementation-report.md", None),
            ("docs/reports/active/98-contest-report.md", None),
            ("docs/reports/active/98-test-report.txt", None),
            ("docs/reports/a/b/98-test-report.md", None),
            ("src/98-test-report.md", None),
        ] {
            let found = find(&[path.into()], Kind::Test, IssueNumber(98), Some("schema-crud"));
            assert_eq!(found.first().map(|f| f.shelf), expected, "{path}");
        }
        let by_name = ["docs/reports/active/schema-crud-test-report.md".to_owned()];
        assert_eq!(find(&by_name, Kind::Test, IssueNumber(98), None), []);
    }
}
