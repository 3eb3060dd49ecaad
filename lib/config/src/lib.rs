//! `switchyard.yaml`: one file at the root of a project, one section a tool (DESIGN section 3,
//! "Configuration").
//!
//! A tool reads its own section and leaves the others alone. An unknown key or a wrong type is an
//! error that names line and column and, where it can, the key that was meant.

mod error;
mod find;
mod load;
mod projects;
mod shown;

pub use error::Error;
pub use find::{FILE_NAME, find};
pub use load::{Loaded, SECTIONS, Section, load, parse, parse_whole, text};
pub use projects::{Project, Projects};
pub use shown::shown;
