//! Keeps the parts of `docs/` true that can be made from the code: the JSON Schemas in
//! `docs/formats/`, and the help texts and exit codes in `docs/reference/`.

mod formats;
mod reference;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use cli::Failure;

pub use formats::format_files;
pub use reference::{TOOLS, reference_pages};

/// Every generated file with its content, by path below `docs/`.
///
/// `bin` is the folder with the built tools; their `--help` is asked.
pub fn generate(docs: &Path, bin: &Path) -> Result<BTreeMap<PathBuf, String>, Failure> {
    let mut files = format_files()?;
    files.extend(reference_pages(docs, bin)?);
    Ok(files)
}

/// The files that differ from what they should be, as paths below `docs/`; also schema files that
/// nothing generates any more.
pub fn stale(docs: &Path, bin: &Path) -> Result<Vec<PathBuf>, Failure> {
    let files = generate(docs, bin)?;
    let mut stale: Vec<PathBuf> = files
        .iter()
        .filter(|(path, text)| std::fs::read_to_string(docs.join(path)).ok().as_ref() != Some(text))
        .map(|(path, _)| path.clone())
        .collect();
    let formats = docs.join("formats");
    let listed =
        std::fs::read_dir(&formats).map_err(|e| Failure::io("cannot read", &formats, &e))?;
    for entry in listed {
        let entry = entry.map_err(|e| Failure::io("cannot read", &formats, &e))?;
        let path = Path::new("formats").join(entry.file_name());
        if path.extension().is_some_and(|e| e == "json") && !files.contains_key(&path) {
            stale.push(path);
        }
    }
    Ok(stale)
}

/// Writes every generated file that differs and gives their paths.
pub fn write(docs: &Path, bin: &Path) -> Result<Vec<PathBuf>, Failure> {
    let files = generate(docs, bin)?;
    let mut written = Vec::new();
    for (path, text) in files {
        let file = docs.join(&path);
        if std::fs::read_to_string(&file).ok().as_ref() != Some(&text) {
            journal::replace(&file, |out| out.write_all(text.as_bytes()))?;
            written.push(path);
        }
    }
    Ok(written)
}
