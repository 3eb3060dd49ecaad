//! The prompt: where it comes from, what is refused, and what it is about.

use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use cli::Failure;
use records::{Subject, SubjectBlock, sha256_hex};

/// The service takes no larger request.
const LONGEST: usize = 20 << 20;

/// The usual rule of thumb.
const BYTES_A_TOKEN: usize = 4;
/// In tokens.
const LARGE: usize = 200_000;

/// Where the prompt comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Source {
    /// A file.
    File(PathBuf),
    /// The command line.
    Text(String),
    /// Standard input.
    Stdin,
}

/// A prompt that may be sent.
#[derive(Debug, Clone)]
pub(crate) struct Prompt {
    /// The text, byte for byte as it came.
    pub(crate) text: Arc<str>,
    /// What it is about, by digest of bytes that are in it.
    pub(crate) subject: Option<Subject>,
}

impl Prompt {
    /// Whether the service is known to fail on prompts of this size: about 200,000 tokens.
    pub(crate) fn is_large(&self) -> bool {
        self.text.len() / BYTES_A_TOKEN > LARGE
    }
}

/// Reads the prompt and finds its subject. `stated` is the file that the user says it is about.
///
/// # Errors
/// 65 for a prompt that is empty or no text, or whose subject is not what it says; 2 and 74 for a
/// file that cannot be read.
pub(crate) fn read(source: &Source, stated: Option<&Path>) -> Result<Prompt, Failure> {
    let (what, bytes) = match source {
        Source::File(path) => (path.display().to_string(), read_file(path)?),
        Source::Text(text) => ("the prompt".to_owned(), text.clone().into_bytes()),
        Source::Stdin => {
            let mut bytes = Vec::new();
            let read = bounded(io::stdin().lock()).read_to_end(&mut bytes);
            read.map_err(|e| Failure::world("cannot read stdin", e))?;
            ("stdin".to_owned(), bytes)
        }
    };
    let text = check(&what, bytes)?;
    let found = SubjectBlock::find(&text).map_err(|e| Failure::damaged(&what, e))?;
    let subject = match (found, stated) {
        (None, None) => None,
        (Some(block), None) => Some(block.subject()),
        (None, Some(path)) => Some(of_file(path, &text)?),
        (Some(block), Some(_)) => {
            let why = format!("the prompt itself says that it is about {}", block.path);
            return Err(Failure::usage("--subject", why).hint("leave --subject out"));
        }
    };
    Ok(Prompt { text: text.into(), subject })
}

/// `bytes` as a prompt, if they are one.
fn check(what: &str, bytes: Vec<u8>) -> Result<String, Failure> {
    if bytes.len() > LONGEST {
        return Err(Failure::damaged(
            what,
            format_args!("the prompt is larger than {LONGEST} bytes"),
        ));
    }
    let text = String::from_utf8(bytes).map_err(|e| {
        let at = e.utf8_error().valid_up_to();
        Failure::damaged(what, format_args!("the prompt is not UTF-8 from byte {at} on"))
    })?;
    if let Some(at) = text.bytes().position(|b| b == 0) {
        return Err(Failure::damaged(what, format_args!("the prompt has a NUL at byte {at}")));
    }
    if text.trim().is_empty() {
        return Err(Failure::damaged(what, "the prompt is empty"));
    }
    Ok(text)
}

/// The file as the subject, if its bytes are in the prompt: the digest of something that was not
/// sent would prove nothing.
fn of_file(path: &Path, prompt: &str) -> Result<Subject, Failure> {
    let bytes = read_file(path)?;
    let sent = match std::str::from_utf8(&bytes) {
        Ok(text) if !text.is_empty() => prompt.contains(text),
        _ => false,
    };
    if !sent {
        let what = format!("--subject {}", path.display());
        return Err(Failure::damaged(what, "the file's bytes are not in the prompt").hint(
            "the prompt must hold the file as it is, byte for byte; lld-check prompt makes such one",
        ));
    }
    Ok(Subject { path: shown(path), sha256: sha256_hex(&bytes) })
}

/// The path from the root of the checkout, where there is one around the file.
fn shown(path: &Path) -> String {
    let whole = path.canonicalize();
    let relative = whole.ok().and_then(|whole| {
        let place = repo::Place::find(whole.parent()?).ok()?;
        Some(whole.strip_prefix(place.worktree()).ok()?.to_path_buf())
    });
    relative.as_deref().unwrap_or(path).display().to_string()
}

fn read_file(path: &Path) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    let opened = std::fs::File::open(path);
    match opened.and_then(|file| bounded(file).read_to_end(&mut bytes)) {
        Ok(_) => Ok(bytes),
        Err(e) if e.kind() == io::ErrorKind::NotFound => {
            Err(Failure::usage(format_args!("cannot read {}", path.display()), e))
        }
        Err(e) => Err(Failure::io("cannot read", path, &e)),
    }
}

/// One byte more than is allowed, so that too much is noticed.
fn bounded(reader: impl Read) -> impl Read {
    reader.take(LONGEST as u64 + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(bytes: &[u8]) -> String {
        check("stdin", bytes.to_vec()).unwrap_err().to_string()
    }

    #[test]
    fn what_is_no_prompt_is_refused_by_byte() {
        assert_eq!(refusal(b""), "stdin: the prompt is empty");
        assert_eq!(refusal(b" \n\t"), "stdin: the prompt is empty");
        assert_eq!(refusal(b"ab\0c"), "stdin: the prompt has a NUL at byte 2");
        assert_eq!(refusal(b"abc\xff"), "stdin: the prompt is not UTF-8 from byte 3 on");
        assert!(check("stdin", "Prüfe das.".into()).is_ok());
    }
}
