//! What `lld-check lint` prints.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Noun;

/// One thing in a document that is to be mended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Finding {
    /// The file as it was given.
    pub file: String,
    /// The line, from 1.
    pub line: u64,
    /// Stable name, such as `section_missing`.
    pub code: String,
    /// One sentence for a person, without a final period.
    pub message: String,
}

impl Noun for Finding {
    const SCHEMA: &'static str = "lld-check.finding/1";
}
