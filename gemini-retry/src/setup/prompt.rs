//! The prompt: where it comes from, what is refused, and what it is about.

use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use cli::Failure;
use records::{Subject, SubjectBlock, sha256_hex};

/// The service takes no larger request; its body is JSON, which may be longer than the prompt.
const LONGEST: usize = 20 << 20;
/// No model is known to take more tokens in one request.
const MOST_TOKENS: usize = 1_048_576;
/// Above this length others can see a lot on the command line, and some systems refuse it.
const LONGEST_TYPED: usize = 8 << 10;

/// The usual rule of thumb.
const BYTES_A_TOKEN: usize = 4;
/// In tokens.
const LARGE: usize = 200_000;

/// How long a prompt may be.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    /// A longer one on the command line is worth a warning, in bytes.
    pub(crate) typed: usize,
    /// Send what no model is known to take.
    pub(crate) force: bool,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { typed: LONGEST_TYPED, force: false }
    }
}

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
    /// What people should know about it before it is sent, a sentence each.
    pub(crate) warnings: Vec<String>,
}

impl Prompt {
    /// Whether the service is known to fail on prompts of this size: about 200,000 tokens.
    pub(crate) fn is_large(&self) -> bool {
        tokens(&self.text) > LARGE
    }
}

/// Reads the prompt and finds its subject. `stated` is the file that the user says it is about.
///
/// # Errors
/// 65 for a prompt that is empty or no text, or whose subject is not what it says; 2 and 74 for a
/// file that cannot be read.
pub(crate) fn read(
    source: &Source,
    stated: Option<&Path>,
    bounds: Bounds,
) -> Result<Prompt, Failure> {
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
    check_length(&what, &text, bounds)?;
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
    let mut warnings = warnings(&what, &text);
    if matches!(source, Source::Text(_)) && text.len() > bounds.typed {
        warnings.push(format!(
            "the prompt is {} bytes on the command line, where others can see it; use -f or -",
            text.len()
        ));
    }
    Ok(Prompt { text: text.into(), subject, warnings })
}

/// About how many tokens `text` has.
fn tokens(text: &str) -> usize {
    text.len() / BYTES_A_TOKEN
}

/// A prompt that is certainly too long would cost a request and come back.
fn check_length(what: &str, text: &str, bounds: Bounds) -> Result<(), Failure> {
    let tokens = tokens(text);
    // The estimate may be wrong by a third.
    if tokens > MOST_TOKENS / 10 * 13 && !bounds.force {
        let why = format!(
            "the prompt has about {tokens} tokens, and no model takes more than {MOST_TOKENS}"
        );
        return Err(Failure::damaged(what, why).hint("make it shorter, or try with --force"));
    }
    let encoded = quoted_length(text);
    if encoded > LONGEST {
        let why = format!("the prompt is {encoded} bytes as JSON, and the limit is {LONGEST}");
        return Err(Failure::damaged(what, why));
    }
    Ok(())
}

/// The length of `text` as a JSON string.
fn quoted_length(text: &str) -> usize {
    let escaped = |byte: u8| match byte {
        b'"' | b'\\' | b'\n' | b'\r' | b'\t' | 0x08 | 0x0c => 2,
        0..0x20 => 6,
        _ => 1,
    };
    text.bytes().map(escaped).sum::<usize>() + 2
}

/// What is odd about a prompt and no reason to refuse it. Nothing is taken out of it.
fn warnings(what: &str, text: &str) -> Vec<String> {
    let mut warnings = Vec::new();
    let tokens = tokens(text);
    if tokens > LARGE {
        warnings.push(format!(
            "{what}: the prompt has about {tokens} tokens; above {LARGE} requests often fail"
        ));
    }
    let mut hidden = hidden_characters(text);
    if let Some((line, found)) = hidden.next() {
        let more = match hidden.count() {
            0 => String::new(),
            n => format!(" ({n} more such characters follow)"),
        };
        let code = u32::from(found);
        warnings.push(format!(
            "{what}: line {line} has U+{code:04X}, which people do not see and the model reads{more}"
        ));
    }
    warnings
}

/// Characters without a shape of their own, with the line of each, from 1: what a person approves
/// by eye is not what the model reads. A byte order mark in front is none.
fn hidden_characters(text: &str) -> impl Iterator<Item = (usize, char)> {
    let lines = text.strip_prefix('\u{feff}').unwrap_or(text).split('\n').zip(1..);
    lines.flat_map(|(line, number)| {
        let plain = line.is_ascii();
        line.chars().filter(move |c| !plain && is_hidden(*c)).map(move |c| (number, c))
    })
}

fn is_hidden(c: char) -> bool {
    matches!(
        c,
        // Marks and overrides of direction.
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
        // Of no width.
        | '\u{180e}' | '\u{200b}'..='\u{200d}' | '\u{2060}'..='\u{2064}' | '\u{feff}'
        // Tags, which spell out plain text that nobody sees.
        | '\u{e0000}'..='\u{e007f}'
    )
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

    #[test]
    fn the_length_that_counts_is_that_of_the_json() {
        for text in ["", "plain", "ä \"\\\n\r\t\u{8}\u{c}\u{1}\u{1f}\u{7f}\u{2028}"] {
            assert_eq!(quoted_length(text), serde_json::json!(text).to_string().len(), "{text:?}");
        }
        let odd = "\u{1}".repeat(4 << 20);
        let fault = check_length("f", &odd, Bounds::default()).unwrap_err().to_string();
        assert!(fault.contains("bytes as JSON"), "{fault}");
    }

    #[test]
    fn what_no_model_takes_is_sent_only_on_purpose() {
        let long = "x".repeat(4 * 1_363_200);
        let check = |force| check_length("f", &long, Bounds { force, ..Bounds::default() });
        assert!(check(false).unwrap_err().render("t").contains("--force"));
        assert!(check(true).is_ok());
        let shorter = long.get(..4 * 1_363_000).unwrap();
        assert!(check_length("f", shorter, Bounds::default()).is_ok());
    }

    #[test]
    fn what_nobody_sees_is_told_with_its_line() {
        assert!(warnings("f", "\u{feff}plain\nPrüfe das – bitte.\n").is_empty());
        for c in ['\u{202e}', '\u{200b}', '\u{2066}', '\u{e0041}', '\u{feff}', '\u{61c}'] {
            let text = format!("one\ntwo{c} {c}\n{c}");
            let [warning] = &warnings("f", &text)[..] else { panic!("{c:?}") };
            assert!(warning.starts_with("f: line 2 has U+"), "{warning}");
            assert!(warning.ends_with("(2 more such characters follow)"), "{warning}");
        }
        let large = "x".repeat(4 * (LARGE + 1));
        assert!(warnings("f", &large)[0].contains("about 200001 tokens"));
    }
}
