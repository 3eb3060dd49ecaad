//! A minimal HTTP client that shows exactly what came.

use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;

use gemini_stub::Stub;
use serde_json::Value;

/// The model of most tests.
pub(crate) const MODEL: &str = "gemini-3.1-pro-preview";

/// A body that the stub takes as a prompt.
pub(crate) const PROMPT: &str =
    r#"{"contents":[{"role":"user","parts":[{"text":"review this"}]}]}"#;

/// One answer.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    /// Names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Reply {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(have, _)| have == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub(crate) fn text(&self) -> &str {
        str::from_utf8(&self.body).unwrap()
    }
}

/// One connection.
pub(crate) struct Client {
    reader: BufReader<TcpStream>,
}

impl Client {
    pub(crate) fn connect(stub: &Stub) -> Self {
        let stream = TcpStream::connect(("127.0.0.1", stub.port())).unwrap();
        Self { reader: BufReader::new(stream) }
    }

    pub(crate) fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.reader.get_mut().write_all(bytes.as_ref()).unwrap();
    }

    pub(crate) fn shutdown_write(&mut self) {
        self.reader.get_ref().shutdown(std::net::Shutdown::Write).unwrap();
    }

    /// The head of the next answer: status and headers.
    pub(crate) fn head(&mut self) -> io::Result<(u16, Vec<(String, String)>)> {
        let mut line = String::new();
        if self.reader.read_line(&mut line)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let status = line.strip_prefix("HTTP/1.1 ").unwrap().get(..3).unwrap().parse().unwrap();
        let mut headers = Vec::new();
        loop {
            let mut line = String::new();
            self.reader.read_line(&mut line)?;
            let Some((name, value)) = line.trim_end().split_once(": ") else { break };
            headers.push((name.to_ascii_lowercase(), value.to_owned()));
        }
        Ok((status, headers))
    }

    /// Bytes until the connection ends, and how it ended.
    pub(crate) fn rest(&mut self) -> (Vec<u8>, io::Result<()>) {
        let mut body = Vec::new();
        let end = self.reader.read_to_end(&mut body).map(|_| ());
        (body, end)
    }

    /// The next whole answer, framed by its Content-Length.
    pub(crate) fn reply(&mut self) -> Reply {
        let (status, headers) = self.head().unwrap();
        let length = headers.iter().find(|(name, _)| name == "content-length");
        let length: u64 = length.map_or(0, |(_, value)| value.parse().unwrap());
        let mut body = Vec::new();
        self.reader.by_ref().take(length).read_to_end(&mut body).unwrap();
        assert_eq!(body.len() as u64, length, "the body is as long as it was said to be");
        Reply { status, headers, body }
    }
}

/// The bytes of a generateContent request.
pub(crate) fn generate(key: &str, model: &str, body: &str) -> String {
    format!(
        "POST /v1beta/models/{model}:generateContent HTTP/1.1\r\nHost: stub\r\nx-goog-api-key: {key}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// Sends bytes over a connection of their own and returns the answer.
pub(crate) fn exchange(stub: &Stub, bytes: impl AsRef<[u8]>) -> Reply {
    let mut client = Client::connect(stub);
    client.send(bytes);
    client.reply()
}

/// One call of a credential, over a connection of its own.
pub(crate) fn call(stub: &Stub, key: &str) -> Reply {
    exchange(stub, generate(key, MODEL, PROMPT))
}
