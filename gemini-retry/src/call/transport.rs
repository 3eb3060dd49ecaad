//! One attempt, over HTTP or by a program. Over HTTP the key travels in a header and nowhere else.

use std::error::Error as _;
use std::io::Read as _;
use std::sync::{Arc, Once};
use std::time::Duration;

use cli::Failure;
use reqwest::blocking::{Client, RequestBuilder};
use reqwest::header::{CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use reqwest::{Url, redirect, retry};
use secrecy::{ExposeSecret as _, SecretString};

use crate::answer::facts::{self, Broken, Exchange};
use crate::answer::judge::Form;
use crate::call::body::{Mend, body};
use crate::call::cancel::Cancel;
use crate::call::command::Asking;
use crate::setup::credentials::Access;

const CONNECT: Duration = Duration::from_secs(10);
/// No review is longer; a longer body is not read to its end. The audit entry holds the answer twice,
/// as it came and as it was understood, and readers take lines of 16 MiB.
pub(crate) const LONGEST_BODY: u64 = 4 << 20;

static PROVIDER: Once = Once::new();

/// The ways to the service.
#[derive(Clone)]
pub(crate) enum Transport {
    /// HTTP.
    Rest(Rest),
    /// A program.
    Command(Asking),
}

/// One attempt: what is sent, and with which key.
pub(crate) struct Sending {
    /// The model that is asked.
    pub(crate) model: String,
    /// With what.
    pub(crate) access: Access,
    /// The prompt.
    pub(crate) prompt: Arc<str>,
    /// What the answer must be.
    pub(crate) form: Form,
    /// What is done in another way than before.
    pub(crate) mend: Mend,
    /// Asks to give it up.
    pub(crate) cancel: Cancel,
}

impl Transport {
    /// Sends it and waits for the whole reply, at most `limit`.
    pub(crate) fn send(&self, sending: &Sending, limit: Duration) -> Exchange {
        match self {
            Self::Rest(rest) => {
                let Some(key) = sending.access.key() else {
                    let why = "a login of a program is no key to send".into();
                    return Exchange::Broken(Broken::Connection(why));
                };
                let Sending { model, prompt, form, mend, .. } = sending;
                let body = body(model, prompt, form, *mend).to_string();
                rest.generate(&sending.model, key, body, limit)
            }
            Self::Command(asking) => asking.ask(sending, limit),
        }
    }

    /// How long an attempt that was given up may take to clean up; `None` when it leaves nothing
    /// behind: a connection ends with this program, a child does not.
    pub(crate) fn farewell(&self) -> Option<Duration> {
        match self {
            Self::Rest(_) => None,
            Self::Command(_) => Some(Duration::from_secs(1)),
        }
    }
}

/// The service at one address.
#[derive(Clone)]
pub(crate) struct Rest {
    client: Client,
    base: Url,
}

impl Rest {
    /// Prepares connections to `base`.
    pub(crate) fn new(base: &Url) -> Result<Self, Failure> {
        // The client panics without a provider; a second installation is refused and harmless.
        PROVIDER.call_once(|| drop(rustls::crypto::ring::default_provider().install_default()));
        let builder = Client::builder()
            .user_agent(concat!("switchyard-gemini-retry/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(CONNECT)
            // Each request has its own limit.
            .timeout(None)
            // A redirect would take the key elsewhere.
            .redirect(redirect::Policy::none())
            // A request that may have been counted is repeated by us or not at all.
            .retry(retry::never())
            .referer(false);
        // No proxy stands between us and ourselves.
        let builder = if is_loopback(base) { builder.no_proxy() } else { builder };
        let builder = if base.scheme() == "http" {
            // To read the machine's certificates takes longer than all the rest.
            builder.tls_certs_only([])
        } else {
            builder.https_only(true)
        };
        let client = builder
            .build()
            .map_err(|e| Failure::world("cannot set up HTTP", told(&e.without_url())))?;
        Ok(Self { client, base: base.clone() })
    }

    /// Asks `model` and waits for the whole reply, at most `limit`.
    pub(crate) fn generate(
        &self,
        model: &str,
        key: &SecretString,
        body: String,
        limit: Duration,
    ) -> Exchange {
        let url = self.url(&format!("/v1beta/models/{model}:generateContent"));
        let request = self.client.post(url).header(CONTENT_TYPE, "application/json").body(body);
        exchange(request, key, limit)
    }

    /// Asks which models there are, at most 1,000 of them: more than there ever were. No quota of
    /// requests to a model is used for it.
    pub(crate) fn models(&self, key: &SecretString, limit: Duration) -> Exchange {
        let mut url = self.url("/v1beta/models");
        url.set_query(Some("pageSize=1000"));
        exchange(self.client.get(url), key, limit)
    }

    /// The address of a path at the service.
    fn url(&self, path: &str) -> Url {
        let mut url = self.base.clone();
        let path = format!("{}{path}", url.path().trim_end_matches('/'));
        url.set_path(&path);
        url
    }
}

/// Sends a request with the key in its header and waits for the whole reply.
fn exchange(request: RequestBuilder, key: &SecretString, limit: Duration) -> Exchange {
    let Ok(mut key) = HeaderValue::from_str(key.expose_secret()) else {
        return Exchange::Broken(Broken::Connection("the key cannot be sent".into()));
    };
    key.set_sensitive(true);
    let request = request.header("x-goog-api-key", key).timeout(limit);
    let response = match request.send() {
        Ok(response) => response,
        Err(error) => return Exchange::Broken(broken(error)),
    };
    let http = response.status().as_u16();
    let header = response.headers().get(RETRY_AFTER).and_then(|v| v.to_str().ok());
    let now = cli::clock::now().instant();
    let retry_after = header.and_then(|text| facts::retry_after(text, now));
    let mut body = Vec::new();
    match response.take(LONGEST_BODY).read_to_end(&mut body) {
        Ok(_) => Exchange::Reply { http, retry_after, body },
        Err(error) => Exchange::Broken(cut(&error)),
    }
}

/// Whether `url` stays on this machine.
pub(crate) fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_matches(['[', ']']).parse::<std::net::IpAddr>();
    host == "localhost" || address.is_ok_and(|a| a.is_loopback())
}

fn broken(error: reqwest::Error) -> Broken {
    // Where no connection came about in time, no prompt was too large for the time.
    let timed_out = error.is_timeout() && !error.is_connect();
    let why = told(&error.without_url());
    if timed_out { Broken::TimedOut(why) } else { Broken::Connection(why) }
}

/// A body that ended early, or not in time.
fn cut(error: &std::io::Error) -> Broken {
    let inner = error.get_ref().and_then(|e| e.downcast_ref::<reqwest::Error>());
    let timed_out = inner.is_some_and(reqwest::Error::is_timeout)
        || error.kind() == std::io::ErrorKind::TimedOut;
    if timed_out {
        Broken::TimedOut("the reply did not end in time".into())
    } else {
        Broken::Connection("the connection ended in the middle of the reply".into())
    }
}

/// An error with its causes; the outermost alone says only that sending failed.
fn told(error: &reqwest::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text = format!("{text}: {inner}");
        cause = inner.source();
    }
    text
}
