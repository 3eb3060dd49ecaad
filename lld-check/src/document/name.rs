//! Which issue a file belongs to, from its name alone.
//!
//! Never from the heading: in 32 of 121 counted documents the heading named another issue than the
//! file did.

use records::IssueNumber;

/// The issue of an LLD called `98-slug.md`, `LLD-098.md`, `LLD-98-slug.md` or `00012-slug.md`;
/// `None` for a file that is no LLD.
pub(crate) fn issue_of_lld(file_name: &str) -> Option<IssueNumber> {
    let stem = without_extension(file_name)?;
    let prefix = stem.get(..4).filter(|p| p.eq_ignore_ascii_case("LLD-"));
    leading_number(prefix.and_then(|p| stem.get(p.len()..)).unwrap_or(stem))
}

/// The issue of a report called `98-implementation-report.md`; `None` for any other file.
pub(crate) fn issue_of_report(file_name: &str) -> Option<IssueNumber> {
    leading_number(without_extension(file_name)?)
}

/// The short name in a file name: `schema-crud` of `98-schema-crud.md`; `None` where there is none
/// that is safe in a branch name.
pub(crate) fn slug_of(path: &str) -> Option<&str> {
    let stem = without_extension(path.rsplit('/').next()?)?;
    let prefix = stem.get(..4).filter(|p| p.eq_ignore_ascii_case("LLD-"));
    let rest = prefix.and_then(|p| stem.get(p.len()..)).unwrap_or(stem);
    let slug = rest.trim_start_matches(|c: char| c.is_ascii_digit()).trim_start_matches(['-', '_']);
    records::check_ref_part(slug).is_ok().then_some(slug)
}

fn without_extension(file_name: &str) -> Option<&str> {
    let (stem, extension) = file_name.rsplit_once('.')?;
    extension.eq_ignore_ascii_case("md").then_some(stem)
}

/// The number at the start, which must be all of `stem` or be followed by a dash or an underscore.
fn leading_number(stem: &str) -> Option<IssueNumber> {
    let end = stem.find(|c: char| !c.is_ascii_digit()).unwrap_or(stem.len());
    let (digits, rest) = stem.split_at_checked(end)?;
    if rest.is_empty() || rest.starts_with(['-', '_']) { digits.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_in_use_gives_its_issue() {
        for (name, issue) in [
            ("98-schema-crud.md", 98),
            ("LLD-098.md", 98),
            ("LLD-98-schema.md", 98),
            ("lld-98.MD", 98),
            ("00012-slug.md", 12),
            ("98.md", 98),
            ("98_slug.md", 98),
        ] {
            assert_eq!(issue_of_lld(name), Some(IssueNumber(issue)), "{name}");
        }
    }

    #[test]
    fn the_short_name_is_what_follows_the_number() {
        for (path, slug) in [
            ("docs/LLDs/active/98-schema-crud.md", Some("schema-crud")),
            ("LLD-098-a.md", Some("a")),
            ("LLD-098.md", None),
            ("98-a b.md", None),
        ] {
            assert_eq!(slug_of(path), slug, "{path}");
        }
    }

    #[test]
    fn other_files_belong_to_no_issue() {
        for name in [
            "README.md",
            "spec-0443-x.md",
            "98a.md",
            "98.txt",
            "98-x",
            "LLD-.md",
            "LLD.md",
            "0-x.md",
            "",
            "-98.md",
            "#98-x.md",
            "99999999999999999999-x.md",
            "९८-x.md",
            "LLDé98.md",
        ] {
            assert_eq!(issue_of_lld(name), None, "{name}");
        }
        assert_eq!(issue_of_report("LLD-98.md"), None);
        assert_eq!(issue_of_report("98-test-report.md"), Some(IssueNumber(98)));
    }
}
