//! Why something is refused, and what a decision rests on.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One reason of a refusal (DESIGN section 3, "A refusal"): all of them are given at once, in a
/// stable order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Reason {
    /// Stable name for scripts, such as `approval_stale`.
    pub code: String,
    /// One sentence for a person, without a final period.
    pub message: String,
    /// The next safe command or step; `null` when only a decision of a person helps. Never a
    /// destructive command.
    pub next: Option<String>,
}

impl Reason {
    /// A reason with the step that resolves it.
    pub fn new(code: &str, message: impl Into<String>, next: impl Into<String>) -> Self {
        Self { code: code.into(), message: message.into(), next: Some(next.into()) }
    }

    /// A reason for which there is no command.
    pub fn without_step(code: &str, message: impl Into<String>) -> Self {
        Self { code: code.into(), message: message.into(), next: None }
    }
}

/// One condition of a decision: whether it holds and what shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Condition {
    /// Stable name, such as `lld_approved`.
    pub code: String,
    /// Whether the condition holds. "Could not determine" is `false`.
    pub met: bool,
    /// What satisfied it, or what is missing.
    pub detail: String,
}

impl Condition {
    /// A condition that holds because of `detail`.
    pub fn met(code: &str, detail: impl Into<String>) -> Self {
        Self { code: code.into(), met: true, detail: detail.into() }
    }

    /// A condition that does not hold, or cannot be shown to.
    pub fn unmet(code: &str, detail: impl Into<String>) -> Self {
        Self { code: code.into(), met: false, detail: detail.into() }
    }
}
