//! From what was typed to what will be done: arguments, environment, prompt and credentials.

pub(crate) mod args;
pub(crate) mod chance;
pub(crate) mod command;
pub(crate) mod commands;
pub(crate) mod credentials;
pub(crate) mod dumps;
pub(crate) mod environment;
pub(crate) mod expansion;
pub(crate) mod key_cmd;
pub(crate) mod key_file;
pub(crate) mod key_input;
pub(crate) mod pending;
pub(crate) mod prompt;
pub(crate) mod redact;
pub(crate) mod request;
mod schema;
pub(crate) mod settings;
