//! Reading one section of the file.

use std::fmt;
use std::marker::PhantomData;
use std::path::{Path, PathBuf};

use serde::Deserializer;
use serde::de::{DeserializeOwned, Error as _, IgnoredAny, MapAccess, Visitor};

use crate::{Error, find};

/// Every section that a tool of this workspace owns.
pub const SECTIONS: [&str; 8] =
    ["projects", "lanes", "queue", "reviews", "gates", "agents", "orchestrator", "audit"];

/// A tool's section. Its type denies unknown keys (`#[serde(deny_unknown_fields)]`) and its default
/// is what holds without a file.
pub trait Section: DeserializeOwned + Default {
    /// The section's key, one of [`SECTIONS`].
    const NAME: &'static str;
}

/// A section and the file it came from.
#[derive(Debug, Clone)]
pub struct Loaded<T> {
    /// The section; its default where the file or the section is missing.
    pub section: T,
    /// The file, if there is one.
    pub file: Option<PathBuf>,
    /// Whether the file has the section.
    pub present: bool,
}

/// Reads the section from the nearest `switchyard.yaml` between `start` and `root`.
pub fn load<T: Section>(start: &Path, root: &Path) -> Result<Loaded<T>, Error> {
    let Some(path) = find(start, root) else {
        return Ok(Loaded { section: T::default(), file: None, present: false });
    };
    let bytes =
        std::fs::read(&path).map_err(|source| Error::Read { path: path.clone(), source })?;
    let section = parse::<T>(&path, text(&path, &bytes)?)?;
    let present = section.is_some();
    Ok(Loaded { section: section.unwrap_or_default(), file: Some(path), present })
}

/// The bytes of the file at `path`, which must be UTF-8.
pub fn text<'a>(path: &Path, bytes: &'a [u8]) -> Result<&'a str, Error> {
    std::str::from_utf8(bytes).map_err(|error| {
        let offset = error.valid_up_to();
        let newlines = bytes.iter().take(offset).filter(|b| **b == b'\n').count();
        Error::Encoding { path: path.into(), line: newlines as u64 + 1, offset }
    })
}

/// Reads the section from `text`; `path` is for messages. `None` when the section is missing or
/// empty.
pub fn parse<T: Section>(path: &Path, text: &str) -> Result<Option<T>, Error> {
    Ok(parse_whole::<Document<T>>(path, text)?.and_then(|document| document.0))
}

/// Reads all of `text` as `T`, for a file that a section names; `path` is for messages. `None` when there
/// is nothing but remarks.
pub fn parse_whole<T: DeserializeOwned>(path: &Path, text: &str) -> Result<Option<T>, Error> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text.lines().all(|line| line.trim().is_empty() || line.trim_start().starts_with('#')) {
        return Ok(None);
    }
    serde_saphyr::from_str::<T>(text).map(Some).map_err(|error| Error::parse(path, &error))
}

/// The whole file, of which only the section `T` is looked into.
struct Document<T>(Option<T>);

impl<'de, T: Section> serde::Deserialize<'de> for Document<T> {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        input.deserialize_map(Sections(PhantomData))
    }
}

struct Sections<T>(PhantomData<T>);

impl<'de, T: Section> Visitor<'de> for Sections<T> {
    type Value = Document<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a mapping with one key a section")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Document<T>, A::Error> {
        let mut found = None;
        while let Some(key) = map.next_key::<String>()? {
            if key == T::NAME {
                found = map.next_value::<Option<T>>()?;
            } else if SECTIONS.contains(&key.as_str()) {
                map.next_value::<IgnoredAny>()?;
            } else {
                return Err(A::Error::unknown_field(&key, &SECTIONS));
            }
        }
        Ok(Document(found))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use records::{Exit, Fault as _};

    #[derive(Debug, Default, PartialEq, serde::Deserialize)]
    #[serde(default, deny_unknown_fields)]
    struct Queue {
        base: Option<String>,
        lease_minutes: u32,
    }

    impl Section for Queue {
        const NAME: &'static str = "queue";
    }

    fn read(text: &str) -> Result<Option<Queue>, Error> {
        parse(Path::new("switchyard.yaml"), text)
    }

    #[test]
    fn other_sections_are_left_alone() {
        let queue = read("lanes:\n  anything: [1]\nqueue:\n  base: main\n").unwrap().unwrap();
        assert_eq!(queue.base.as_deref(), Some("main"));
        assert_eq!(read("lanes: {}\n").unwrap(), None);
        for text in ["", "# only a remark\n", "queue:\n", "\u{feff}queue:\n"] {
            assert_eq!(read(text).unwrap(), None, "{text:?}");
        }
    }

    #[test]
    fn mistakes_name_line_column_and_what_was_meant() {
        for (text, message, hint) in [
            ("queue:\n  bas: x\n", "switchyard.yaml:2:3: unknown field `bas`", Some("base")),
            ("queu:\n  base: x\n", "switchyard.yaml:1:1: unknown field `queu`", Some("queue")),
            ("queue:\n  lease_minutes: long\n", "switchyard.yaml:2:18: invalid u32", None),
            ("queue:\n  base: a\n  base: b\n", "switchyard.yaml:3:3: duplicate", None),
            ("queue: {}\n---\n", "switchyard.yaml:2:4: multiple YAML documents detected", None),
            ("- 1\n", "switchyard.yaml:1:1:", None),
            ("queue: [\n", "switchyard.yaml:1:8:", None),
        ] {
            let error = read(text).unwrap_err();
            assert!(error.to_string().starts_with(message), "{error} for {text:?}");
            assert!(!error.to_string().contains("use "), "{error}");
            assert_eq!(error.exit(), Exit::Usage);
            let given = error.hint();
            assert_eq!(given.is_some(), hint.is_some(), "{given:?} for {text:?}");
            assert!(hint.is_none_or(|h| given.unwrap_or_default().contains(h)));
        }
    }

    #[test]
    fn a_file_that_is_not_utf_8_names_line_and_byte() {
        let scratch = testkit::Scratch::new();
        let root = scratch.path("");
        std::fs::File::create(root.join("switchyard.yaml"))
            .and_then(|mut f| std::io::Write::write_all(&mut f, b"queue:\n  base: \xff\n"))
            .unwrap();
        let error = load::<Queue>(&root, &root).unwrap_err();
        assert!(error.to_string().ends_with("switchyard.yaml:2: byte 15 is not UTF-8"), "{error}");
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "(queue|lanes|[ -~]|\n|:|- |\\PC){0,60}") {
            drop(read(&text));
        }
    }
}
