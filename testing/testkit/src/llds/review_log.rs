//! The shapes of review logs that were counted in real documents.

use crate::words::Words;

/// How the review log of a document looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Shape {
    /// A draft without any log.
    NoLog,
    /// The template's log with nothing filled in.
    Unfilled,
    /// The summary table has a header and no rows.
    EmptyTable,
    /// Oldest row first, as people write it: REVISE, then APPROVED.
    ApprovedOldestFirst,
    /// Newest row first, as the predecessor's tool inserted it: APPROVED above REVISE.
    ApprovedNewestFirst,
    /// APPROVED, and afterwards REVISE.
    RevisedAfterApproval,
    /// One review that asked for a revision.
    Revise,
    /// One review that rejected it.
    Rejected,
    /// Waiting: a PENDING row with `(auto)` for a date.
    Pending,
    /// `APPROVED - PENDING REVIEW` as final status, and a PENDING row.
    ApprovedPendingReview,
    /// A row that says `NOT APPROVED`.
    NotApproved,
    /// A fifth column with the model.
    ModelColumn,
    /// The verdict stands in the fourth column, after the reviewer.
    ReviewerColumn,
    /// A comment stands between the heading and the table.
    CommentBeforeTable,
    /// `## Review Log` with the table right under it.
    DirectTable,
    /// `## Review Log` as a table of fields and values.
    FieldValue,
    /// Only sections named for their verdict, no table.
    SectionsOnly,
    /// `**APPROVED**` in the row.
    BoldVerdict,
    /// `APPROVED with suggestions` in the row.
    WithSuggestions,
    /// The author noted a revision after the approval; no reviewer looked again.
    AuthorRowAfterApproval,
    /// Only the status field says it is approved; nothing shows a review.
    StatusOnly,
    /// An approval stands only in a code block.
    OnlyInFence,
}

impl Shape {
    /// Every shape.
    pub const ALL: [Self; 22] = [
        Self::NoLog,
        Self::Unfilled,
        Self::EmptyTable,
        Self::ApprovedOldestFirst,
        Self::ApprovedNewestFirst,
        Self::RevisedAfterApproval,
        Self::Revise,
        Self::Rejected,
        Self::Pending,
        Self::ApprovedPendingReview,
        Self::NotApproved,
        Self::ModelColumn,
        Self::ReviewerColumn,
        Self::CommentBeforeTable,
        Self::DirectTable,
        Self::FieldValue,
        Self::SectionsOnly,
        Self::BoldVerdict,
        Self::WithSuggestions,
        Self::AuthorRowAfterApproval,
        Self::StatusOnly,
        Self::OnlyInFence,
    ];

    /// The verdict of the latest review in the log, as a careful reader takes it; `None` when the
    /// document shows no finished review. Whether that verdict still holds is another question.
    pub fn last_verdict(self) -> Option<&'static str> {
        match self {
            Self::NoLog
            | Self::Unfilled
            | Self::EmptyTable
            | Self::Pending
            | Self::ApprovedPendingReview
            | Self::StatusOnly
            | Self::OnlyInFence => None,
            Self::ApprovedOldestFirst
            | Self::ApprovedNewestFirst
            | Self::ModelColumn
            | Self::ReviewerColumn
            | Self::CommentBeforeTable
            | Self::DirectTable
            | Self::FieldValue
            | Self::SectionsOnly
            | Self::BoldVerdict
            | Self::WithSuggestions
            | Self::AuthorRowAfterApproval => Some("APPROVED"),
            Self::RevisedAfterApproval | Self::Revise => Some("REVISE"),
            Self::Rejected => Some("REJECTED"),
            Self::NotApproved => Some("NOT APPROVED"),
        }
    }

    /// The value of the status field that goes with it.
    pub(super) fn status_line(self) -> &'static str {
        match self {
            Self::ApprovedOldestFirst | Self::BoldVerdict | Self::ModelColumn => {
                "Approved (gemini-3-pro-preview, 2026-02-02)"
            }
            Self::ApprovedNewestFirst => "Approved (gemini-3.1-pro-preview, 2026-02-02)",
            Self::StatusOnly => "APPROVED (Fast-tracked)",
            Self::DirectTable | Self::FieldValue => "Approved",
            Self::Pending | Self::ApprovedPendingReview => "Draft - Pending Gemini Review",
            _ => "Draft",
        }
    }

    /// The log, with an empty line before it.
    pub(super) fn render(self, words: &mut Words) -> String {
        let issue = words.sentence(5);
        let rows = |rows: &[&str]| rows.join("\n").replace('@', &issue) + "\n";
        let four =
            "| Review | Date | Verdict | Key Issue |\n|--------|------|---------|-----------|\n";
        let summary = |table: &str, status: &str| {
            format!(
                "\n## Appendix: Review Log\n\n### Review Summary\n\n{table}\n**Final Status:** {status}\n"
            )
        };
        let listed =
            |list: &[&str], status: &str| summary(&format!("{four}{}", rows(list)), status);
        match self {
            Self::NoLog | Self::StatusOnly => String::new(),
            Self::Unfilled => format!(
                "\n## Appendix: Review Log\n\n### {{Reviewer}} Review #{{N}} ({{VERDICT}})\n\n\
                 **Verdict:** {{APPROVED/REJECTED}}\n\n### Review Summary\n\n{four}\n\
                 **Final Status:** PENDING\n"
            ),
            Self::EmptyTable => summary(four, "PENDING"),
            Self::ApprovedOldestFirst => listed(
                &[
                    "| Gemini #1 | 2026-02-01 | REVISE | @ |",
                    "| Gemini #2 | 2026-02-02 | APPROVED | None |",
                ],
                "APPROVED",
            ),
            Self::ApprovedNewestFirst => listed(
                &[
                    "| 2 | 2026-02-02 | APPROVED | `gemini-3.1-pro-preview` |",
                    "| Gemini #1 | 2026-02-01 | REVISE | @ |",
                ],
                "APPROVED",
            ),
            Self::RevisedAfterApproval => listed(
                &[
                    "| Gemini #1 | 2026-02-01 | APPROVED | None |",
                    "| Gemini #2 | 2026-02-02 | REVISE | @ |",
                ],
                "REVISION 2 - PENDING RE-REVIEW",
            ),
            Self::Revise => listed(&["| Gemini #1 | 2026-02-01 | REVISE | @ |"], "PENDING"),
            Self::Rejected => listed(&["| Gemini #1 | 2026-02-01 | REJECTED | @ |"], "PENDING"),
            Self::Pending => listed(&["| 1 | (auto) | PENDING | - |"], "PENDING"),
            Self::ApprovedPendingReview => {
                listed(&["| Gemini #1 | - | PENDING | - |"], "APPROVED - PENDING REVIEW")
            }
            Self::NotApproved => {
                listed(&["| Gemini #1 | 2026-02-01 | NOT APPROVED | @ |"], "PENDING")
            }
            Self::BoldVerdict => {
                listed(&["| Gemini #1 | 2026-02-02 | **APPROVED** | None |"], "APPROVED")
            }
            Self::WithSuggestions => listed(
                &["| Gemini #1 | 2026-02-02 | APPROVED with suggestions | @ |"],
                "APPROVED (all suggestions addressed)",
            ),
            Self::AuthorRowAfterApproval => listed(
                &[
                    "| Gemini #1 | 2026-02-01 | APPROVED | None |",
                    "| Self-Revision #1 | 2026-02-02 | - | @ |",
                ],
                "APPROVED",
            ),
            Self::ModelColumn => summary(
                "| Review | Date | Verdict | Key Issue | Model |\n|---|---|---|---|---|\n\
                 | 1 | 2026-02-02 | APPROVED | None | gemini-3-pro-preview |\n",
                "APPROVED",
            ),
            Self::ReviewerColumn => summary(
                "| Review | Date | Reviewer | Verdict | Key Changes |\n|---|---|---|---|---|\n\
                 | 1 | 2026-02-02 | Gemini 3 Pro | APPROVED | None |\n",
                "APPROVED",
            ),
            Self::CommentBeforeTable => summary(
                &format!(
                    "<!-- This table is filled in by the review tool. -->\n\n{four}{}",
                    rows(&["| 1 | 2026-02-02 | APPROVED | None |"])
                ),
                "APPROVED",
            ),
            Self::DirectTable => {
                format!("\n## Review Log\n\n{four}| Gemini #1 | 2026-02-02 | APPROVED | None |\n")
            }
            Self::FieldValue => "\n## Review Log\n\n| Field | Value |\n|-------|-------|\n\
                 | Reviewer | Gemini 3 Pro |\n| Date | 2026-02-02 |\n| Verdict | APPROVED |\n"
                .to_owned(),
            Self::SectionsOnly => format!(
                "\n## Appendix: Review Log\n\n### Gemini Review #1 (REVISE)\n\n\
                 **Timestamp:** 2026-02-01\n**Verdict:** REVISE\n\n{issue}\n\n\
                 ### Gemini Review #2 (APPROVED)\n\n**Timestamp:** 2026-02-02\n**Verdict:** APPROVED\n"
            ),
            Self::OnlyInFence => format!(
                "\n## Appendix: Review Log\n\n```markdown\n### Review Summary\n\n{four}\
                 | Gemini #1 | 2026-02-02 | APPROVED | None |\n\n**Final Status:** APPROVED\n```\n"
            ),
        }
    }
}
