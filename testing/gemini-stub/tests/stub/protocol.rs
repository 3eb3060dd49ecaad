//! The ways in which clients speak HTTP.

use gemini_stub::{Response, Rule, Script, Stub};
use serde_json::json;

use crate::client::{Client, MODEL, PROMPT, exchange, generate};

fn stub() -> Stub {
    let rule = Rule::new("alpha", MODEL).respond(Response::verdict(json!({"verdict": "REVISE"})));
    Stub::start(Script::new().key("alpha", "A").rule(rule).model("another"))
}

fn head(version: &str, more: &str) -> String {
    format!(
        "POST /v1beta/models/{MODEL}:generateContent {version}\r\nHost: stub\r\nX-Goog-Api-Key: A\r\n{more}\r\n"
    )
}

fn with_length(version: &str, more: &str) -> String {
    head(version, &format!("{more}Content-Length: {}\r\n", PROMPT.len())) + PROMPT
}

#[test]
fn several_requests_go_over_one_connection() {
    let stub = stub();
    let mut client = Client::connect(&stub);
    for _ in 0..3 {
        client.send(with_length("HTTP/1.1", ""));
        let reply = client.reply();
        assert_eq!((reply.status, reply.header("connection")), (200, Some("keep-alive")));
    }
    // Two at once: the second waits in the buffer.
    client.send(with_length("HTTP/1.1", "") + &with_length("HTTP/1.1", "Connection: close\r\n"));
    assert_eq!(client.reply().status, 200);
    let last = client.reply();
    assert_eq!((last.status, last.header("connection")), (200, Some("close")));
    client.shutdown_write();
    let (rest, end) = client.rest();
    end.unwrap();
    assert!(rest.is_empty());
    assert_eq!(stub.calls("alpha"), 5);
}

#[test]
fn http_1_0_closes_unless_asked_otherwise() {
    let stub = stub();
    let reply = exchange(&stub, with_length("HTTP/1.0", ""));
    assert_eq!((reply.status, reply.header("connection")), (200, Some("close")));
    let reply = exchange(&stub, with_length("HTTP/1.0", "Connection: Keep-Alive\r\n"));
    assert_eq!(reply.header("connection"), Some("keep-alive"));
}

#[test]
fn a_body_that_waits_for_100_continue_is_asked_for() {
    let stub = stub();
    let mut client = Client::connect(&stub);
    client.send(head(
        "HTTP/1.1",
        &format!("Expect: 100-Continue\r\nContent-Length: {}\r\n", PROMPT.len()),
    ));
    assert_eq!(client.reply().status, 100, "before any byte of the body was sent");
    client.send(PROMPT);
    assert_eq!(client.reply().status, 200);
    let refused = exchange(&stub, with_length("HTTP/1.1", "Expect: miracles\r\n"));
    assert_eq!(refused.status, 417);
}

#[test]
fn a_chunked_body_is_put_together() {
    let stub = stub();
    let (one, two) = PROMPT.split_at(13);
    let mut client = Client::connect(&stub);
    client.send(head("HTTP/1.1", "Transfer-Encoding: Chunked\r\n"));
    client.send(format!(
        "{:x};note=1\r\n{one}\r\n0{:X}\r\n{two}\r\n0\r\nTrailer: x\r\n\r\n",
        one.len(),
        two.len()
    ));
    assert_eq!(client.reply().status, 200);
    client.send(with_length("HTTP/1.1", ""));
    assert_eq!(client.reply().status, 200, "the connection is in step after the trailers");
    let seen = stub.requests();
    assert_eq!(seen[0].body_sha256, seen[1].body_sha256);
    assert_eq!(seen[0].prompt(), "review this");
}

#[test]
fn bytes_may_come_one_by_one() {
    let stub = stub();
    let mut client = Client::connect(&stub);
    for byte in with_length("HTTP/1.1", "").as_bytes() {
        client.send([*byte]);
    }
    assert_eq!(client.reply().status, 200);
}

#[test]
fn unknown_paths_and_methods_are_not_found() {
    let stub = stub();
    let requests = [
        "GET / HTTP/1.1".to_owned(),
        format!("GET /v1beta/models/{MODEL}:generateContent HTTP/1.1"),
        format!("POST /v1/models/{MODEL}:generateContent HTTP/1.1"),
        format!("POST /v1beta/models/{MODEL}:streamGenerateContent?alt=sse HTTP/1.1"),
        "POST /v1beta/models/a/../b:generateContent HTTP/1.1".to_owned(),
        "POST /v1beta/models HTTP/1.1".to_owned(),
        "GET /v1beta/modelsmore HTTP/1.1".to_owned(),
        "GET /v1beta/models/unheard-of HTTP/1.1".to_owned(),
    ];
    for line in &requests {
        let reply = exchange(&stub, format!("{line}\r\nHost: stub\r\nx-goog-api-key: A\r\n\r\n"));
        assert_eq!(reply.status, 404, "{line}");
        assert_eq!(reply.json()["error"]["status"], "NOT_FOUND");
    }
    assert!(stub.requests().iter().all(|seen| seen.given == "not-found"));
    assert_eq!(stub.calls("alpha"), 0);
}

#[test]
fn models_are_listed() {
    let stub = stub();
    let get = |path: &str| {
        exchange(&stub, format!("GET {path} HTTP/1.1\r\nHost: stub\r\nx-goog-api-key: A\r\n\r\n"))
            .json()
    };
    let listed = get("/v1beta/models?pageSize=10");
    assert_eq!(listed["models"][0]["name"], "models/another");
    assert_eq!(listed["models"][1]["name"], format!("models/{MODEL}"));
    assert_eq!(listed["models"].as_array().unwrap().len(), 2);
    assert_eq!(get("/v1beta/models/another")["name"], "models/another");
    let refused = exchange(&stub, "GET /v1beta/models HTTP/1.1\r\nHost: stub\r\n\r\n");
    assert_eq!(refused.status, 403);
}

#[test]
fn a_body_that_is_no_prompt_is_refused_and_uses_nothing_up() {
    let stub = stub();
    for body in ["", "{", "[]", "{}", r#"{"contents":[]}"#, "\u{0}"] {
        let reply = exchange(&stub, generate("A", MODEL, body));
        assert_eq!(reply.status, 400, "{body:?}");
        assert_eq!(reply.json()["error"]["status"], "INVALID_ARGUMENT");
    }
    assert_eq!(exchange(&stub, generate("A", MODEL, PROMPT)).status, 200);
}

#[test]
fn malformed_requests_are_answered_and_cut_off() {
    let stub = stub();
    let long = format!("GET / HTTP/1.1\r\nx: {}\r\n\r\n", "y".repeat(70_000));
    let cases: [(u16, &str); 14] = [
        (400, "hello\r\n\r\n"),
        (400, "GET  / HTTP/1.1\r\nHost: a\r\n\r\n"),
        (400, "GET / FTP/1.1\r\nHost: a\r\n\r\n"),
        (505, "GET / HTTP/2.0\r\nHost: a\r\n\r\n"),
        (400, "G\u{1}T / HTTP/1.1\r\nHost: a\r\n\r\n"),
        (400, "GET x HTTP/1.1\r\nHost: a\r\n\r\n"),
        (400, "GET / HTTP/1.1\r\n\r\n"),
        (400, "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"),
        (400, "GET / HTTP/1.1\r\nHost : a\r\n\r\n"),
        (400, "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1, 2\r\n\r\n"),
        (
            400,
            "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        ),
        (413, "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\n"),
        (400, "GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n"),
        (431, &long),
    ];
    for (status, bytes) in cases {
        let mut client = Client::connect(&stub);
        client.send(bytes);
        let reply = client.reply();
        assert_eq!(
            (reply.status, reply.header("connection")),
            (status, Some("close")),
            "{bytes:.60}"
        );
        client.shutdown_write();
        let (rest, end) = client.rest();
        end.unwrap();
        assert!(rest.is_empty(), "one answer only");
    }
    assert!(stub.requests().iter().all(|seen| seen.given == "malformed" && seen.path.is_none()));
    assert_eq!(stub.requests().len(), 14);
}
