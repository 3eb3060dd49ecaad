//! Reads one request from a stream.

use std::io::{self, BufRead, ErrorKind, Read as _, Write};

use super::head::{
    BAD_CHUNK, BODY_TOO_LONG, BadRequest, Framing, HEAD_TOO_LONG, Head, MAX_BODY, MAX_HEAD,
};

/// A request with its whole body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Request line and headers.
    pub head: Head,
    /// The body without its framing.
    pub body: Vec<u8>,
}

/// Why no request came out of a stream.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The bytes are not a request; the client is owed an answer with that status.
    #[error(transparent)]
    Bad(#[from] BadRequest),
    /// The stream failed or ended in the middle; nobody is left to answer.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Reads the next request, or `None` when the stream ends before one begins. `replies` is where
/// `100 Continue` goes.
pub fn read_request(
    reader: &mut impl BufRead,
    replies: &mut impl Write,
) -> Result<Option<Request>, ReadError> {
    let Some(bytes) = read_head(reader)? else { return Ok(None) };
    let head = Head::parse(&bytes)?;
    let framing = head.framing()?;
    if head.expects_continue()? {
        replies.write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
        replies.flush()?;
    }
    let body = match framing {
        Framing::Length(length) => read_exactly(reader, length)?,
        Framing::Chunked => read_chunks(reader)?,
    };
    Ok(Some(Request { head, body }))
}

/// Reads up to and including the empty line. Empty lines before the request are skipped.
fn read_head(reader: &mut impl BufRead) -> Result<Option<Vec<u8>>, ReadError> {
    let mut head = Vec::new();
    let mut skipped = 0;
    loop {
        let before = head.len();
        let ended = !read_line(reader, &mut head, MAX_HEAD - skipped)?;
        let line = head.get(before..).unwrap_or_default();
        if ended {
            let nothing = head.is_empty();
            return if nothing { Ok(None) } else { Err(ended_early()) };
        }
        if line == b"\r\n" || line == b"\n" {
            if before > 0 {
                return Ok(Some(head));
            }
            skipped += head.len();
            head.clear();
        }
    }
}

/// Appends one line with its line feed. False when the stream ended before it.
fn read_line(
    reader: &mut impl BufRead,
    into: &mut Vec<u8>,
    limit: usize,
) -> Result<bool, ReadError> {
    let room = limit.saturating_sub(into.len());
    let read = reader.by_ref().take(room as u64).read_until(b'\n', into)?;
    if into.last() == Some(&b'\n') && read > 0 {
        return Ok(true);
    }
    if read == room { Err(HEAD_TOO_LONG.into()) } else { Ok(false) }
}

fn read_exactly(reader: &mut impl BufRead, length: usize) -> Result<Vec<u8>, ReadError> {
    // Grows as bytes come, so that a promise of 32 MB costs nothing.
    let mut body = Vec::new();
    reader.by_ref().take(length as u64).read_to_end(&mut body)?;
    if body.len() < length { Err(ended_early()) } else { Ok(body) }
}

fn read_chunks(reader: &mut impl BufRead) -> Result<Vec<u8>, ReadError> {
    let mut body = Vec::new();
    loop {
        let size = chunk_size(&read_framing_line(reader)?)?;
        if size == 0 {
            break;
        }
        if size > MAX_BODY - body.len() {
            return Err(BODY_TOO_LONG.into());
        }
        body.extend(read_exactly(reader, size)?);
        if !read_framing_line(reader)?.is_empty() {
            return Err(BAD_CHUNK.into());
        }
    }
    // Trailers are read and dropped; together they may be as long as a head.
    let mut trailers = 0;
    loop {
        let line = read_framing_line(reader)?;
        trailers += line.len() + 2;
        match line.is_empty() {
            true => return Ok(body),
            false if trailers > MAX_HEAD => return Err(HEAD_TOO_LONG.into()),
            false => {}
        }
    }
}

/// One line without its line end.
fn read_framing_line(reader: &mut impl BufRead) -> Result<Vec<u8>, ReadError> {
    let mut line = Vec::new();
    if !read_line(reader, &mut line, MAX_HEAD)? {
        return Err(ended_early());
    }
    line.pop();
    line.pop_if(|last| *last == b'\r');
    Ok(line)
}

/// The hexadecimal size in front of a chunk; extensions after `;` are ignored.
fn chunk_size(line: &[u8]) -> Result<usize, BadRequest> {
    let digits = line.split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii();
    let text = str::from_utf8(digits).map_err(|_| BAD_CHUNK)?;
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(BAD_CHUNK);
    }
    usize::from_str_radix(text, 16).map_err(|_| BODY_TOO_LONG)
}

fn ended_early() -> ReadError {
    io::Error::from(ErrorKind::UnexpectedEof).into()
}
