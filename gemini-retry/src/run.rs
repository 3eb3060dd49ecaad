//! The whole of it: settle what is asked, ask, and tell what came of it.

use cli::{Exit, Failure, Out, Progress};
use records::gemini_retry::ReviewEnvelope;

use crate::answer::judge::Answer;
use crate::call::attempts::{Outcome, Run};
use crate::call::client::Client;
use crate::call::clock::SystemClock;
use crate::call::interrupt::Signals;
use crate::logs::audit::Shard;
use crate::logs::report::{self, Report};
use crate::setup::args::{Args, AskArgs, Print};
use crate::setup::commands::Command;
use crate::setup::credentials;
use crate::setup::dumps;
use crate::setup::redact::Redactor;
use crate::setup::request::Request;
use crate::setup::settings::Settings;
use crate::verbs;

/// Runs the tool.
pub(crate) fn run(args: Args, out: &mut Out) -> Result<Exit, Failure> {
    dumps::prevent()?;
    match args.command {
        None => ask(&args.ask, out),
        Some(Command::Explain(args)) => verbs::explain::run(&args, out),
    }
}

/// Asks for one review.
fn ask(args: &AskArgs, out: &mut Out) -> Result<Exit, Failure> {
    let clock = SystemClock::start();
    let env = |name: &str| std::env::var_os(name);
    let settings = Settings::new(&args.call, env)?;
    let request = Request::typed(args, settings.bounds)?;
    let pool = credentials::load(&settings.files.credentials, env)?;
    let signals = Signals::catch().map_err(|e| Failure::world("cannot catch signals", e))?;
    let client = Client::new(settings, pool, signals, Box::new(clock));

    for warning in request.warnings() {
        out.note(&client.redactor.clean(warning));
    }
    let mut run = Run::begin(&client, &request);
    run.progress = Some(Progress::start(format!("asking {}", request.wanted.model)));
    let outcome = run.obtain();
    // What comes now goes where the spinner was.
    run.progress = None;
    let mut warnings = run.store.take_warnings();
    warnings.append(&mut run.log.take_warnings());
    for warning in warnings {
        out.note(&client.redactor.clean(&warning));
    }
    let outcome = outcome?;
    let report = Report::of(&run, &outcome);
    let redactor = &client.redactor;
    let (audit_id, logged) = record(&report, run.shard.as_ref(), redactor);
    if let (Some(_), Err(failure)) = (report.failure(), &logged) {
        // The failure of the call has the last word on stderr.
        out.note(&failure.to_string());
        return tell(&report, args.print, None, redactor, out);
    }
    let exit = tell(&report, args.print, audit_id.as_deref(), redactor, out)?;
    logged.map(|()| exit)
}

/// Appends the audit entry of a run that asked something. Gives the entry's id once it is there.
fn record(
    report: &Report<'_>,
    shard: Option<&Shard>,
    redactor: &Redactor,
) -> (Option<String>, Result<(), Failure>) {
    let (Some(shard), Some(audit)) = (shard, &report.settings.audit) else {
        return (None, Ok(()));
    };
    let id = uuid::Uuid::now_v7().to_string();
    let entry = report.entry(&id, cli::clock::now(), audit.session.as_str());
    match shard.append(&entry, redactor) {
        Ok(()) => (Some(id), Ok(())),
        Err(failure) => (None, Err(failure.hint("the audit entry of this call is missing"))),
    }
}

/// Prints the answer, or on stderr why there is none.
fn tell(
    report: &Report<'_>,
    print: Print,
    audit_id: Option<&str>,
    redactor: &Redactor,
    out: &mut Out,
) -> Result<Exit, Failure> {
    if let Some(failure) = report.failure() {
        out.note(&redactor.clean(&failure.sentence));
        if let Some(advice) = report.advice() {
            out.note(&redactor.clean(&advice));
        }
        out.note(&failure.machine(report.attempts, audit_id));
        return Ok(failure.exit);
    }
    let Outcome::Answer(answer) = report.outcome else { return Ok(Exit::No) };
    match (print, answer) {
        (Print::Envelope, _) => {
            let envelope = clean(report.envelope(answer, audit_id), redactor)?;
            out.print(&envelope, report::page)?;
        }
        (Print::Response, Answer::Review(review)) => {
            out.raw_line(&redactor.clean(&review.written))?;
        }
        (Print::Response, Answer::Object(found)) => {
            out.raw_line(&redactor.clean(&found.written))?;
        }
        (Print::Response, Answer::Text(text)) => out.raw_line(&redactor.clean(text))?,
    }
    Ok(Exit::Yes)
}

/// The envelope without anything that has the form of a key.
fn clean(envelope: ReviewEnvelope, redactor: &Redactor) -> Result<ReviewEnvelope, Failure> {
    let fail = |e: serde_json::Error| Failure::world("cannot print the answer", e);
    let text = serde_json::to_string(&envelope).map_err(fail)?;
    let cleaned = redactor.clean(&text);
    if cleaned == text { Ok(envelope) } else { serde_json::from_str(&cleaned).map_err(fail) }
}
