//! `reset`: forgets cool-downs and dead keys.

use cli::{Exit, Failure, Out, Page, Tone};
use records::Extra;
use records::gemini_retry::ForgottenFact;

use crate::answer::model::Wanted;
use crate::setup::commands::ResetArgs;
use crate::setup::credentials::{self, Asker, Credential, Pool};
use crate::setup::pending::Pending;
use crate::setup::redact::Redactor;
use crate::setup::settings::Files;
use crate::state::forget::{Forget, Forgotten};
use crate::state::overview::{Named, named};
use crate::state::store::{self, Store};

/// Forgets, and prints what.
pub(crate) fn run(args: &ResetArgs, out: &mut Out) -> Result<Exit, Failure> {
    let env = |name: &str| std::env::var_os(name);
    let files = Files::typed(&args.files, env)?;
    // A damaged file must not keep anybody from forgetting everything.
    let pool = if args.all {
        Pool::default()
    } else {
        // The one that has them all: keys and logins.
        credentials::read(&files.credentials, Asker::Gemini, env)?
    };
    let redactor = Redactor::new(pool.keys());
    let now = cli::clock::now().instant();
    let what = match (&args.credential, &args.model) {
        (Some(name), _) => credential(name, &pool, &files).map_err(|known| {
            Failure::usage(redactor.clean(name), "no credential has that name").hint(known)
        })?,
        (None, Some(model)) => {
            let wanted = Wanted::new(model, vec![]);
            Forget::Model(wanted.map_err(|why| Failure::usage("--model", why))?.model)
        }
        (None, None) => Forget::All,
    };
    let mut store = Store::open(&files.state_dir);
    let forgotten = store.change(now, |state| state.forget(&what))?;
    for warning in store.take_warnings() {
        out.note(&warning);
    }
    if forgotten.is_empty() {
        out.note("there was nothing to forget");
    }
    for one in forgotten {
        out.print(&redactor.clean_noun(fact(one))?, page)?;
    }
    Ok(Exit::Yes)
}

/// The credential with that name, in the file or among the dead. Otherwise the names that are known.
fn credential(name: &str, pool: &Pool, files: &Files) -> Result<Forget, String> {
    let now = cli::clock::now().instant();
    let pending = pool.pending.iter().map(Pending::without_key);
    let all: Vec<Credential> = pool.usable.iter().cloned().chain(pending).collect();
    let (project, billing) = match all.iter().find(|c| c.name == name) {
        Some(found) => (Some(found.project.clone()), Some(found.billing.clone())),
        None => (None, None),
    };
    // What cannot be read is said when it is changed.
    let state = store::look(&files.state_dir, now).unwrap_or_default();
    let mut known: Vec<&str> = all.iter().map(|c| c.name.as_str()).collect();
    known.extend(pool.skipped.iter().map(|(name, _)| name.as_str()));
    known.extend(state.names_of_dead());
    known.sort_unstable();
    known.dedup();
    if known.contains(&name) {
        return Ok(Forget::Credential { name: name.to_owned(), project, billing });
    }
    Err(match known.as_slice() {
        [] => "there are none".into(),
        names => format!("there are: {}", names.join(", ")),
    })
}

fn fact(forgotten: Forgotten) -> ForgottenFact {
    let nothing = ForgottenFact {
        what: String::new(),
        credential: None,
        project: None,
        model: None,
        billing: None,
        reason: String::new(),
        until: None,
        extra: Extra::new(),
    };
    match forgotten {
        Forgotten::Death { name, reason } => {
            ForgottenFact { what: "death".into(), credential: Some(name), reason, ..nothing }
        }
        Forgotten::Cooldown { scope, reason, until } => {
            let fact =
                ForgottenFact { what: "cooldown".into(), reason, until: Some(until), ..nothing };
            match named(&scope) {
                Named::Model { project, model } => ForgottenFact {
                    project: Some(project.to_owned()),
                    model: Some(model.to_owned()),
                    ..fact
                },
                Named::Account(billing) => {
                    ForgottenFact { billing: Some(billing.to_owned()), ..fact }
                }
                Named::Breaker(model) => {
                    ForgottenFact { what: "breaker".into(), model: Some(model.to_owned()), ..fact }
                }
                Named::Unknown => fact,
            }
        }
    }
}

fn page(fact: &ForgottenFact, page: &mut Page) {
    let ForgottenFact { credential, project, model, billing, reason, until, .. } = fact;
    let until = until.map(cli::clock::local).unwrap_or_default();
    let what = match (credential, project, model, billing) {
        (Some(name), ..) => format!("that the key of {name} is dead ({reason})"),
        (_, Some(project), Some(model), _) => {
            format!("the cool-down of {project} for {model} until {until} ({reason})")
        }
        (_, None, Some(model), _) => format!("that {model} rests until {until} ({reason})"),
        (.., Some(billing)) => {
            format!("the cool-down of account {billing} until {until} ({reason})")
        }
        _ => format!("a cool-down until {until} ({reason})"),
    };
    page.line(Tone::Plain, format_args!("forgot {what}"));
}
