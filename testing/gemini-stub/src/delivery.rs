//! Sends an answer the way the script wants it to travel.

use std::io::{self, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use crate::answer::Answer;
use crate::plan::End;
use crate::stop::Stop;

/// What is to be done with the connection afterwards.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Next {
    KeepOpen,
    Close,
    Reset,
}

/// What of the request matters to the form of the answer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Form {
    pub(crate) keep_alive: bool,
    /// HEAD is answered by the head alone.
    pub(crate) head_only: bool,
}

/// Sends `answer`. An error means that the client is gone, or that the stub was stopped.
///
/// `in_flight` is dropped just before the last bytes go: a client that then sends the next request
/// at once must not be counted twice.
pub(crate) fn deliver<G>(
    mut stream: &TcpStream,
    answer: &Answer,
    form: Form,
    stop: &Stop,
    in_flight: G,
) -> io::Result<Next> {
    if stop.pause(Duration::from_millis(answer.delay_ms)) {
        return Ok(Next::Close);
    }
    let Some(status) = answer.status else {
        if answer.end == End::Reset {
            return Ok(Next::Reset);
        }
        stop.wait();
        return Ok(Next::Close);
    };
    let has_body = !form.head_only && status != 204 && status != 304;
    let body = if has_body { answer.body.as_slice() } else { &[] };
    let (part, declared, next) = match answer.end {
        End::Truncated(bytes) => {
            let part = body.get(..bytes).unwrap_or(body);
            (part, body.len().max(part.len() + 1), Next::Close)
        }
        End::ResetAfter(bytes) => (body.get(..bytes).unwrap_or(body), body.len(), Next::Reset),
        _ if form.keep_alive => (body, body.len(), Next::KeepOpen),
        _ => (body, body.len(), Next::Close),
    };
    let mut bytes = head(status, answer, (next == Next::KeepOpen, has_body.then_some(declared)));
    let (dripped, last) = match part.split_last() {
        Some((last, dripped)) if answer.drip_ms_per_byte > 0 => {
            (dripped, std::slice::from_ref(last))
        }
        _ => ([].as_slice(), part),
    };
    if !dripped.is_empty() {
        stream.write_all(&bytes)?;
        bytes.clear();
    }
    for byte in dripped {
        stream.write_all(std::slice::from_ref(byte))?;
        if stop.pause(Duration::from_millis(answer.drip_ms_per_byte)) {
            return Ok(Next::Close);
        }
    }
    bytes.extend_from_slice(last);
    drop(in_flight);
    stream.write_all(&bytes)?;
    Ok(next)
}

fn head(status: u16, answer: &Answer, (keep_open, length): (bool, Option<usize>)) -> Vec<u8> {
    let mut head = format!("HTTP/1.1 {status} {}\r\n", reason(status));
    for (name, value) in &answer.headers {
        head.extend([name, ": ", value, "\r\n"]);
    }
    if let Some(length) = length {
        head.extend(["content-length: ", &length.to_string(), "\r\n"]);
    }
    head.push_str(if keep_open {
        "connection: keep-alive\r\n\r\n"
    } else {
        "connection: close\r\n\r\n"
    });
    head.into_bytes()
}

fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        400 => "Bad Request",
        401 => "Unauthorized",
        402 => "Payment Required",
        403 => "Forbidden",
        404 => "Not Found",
        413 => "Content Too Large",
        417 => "Expectation Failed",
        429 => "Too Many Requests",
        431 => "Request Header Fields Too Large",
        499 => "Client Closed Request",
        500 => "Internal Server Error",
        501 => "Not Implemented",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        505 => "HTTP Version Not Supported",
        _ => "Scripted",
    }
}
