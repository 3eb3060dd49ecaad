//! What `init` proposes: how files should be merged that every branch edits.

use std::collections::{BTreeMap, BTreeSet};

use records::Reason;
use records::merge_queue::AttributeLine;

use crate::rules::diff::path_text;

/// What `merge` is for paths, without those for which nothing is said.
pub(crate) type Values = BTreeMap<Vec<u8>, String>;

/// Every branch adds a line to it, so that without help no two of them land together.
const CHANGELOG: &str = "CHANGELOG.md";

/// Files that a program writes as a whole: the lines of two of them make none.
const GENERATED: [&str; 8] = [
    "Cargo.lock",
    "package-lock.json",
    "yarn.lock",
    "pnpm-lock.yaml",
    "poetry.lock",
    "uv.lock",
    "Gemfile.lock",
    "composer.lock",
];

/// The lines that unite changelogs among `paths`, by how they are spelled. A changelog for which something
/// else is said is left as it is.
pub(crate) fn lines(paths: &[Vec<u8>], base: &Values, checkout: &Values) -> Vec<AttributeLine> {
    let mut spelled: BTreeMap<&str, Vec<&Vec<u8>>> = BTreeMap::new();
    for path in paths {
        let name = name(path).filter(|name| name.eq_ignore_ascii_case(CHANGELOG));
        let said = base.get(path).or(checkout.get(path));
        if let Some(name) = name.filter(|_| said.is_none_or(|value| value == "union")) {
            spelled.entry(name).or_default().push(path);
        }
    }
    let line = |(name, paths): (&str, Vec<&Vec<u8>>)| {
        let all = |values: &Values| {
            paths.iter().all(|path| values.get(*path).is_some_and(|value| value == "union"))
        };
        AttributeLine {
            line: format!("{name} merge=union"),
            in_base: all(base),
            in_checkout: all(checkout),
            paths: paths.iter().map(|path| path_text(path)).collect(),
        }
    };
    spelled.into_iter().map(line).collect()
}

/// What to know about how files are merged. `drivers` are those that this clone has configured.
pub(crate) fn warnings(
    lines: &[AttributeLine],
    base: &Values,
    checkout: &Values,
    drivers: &BTreeSet<String>,
) -> Vec<Reason> {
    let mut warnings = Vec::new();
    let both = || base.iter().chain(checkout);
    if !lines.is_empty() || both().any(|(_, value)| value == "union") {
        let message = "merge=union keeps the lines of both sides: of a line that two branches edit, both \
                       versions stay, and a line that one of them deletes may come back";
        let next = "use it where branches only add lines, and read the file before a release";
        warnings.push(Reason::new("union_keeps_both", message, next));
    }
    let united = both().filter(|(path, value)| {
        *value == "union" && name(path).is_some_and(|name| GENERATED.contains(&name))
    });
    let united: BTreeSet<String> = united.map(|(path, _)| path_text(path)).collect();
    if !united.is_empty() {
        let paths = united.into_iter().collect::<Vec<_>>().join(", ");
        let message = format!("merge=union makes no valid file of two versions of {paths}");
        let next =
            "take that line out of .gitattributes, and have the file made anew where it conflicts";
        warnings.push(Reason::new("union_of_generated", message, next));
    }
    let mut foreign: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for (path, value) in both() {
        if !["set", "unset", "text", "binary", "union"].contains(&value.as_str()) {
            foreign.entry(value).or_default().insert(path_text(path));
        }
    }
    for (driver, paths) in foreign {
        let many = paths.len();
        let first = paths.first().map_or("", String::as_str);
        let paths = if many == 1 { first.into() } else { format!("{first} and {} more", many - 1) };
        let here = if drivers.contains(driver) {
            "this clone has configured one of that name, and others may not"
        } else {
            "this clone has configured none, so that the file is merged as text"
        };
        let message = format!("merge={driver} of {paths} is no driver that git has: {here}");
        let next = format!("do not rely on merge={driver}: no repository can bring a driver along");
        warnings.push(Reason::new("no_such_driver", message, next));
    }
    warnings
}

/// The last part of a path.
fn name(path: &[u8]) -> Option<&str> {
    str::from_utf8(path.rsplit(|byte| *byte == b'/').next()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(said: &[(&str, &str)]) -> Values {
        said.iter().map(|(path, value)| ((*path).into(), (*value).to_owned())).collect()
    }

    #[test]
    fn changelogs_are_united_unless_something_else_is_said() {
        let paths: Vec<Vec<u8>> =
            ["CHANGELOG.md", "lib/CHANGELOG.md", "old/ChangeLog.md", "CHANGELOG", "src/lib.rs"]
                .map(Into::into)
                .to_vec();
        let none = Values::new();
        let text = |lines: &[AttributeLine]| -> Vec<(String, usize, bool, bool)> {
            let each = lines.iter();
            each.map(|l| (l.line.clone(), l.paths.len(), l.in_base, l.in_checkout)).collect()
        };
        let (upper, mixed) = ("CHANGELOG.md merge=union", "ChangeLog.md merge=union");
        assert_eq!(
            text(&lines(&paths, &none, &none)),
            [(upper.to_owned(), 2, false, false), (mixed.to_owned(), 1, false, false)]
        );
        let base = values(&[("CHANGELOG.md", "union"), ("old/ChangeLog.md", "binary")]);
        let checkout = values(&[("CHANGELOG.md", "union"), ("lib/CHANGELOG.md", "union")]);
        assert_eq!(text(&lines(&paths, &base, &checkout)), [(upper.to_owned(), 2, false, true)]);
    }

    #[test]
    fn what_does_not_do_what_it_says_is_told() {
        let codes = |base: &[(&str, &str)]| -> Vec<String> {
            let drivers = BTreeSet::from(["lfs".to_owned()]);
            let warnings = warnings(&[], &values(base), &Values::new(), &drivers);
            warnings.into_iter().map(|warning| warning.code).collect()
        };
        assert!(codes(&[("a", "text"), ("b", "unset"), ("c", "binary")]).is_empty());
        assert_eq!(codes(&[("CHANGELOG.md", "union")]), ["union_keeps_both"]);
        assert_eq!(codes(&[("x/Cargo.lock", "union")]), ["union_keeps_both", "union_of_generated"]);
        assert_eq!(codes(&[("a", "ours"), ("b", "lfs"), ("c", "ours")]), ["no_such_driver"; 2]);
    }
}
