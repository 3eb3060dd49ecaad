//! What `view-audit` prints.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::formats::noun;
use crate::{AuditEntry, Format, Noun};

/// One entry of the log. Only the keys that the entry itself holds are printed, in their own
/// order and with their own values, after `schema`; older entries lack many of them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Entry(pub AuditEntry);

impl Noun for Entry {
    const SCHEMA: &'static str = "view-audit.entry/1";
}

pub(crate) fn formats() -> Vec<Format> {
    vec![noun::<Entry>()]
}
