//! `queue.policy`: what nobody may do, and what a project allows although it proves less.
//!
//! Every default is the strict one. A project that wants less has to write that down, where it is
//! reviewed like any other line.

use serde::{Deserialize, Serialize};
use serde_saphyr::Spanned;

/// The policy.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Policy {
    /// Always `false` (runbook v2, section 3, "No self-approval"). The key exists so that a file can
    /// say so.
    pub(crate) self_approval: Option<Spanned<bool>>,
    /// How long a claim holds unless it is renewed, such as `2h`.
    pub(crate) lease: Option<Spanned<String>>,
    /// How long nothing may happen in a claimed task before `status` points at it, such as `30m`.
    pub(crate) stalled_after: Option<Spanned<String>>,
    /// The command that must pass on what is about to land, as one text, as an acceptance check is
    /// written.
    pub(crate) verify: Option<Spanned<String>>,
    /// Whether a task that names no acceptance check needs a run all the same.
    pub(crate) evidence: Evidence,
    /// Whether a result that somebody typed can satisfy a check.
    pub(crate) declared: Declared,
    /// Whether the implementer's own model may review (runbook v2, section 3).
    pub(crate) same_model: SameModel,
    /// Whether one person may approve in several of the required roles.
    pub(crate) reviewers: Reviewers,
}

/// Runbook v2, section 5: "command evidence exists".
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Evidence {
    /// Some command must have passed on what lands.
    #[default]
    Required,
    /// A task without acceptance checks lands without any run.
    Optional,
}

/// What a declared result is worth.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Declared {
    /// A pass is kept on record and satisfies nothing.
    #[default]
    Ignored,
    /// A pass satisfies a check that the tool has not seen fail on this content.
    Counts,
}

/// What a review by the implementer's own model needs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum SameModel {
    /// An exception that is recorded with the review.
    #[default]
    WithException,
    /// It never counts.
    Never,
}

/// Who the reviewers of one diff are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Reviewers {
    /// As many people as roles are required: two reviews by one person are one opinion.
    #[default]
    Distinct,
    /// One person may speak in several roles.
    Shared,
}
