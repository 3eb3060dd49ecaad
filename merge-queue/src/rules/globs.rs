//! Globs over paths of the repository.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;

use globset::{GlobBuilder, GlobMatcher};

/// Some globs, of which one has to match.
///
/// A glob is matched against the whole path from the top of the repository. `*` and `?` stay within
/// one folder; `**` as a whole component stands for any number of folders, so `docs/**` is
/// everything below `docs`, and `**/*.sql` every such file anywhere. `{a,b}` and `[a-z]` hold.
#[derive(Debug, Clone, Default)]
pub(crate) struct Globs(Vec<(String, GlobMatcher)>);

impl Globs {
    /// The globs as they were written.
    pub(crate) fn texts(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(text, _)| text.as_str())
    }

    /// Adds a glob.
    ///
    /// # Errors
    /// One sentence, for a glob that does not parse or can never match.
    pub(crate) fn add(&mut self, glob: &str) -> Result<(), String> {
        if glob.is_empty() {
            return Err("the glob is empty".into());
        }
        if glob.starts_with('/') || glob.starts_with("./") || glob.starts_with("../") {
            return Err(format!(
                "the glob '{glob}' never matches: paths count from the top of the repository and begin with a name"
            ));
        }
        if glob.ends_with('/') {
            return Err(format!(
                "the glob '{glob}' never matches: write '{glob}**' for all that is below"
            ));
        }
        let compiled = GlobBuilder::new(glob)
            .literal_separator(true)
            .backslash_escape(true)
            .build()
            .map_err(|error| format!("the glob '{glob}' is bad: {}", error.kind()))?;
        self.0.push((glob.into(), compiled.compile_matcher()));
        Ok(())
    }

    /// The globs that match `path`, as they were written.
    pub(crate) fn matching(&self, path: &[u8]) -> impl Iterator<Item = &str> {
        let path = OsStr::from_bytes(path);
        let hits = self.0.iter().filter(move |(_, glob)| glob.is_match(path));
        hits.map(|(text, _)| text.as_str())
    }

    /// The globs that may match something below `path`, as they were written: rather one too many.
    pub(crate) fn matching_below(&self, path: &[u8]) -> impl Iterator<Item = &str> {
        let hits = self.0.iter().filter(move |(text, _)| may_match_below(text, path));
        hits.map(|(text, _)| text.as_str())
    }
}

fn may_match_below(glob: &str, path: &[u8]) -> bool {
    let special = glob.bytes().position(|byte| b"*?[{\\".contains(&byte)).unwrap_or(glob.len());
    let plain = glob.as_bytes().get(..special).unwrap_or_default();
    let folder = plain.iter().rposition(|byte| *byte == b'/').map_or(0, |slash| slash + 1);
    let folder = plain.get(..folder).unwrap_or_default();
    let path = [path, b"/"].concat();
    let slashes = |bytes: &[u8]| bytes.split(|byte| *byte == b'/').count();
    let deep = glob.contains("**") || slashes(glob.as_bytes()) >= slashes(&path);
    deep && (path.starts_with(folder) || folder.starts_with(&path))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hits(glob: &str, path: &str) -> bool {
        let mut globs = Globs::default();
        globs.add(glob).unwrap();
        globs.matching(path.as_bytes()).next().is_some()
    }

    #[test]
    fn stars_stay_in_their_folder_and_double_stars_do_not() {
        for (glob, path, expected) in [
            ("docs/**", "docs/a.md", true),
            ("docs/**", "docs/a/b/c.md", true),
            ("docs/**", "src/docs/a.md", false),
            ("docs/*", "docs/a/b.md", false),
            ("docs/*.md", "docs/a.md", true),
            ("**/*.sql", "a.sql", true),
            ("**/*.sql", "db/x/a.sql", true),
            ("src/**/api.rs", "src/api.rs", true),
            ("src/{a,b}.rs", "src/b.rs", true),
            ("Makefile", "sub/Makefile", false),
            ("größe/*", "größe/ü.md", true),
            ("a?c", "a/c", false),
        ] {
            assert_eq!(hits(glob, path), expected, "{glob} on {path}");
        }
    }

    #[test]
    fn what_may_be_below_a_link_or_a_submodule() {
        let below = |glob: &str, path: &str| {
            let mut globs = Globs::default();
            globs.add(glob).unwrap();
            globs.matching_below(path.as_bytes()).next().is_some()
        };
        for (glob, path, expected) in [
            ("docs/api/**", "docs", true),
            ("docs/api/**", "docs/api", true),
            ("docs/api/**", "docs/api/v1", true),
            ("docs/api/**", "docs/ap", false),
            ("docs/api/**", "src", false),
            ("**/*.sql", "vendor/lib", true),
            ("src/*.rs", "src", true),
            ("src/*.rs", "src/vendor", false),
            ("src/*/x/*.rs", "src/vendor", true),
            ("{a,b/c}/d", "b", true),
            ("Makefile", "sub", false),
        ] {
            assert_eq!(below(glob, path), expected, "{glob} below {path}");
        }
    }

    #[test]
    fn a_path_that_is_not_utf_8_still_matches() {
        let mut globs = Globs::default();
        globs.add("docs/**").unwrap();
        assert_eq!(globs.matching(b"docs/\xff.md").collect::<Vec<_>>(), ["docs/**"]);
    }

    #[test]
    fn a_glob_that_can_never_match_is_refused() {
        for glob in ["", "/docs/**", "./docs", "docs/", "a{b", "a[", "../x"] {
            assert!(Globs::default().add(glob).is_err(), "{glob}");
        }
    }
}
