//! A real HTTP server on loopback that answers as Gemini does, after a script.
//!
//! A test writes down what each credential will be told, in order, and afterwards reads which
//! requests came. Nothing is faked on the client's side: the bytes go through sockets, and the script
//! can reset a connection in the middle of a body, cut a body short, drip it or never answer.
//!
//! ```
//! use gemini_stub::{Response, Rule, Script, Stub};
//! use serde_json::json;
//!
//! let script = Script::new()
//!     .key("alpha", "key-of-alpha")
//!     .key("beta", "key-of-beta")
//!     .rule(Rule::new("alpha", "*").respond(Response::fixture("E01")))
//!     .rule(Rule::new("beta", "*").respond(Response::verdict(json!({"verdict": "APPROVED"}))));
//! let stub = Stub::start(script);
//! println!("GOOGLE_GEMINI_BASE_URL={}", stub.base_url());
//! ```

mod answer;
pub mod cli;
mod delivery;
mod fixture;
pub mod http;
mod keys;
mod plan;
mod render;
mod route;
mod script;
mod seen;
mod sequence;
mod server;
mod stop;

pub use fixture::{Fixture, fixture, fixtures};
pub use script::{After, Response, Rule, Script, ScriptError};
pub use seen::SeenRequest;
pub use server::{Options, StartError, Stub};
