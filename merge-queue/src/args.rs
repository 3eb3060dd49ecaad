//! The command line.

mod add;
mod claim;
mod dispatch;
mod evidence;
mod freeze;
mod handoff;
mod init;
mod land;
mod merge_ready;
mod promote;
mod recover;
mod revert;

use std::path::PathBuf;

use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};
use cli::{Arguments, Format, OutputArgs};

pub(crate) use self::add::{AddArgs, ImportArgs};
pub(crate) use self::claim::{ClaimArgs, ReleaseArgs, RenewArgs, SetStatusArgs};
pub(crate) use self::evidence::{Declared, EvidenceArgs};
pub(crate) use self::freeze::FreezeArgs;
pub(crate) use self::handoff::HandoffArgs;
pub(crate) use self::init::InitArgs;
pub(crate) use self::land::LandArgs;
pub(crate) use self::merge_ready::MergeReadyArgs;
pub(crate) use self::promote::PromoteArgs;
pub(crate) use self::recover::RecoverArgs;
pub(crate) use self::revert::RevertArgs;

pub(crate) use self::dispatch::{NextArgs, PruneStaleArgs, ReadyArgs};

/// Knows where each task stands, whether it may land, and lands it
///
/// Tasks, roles and review routes are defined in `switchyard.yaml`, section `queue`, in the main
/// worktree. What happens to them is recorded in `<git common dir>/switchyard/queue.jsonl`, which
/// all worktrees share. Whether a task may land is computed from these two and from git each time it
/// is asked; nothing is ever marked ready.
///
/// TASK is the id of a task, or the number of its issue.
#[derive(Debug, Parser)]
#[command(name = "merge-queue", version, about, long_about, after_help = EXAMPLES)]
pub(crate) struct Args {
    /// Work on the repository that DIR belongs to
    #[arg(long, global = true, value_name = "DIR", default_value = ".")]
    pub(crate) repo: PathBuf,
    /// Record events under this name [default: $USER, else git's user.name]
    #[arg(long, global = true, value_name = "NAME", env = "SWITCHYARD_ACTOR")]
    pub(crate) actor: Option<String>,
    /// Print the settings that hold and where they come from, and do nothing
    #[arg(long)]
    pub(crate) show_config: bool,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

const EXAMPLES: &str = "\
Examples:
  merge-queue status
  merge-queue evidence 98 -- cargo test
  merge-queue handoff 98 --owner A --next-step 'review the schema'
  merge-queue review 98 --role D-arch --reviewer D --status approved --note 'No findings.'
  merge-queue merge-ready 98 && merge-queue land 98

Exit codes: 0 yes or done; 1 a clean no; 2 wrong usage or definitions; 65 damaged journal;
74 git, network or a command failed; 75 the base moved meanwhile, try again.";

impl Arguments for Args {
    fn format(&self) -> Format {
        self.output.format
    }
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Check definitions and journal, and print every mistake with file and line
    ///
    /// Ends with 2 when the definitions have a mistake and with 65 when only the journal is damaged.
    Validate,
    /// Show where each task stands
    ///
    /// `done` means that the base, as it was last fetched, has the work; `blocked` that somebody says
    /// so; `in_progress` that somebody has claimed the task or that work was recorded. A task whose
    /// agent seems to have stopped, because the lease is over or nothing has happened for
    /// `queue.policy.stalled_after` (30m), is shown with the safe steps. So is one that `land` sent back.
    Status,
    /// List the tasks that may be claimed now, the most urgent first
    ///
    /// By priority, then sequence, then age. Whether the lane is fit is looked at by `claim`. Ends with 1
    /// when there is none.
    Ready(ReadyArgs),
    /// Say what each role should do next: go on with what is begun, else review, else claim a task
    ///
    /// A role reviews what is handed over, changes a file of one of its routes, and lacks its approval.
    /// Ends with 1 when no role has anything to do.
    Next(NextArgs),
    /// Show the events of a task, oldest first
    Log(TaskArg),
    /// Add a task that is not in the definitions' file
    ///
    /// It is kept in the journal and is a task like the others; when the file gets one of that id, the
    /// file's holds. Adding it again with the same fields changes nothing. Ends with 1 when refused.
    Add(AddArgs),
    /// Add tasks from JSON Lines: all of them or none
    ///
    /// Each line is an object with `id`, `title` and the other fields of a task. Those that are there
    /// already with the same fields are passed over. Every line with a mistake is named; ends with 1 then,
    /// and with 65 when one is no task at all.
    Import(ImportArgs),
    /// Print the whole state as one JSON object: definitions, where each task stands, every event
    Export,
    /// Set damaged lines of the journal aside where they cannot have been events
    ///
    /// Events are numbered without gaps, so a damaged line between two consecutive numbers never was one.
    /// It is moved, byte for byte, to `queue.jsonl.corrupt-<time>`. Where an event is lost, or may be,
    /// nothing is changed: each such line is named, and nothing is ready until it is put right. Ends
    /// with 1 then.
    ///
    /// Where there is no copy to put it right from, --accept-loss records that these events are lost, and goes on
    /// without them. Any of them may have been about any task. So each task is blocked until somebody says where it
    /// stands, and what was recorded before speaks for no task any more: handoff, checks and reviews are needed
    /// afresh, and for a task that others depend on the word that it is done.
    Recover(RecoverArgs),
    /// Take a task for an owner, until the lease ends
    ///
    /// One of any number of processes that ask at once gets it. For its owner, asking again changes
    /// nothing. It is refused while somebody else has the task, while it is blocked or done, while
    /// what it depends on is not done, for another role than the task's, and for a lane that
    /// `worktree-lane preflight` finds unfit, where the task has a lane. A claim whose lease is over may
    /// be taken over, which is recorded. Ends with 1 when refused.
    Claim(ClaimArgs),
    /// Let an owner's lease run on from now
    ///
    /// Ends with 1 when the lease is over already or the claim is somebody else's.
    Renew(RenewArgs),
    /// Give a claim up
    ///
    /// Only the claim of the owner that is named. Ends with 1 when it is somebody else's, or nobody's.
    Release(ReleaseArgs),
    /// Say where a task stands
    ///
    /// `blocked` holds until another status; `in_progress` ends that for whoever works on the task;
    /// `todo` puts it back, and with it the owner's claim. `done` is for work that was merged by hand,
    /// and is believed only of a commit that the base has and that has all that was handed over. A
    /// task that is done is opened again with --reopen alone. Ends with 1 when refused.
    SetStatus(SetStatusArgs),
    /// Say whether the coordinator's checkout and the lanes are as the definitions say
    ///
    /// The checkout is clean, on the base branch, and where the base was when it was last fetched; the
    /// definitions are the base's; the worktree of each role is on the role's branch. Ends with 0 for yes
    /// and with 1 for no.
    GitCheck,
    /// Archive what the journal knows of tasks that are not defined any more
    ///
    /// Lists them; with --apply they are archived, and are not listed again until something happens to
    /// them. Nothing is deleted: every event stays in the journal. Refused, with 1, while somebody has
    /// such a task, and when most tasks with events would go, which is what definitions that were cut
    /// short look like.
    PruneStale(PruneStaleArgs),
    /// Run a command in the task's lane and record how it ended
    ///
    /// The lane must be clean and stand at the commit; ignored files do not count. A command that
    /// changes the lane counts as failed, and so does one that is still running when its time is over.
    /// What it leaves running is ended with it, in whatever session it is (on Linux). It runs without
    /// input and without a terminal to ask anything on, and without a shell unless --text needs one; at
    /// a terminal its output shows on stderr as it comes. Command and the end of the output are stored
    /// as they are: write no secret into either.
    ///
    /// --declared records what somebody says about a run elsewhere. It satisfies no check unless
    /// `queue.policy.declared` says so, and a run of this tool that failed outweighs it. It ends with 0
    /// once it is recorded.
    ///
    /// Ends with 0 when it passed, with 1 when it failed or the lane is not fit, with 74 when it could not
    /// be run to its end, which records nothing.
    Evidence(EvidenceArgs),
    /// Record that the work is handed over for review and landing
    ///
    /// Branch and commit default to those of the lane. The changed files are computed; those that are
    /// named must be the same, else it is refused with 1. With --json the fields come as one JSON object on
    /// stdin, named as in the record: `owner`, `model`, `branch`, `commit`, `commands`, `results`,
    /// `changed_files`, `risks`, `next_step`; an option goes before the field of its name.
    Handoff(HandoffArgs),
    /// Say which roles must review the branch, and why
    ///
    /// Every route that matches a changed file counts; a rename counts on both sides.
    RouteReview(RefArgs),
    /// Record a review of the branch
    ///
    /// The review is bound to the digest of the branch's diff against its base. It is refused for an
    /// unknown role, for somebody who had a hand in the work, and for the model that implemented it
    /// unless --exception says why. Ends with 1 when refused.
    Review(ReviewArgs),
    /// Say whether a task may land, with every condition or every reason why not
    ///
    /// Fetches the base first, and records a landing that arrived although its call was interrupted.
    /// The definitions must be those of the base. --ref may be given several times, and --all judges
    /// every task that is handed over and has not landed: one answer each, from one look at everything
    /// else. Ends with 0 when every answer is yes, with 1 when one is no or there is nothing to judge.
    MergeReady(MergeReadyArgs),
    /// Bring tasks into the base branch
    ///
    /// Judges as merge-ready does, computes the merge without touching a checkout, pushes it only onto
    /// the base that was judged, and looks whether the base holds it. The local base branch, and a worktree
    /// that has it checked out, move along. What others depend on lands first, then by priority and
    /// sequence; one task that is refused does not keep the others. A task that has landed is left alone.
    /// One answer a task. Ends with 1 when one may not land, with 75 when the base moved meanwhile, with
    /// 74 when the remote refuses the push.
    Land(LandArgs),
    /// Take a task, or a whole batch, out of the base again
    ///
    /// Undoes what the landing changed by a merge in reverse, one commit a task, the newest first; the base only moves
    /// forward. It is verified and pushed as a landing is, and also while the queue is frozen. The task is open again and
    /// goes back to its implementer. Ends with 1 when it is not in the base, when later work conflicts, which is named, or
    /// when the command fails.
    Revert(RevertArgs),
    /// Let nothing land until a time comes or somebody thaws the queue
    ///
    /// Everything else goes on: work is claimed, handed over, reviewed and judged. A later freeze takes the
    /// place of one that holds. A landing that has begun to move the base is not stopped.
    Freeze(FreezeArgs),
    /// End a freeze
    ///
    /// Ends with 1 when the queue is not frozen.
    Thaw,
    /// Propose what lets branches land together: how the changelog, which all of them edit, is merged
    ///
    /// Two branches that add a line at the same place conflict, unless git is told to keep both
    /// (`merge=union`). Prints the lines that `.gitattributes` should have and what they lead to, and warns of
    /// drivers that git does not have, such as `merge=ours`. Changes nothing without --apply, which adds
    /// the lines to the file in the checkout and commits nothing. They count once the base has them.
    Init(InitArgs),
    /// Print the evidence for a release: commit, checks, reviews, risks and how to take it back
    ///
    /// Whether to release is a person's decision, and this command never promotes anything. Each task
    /// that came into the base is judged by what was on record when it came in. Ends with 1 when
    /// something is missing, a task was merged by hand, or a commit came in without the queue, which
    /// is told from --since on; and when what would be released is not in the base.
    Promote(PromoteArgs),
}

/// A task.
#[derive(Debug, ClapArgs)]
pub(crate) struct TaskArg {
    /// Id of the task, or the number of its issue
    #[arg(value_name = "TASK")]
    pub(crate) task: String,
}

/// A task and a ref.
#[derive(Debug, ClapArgs)]
pub(crate) struct RefArgs {
    #[command(flatten)]
    pub(crate) task: TaskArg,
    /// Judge this ref [default: the branch of the newest handoff, else the role's, else the lane's]
    #[arg(long = "ref", value_name = "R", value_parser = not_blank)]
    pub(crate) reference: Option<String>,
}

/// `review`.
#[derive(Debug, ClapArgs)]
pub(crate) struct ReviewArgs {
    #[command(flatten)]
    pub(crate) task: TaskArg,
    /// The role in which the reviewer speaks
    #[arg(long, value_name = "R")]
    pub(crate) role: String,
    /// Who reviewed
    #[arg(long, value_name = "W", value_parser = not_blank)]
    pub(crate) reviewer: String,
    /// The reviewer's decision
    #[arg(long, value_enum, value_name = "S")]
    pub(crate) status: Decision,
    /// The model that reviewed [default: the role's model]
    #[arg(long, value_name = "M", value_parser = not_blank)]
    pub(crate) model: Option<String>,
    /// The commit that was reviewed [default: the one that was handed over, else the branch's tip]
    #[arg(long, value_name = "C", value_parser = not_blank)]
    pub(crate) commit: Option<String>,
    /// The reviewer's note
    #[arg(long, value_name = "T")]
    pub(crate) note: Option<String>,
    /// Why a review by the implementer's own model is acceptable this once
    #[arg(long, value_name = "T", value_parser = some_words)]
    pub(crate) exception: Option<String>,
}

/// What a reviewer can decide.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
pub(crate) enum Decision {
    /// May land
    Approved,
    /// Must change first
    ChangesRequested,
}

fn some_words(text: &str) -> Result<String, String> {
    if text.trim().is_empty() { Err("it is blank".into()) } else { Ok(text.into()) }
}

pub(crate) fn not_blank(text: &str) -> Result<String, String> {
    let text = text.trim();
    if text.is_empty() {
        Err("it is blank".into())
    } else if text.contains(char::is_control) {
        Err("it has a control character, such as a line break".into())
    } else {
        Ok(text.into())
    }
}
