//! The exit codes that every tool shares, and how a library's error maps to one.

use std::fmt;

/// How a tool ends. The numbers are part of the contract (DESIGN section 3, "Exit codes"): scripts
/// test them, while `make` turns each failure into 2.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Exit {
    /// 0: yes, done.
    Yes,
    /// 1: a clean no, such as a closed gate, a task that is not ready, no verdict obtained.
    No,
    /// 2: wrong usage or bad configuration; the message names the flag, key, file and line.
    Usage,
    /// 65: damaged input data; nothing was changed; the message names file, line and byte.
    Damaged,
    /// 74: the world failed: I/O, git, network, a child process.
    World,
    /// 75: try again later: lock held, quota exhausted, waiting for a human.
    Later,
    /// 126: the program that this one was to become cannot be run, as a shell says it.
    CannotRun,
    /// 127: the program that this one was to become is not there, as a shell says it.
    NotFound,
}

impl Exit {
    /// Every code that all tools share, in numeric order. The two of a shell belong to a tool that
    /// becomes another program.
    pub const ALL: [Self; 6] =
        [Self::Yes, Self::No, Self::Usage, Self::Damaged, Self::World, Self::Later];

    /// The number that the shell sees.
    pub fn code(self) -> u8 {
        match self {
            Self::Yes => 0,
            Self::No => 1,
            Self::Usage => 2,
            Self::Damaged => 65,
            Self::World => 74,
            Self::Later => 75,
            Self::CannotRun => 126,
            Self::NotFound => 127,
        }
    }

    /// The meaning, as the reference pages give it.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Yes => "yes, done",
            Self::No => "a clean no",
            Self::Usage => "wrong usage or bad configuration",
            Self::Damaged => "damaged input data; nothing was changed",
            Self::World => "I/O, git, network or a child process failed",
            Self::Later => "try again later",
            Self::CannotRun => "the program cannot be run",
            Self::NotFound => "the program is not there",
        }
    }
}

impl fmt::Display for Exit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.code().fmt(f)
    }
}

/// An error of a library that knows how a tool should end because of it.
///
/// Its `Display` reads `what failed: why`, on one line.
pub trait Fault: std::error::Error {
    /// The exit code.
    fn exit(&self) -> Exit;

    /// What the user can do about it, if there is something.
    fn hint(&self) -> Option<String> {
        None
    }
}
