//! What the fuzz targets hold true of every input. The modules under test are the tool's own.

// Each target uses a part of the modules.
#![allow(dead_code)]

pub mod body;
pub mod verdict;

/// As much of the tool as reads replies; its own paths begin at the crate's root.
#[path = "../../src"]
mod tool {
    pub(crate) mod answer;
    pub(crate) mod policy {
        pub(crate) mod classify;
    }
}
use tool::{answer, policy};

/// The model that is asked for.
const MODEL: &str = "gemini-3.1-pro-preview";
