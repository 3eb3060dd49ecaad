//! The file of `--schema`.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use cli::Failure;

use crate::answer::schema::Custom;
use crate::answer::strict_json;

/// The service takes no schema that comes near this.
const LONGEST: u64 = 1 << 20;

/// Reads the schema that answers must satisfy.
///
/// # Errors
/// Exit 2 for a file that cannot be read or is no such schema, with the place; nothing is fetched for
/// it.
pub(crate) fn read(path: &Path) -> Result<Custom, Failure> {
    let shown = format!("--schema {}", path.display());
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|file| file.take(LONGEST + 1).read_to_end(&mut bytes));
    read.map_err(|e| {
        Failure::usage(&shown, e).hint("give a file, builtin:verdict for a review, or none")
    })?;
    if bytes.len() as u64 > LONGEST {
        return Err(Failure::usage(shown, format_args!("it is larger than {LONGEST} bytes")));
    }
    let text = String::from_utf8(bytes).map_err(|e| {
        let at = e.utf8_error().valid_up_to();
        Failure::usage(&shown, format_args!("it is not UTF-8 from byte {at} on"))
    })?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    // The place stands in the error's own words: `… at line 3 column 7`.
    let schema = strict_json::read(text)
        .map_err(|e| Failure::usage(&shown, format_args!("it is not JSON: {e}")))?;
    Custom::new(schema).map_err(|why| Failure::usage(shown, why))
}
