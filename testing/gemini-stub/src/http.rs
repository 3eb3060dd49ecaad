//! The little of HTTP/1.1 that a server needs to be talked to by any client.
//!
//! [`head`] is pure and takes bytes; [`request`] reads from a stream and answers
//! `Expect: 100-continue` on the way.

pub mod head;
pub mod request;

pub use head::{BadRequest, Framing, Head, is_token};
pub use request::{ReadError, Request, read_request};
