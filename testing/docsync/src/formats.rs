//! `docs/formats/`: one JSON Schema a record or printed object.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use cli::Failure;

/// Every schema file with its content, by path below `docs/`.
pub fn format_files() -> Result<BTreeMap<PathBuf, String>, Failure> {
    let mut files = BTreeMap::new();
    for format in records::formats() {
        let name = format.file_name();
        let text = serde_json::to_string_pretty(&format.schema)
            .map_err(|e| Failure::world(format_args!("cannot write {name}"), e))?;
        files.insert(Path::new("formats").join(name), text + "\n");
    }
    Ok(files)
}
