//! Reading a document.

use std::io;
use std::path::Path;

use cli::Failure;
use records::sha256_hex;

use super::design;

/// A document as it stands in the checkout.
#[derive(Debug, Clone)]
pub(crate) struct Document {
    /// Path from the root of the checkout.
    pub(crate) path: String,
    /// All of it.
    pub(crate) text: String,
    /// The part that reviews are bound to.
    pub(crate) design: String,
    /// Digest of that part.
    pub(crate) sha256: String,
}

impl Document {
    /// Reads the document at `path` below `root`.
    ///
    /// # Errors
    /// Exit 65 for a file that cannot be judged: not UTF-8, or no regular file. A link could lead
    /// to text that is in no commit.
    pub(crate) fn read(root: &Path, path: &str) -> Result<Self, Failure> {
        let file = root.join(path);
        let fail = |error: &io::Error| Failure::io("cannot read", &file, error);
        let kind = match std::fs::symlink_metadata(&file) {
            Ok(found) => found.file_type(),
            Err(e) if e.kind() == io::ErrorKind::NotFound && path.contains('\u{fffd}') => {
                return Err(Failure::damaged(path, "the file's name is not UTF-8")
                    .hint("give the file a name that is"));
            }
            Err(e) => return Err(fail(&e)),
        };
        if !kind.is_file() {
            let what = if kind.is_symlink() { "a symbolic link" } else { "not a file" };
            return Err(Failure::damaged(
                path,
                format_args!("it is {what}; a document is a regular file"),
            )
            .hint("put the document itself there"));
        }
        let bytes = std::fs::read(&file).map_err(|e| fail(&e))?;
        let text = String::from_utf8(bytes).map_err(|error| {
            let at = error.utf8_error().valid_up_to();
            let before = error.as_bytes().get(..at).unwrap_or_default();
            let line = memchr::memchr_iter(b'\n', before).count() + 1;
            Failure::damaged(format_args!("{path}:{line}"), format_args!("not UTF-8 at byte {at}"))
                .hint("save the document as UTF-8")
        })?;
        Ok(Self::of(path, text))
    }

    /// The document with this text.
    pub(crate) fn of(path: &str, text: String) -> Self {
        let design = design::text(&text);
        let sha256 = sha256_hex(design.as_bytes());
        Self { path: path.into(), text, design, sha256 }
    }
}
