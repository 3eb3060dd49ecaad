//! The head of a request: request line, headers, and how the body is framed.

/// Longest head that is read, in bytes.
pub const MAX_HEAD: usize = 64 * 1024;

/// Longest body that is read, in bytes: above the 20 MB that Gemini takes.
pub const MAX_BODY: usize = 32 * 1024 * 1024;

/// The parsed head of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// The method as it was written.
    pub method: String,
    /// The path without the query.
    pub path: String,
    /// The part after `?`, when there is one.
    pub query: Option<String>,
    /// Whether the request was made as HTTP/1.0.
    pub is_http_10: bool,
    /// Names in lower case, with values, in the order in which they came.
    pub headers: Vec<(String, String)>,
}

/// How the body of a request is framed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Framing {
    /// So many bytes, which may be none.
    Length(usize),
    /// In chunks.
    Chunked,
}

/// A request that cannot be answered otherwise than by an error. Afterwards the connection is closed,
/// because it is unknown where the next request would begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{why}")]
pub struct BadRequest {
    /// The status to answer with.
    pub status: u16,
    /// What is wrong, without any byte of the request.
    pub why: &'static str,
}

const fn bad(why: &'static str) -> BadRequest {
    BadRequest { status: 400, why }
}

pub(crate) const HEAD_TOO_LONG: BadRequest =
    BadRequest { status: 431, why: "the head is too long" };
pub(crate) const BODY_TOO_LONG: BadRequest =
    BadRequest { status: 413, why: "the body is too long" };
pub(crate) const BAD_CHUNK: BadRequest = bad("a chunk is malformed");

/// Whether these bytes are a token, as methods and header names are (RFC 9110 section 5.6.2).
pub fn is_token(bytes: &[u8]) -> bool {
    let allowed = |byte: &u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte);
    !bytes.is_empty() && bytes.iter().all(allowed)
}

impl Head {
    /// Parses a head, which ends with an empty line. A lone line feed counts as a line end.
    pub fn parse(bytes: &[u8]) -> Result<Self, BadRequest> {
        let mut lines =
            bytes.split(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
        let (method, target, is_http_10) = request_line(lines.next().unwrap_or_default())?;
        let (path, query) = split_target(&target)?;
        let mut headers = Vec::new();
        for line in lines.take_while(|line| !line.is_empty()) {
            headers.push(header(line)?);
        }
        let head = Self { method, path, query, is_http_10, headers };
        if !is_http_10 && head.values("host").count() != 1 {
            return Err(bad("exactly one Host header is needed"));
        }
        Ok(head)
    }

    /// The values of a header, whose name is given in lower case.
    pub fn values(&self, name: &str) -> impl Iterator<Item = &str> {
        self.headers.iter().filter(move |(have, _)| have == name).map(|(_, value)| value.as_str())
    }

    /// Whether a header that lists tokens has this one, in any case.
    pub fn lists(&self, name: &str, token: &str) -> bool {
        self.values(name)
            .flat_map(|value| value.split(','))
            .any(|item| item.trim().eq_ignore_ascii_case(token))
    }

    /// How the body is framed (RFC 9112 section 6). A length together with a transfer coding is
    /// refused: that is how requests are smuggled.
    pub fn framing(&self) -> Result<Framing, BadRequest> {
        let mut lengths = self.values("content-length").flat_map(|value| value.split(','));
        let length = lengths.next().map(str::trim);
        if lengths.any(|other| Some(other.trim()) != length) {
            return Err(bad("two different Content-Length values"));
        }
        let codings: Vec<&str> = self.values("transfer-encoding").collect();
        match (length, codings.as_slice()) {
            (None, []) => Ok(Framing::Length(0)),
            (Some(length), []) => content_length(length),
            (None, [coding]) if coding.trim().eq_ignore_ascii_case("chunked") => {
                Ok(Framing::Chunked)
            }
            (None, _) => Err(BadRequest { status: 501, why: "only the coding `chunked` is known" }),
            (Some(_), _) => Err(bad("both Content-Length and Transfer-Encoding")),
        }
    }

    /// Whether the client waits for `100 Continue` before it sends the body.
    pub fn expects_continue(&self) -> Result<bool, BadRequest> {
        let mut expectations = self.values("expect");
        match expectations.next() {
            None => Ok(false),
            Some(value) if value.eq_ignore_ascii_case("100-continue") => Ok(!self.is_http_10),
            Some(_) => Err(BadRequest { status: 417, why: "only 100-continue can be expected" }),
        }
    }

    /// Whether the connection stays open for another request.
    pub fn keeps_alive(&self) -> bool {
        if self.is_http_10 {
            self.lists("connection", "keep-alive")
        } else {
            !self.lists("connection", "close")
        }
    }
}

fn request_line(line: &[u8]) -> Result<(String, String, bool), BadRequest> {
    let line = str::from_utf8(line).map_err(|_| bad("the request line is not text"))?;
    let mut words = line.split(' ');
    let (Some(method), Some(target), Some(version), None) =
        (words.next(), words.next(), words.next(), words.next())
    else {
        return Err(bad("the request line is not `METHOD TARGET VERSION`"));
    };
    if !is_token(method.as_bytes()) {
        return Err(bad("the method is not a token"));
    }
    let is_http_10 = match version {
        "HTTP/1.1" => false,
        "HTTP/1.0" => true,
        other if other.starts_with("HTTP/") => {
            return Err(BadRequest { status: 505, why: "only HTTP/1.0 and HTTP/1.1 are spoken" });
        }
        _ => return Err(bad("the request line does not end with a version")),
    };
    Ok((method.to_owned(), target.to_owned(), is_http_10))
}

/// Takes `/path?query` and the absolute form `http://host/path?query`.
fn split_target(target: &str) -> Result<(String, Option<String>), BadRequest> {
    let visible = target.bytes().all(|byte| byte.is_ascii_graphic());
    let rest = match target.strip_prefix("http://") {
        Some(rest) => rest.find('/').and_then(|slash| rest.get(slash..)),
        None => Some(target),
    };
    let Some(rest) = rest.filter(|rest| visible && rest.starts_with('/')) else {
        return Err(bad("the target is not a path"));
    };
    match rest.split_once('?') {
        Some((path, query)) => Ok((path.to_owned(), Some(query.to_owned()))),
        None => Ok((rest.to_owned(), None)),
    }
}

fn header(line: &[u8]) -> Result<(String, String), BadRequest> {
    let Some(colon) = line.iter().position(|byte| *byte == b':') else {
        return Err(bad("a header has no colon"));
    };
    let (name, value) = line.split_at(colon);
    if !is_token(name) {
        return Err(bad("a header name is not a token"));
    }
    let value = value.strip_prefix(b":").unwrap_or(value).trim_ascii();
    if value.iter().any(|byte| byte.is_ascii_control() && *byte != b'\t') {
        return Err(bad("a header value has a control character"));
    }
    let name = String::from_utf8_lossy(name).to_ascii_lowercase();
    Ok((name, String::from_utf8_lossy(value).into_owned()))
}

fn content_length(digits: &str) -> Result<Framing, BadRequest> {
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(bad("Content-Length is not a number"));
    }
    // A number that does not fit is too long as well.
    match digits.parse::<usize>() {
        Ok(length) if length <= MAX_BODY => Ok(Framing::Length(length)),
        _ => Err(BODY_TOO_LONG),
    }
}
