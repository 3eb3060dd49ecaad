//! Test support for every crate of the workspace: run the built tools, build real git repositories,
//! and generate audit logs and LLDs that are the same bytes for the same seed.
//!
//! ```no_run
//! use testkit::{Repo, Scratch, Tool};
//!
//! let scratch = Scratch::new();
//! let repo = Repo::init(scratch.path("proj"));
//! repo.commit_file("README.md", "hello\n", "Add a readme");
//! let ran = Tool::new("worktree-lane").args(["list"]).dir(repo.path()).run();
//! ran.code(0);
//! assert_eq!(ran.json_lines().len(), 1);
//! ```
//!
//! Everything here fails by panicking with the command, its stdout and its stderr.
#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "test support: a failure here must stop the test"
)]

mod clean_env;
pub mod crash;
mod forks;
mod fresh_clone;
pub mod kills;
mod llds;
mod logs;
mod ran;
mod repo;
mod running;
mod scratch;
mod seeded_history;
mod terminal;
mod tool;
mod words;

pub use clean_env::write_gitconfig;
pub use fastrand::Rng;
pub use forks::{FORK_TRAITS, Fork};
pub use fresh_clone::{FreshClone, Merged};
pub use llds::{Lld, Llds, Shape};
pub use logs::{EntryShape, Logs};
pub use ran::Ran;
pub use repo::{Repo, RepoOptions};
pub use running::Running;
pub use scratch::Scratch;
pub use terminal::Terminal;
pub use tool::Tool;
pub use words::Words;

/// A generator of random numbers that gives the same numbers for the same `seed`.
pub fn rng(seed: u64) -> Rng {
    Rng::with_seed(seed)
}
