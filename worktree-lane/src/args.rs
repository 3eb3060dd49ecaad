//! The command line.

mod claim;
pub(crate) mod empty;
mod exec;
mod lock;
pub(crate) mod preflight;
pub(crate) mod prune;
pub(crate) mod repair;
pub(crate) mod reuse;
pub(crate) mod save;
mod status;
mod sync;

use std::path::PathBuf;

use clap::{Args as ClapArgs, Parser, Subcommand};

pub(crate) use claim::{Claim, Release, Renew, Then};
pub(crate) use exec::Exec;
pub(crate) use lock::{Lock, Unlock};
pub(crate) use save::{Form, Save};
pub(crate) use status::Status;
pub(crate) use sync::Sync;

/// Make, inspect, preserve and retire lanes
///
/// A lane is a branch and the git worktree that it is checked out in, made for one issue, task or
/// role. Any number of `add` may run at once. What `remove` takes away is moved into a trash under
/// the repository's git folder and can be brought back; what could be lost is a refusal with its
/// reason. Nothing here has a force flag.
#[derive(Debug, Parser)]
#[command(
    version,
    about,
    long_about,
    subcommand_required = false,
    arg_required_else_help = true,
    after_help = EXAMPLES
)]
pub(crate) struct Args {
    #[command(flatten)]
    pub(crate) output: cli::OutputArgs,

    /// The repository, or any folder in one of its worktrees
    #[arg(long, global = true, value_name = "DIR", default_value = ".")]
    pub(crate) repo: PathBuf,

    /// Who is recorded as having made a change; the login name unless given
    #[arg(long, global = true, value_name = "NAME", env = "SWITCHYARD_ACTOR")]
    pub(crate) actor: Option<String>,

    /// Print the settings that hold and where each comes from
    #[arg(long)]
    pub(crate) show_config: bool,

    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

const EXAMPLES: &str = "\
Examples:
  worktree-lane add 98 schema-backend-crud    makes ../talos-98
  worktree-lane add fix-login                 makes .worktrees/fix-login
  worktree-lane add --role B-ui               makes ../talos-B-ui on agent/B-ui
  cd \"$(worktree-lane path 98)\"
  worktree-lane status
  worktree-lane status --format json | jq -r 'select(.unstaged > 0) | .path'
  worktree-lane preflight --role B-ui
  worktree-lane claim 98 --owner agent-1 --pid $$
  worktree-lane exec 98 --owner agent-1 -- cargo test
  worktree-lane save 98                       uncommitted work, as a ref
  worktree-lane sync 98                       what has come to origin/main since
  worktree-lane reuse 98 101 export-csv       the folder of 98, on 101-export-csv
  worktree-lane remove 98 99
  worktree-lane prune --apply                 takes all away that are over
  worktree-lane trash restore 98-20260124T183045

Exit codes:
  0   done
  1   refused; the reasons are on stdout, those of `path` and `exec` on stderr
  2   wrong usage or configuration
  65  the lane journal or an entry of the trash is damaged
  74  git, the network or the file system failed, and nothing is left behind;
      an `add` that cannot print its answer, and then the lane is there;
      `status` when something could not be found out
  75  another run holds the lock, try again";

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Make a lane: a new branch from the fetched base, checked out in a new worktree
    ///
    /// The base is fetched first when it is a remote-tracking branch. Either the whole lane is
    /// made, or nothing: no folder, no entry in `git worktree list`, no branch. What a killed
    /// `add` left of the same lane is undone first, unless somebody has worked in it.
    Add(Add),
    /// List every worktree of the repository, lanes and others
    List(List),
    /// Show how every worktree stands: its files, its commits, who is at work in it
    ///
    /// Worktrees are read in parallel, and each is shown as soon as those before it are; the order is
    /// that of `git worktree list`, and then come lanes that were removed by hand. A single table row
    /// tells what stands out; with LANE everything is shown. Nothing is locked and nothing is written.
    /// What is not known is `null` in JSON, never a zero or a no, and `problems` says why; the exit
    /// code is then 74. Remotes are spoken of as last fetched.
    Status(Status),
    /// Print the absolute path of a lane, for `cd "$(worktree-lane path 98)"`
    ///
    /// When there is no such lane, stdout stays empty, stderr says so, and the exit code is 1.
    Path(Path),
    /// Make a lane an owner's, for as long as its lease or its process lasts
    ///
    /// Of any number that claim a lane at once, one gets it; the others are refused until it is
    /// released or ends. `git worktree list --verbose` shows it as a lock: `owner O until T by
    /// worktree-lane`. The owner that has it may claim it again, which prolongs the lease and never
    /// shortens it.
    Claim(Claim),
    /// Prolong the lease of a claim that stands
    ///
    /// The lease then ends so long from now, or when it would have ended anyway if that is later. A
    /// claim that has ended is not renewed: another may have had the lane since.
    Renew(Renew),
    /// Give a claim up
    ///
    /// Another owner's claim is refused. One that has ended, or that nobody has, is no failure.
    Release(Release),
    /// Say whether work may be assigned to a lane, with every reason against it
    ///
    /// Yes when the lane is whole, on its own branch and nowhere else checked out, clean (ignored
    /// files do not count), based on its base as just fetched, in the middle of nothing, not claimed or
    /// locked by another, with its submodules, and with room on the disk. What each answer rests on is told. Nothing is
    /// changed but the remote-tracking ref of the base.
    Preflight(preflight::Preflight),
    /// Keep the uncommitted work of a lane, whatever state it is in, without touching the lane
    ///
    /// Staged and unstaged changes and untracked files become a commit under
    /// refs/lanes/saved/, byte for byte, also in the middle of a rebase or a merge with conflicts.
    /// The commit has the shape of a stash; the answer has the commands that show it and bring it
    /// back. Saving the same work again gives the same ref. Exit code 1 says that something was not
    /// saved, such as a file that cannot be read or a repository inside the lane; all else is.
    Save(Save),
    /// Bring the fetched base into a lane; on conflict nothing is changed
    ///
    /// A lane that nobody else can have is rebased, any other is merged; `lanes.sync` prefers the one or
    /// the other. The result is computed first, from commits alone. When something does not go together, the
    /// answer names the files and the commits on both sides, and the lane, its index and its branch are as
    /// they were. Nothing uncommitted may be in the lane, and no untracked or ignored file where the base
    /// has one. No hook runs; commits are signed when `commit.gpgSign` says so. What a killed run left is
    /// undone or completed by the next command for the lane.
    Sync(Sync),
    /// Run a command in a lane, apart from other lanes and from the main worktree
    ///
    /// This program becomes the command: terminal, signals and exit status are the command's own. It
    /// runs in the lane's folder with the environment of the caller, less git's local variables, and
    /// with `LANE_ID`, `LANE_PATH`, `LANE_ROLE`, `LANE_OWNER`, `LANE_BRANCH` and `LANE_BASE`; with a folder for
    /// cargo's builds and a PORT of the lane's own; with housekeeping of git off. When the
    /// lane loses its `.git` file meanwhile, git says so and does not answer for the repository around it.
    ///
    /// Before the command runs, the reasons of a refusal are on stderr, and the exit code is 1, 2, 65,
    /// 74 or 75 as for the other commands, 127 when there is no such command, 126 when it cannot be run.
    Exec(Exec),
    /// Give a lane that is finished to another issue or task, in the folder that it has
    ///
    /// Only a lane that `remove` would take is given away, for the same reasons. Its ignored files stay
    /// in the folder: what was built need not be built anew. The new branch starts from the fetched
    /// base; the old one is deleted only when its work is provably in the base. A run that is killed is
    /// completed or undone by the next command.
    Reuse(reuse::Reuse),
    /// Move lanes into the trash, unless something in them could be lost
    ///
    /// All reasons against it are given at once. The branch is deleted only when its work is
    /// provably in the base: as an ancestor, rebased, or squashed. One lane that is refused does
    /// not keep the others.
    Remove(Remove),
    /// Show which lanes could go, and why each other one stays; with --apply, take those away
    ///
    /// A lane goes when `remove` would take it, all its work is in the base, and nothing was done in
    /// it for `lanes.prune_after`, one day unless set. Without --apply nothing is changed.
    Prune(prune::Prune),
    /// Mend what was left broken: lanes that were moved, missing, cut off, or removed by hand
    ///
    /// Nothing that could lose anything is done. A lane whose folder is gone is forgotten by moving what
    /// git knows of it, its index, log and a rebase in progress included, into the trash; a locked one is
    /// not. What only a person can decide is told with the next step, and the exit code is 1.
    Repair(repair::Repair),
    /// List what `remove` moved away, bring it back, or delete it for good
    #[command(subcommand)]
    Trash(Trash),
    /// Lock a lane by hand: neither this tool nor git removes it until it is unlocked
    ///
    /// It is git's own lock, and no claim: owners come and go while it stays.
    Lock(Lock),
    /// Take off a lock that was set by hand, here or with git
    ///
    /// The lock by which git shows a claim is refused: the claim is to be released.
    Unlock(Unlock),
}

#[derive(Debug, Default, ClapArgs)]
pub(crate) struct Add {
    /// Issue number or task id; may be left out with --role, which then names the lane
    #[arg(required_unless_present = "role")]
    pub(crate) id: Option<String>,

    /// A few words joined by `-` that end the branch name, as the layout `issue` needs them
    pub(crate) slug: Option<String>,

    /// The role that the lane belongs to; chooses the layout `role`
    #[arg(long, value_name = "ROLE")]
    pub(crate) role: Option<String>,

    /// The ref to start from, such as origin/main or a commit
    ///
    /// `HEAD` is that of the checkout that the command is started in. Without it: what origin/HEAD points to, else origin/main, origin/master, main, master.
    #[arg(long, value_name = "REF")]
    pub(crate) base: Option<String>,

    /// The layout of path and branch, from `lanes.layouts` or built in: issue, task, role
    ///
    /// Without it: `role` with --role, else `lanes.default`, else `issue` for a number and `task`
    /// for a task id.
    #[arg(long, value_name = "NAME")]
    pub(crate) layout: Option<String>,

    /// Start from the base as it was last fetched
    #[arg(long)]
    pub(crate) no_fetch: bool,

    /// Only these folders of the base, and the files beside them, as `git sparse-checkout set` does
    ///
    /// May be given more than once, and with commas between folders. `git sparse-checkout` in the lane
    /// changes them later.
    #[arg(long, value_name = "PATHS")]
    pub(crate) sparse: Vec<String>,

    /// Take over what is there: the branch, here or on the remote, or an empty folder at the path
    ///
    /// The branch must be checked out nowhere. One that only the remote has is made from there, and
    /// does not track it. If the lane cannot be made, both are left as they were.
    #[arg(long)]
    pub(crate) adopt: bool,

    #[command(flatten)]
    pub(crate) then: Then,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct List {
    /// Also show lanes of the journal whose worktree is gone, removed by hand or by other means
    #[arg(long)]
    pub(crate) all: bool,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Path {
    /// The lane: its id, its branch, or its role
    pub(crate) lane: String,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Remove {
    /// The lanes: id, branch, or role of each
    #[arg(required = true, value_name = "LANE")]
    pub(crate) lanes: Vec<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Trash {
    /// List the lanes in the trash, oldest first
    List,
    /// Bring a lane back: its files, its index, its branch
    Restore {
        /// The entry's name, as `trash list` shows it
        name: String,
    },
    /// Delete lanes in the trash for good, those that hold nothing which is nowhere else
    ///
    /// Each is looked at again first: what somebody has changed in the trash since is a refusal. Commits
    /// that no branch, tag or remote has go on being kept, under `refs/lanes/emptied/`.
    Empty(empty::Empty),
}

impl cli::Arguments for Args {
    fn format(&self) -> cli::Format {
        self.output.format
    }
}
