//! The request parser takes any bytes.

use std::io::{BufReader, Read};

use gemini_stub::http::{ReadError, Request, read_request};
use proptest::prelude::*;

/// Hands out bytes in pieces of at most `piece`.
struct Pieces<'a> {
    bytes: &'a [u8],
    piece: usize,
}

impl Read for Pieces<'_> {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let length = self.piece.min(into.len());
        (&self.bytes[..self.bytes.len().min(length)]).read(into).inspect(|read| {
            self.bytes = &self.bytes[*read..];
        })
    }
}

/// Everything a connection would see, ending with the first failure.
fn read_all(bytes: &[u8], piece: usize) -> (Vec<Request>, Option<String>, Vec<u8>) {
    let mut reader = BufReader::with_capacity(piece, Pieces { bytes, piece });
    let (mut requests, mut replies) = (Vec::new(), Vec::new());
    loop {
        match read_request(&mut reader, &mut replies) {
            Ok(Some(request)) => requests.push(request),
            Ok(None) => return (requests, None, replies),
            Err(ReadError::Bad(bad)) => {
                return (requests, Some(format!("{} {}", bad.status, bad.why)), replies);
            }
            Err(ReadError::Io(error)) => return (requests, Some(error.to_string()), replies),
        }
    }
}

#[derive(Debug, Clone)]
struct Sent {
    method: String,
    path: String,
    query: Option<String>,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    /// Sizes of the chunks; empty for a Content-Length.
    chunks: Vec<usize>,
    blank_lines: usize,
    lone_feeds: bool,
}

impl Sent {
    fn bytes(&self) -> Vec<u8> {
        let end = if self.lone_feeds { "\n" } else { "\r\n" };
        let query = self.query.as_ref().map_or_else(String::new, |query| format!("?{query}"));
        let (method, path) = (&self.method, &self.path);
        let framing = match self.chunks.as_slice() {
            [] => format!("content-length: {}", self.body.len()),
            _ => "transfer-encoding: chunked".to_owned(),
        };
        let mut lines = vec![String::new(); self.blank_lines];
        lines.extend([format!("{method} {path}{query} HTTP/1.1"), "Host: stub".to_owned()]);
        lines.extend(self.headers.iter().map(|(name, value)| format!("{name}:  {value} ")));
        lines.extend([framing, String::new(), String::new()]);
        let mut bytes = lines.join(end).into_bytes();
        if self.chunks.is_empty() {
            bytes.extend(&self.body);
            return bytes;
        }
        let mut rest = self.body.as_slice();
        let mut sizes = self.chunks.iter().cycle();
        while !rest.is_empty() {
            let (chunk, after) = rest.split_at(rest.len().min(*sizes.next().unwrap()));
            bytes.extend(format!("{:x}{end}", chunk.len()).bytes());
            bytes.extend(chunk);
            bytes.extend(end.bytes());
            rest = after;
        }
        bytes.extend(format!("0{end}{end}").bytes());
        bytes
    }
}

prop_compose! {
    fn sent()(
        method in "[A-Z]{3,7}",
        path in "/[a-zA-Z0-9/:._-]{0,20}",
        query in proptest::option::of("[a-z=&]{0,10}"),
        headers in proptest::collection::vec(("x-[a-z]{1,8}", "[ -~]{0,12}"), 0..4),
        body in proptest::collection::vec(any::<u8>(), 0..300),
        chunks in proptest::collection::vec(1..40_usize, 0..4),
        blank_lines in 0..3_usize,
        lone_feeds in any::<bool>(),
    ) -> Sent {
        Sent { method, path, query, headers, body, chunks, blank_lines, lone_feeds }
    }
}

proptest! {
    #[test]
    fn what_was_sent_is_what_is_read(all in proptest::collection::vec(sent(), 1..4), piece in 1..50_usize) {
        let bytes: Vec<u8> = all.iter().flat_map(Sent::bytes).collect();
        let (requests, failure, _) = read_all(&bytes, piece);
        prop_assert_eq!(failure, None);
        prop_assert_eq!(requests.len(), all.len());
        for (request, sent) in requests.iter().zip(&all) {
            prop_assert_eq!(&request.head.method, &sent.method);
            prop_assert_eq!(&request.head.path, &sent.path);
            prop_assert_eq!(&request.head.query, &sent.query);
            prop_assert_eq!(&request.body, &sent.body);
            let headers: Vec<(String, String)> = request.head.headers.iter()
                .filter(|(name, _)| name.starts_with("x-")).cloned().collect();
            let expected: Vec<(String, String)> = sent.headers.iter()
                .map(|(name, value)| (name.clone(), value.trim().to_owned())).collect();
            prop_assert_eq!(headers, expected);
        }
    }

    #[test]
    fn any_bytes_are_read_the_same_in_any_pieces(
        bytes in proptest::collection::vec(any::<u8>(), 0..400),
        piece in 1..50_usize,
    ) {
        prop_assert_eq!(read_all(&bytes, piece), read_all(&bytes, 4096));
    }

    /// Starts from a valid request, so that the deeper parts are reached.
    #[test]
    fn a_damaged_request_is_read_the_same_in_any_pieces(
        sent in sent(),
        damage in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
        cut in any::<prop::sample::Index>(),
        piece in 1..50_usize,
    ) {
        let mut bytes = sent.bytes();
        for (place, byte) in damage {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        bytes.truncate(cut.index(bytes.len() + 1));
        prop_assert_eq!(read_all(&bytes, piece), read_all(&bytes, 4096));
    }
}

/// The damaged requests once more, through sockets: each gets an answer or a close, and the stub
/// goes on serving.
#[test]
fn damage_over_sockets_never_stops_the_stub() {
    use gemini_stub::{Response, Rule, Script, Stub};

    use crate::client::{Client, MODEL, PROMPT, call, generate};

    let rule = Rule::new("alpha", "*").respond(Response::status(503));
    let stub = Stub::start(Script::new().key("alpha", "A").rule(rule));
    let mut rng = testkit::rng(20_260_124);
    for _ in 0..300 {
        let mut bytes = generate("A", MODEL, PROMPT).into_bytes();
        for _ in 0..rng.usize(1..8) {
            let place = rng.usize(..bytes.len());
            bytes[place] = rng.u8(..);
        }
        bytes.truncate(rng.usize(..=bytes.len()));
        let mut client = Client::connect(&stub);
        client.send(&bytes);
        client.shutdown_write();
        let (answer, end) = client.rest();
        end.unwrap();
        assert!(answer.is_empty() || answer.starts_with(b"HTTP/1.1 "), "{bytes:?}");
    }
    assert_eq!(call(&stub, "A").status, 503);
}
