//! `lld-check lint`.

use std::path::{Path, PathBuf};

use cli::{Exit, Failure, Out, Tone};
use records::lld_check::Finding;

use crate::document::read::Document;
use crate::lint;

/// Prints what is to be mended in each file.
pub(super) fn run(out: &mut Out, files: &[PathBuf]) -> Result<Exit, Failure> {
    let mut first_failure = None;
    let mut any = false;
    for file in files {
        let name = file.display().to_string();
        let document = match Document::read(Path::new(""), &name) {
            Ok(document) => document,
            Err(failure) => {
                // One file that cannot be read does not hide the others.
                match &first_failure {
                    Some(_) => out.note(&failure.to_string()),
                    None => first_failure = Some(failure),
                }
                continue;
            }
        };
        for found in lint::check(&document.text, is_done(file)) {
            any = true;
            let finding = Finding {
                file: name.clone(),
                line: found.line as u64,
                code: found.code.to_owned(),
                message: found.message,
            };
            out.print(&finding, |f, page| {
                let Finding { file, line, code, message } = f;
                page.line(Tone::Plain, format_args!("{file}:{line}: {code}: {message}"));
            })?;
        }
    }
    match first_failure {
        Some(failure) => Err(failure),
        None if any => Ok(Exit::No),
        None => Ok(Exit::Yes),
    }
}

/// Whether the file stands in a folder `done`, in any case.
fn is_done(file: &Path) -> bool {
    let folder = file.parent().and_then(Path::file_name);
    folder.is_some_and(|name| name.eq_ignore_ascii_case("done"))
}
