//! That events of the journal are lost.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// That events are lost for good, and that somebody goes on without them.
///
/// An event about a task says that they may have been about this task; one about the whole queue closes the
/// gap in the numbers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Loss {
    /// The numbers that are missing.
    pub events: Vec<LostEvents>,
    /// Why it is right to go on.
    pub reason: String,
}

/// Consecutive events that are lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LostEvents {
    /// `seq` of the first.
    pub first: u64,
    /// `seq` of the last.
    pub last: u64,
}
