//! What every tool's face shares: output modes, exit codes, errors, colour, width and progress
//! (DESIGN section 3).
//!
//! A tool's `main` calls [`run`] with its arguments type and its body; `examples/face.rs` is the
//! smallest such tool.

pub mod clock;
mod failure;
mod format;
mod out;
mod page;
mod progress;
mod run;
mod settings;
mod span;
mod table;
mod text;
mod wildcard;

pub use failure::Failure;
pub use format::{Format, OutputArgs};
pub use out::Out;
pub use page::{Page, Tone};
pub use progress::Progress;
pub use records::Exit;
pub use run::{Arguments, run};
pub use settings::print_settings;
pub use span::{parse_duration, show_duration};
pub use table::{Cell, Columns, Table};
pub use text::{clean, width};
pub use wildcard::fits;
