//! Reads the files that hold the definitions: `switchyard.yaml` in the coordinator's checkout, and those that
//! it names under `queue.files`.

use std::path::{Component, Path};

use cli::Failure;
use config::Loaded;
use records::ConfigItem;
use serde_saphyr::Spanned;

use crate::rules::definitions::{Part, Source, Written};

/// What was read.
pub(crate) struct DefinitionFiles {
    /// The section of `switchyard.yaml`.
    pub(crate) first: Loaded<Written>,
    /// The files that it names, in its order, from the top of the repository.
    pub(crate) named: Vec<(String, Part)>,
    /// The bytes of all of them, which are the ones that were understood.
    pub(crate) sources: Vec<Source>,
}

impl DefinitionFiles {
    /// Reads them from the checkout whose top is `top`.
    pub(crate) fn read(top: &Path) -> Result<Self, Failure> {
        let path = top.join(config::FILE_NAME);
        let Some(bytes) = read(&path)? else {
            let first = Loaded { section: Written::default(), file: None, present: false };
            return Ok(Self { first, named: Vec::new(), sources: Vec::new() });
        };
        let section = config::parse::<Written>(&path, config::text(&path, &bytes)?)?;
        let mut sources = vec![Source { path: config::FILE_NAME.into(), bytes }];
        let mut named = Vec::new();
        for entry in section.iter().flat_map(|section| &section.files) {
            let wrong = |why: String| {
                config::Error::at(&path, entry.referenced.line(), entry.referenced.column(), why)
            };
            let shown = plain(entry).map_err(wrong)?;
            if sources.iter().any(|source| source.path == shown) {
                return Err(wrong(format!("'{shown}' is read already")).into());
            }
            refuse_detours(top, &shown).map_err(wrong)?;
            let file = top.join(&shown);
            let bytes = read(&file)?.ok_or_else(|| wrong(format!("there is no file '{shown}'")))?;
            let part = config::parse_whole::<Part>(&file, config::text(&file, &bytes)?)?;
            named.push((shown.clone(), part.unwrap_or_default()));
            sources.push(Source { path: shown, bytes });
        }
        unchanged(top, &sources)?;
        let present = section.is_some();
        let first = Loaded { section: section.unwrap_or_default(), file: Some(path), present };
        Ok(Self { first, named, sources })
    }

    /// Every setting as it holds, with the files that it comes from.
    pub(crate) fn settings(self, tool: &str) -> Vec<ConfigItem> {
        let Self { mut first, named, .. } = self;
        let mut items = config::shown(tool, &first);
        let section = &mut first.section;
        let mut from: Vec<(&str, String)> = Vec::new();
        for (file, part) in named {
            let mut has = |key, some: bool| from.extend(some.then(|| (key, file.clone())));
            has("queue.roles", !part.roles.0.is_empty());
            has("queue.tasks", !part.tasks.is_empty());
            has("queue.routes", !part.routes.is_empty());
            has("queue.policy", part.policy.is_some());
            section.roles.0.extend(part.roles.0);
            section.tasks.extend(part.tasks);
            section.routes.extend(part.routes);
            section.policy = section.policy.take().or(part.policy);
        }
        let whole = config::shown(tool, &first);
        for (item, whole) in items.iter_mut().zip(whole) {
            item.value = whole.value;
            for (_, file) in from.iter().filter(|(key, _)| *key == item.key) {
                // What the first file leaves out comes from the others alone.
                item.source = match item.source.as_str() {
                    "default" => file.clone(),
                    others => format!("{others}, {file}"),
                };
            }
        }
        items
    }
}

/// The bytes of a file; `None` when it is not there.
fn read(path: &Path) -> Result<Option<Vec<u8>>, Failure> {
    // A pipe would be waited for.
    let found = std::fs::metadata(path).and_then(|found| {
        if found.is_file() { std::fs::read(path) } else { Err(std::io::Error::other("no file")) }
    });
    match found {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Failure::io("cannot read", path, &error)),
    }
}

/// The path that `entry` writes, which must stay below the top of the repository.
fn plain(entry: &Spanned<String>) -> Result<String, String> {
    let text = &entry.value;
    let mut parts = Vec::new();
    for part in Path::new(text).components() {
        match part {
            Component::Normal(part) if !part.eq_ignore_ascii_case(".git") => {
                parts.push(part.to_string_lossy());
            }
            Component::CurDir => {}
            _ => return Err(format!("'{text}' is no path of a file in the repository")),
        }
    }
    if parts.is_empty() || text.ends_with('/') || text.contains(char::is_control) {
        return Err(format!("'{text}' is no path of a file in the repository"));
    }
    Ok(parts.join("/"))
}

/// Refuses a path that does not lead to a file of this repository: what is behind a link or in another
/// repository is not what git has at that path.
fn refuse_detours(top: &Path, shown: &str) -> Result<(), String> {
    let mut path = top.to_path_buf();
    let mut parts = shown.split('/').peekable();
    while let Some(part) = parts.next() {
        path.push(part);
        // What cannot be looked at cannot be read either.
        let Ok(found) = path.symlink_metadata() else { return Ok(()) };
        if found.is_symlink() {
            return Err(format!("'{shown}' leads through a symbolic link, {}", path.display()));
        }
        let (fits, is_last) = (found.is_file(), parts.peek().is_none());
        if is_last && !fits {
            return Err(format!("'{shown}' is no file"));
        }
        if !is_last && path.join(".git").symlink_metadata().is_ok() {
            return Err(format!("'{shown}' lies in another repository, {}", path.display()));
        }
    }
    Ok(())
}

/// Whether the files are still as they were read: all of them must be of one moment.
fn unchanged(top: &Path, sources: &[Source]) -> Result<(), Failure> {
    for source in sources {
        if read(&top.join(&source.path))?.as_ref() != Some(&source.bytes) {
            let what = format!("{} changed while it was read", source.path);
            return Err(Failure::later(what, "somebody edits it").hint("try again"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use testkit::Scratch;

    #[test]
    fn a_file_that_changes_while_another_is_read_is_noticed() {
        let scratch = Scratch::new();
        let source = |path: &str, text: &str| {
            scratch.write(path, text);
            Source { path: path.into(), bytes: text.as_bytes().to_vec() }
        };
        let sources =
            [source("switchyard.yaml", "queue: {files: [t.yaml]}\n"), source("t.yaml", "")];
        let top = scratch.path("");
        unchanged(&top, &sources).unwrap();
        scratch.write("t.yaml", "tasks: []\n");
        let failure = unchanged(&top, &sources).unwrap_err();
        assert_eq!(failure.exit(), cli::Exit::Later);
        assert!(failure.to_string().starts_with("t.yaml changed while it was read"), "{failure}");
        std::fs::remove_file(scratch.path("t.yaml")).unwrap();
        unchanged(&top, &sources).unwrap_err();
    }
}
