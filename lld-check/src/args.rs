//! The command line.

use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};
use cli::{Arguments, Format, OutputArgs};
use records::IssueNumber;
use records::lld_check::Trust;

/// Say whether an issue may be coded, and keep its design document honest
///
/// An LLD (low-level design) is written for each issue and reviewed before anybody codes it
/// (runbook 0801). An approval is bound to the bytes that were reviewed: the audit log names their
/// digest, and one changed character of the design voids it. What a document says about its own
/// approval counts for nothing.
///
/// LLDs are files such as docs/LLDs/active/98-schema-crud.md of the checkout; docs/lld and
/// docs/llds, and names such as LLD-098.md, are read too. The audit log is `logs/active/*.jsonl` and
/// `logs/governance_history.jsonl` of the repository's main worktree.
#[derive(Debug, Parser)]
#[command(
    version,
    subcommand_required = false,
    arg_required_else_help = true,
    after_help = "\
Examples:
  gh issue list --json number,title,labels,state,url | lld-check coverage -
  lld-check new 98 --title 'Schema backend CRUD'
  lld-check prompt 98 | gemini-retry --issue 98 --node review_lld - | lld-check record 98
  lld-check status 98
  lld-check lint docs/LLDs/active/*.md
  lld-check gate 98 && worktree-lane add 98 schema-backend-crud
  lld-check prompt 98 --phase pr | gemini-retry --issue 98 --node review_implementation -
  lld-check gate 98 --phase pr

Exit codes:
  0 yes, done; 1 a clean no, with reasons; 2 wrong usage; 65 damaged input;
  74 I/O, git or another program failed; 75 try again later"
)]
pub(crate) struct Args {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Option<Command>,

    /// Print the settings that hold and where each comes from
    #[arg(long)]
    pub(crate) show_config: bool,

    /// The checkout to look at, instead of the one that contains the working directory
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) repo: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Make the LLD of an issue from the template
    ///
    /// Writes docs/LLDs/active/ISSUE-SLUG.md with every section of template 0102. What is to be
    /// filled in stands in braces. Refuses (exit 1) when the issue has a document in any place or
    /// is not open in the list that `coverage` remembered.
    New {
        /// The issue, such as 98
        issue: IssueNumber,
        /// The title, as the document's heading shows it
        #[arg(long)]
        title: String,
        /// The short name in the file name; made from the title by default
        #[arg(long)]
        slug: Option<String>,
    },

    /// Say whether an issue has passed a gate
    ///
    /// `code`: the issue is known and open, has exactly one LLD in active/ with nothing left to fill in,
    /// the newest verdict of the audit log on exactly this text approves it, and its lane is there or can
    /// be made. An issue that a rule of `gates.no_lld` fits needs no LLD while it has none.
    ///
    /// `pr`: everything is committed on the issue's branch; the tests passed, by the merge queue's
    /// evidence on this content, else by the counts of the test report; both reports are there and
    /// complete; and the newest verdict on exactly the branch's diff approves it.
    ///
    /// `merge`: the work is in the base, the lane is gone, LLD and reports are in done/.
    ///
    /// Prints every condition with what satisfied it or what is missing, and every waiver. Exit 0: open;
    /// 1: closed.
    Gate {
        /// The issue, such as 98
        issue: IssueNumber,
        /// Which gate
        #[arg(long, value_enum, default_value_t = Phase::Code)]
        phase: Phase,
        /// What may prove that the LLD is approved [default: gates.trust, else audit]
        #[arg(long, value_enum)]
        trust: Option<Trusted>,
    },

    /// Say what documents claim, and what the audit log proves
    ///
    /// `claimed` is what the document's own review log says: approved, blocked, draft, none or
    /// conflicting. `evidence` is what the audit log proves about the text as it stands: approved,
    /// stale, revise, blocked or none. Each comes with the lines that it rests on, and why. Without
    /// arguments, every LLD of the checkout. A file elsewhere has a claim and no evidence. Waivers of the
    /// issue, and a rule because of which it needs no LLD, are shown with it. Exit 0
    /// whatever the answer is; a document that cannot be read is told in its place, and ends with 65
    /// or 74 after the others.
    Status {
        /// Issues, such as 98, and files
        #[arg(value_name = "ISSUE|FILE")]
        of: Vec<String>,
    },

    /// Find what is missing or left over in documents
    ///
    /// Checks against template 0102, whatever the sections are numbered and called: sections that are
    /// missing, out of order or there twice, headings without text, tables without rows or without a
    /// line of dashes, text in braces that was never filled in, and boxes that are not checked. The
    /// boxes of the Definition of Done have to be checked only in a folder `done`. The review log is
    /// left out. Prints `FILE:LINE: CODE: MESSAGE`. Exit 1 when there is something, 0 when there is
    /// nothing.
    Lint {
        /// The documents
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
    },

    /// Print the prompt that asks for a review of the LLD, or of the work
    ///
    /// For `gemini-retry -`. `code` encloses the LLD's design, without its own review log, and names its
    /// path and digest. `pr` encloses what the issue's branch changes against its base, with the LLD
    /// and both reports, and names the branch and the digest of its diff; `gemini-retry` records that
    /// review, and there is nothing more to record. Everything stands between lines with a random
    /// marker. When there is nothing to review, when something is missing or when it is larger than
    /// 800,000 bytes, stdout stays empty and the exit code is 1.
    Prompt {
        /// The issue, such as 98
        issue: IssueNumber,
        /// What is to be reviewed
        #[arg(long, value_enum, default_value_t = Reviewed::Code)]
        phase: Reviewed,
    },

    /// Write a review into the LLD's own review log
    ///
    /// Reads what `gemini-retry` printed. Refuses (exit 1) when the document changed since it was
    /// sent, or when the audit log does not hold that review. Adds one row and the final status,
    /// and touches no other byte. A review that is in the log already changes nothing.
    Record {
        /// The issue, such as 98
        issue: IssueNumber,
        /// The review, from stdin
        #[arg(value_parser = ["-"], default_value = "-", hide_default_value = true)]
        input: String,
    },

    /// Show every open issue of every project, and whether it may start
    ///
    /// The projects are those that `projects` in `switchyard.yaml` lists; without it, this repository is
    /// the only one. Groups: may start, needs review, needs LLD, no LLD needed, blocked, done. In each,
    /// security, compliance and safety issues come first. Then totals, and for each project what to do
    /// next. An issue that has a lane is shown with it.
    ///
    /// `gh issue list` is run in each project, several at a time. With `-` the list of one project is
    /// read from stdin. Either list is remembered for `gate` and `new`; when `gh` gives none, the
    /// remembered one is used, and stderr says how old it is. A project that cannot be looked into is
    /// told on stderr and in the exit code, after the others.
    Coverage {
        /// Only these projects; a name may have `*` and `?`
        #[arg(long, value_name = "NAME")]
        project: Vec<String>,
        /// Read the list from stdin: gh issue list --json number,title,labels,state,url
        #[arg(value_parser = ["-"])]
        input: Option<String>,
    },

    /// Let an issue be coded without an approved LLD, on record: a hotfix
    ///
    /// Who waives, when and why is kept, and every later answer about the issue shows it. The LLD does
    /// not count as approved: the waiver stands in for the conditions about it. It ends when it is
    /// withdrawn, when the issue's LLD changes, appears or goes, and when a later review does not
    /// approve.
    Waive {
        /// The issue, such as 98
        issue: IssueNumber,
        /// Why, in a sentence
        #[arg(long, value_name = "TEXT", value_parser = not_blank)]
        reason: String,
        /// Who waives [default: git's user.name and user.email]
        #[arg(long, value_name = "NAME", value_parser = not_blank)]
        by: Option<String>,
        /// Take the issue's waiver back
        #[arg(long)]
        withdraw: bool,
    },

    /// Move the LLD and reports of a landed issue to done/
    ///
    /// One commit on the base branch that holds nothing else. Only when the base contains the work: by the
    /// merge queue's journal, else by the issue's branch. Reports are found in every layout in use. Never
    /// overwrites: a file whose bytes stand in done/ already is taken out of active/, other bytes there are
    /// a refusal, and so is a file that is only in the issue's lane. Nothing to move is a yes.
    Archive {
        /// The issue, such as 98
        issue: IssueNumber,
        /// Say what would be moved, and change nothing
        #[arg(long)]
        dry_run: bool,
    },
}

/// A gate of the runbook.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Phase {
    /// Before coding.
    Code,
    /// Before the pull request.
    Pr,
    /// After the merge.
    Merge,
}

fn not_blank(text: &str) -> Result<String, String> {
    let text = text.trim();
    if text.is_empty() {
        Err("it is blank".into())
    } else if text.contains(char::is_control) {
        Err("it has a control character, such as a line break".into())
    } else {
        Ok(text.into())
    }
}

/// What may prove that an LLD is approved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Trusted {
    /// A verdict of the audit log on exactly this text.
    Audit,
    /// Where the log has none, what the document says of itself; the answer says so.
    File,
}

impl From<Trusted> for Trust {
    fn from(trusted: Trusted) -> Self {
        match trusted {
            Trusted::Audit => Self::Audit,
            Trusted::File => Self::File,
        }
    }
}

/// What a review is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Reviewed {
    /// The LLD, before coding.
    Code,
    /// The branch, before the pull request.
    Pr,
}

impl Arguments for Args {
    fn format(&self) -> Format {
        self.output.format
    }
}
