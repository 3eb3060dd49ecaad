//! Which of the two output forms is used.

use std::io::IsTerminal as _;

use clap::{Args, ValueEnum};

/// The flag that every tool has.
#[derive(Debug, Clone, Copy, Args)]
pub struct OutputArgs {
    /// How to print the answer: a table for people, JSON for programs
    ///
    /// `auto` prints a table when stdout is a terminal and JSON otherwise. A single answer is one
    /// JSON object on one line; a list is JSON Lines.
    #[arg(long, value_enum, default_value_t = Format::Auto, global = true, value_name = "FORM")]
    pub format: Format,
}

/// A form of output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Format {
    /// A table on a terminal, JSON elsewhere.
    #[default]
    Auto,
    /// Text for people.
    Table,
    /// JSON Lines for programs.
    Json,
}

impl Format {
    /// Whether JSON is to be printed, given where stdout goes.
    pub fn is_json(self) -> bool {
        match self {
            Self::Auto => !std::io::stdout().is_terminal(),
            Self::Table => false,
            Self::Json => true,
        }
    }
}
