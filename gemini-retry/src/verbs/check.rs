//! `check`: asks the service with each key, without using any quota for reviews.

use std::num::NonZeroUsize;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use cli::{Cell, Exit, Failure, Out, Page, Progress, Table, Tone};
use records::Extra;
use records::gemini_retry::{KeyChange, KeyCheck, KeyResult};
use serde_json::Value;

use crate::answer::facts::{Broken, Exchange, Facts};
use crate::answer::model::Wanted;
use crate::call::interrupt::Signals;
use crate::call::transport::Rest;
use crate::policy::classify::{Class, classify};
use crate::setup::commands::CheckArgs;
use crate::setup::credentials::{self, Asker, Credential};
use crate::setup::redact::Redactor;
use crate::setup::settings::{Files, service_url};
use crate::state::store::Store;

/// Requests at once. Many keys from one address are what a service takes for abuse.
const AT_ONCE: NonZeroUsize = NonZeroUsize::new(4).unwrap();

/// Checks each key.
pub(crate) fn run(args: &CheckArgs, out: &mut Out) -> Result<Exit, Failure> {
    let env = |name: &str| std::env::var_os(name);
    if args.timeout.is_zero() {
        return Err(Failure::usage("--timeout", "it must be longer than 0"));
    }
    let wanted = Wanted::new(&args.model, vec![]).map_err(|why| Failure::usage("--model", why))?;
    let files = Files::typed(&args.service.files, env)?;
    let rest = Rest::new(&service_url(&args.service, env)?)?;
    let pool = credentials::load(&files.credentials, Asker::Rest, env)?;
    let signals = Signals::catch().map_err(|e| Failure::world("cannot catch signals", e))?;
    let (pool, left_out) = {
        let mailbox = signals.mailbox();
        pool.complete(&files.credentials, || mailbox.rest(Duration::ZERO))?
    };
    signals.end_the_program();
    let redactor = Redactor::new(pool.keys());
    for warning in left_out {
        out.note(&redactor.clean(&warning));
    }

    let progress = Progress::start(format!("checking {} keys", pool.usable.len()));
    let checks = ask_all(&pool.usable, &rest, args.timeout, &wanted, &redactor);
    drop(progress);
    let mut store = Store::open(&files.state_dir);
    let checks: Vec<KeyCheck> =
        pool.usable.iter().zip(checks).map(|(c, check)| remember(&mut store, c, check)).collect();
    for warning in store.take_warnings() {
        out.note(&redactor.clean(&warning));
    }
    for check in &checks {
        if out.is_json() {
            out.print(check, |_, _| {})?;
        }
    }
    out.page(|page| table(&checks, page))?;
    for (name, why) in &pool.skipped {
        out.note(&redactor.clean(&format!("{name} was not checked: {why}")));
    }
    Ok(exit(&checks))
}

/// How it ends: a dead key is certain, so it comes before one of which nothing is known.
fn exit(checks: &[KeyCheck]) -> Exit {
    let any = |result| checks.iter().any(|check| check.result == result);
    if any(KeyResult::Dead) {
        Exit::No
    } else if any(KeyResult::Unknown) {
        Exit::World
    } else {
        Exit::Yes
    }
}

/// One answer for each credential, in the same order.
fn ask_all(
    pool: &[Credential],
    rest: &Rest,
    limit: Duration,
    wanted: &Wanted,
    redactor: &Redactor,
) -> Vec<KeyCheck> {
    let next = AtomicUsize::new(0);
    let done: Mutex<Vec<(usize, KeyCheck)>> = Mutex::default();
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE.get().min(pool.len()) {
            scope.spawn(|| {
                loop {
                    let place = next.fetch_add(1, Ordering::Relaxed);
                    let Some(credential) = pool.get(place) else { return };
                    // Whoever has no key was left out when the pool was read.
                    let exchange = match credential.access.key() {
                        Some(key) => rest.models(key, limit),
                        None => Exchange::Broken(Broken::Connection("it has no key".into())),
                    };
                    let check = judge(credential, &exchange, wanted, redactor);
                    let mut done = done.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                    done.push((place, check));
                }
            });
        }
    });
    let mut done = done.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    done.sort_by_key(|(place, _)| *place);
    done.into_iter().map(|(_, check)| check).collect()
}

/// What a reply to the question for models says about the key.
fn judge(
    credential: &Credential,
    exchange: &Exchange,
    wanted: &Wanted,
    redactor: &Redactor,
) -> KeyCheck {
    let facts = Facts::of(exchange).cleaned(|text| redactor.clean(text));
    let listed = match exchange {
        Exchange::Reply { http: 200..=299, body, .. } if facts.error.is_none() => {
            serde_json::from_slice::<Value>(body).ok().and_then(|list| lists(&list, wanted))
        }
        Exchange::Reply { .. } | Exchange::Broken(_) | Exchange::Ended(_) => None,
    };
    let unknown = KeyCheck {
        name: credential.name.clone(),
        project: credential.project.clone(),
        fingerprint: credential.fingerprint.clone(),
        result: KeyResult::Unknown,
        class: None,
        why: None,
        http: facts.http,
        model: wanted.model.clone(),
        model_listed: None,
        change: None,
        extra: Extra::new(),
    };
    if let Some(listed) = listed {
        return KeyCheck { result: KeyResult::Works, model_listed: listed.0, ..unknown };
    }
    // What is no list and no error either is no reply of the service.
    let class = match classify(&facts).map(|decision| decision.class) {
        Some(class) if facts.error.is_some() || !matches!(facts.http, Some(200..=299)) => class,
        _ => Class::Server,
    };
    let result = if class == Class::Auth { KeyResult::Dead } else { KeyResult::Unknown };
    let why = match class {
        Class::Server if facts.error.is_none() && matches!(facts.http, Some(200..=299)) => {
            "the reply is no list of models".to_owned()
        }
        _ => facts.story(),
    };
    KeyCheck { result, class: Some(class.name().to_owned()), why: Some(why), ..unknown }
}

/// Whether the model is in the list.
struct Listed(Option<bool>);

/// `None` for what is no list; nothing inside when the list goes on elsewhere without the model.
fn lists(list: &Value, wanted: &Wanted) -> Option<Listed> {
    let models = list.get("models").and_then(Value::as_array)?;
    let names = || models.iter().filter_map(|model| model.get("name").and_then(Value::as_str));
    let found = names().any(|name| wanted.accepts(name));
    let goes_on = list.get("nextPageToken").and_then(Value::as_str).is_some_and(|t| !t.is_empty());
    Some(Listed(if found || !goes_on { Some(found) } else { None }))
}

/// Tells all processes what is certain.
fn remember(store: &mut Store, credential: &Credential, check: KeyCheck) -> KeyCheck {
    let Credential { name, fingerprint, .. } = credential;
    let now = cli::clock::now().instant();
    let change = match check.result {
        KeyResult::Unknown => None,
        KeyResult::Works => {
            let revived = store.transact(now, |state| state.revive(name, fingerprint));
            revived.then_some(KeyChange::Revived)
        }
        KeyResult::Dead => store
            .transact(now, |state| {
                let is_new = !state.is_retired(name, fingerprint);
                if is_new {
                    state.retire(name, fingerprint, Class::Auth.name(), "check", now);
                }
                is_new
            })
            .then_some(KeyChange::Retired),
    };
    KeyCheck { change, ..check }
}

fn table(checks: &[KeyCheck], page: &mut Page) {
    let mut table = Table::new(["NAME", "PROJECT", "KEY", "MODEL", "WHY", "CHANGED"]);
    for check in checks {
        let (tone, word) = match check.result {
            KeyResult::Works => (Tone::Good, "works"),
            KeyResult::Dead => (Tone::Bad, "dead"),
            KeyResult::Unknown => (Tone::Warn, "cannot tell"),
        };
        let listed = check.model_listed.map(|listed| if listed { "listed" } else { "not listed" });
        let change = check.change.map(|change| match change {
            KeyChange::Retired => "retired",
            KeyChange::Revived => "revived",
        });
        table.row([
            Cell::new(&check.name),
            Cell::new(&check.project),
            Cell::toned(tone, word),
            Cell::maybe(listed),
            Cell::maybe(check.why.as_ref()),
            Cell::maybe(change),
        ]);
    }
    table.show(page);
    if checks.iter().any(|check| check.result == KeyResult::Works) {
        page.line(Tone::Dim, "A key that works may still have no quota left.");
    }
}
