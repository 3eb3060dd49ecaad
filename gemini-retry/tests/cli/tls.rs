//! The way to a service that speaks TLS, as the real one does.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use gemini_stub::Rule;
use rcgen::{CertificateParams, KeyPair, date_time_ymd};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::world::{World, approval, failed, script};

/// TLS in front of the stub: one request a connection.
struct Front {
    port: u16,
    /// Requests that came through TLS.
    requests: Arc<AtomicUsize>,
    /// The certificate, for those who trust it.
    pem: String,
}

impl Front {
    /// Stands before the service of `world` under `name`; `year` is the last one in which it is valid.
    fn before(world: &World, name: &str, year: i32) -> Self {
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        params.not_before = date_time_ymd(2020, 1, 1);
        params.not_after = date_time_ymd(year, 1, 1);
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap();
        let der = CertificateDer::from(certificate.der().to_vec());
        let private = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![der], private)
            .unwrap();
        let (config, requests) = (Arc::new(config), Arc::new(AtomicUsize::new(0)));
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let (port, stub, count) =
            (listener.local_addr().unwrap().port(), world.stub.port(), Arc::clone(&requests));
        std::thread::spawn(move || {
            for client in listener.incoming() {
                let tls = ServerConnection::new(Arc::clone(&config)).unwrap();
                // A client that does not trust the certificate goes away.
                drop(pass_on(StreamOwned::new(tls, client.unwrap()), stub, &count));
            }
        });
        Self { port, requests, pem: certificate.pem() }
    }

    fn url(&self) -> String {
        format!("https://localhost:{}", self.port)
    }

    fn requests(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }
}

/// Hands one request to the stub and its answer back.
fn pass_on(
    mut client: StreamOwned<ServerConnection, TcpStream>,
    stub: u16,
    requests: &AtomicUsize,
) -> std::io::Result<()> {
    let mut reader = BufReader::new(&mut client);
    let (mut head, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let (name, value) = line.split_once(':').unwrap_or_default();
        if name.eq_ignore_ascii_case("content-length") {
            length = value.trim().parse().unwrap();
        }
        if line.trim().is_empty() {
            break;
        }
        head.push_str(&line);
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    requests.fetch_add(1, Ordering::SeqCst);
    let mut to = TcpStream::connect((Ipv4Addr::LOCALHOST, stub))?;
    to.write_all(format!("{head}connection: close\r\n\r\n").as_bytes())?;
    to.write_all(&body)?;
    let mut answer = Vec::new();
    to.read_to_end(&mut answer)?;
    client.write_all(&answer)?;
    client.conn.send_close_notify();
    client.flush()
}

fn world() -> World {
    World::new(script().rule(Rule::new("*", "*").respond(approval())))
}

#[test]
fn a_review_comes_over_tls_from_a_server_that_is_trusted() {
    let world = world();
    let front = Front::before(&world, "localhost", 4000);
    let trusted = world.scratch.write("trusted.pem", &front.pem);
    let tool = world.tool().env("SSL_CERT_FILE", trusted).args(["--base-url", &front.url(), "-"]);
    world.run(tool.stdin("Review this.\n")).code(0);
    assert_eq!((front.requests(), world.calls()), (1, (1, 0)));
}

#[test]
fn no_key_goes_to_a_server_whose_certificate_is_not_right() {
    for (name, year, trusts_it) in
        [("localhost", 4000, false), ("example.test", 4000, true), ("localhost", 2021, true)]
    {
        let world = world();
        let front = Front::before(&world, name, year);
        let other = Front::before(&world, "localhost", 4000);
        let trusted = if trusts_it { &front.pem } else { &other.pem };
        let trusted = world.scratch.write("trusted.pem", trusted);
        let tool = world
            .tool()
            .env("SSL_CERT_FILE", trusted)
            .args(["--base-url", &front.url(), "--max-attempts", "2", "-"])
            .stdin("Review this.\n");
        let ran = world.run(tool);
        failed(&ran, 74, "network");
        assert!(ran.err().contains("certificate"), "{ran}");
        assert_eq!((front.requests(), world.calls()), (0, (0, 0)), "{name} {year}");
    }
}
