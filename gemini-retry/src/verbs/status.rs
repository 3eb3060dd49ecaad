//! `status`: who may be asked now, and who not until when.

use cli::{Cell, Exit, Failure, Out, Table, Tone};
use jiff::Timestamp;
use records::gemini_retry::{
    CredentialState, CredentialStatus, HeldCooldown, ModelState, ModelStatus,
};
use records::{Extra, Stamp};

use crate::answer::model::Wanted;
use crate::setup::args::DEFAULT_MODEL;
use crate::setup::commands::StatusArgs;
use crate::setup::credentials::{self, Asker, Credential, Pool};
use crate::setup::pending::Pending;
use crate::setup::redact::Redactor;
use crate::setup::settings::Files;
use crate::state::breaker::Room;
use crate::state::overview::{Named, named};
use crate::state::{State, store};

/// Shows each credential.
pub(crate) fn run(args: &StatusArgs, out: &mut Out) -> Result<Exit, Failure> {
    let env = |name: &str| std::env::var_os(name);
    let typed = args.model.as_deref().unwrap_or(DEFAULT_MODEL);
    let model = Wanted::new(typed, vec![]).map_err(|why| Failure::usage("--model", why))?.model;
    let files = Files::typed(&args.files, env)?;
    let pool = credentials::read(&files.credentials, Asker::Rest, env)?;
    let now = cli::clock::now().instant();
    let state = store::look(&files.state_dir, now)?;

    let redactor = Redactor::new(pool.keys());
    let all = overview(&pool, &state, &model, args.model.is_some(), now);
    let all = all.into_iter().map(|one| redactor.clean_noun(one)).collect::<Result<Vec<_>, _>>()?;
    for one in &all {
        if out.is_json() {
            out.print(one, |_, _| {})?;
        }
    }
    let resting: Vec<ModelStatus> = models(&state, args.model.is_some().then_some(&model), now)
        .into_iter()
        .map(|one| redactor.clean_noun(one))
        .collect::<Result<_, _>>()?;
    for one in &resting {
        if out.is_json() {
            out.print(one, |_, _| {})?;
        }
    }
    out.page(|page| {
        table(&all, page);
        for one in &resting {
            let ModelStatus { model, reason, until, state, .. } = one;
            let until = cli::clock::local(*until);
            match state {
                ModelState::Resting => {
                    page.field(model, format_args!("rests until {until} ({reason})"));
                }
                ModelState::Probing => {
                    page.field(model, format_args!("one call at a time ({reason})"));
                }
            }
        }
    })?;
    let exit = end(&all, &pool, &files, &model, out);
    if let (Exit::Yes, Room::None(until, reason)) = (exit, state.room(&model, now)) {
        out.note(&format!("{model} rests for everybody until {} ({reason})", Stamp::new(until)));
        return Ok(Exit::Later);
    }
    Ok(exit)
}

/// Every credential, in the order of the file; those that are left out come last.
fn overview(
    pool: &Pool,
    state: &State,
    model: &str,
    only: bool,
    now: Timestamp,
) -> Vec<CredentialStatus> {
    let pending = pool.pending.iter().map(Pending::without_key);
    let known: Vec<Credential> = pool.usable.iter().cloned().chain(pending).collect();
    let used = known.into_iter().map(|c| of_usable(&c, state, model, only, now));
    let skipped = pool.skipped.iter().map(|(name, why)| CredentialStatus {
        name: name.clone(),
        state: CredentialState::Skipped,
        reason: Some((*why).to_owned()),
        model: model.to_owned(),
        ..CredentialStatus::default()
    });
    used.chain(skipped).collect()
}

fn of_usable(
    credential: &Credential,
    state: &State,
    model: &str,
    only: bool,
    now: Timestamp,
) -> CredentialStatus {
    let Credential { name, project, billing, fingerprint, .. } = credential;
    let held = state.held(credential, now).filter_map(|(scope, held)| {
        let of = match named(scope) {
            Named::Model { model, .. } => Some(model.to_owned()),
            Named::Account(_) | Named::Breaker(_) | Named::Unknown => None,
        };
        let concerns = !only || of.as_deref().is_none_or(|of| of == model);
        concerns.then(|| HeldCooldown {
            scope: scope.to_owned(),
            model: of,
            reason: held.reason.clone(),
            until: held.until,
            set_at: held.set_at,
            strikes: held.strikes,
            extra: Extra::new(),
        })
    });
    let in_flight = state.live.of_project(project).filter(|lease| lease.credential == *name);
    let status = CredentialStatus {
        name: name.clone(),
        project: Some(project.clone()),
        billing: Some(billing.clone()),
        model: model.to_owned(),
        in_flight: in_flight.count(),
        last_used: state.live.last_used(name),
        cooldowns: held.collect(),
        ..CredentialStatus::default()
    };
    if let Some(death) = state.death(name, fingerprint) {
        let detail = Some(death.detail.clone()).filter(|detail| !detail.is_empty());
        return CredentialStatus {
            state: CredentialState::Dead,
            reason: Some(detail.unwrap_or_else(|| death.reason.clone())),
            since: Some(death.set_at),
            ..status
        };
    }
    let scopes = credential.scopes(model);
    let Some((until, reason)) = state.cooling(&scopes, now) else { return status };
    let strikes = scopes.iter().map(|scope| state.strikes(scope, reason)).max();
    CredentialStatus {
        state: CredentialState::Cooling,
        reason: Some(reason.to_owned()),
        until: Some(Stamp::new(until)),
        strikes: strikes.unwrap_or_default(),
        ..status
    }
}

/// The models that were overloaded; `only` leaves out all others.
fn models(state: &State, only: Option<&String>, now: Timestamp) -> Vec<ModelStatus> {
    let concerns = |model: &str| only.is_none_or(|only| only == model);
    let breakers = state.breakers().filter(|(model, _)| concerns(model));
    let each = breakers.map(|(model, breaker)| ModelStatus {
        model: model.to_owned(),
        state: if breaker.until.instant() > now {
            ModelState::Resting
        } else {
            ModelState::Probing
        },
        reason: breaker.reason.clone(),
        until: breaker.until,
        set_at: breaker.set_at,
        strikes: breaker.strikes,
        extra: Extra::new(),
    });
    each.collect()
}

fn table(all: &[CredentialStatus], page: &mut cli::Page) {
    let heading = ["NAME", "PROJECT", "STATE", "UNTIL", "REASON", "CALLS", "LAST USED"];
    let mut table = Table::new(heading);
    for one in all {
        let (tone, word) = match one.state {
            CredentialState::Free => (Tone::Good, "free"),
            CredentialState::Cooling => (Tone::Warn, "cooling"),
            CredentialState::Dead => (Tone::Bad, "dead"),
            CredentialState::Skipped => (Tone::Dim, "skipped"),
        };
        table.row([
            Cell::new(&one.name),
            Cell::maybe(project(one)),
            Cell::toned(tone, word),
            Cell::maybe(one.until.map(cli::clock::local)),
            Cell::maybe(reason(one)),
            Cell::new(one.in_flight),
            Cell::maybe(one.last_used.map(cli::clock::local)),
        ]);
    }
    table.show(page);
    for one in all {
        for held in one.cooldowns.iter().filter(|held| held.model.as_ref() != Some(&one.model)) {
            let what = held.model.as_deref().unwrap_or("the account");
            let (until, reason) = (cli::clock::local(held.until), &held.reason);
            page.field(&one.name, format_args!("{what} until {until} ({reason})"));
        }
    }
}

/// The project, with its account where that is another name.
fn project(one: &CredentialStatus) -> Option<String> {
    let project = one.project.as_ref()?;
    Some(match one.billing.as_ref().filter(|billing| *billing != project) {
        Some(billing) => format!("{project} ({billing})"),
        None => project.clone(),
    })
}

/// The reason, and how often it came one time after another.
fn reason(one: &CredentialStatus) -> Option<String> {
    let reason = one.reason.as_ref()?;
    Some(if one.strikes > 1 { format!("{reason} ×{}", one.strikes) } else { reason.clone() })
}

/// What it comes to, for this model.
fn end(all: &[CredentialStatus], pool: &Pool, files: &Files, model: &str, out: &Out) -> Exit {
    if all.iter().any(|one| one.state == CredentialState::Free) {
        return Exit::Yes;
    }
    if let Some(first) = all.iter().filter_map(|one| one.until).min() {
        out.note(&format!("no credential is free for {model} before {first}"));
        return Exit::Later;
    }
    if pool.usable.is_empty() {
        out.note(&pool.unusable(&files.credentials).to_string());
    } else {
        out.note("every key is dead; put in new ones, or see `gemini-retry check`");
    }
    Exit::Usage
}
