//! The human gate: a decision bound to the exact bytes that were shown.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Extra, Stamp};

/// What a person decided, about which bytes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Decision {
    /// What the decision is about, such as `issue 98` or a task id.
    pub subject: String,
    /// The question that was put.
    pub question: String,
    /// The files that were shown, by digest.
    #[serde(default)]
    pub bound: Vec<Bound>,
    /// The answer, such as `approve`, `modify` or `abort`.
    pub decision: String,
    /// Who decided.
    pub by: String,
    /// How: `terminal`, `flag`, `file`.
    pub via: String,
    /// A remark.
    #[serde(default)]
    pub note: Option<String>,
    /// When the decision ends; `null` when it does not.
    #[serde(default)]
    pub expires_at: Option<Stamp>,
    /// Keys of other versions.
    #[serde(flatten)]
    pub extra: Extra,
}

/// One file that a decision is bound to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Bound {
    /// Path from the root of the repository.
    pub path: String,
    /// SHA-256 of the bytes that were shown.
    pub sha256: String,
}
