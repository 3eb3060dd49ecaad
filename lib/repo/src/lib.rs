//! Facts about a git repository, and the few changes that the tools make to one.
//!
//! * [`Place`]: where a folder belongs: worktree, common directory, main worktree. Found by reading
//!   files, without starting a process.
//! * [`Git`]: the `git` program, with a clean environment, for everything else.
//! * [`Program`]: any other program, with a time limit and its own process group.
//!
//! Which parts of git are read in process and which are left to the program is in
//! `docs/decisions/0004-git-program-and-git2.md`.

mod base;
mod command_words;
mod environment;
mod error;
mod exclude;
mod git;
mod place;
mod program;
mod words;
mod worktrees;

pub use base::{default_base, remote_of};
pub use command_words::{canonical_command, command_words};
pub use environment::scrub;
pub use error::Error;
pub use exclude::exclude;
pub use git::Git;
pub use place::Place;
pub use program::{Program, Ran};
pub use words::shell_words;
pub use worktrees::{Worktree, worktrees};
