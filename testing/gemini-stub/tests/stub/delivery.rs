//! How answers travel: whole, late, slowly, cut short, reset, or not at all.

use std::io::ErrorKind;

use gemini_stub::{Response, Rule, Script, Stub};

use crate::client::{Client, MODEL, PROMPT, call, generate};

const BODY: &str = r#"{"error":{"code":503,"message":"0123456789"}}"#;

fn stub(response: Response) -> Stub {
    let script = Script::new().key("alpha", "A");
    Stub::start(script.rule(Rule::new("alpha", "*").respond(response)))
}

fn answer() -> Response {
    Response::status(503).header("content-type", "application/json").body(BODY)
}

fn asked(stub: &Stub) -> Client {
    let mut client = Client::connect(stub);
    client.send(generate("A", MODEL, PROMPT));
    client
}

fn declared(headers: &[(String, String)]) -> usize {
    let length = headers.iter().find(|(name, _)| name == "content-length").unwrap();
    length.1.parse().unwrap()
}

#[test]
fn a_reset_in_the_body_is_a_reset_for_the_client() {
    let stub = stub(answer().reset_after_bytes(10));
    let mut client = asked(&stub);
    let (status, headers) = client.head().unwrap();
    assert_eq!((status, declared(&headers)), (503, BODY.len()));
    let (body, end) = client.rest();
    assert_eq!(body, &BODY.as_bytes()[..10]);
    assert_eq!(end.unwrap_err().kind(), ErrorKind::ConnectionReset);
}

#[test]
fn a_reset_before_the_answer_is_a_reset_for_the_client() {
    let stub = stub(Response::reset());
    let mut client = asked(&stub);
    assert_eq!(client.head().unwrap_err().kind(), ErrorKind::ConnectionReset);
    assert_eq!(stub.requests()[0].status, None);
}

#[test]
fn a_truncated_body_ends_before_its_length() {
    for bytes in [0, 7, BODY.len(), 10_000] {
        let stub = stub(answer().truncate(bytes));
        let mut client = asked(&stub);
        let (_, headers) = client.head().unwrap();
        client.shutdown_write();
        let (body, end) = client.rest();
        end.unwrap();
        assert_eq!(body, &BODY.as_bytes()[..bytes.min(BODY.len())]);
        assert!(declared(&headers) > body.len(), "{bytes}");
    }
}

#[test]
fn a_dripped_body_arrives_whole() {
    let stub = stub(answer().drip_ms_per_byte(1).delay_ms(1));
    let reply = call(&stub, "A");
    assert_eq!((reply.status, reply.text()), (503, BODY));
}

#[test]
fn a_drip_can_end_in_a_reset() {
    let stub = stub(answer().drip_ms_per_byte(1).reset_after_bytes(3));
    let mut client = asked(&stub);
    client.head().unwrap();
    let (body, end) = client.rest();
    assert_eq!(body, &BODY.as_bytes()[..3]);
    assert_eq!(end.unwrap_err().kind(), ErrorKind::ConnectionReset);
}

#[test]
fn a_hanging_request_is_seen_and_ends_with_the_stub() {
    let stub = stub(Response::hang());
    let mut client = asked(&stub);
    stub.wait_for_calls(1);
    assert_eq!((&*stub.requests()[0].given, stub.requests()[0].status), ("hang", None));
    drop(stub);
    let (body, _) = client.rest();
    assert!(body.is_empty(), "nothing was ever answered");
}

#[test]
fn a_long_delay_or_drip_does_not_keep_a_stub_alive() {
    const HOUR: u64 = 3_600_000;
    for response in [answer().delay_ms(HOUR), answer().drip_ms_per_byte(HOUR)] {
        let stub = stub(response);
        let mut client = asked(&stub);
        stub.wait_for_calls(1);
        drop(stub);
        let (answer, _) = client.rest();
        assert!(!answer.ends_with(BODY.as_bytes()));
    }
}

#[test]
fn idle_connections_end_with_the_stub() {
    let stub = stub(answer());
    let mut idle = Client::connect(&stub);
    let mut used = asked(&stub);
    used.reply();
    let mut half = Client::connect(&stub);
    half.send("POST /v1beta/mod");
    let port = stub.port();
    drop(stub);
    for client in [&mut idle, &mut used, &mut half] {
        assert!(client.rest().0.is_empty());
    }
    let refused = std::net::TcpStream::connect(("127.0.0.1", port)).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
}

#[test]
fn a_status_without_a_body_has_none() {
    let stub = stub(Response::status(204));
    let mut client = asked(&stub);
    let (status, headers) = client.head().unwrap();
    assert_eq!(status, 204);
    assert!(headers.iter().all(|(name, _)| name != "content-length"));
}

#[test]
fn headers_of_the_script_are_sent() {
    let stub = stub(
        Response::status(302).header("Location", "http://127.0.0.1:9/").header("retry-after", "7"),
    );
    let reply = call(&stub, "A");
    assert_eq!(reply.header("location"), Some("http://127.0.0.1:9/"));
    assert_eq!(reply.header("retry-after"), Some("7"));
    assert_eq!(reply.header("content-length"), Some("0"));
}
