//! What `init` proposes.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Noun, Reason};

/// What a project should have so that branches can land together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Init {
    /// The file that the lines belong into.
    pub file: String,
    /// The base ref, such as `origin/main`: its attributes are those that count.
    pub base: String,
    /// The commit that it stands at, in full; `null` when there is no such ref yet.
    pub base_commit: Option<String>,
    /// The lines.
    pub lines: Vec<AttributeLine>,
    /// Whether a line was added to the file by this call.
    pub applied: bool,
    /// What to know before.
    pub warnings: Vec<Reason>,
}

impl Noun for Init {
    const SCHEMA: &'static str = "merge-queue.init/1";
}

/// A line for `.gitattributes`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AttributeLine {
    /// The line, such as `CHANGELOG.md merge=union`.
    pub line: String,
    /// The files that it is about.
    pub paths: Vec<String>,
    /// Whether the base has it, or something that comes to the same.
    pub in_base: bool,
    /// Whether the checkout has it.
    pub in_checkout: bool,
}
