//! The whole of it: settle what is asked, ask, and tell what came of it.

use std::time::Duration;

use cli::{Exit, Failure, Out, Progress};
use records::Stamp;
use records::gemini_retry::ReviewEnvelope;

use crate::answer::judge::Answer;
use crate::batch;
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
        Some(Command::Batch(args)) => batch::run(&args, out),
        Some(Command::Explain(args)) => verbs::explain::run(&args, out),
        Some(Command::Status(args)) => verbs::status::run(&args, out),
        Some(Command::Reset(args)) => verbs::reset::run(&args, out),
        Some(Command::Check(args)) => verbs::check::run(&args, out),
        Some(Command::Keys(args)) => verbs::keys::run(&args.command, out),
    }
}

/// Asks for one review.
fn ask(args: &AskArgs, out: &mut Out) -> Result<Exit, Failure> {
    let clock = SystemClock::start();
    let env = |name: &str| std::env::var_os(name);
    let settings = Settings::new(&args.call, env)?;
    let request = Request::typed(args, settings.bounds)?;
    let pool = credentials::load(&settings.files.credentials, settings.asker(), env)?;
    let signals = Signals::catch().map_err(|e| Failure::world("cannot catch signals", e))?;
    let mailbox = signals.mailbox();
    let stopped = || mailbox.rest(Duration::ZERO);
    let (pool, left_out) = pool.complete(&settings.files.credentials, stopped)?;
    let client = Client::new(settings, pool, signals, Box::new(clock));

    for warning in left_out.iter().map(String::as_str).chain(request.warnings()) {
        out.note(&client.redactor.clean(warning));
    }
    let mut run = Run::begin(&client, &request);
    run.progress = Some(Progress::start(format!("asking {}", request.wanted.model)));
    finish(run, args.print).tell(out)
}

/// Everything that a run says, in the order in which it says it.
pub(crate) struct Said {
    /// Lines for stderr.
    pub(crate) notes: Vec<String>,
    /// What goes to stdout; nothing does without an answer.
    pub(crate) answer: Option<Shown>,
    /// How the tool ends. An error has the last word on stderr, and the answer still counts.
    pub(crate) end: Result<Exit, Failure>,
}

/// An answer as it is printed.
pub(crate) enum Shown {
    /// With how it was obtained.
    Envelope(Box<ReviewEnvelope>),
    /// Alone.
    Line(String),
}

impl Said {
    /// Says it.
    fn tell(self, out: &mut Out) -> Result<Exit, Failure> {
        for note in &self.notes {
            out.note(note);
        }
        match self.answer {
            Some(Shown::Envelope(envelope)) => out.print(&*envelope, report::page)?,
            Some(Shown::Line(line)) => out.raw_line(&line)?,
            None => {}
        }
        self.end
    }
}

/// Asks until `run` is over, and writes down what came of it.
pub(crate) fn finish(mut run: Run<'_>, print: Print) -> Said {
    let outcome = run.obtain();
    // What comes now goes where the spinner was.
    run.progress = None;
    let redactor = &run.client.redactor;
    run.client.save_the_rest();
    let mut warnings = run.client.take_state_warnings();
    warnings.append(&mut run.log.take_warnings());
    let mut notes: Vec<String> = warnings.iter().map(|text| redactor.clean(text)).collect();
    let outcome = match outcome {
        Ok(outcome) => outcome,
        Err(failure) => return Said { notes, answer: None, end: Err(failure) },
    };
    let report = Report::of(&run, &outcome);
    let now = Stamp::new(run.client.clock.wall());
    let recorded = record(&report, now, run.shard.as_ref(), redactor);
    if let Some(failure) = report.failure() {
        let audit_id = match recorded {
            Ok(id) => id,
            // The failure of the call has the last word on stderr.
            Err(unwritten) => {
                notes.push(unwritten.to_string());
                None
            }
        };
        notes.push(redactor.clean(&failure.sentence));
        notes.extend(report.advice().map(str::to_owned));
        notes.push(failure.machine(report.attempts, audit_id.as_deref()));
        return Said { notes, answer: None, end: Ok(failure.exit) };
    }
    let (audit_id, end) = match recorded {
        Ok(id) => (id, Ok(Exit::Yes)),
        Err(unwritten) => (None, Err(unwritten)),
    };
    match show(&report, print, audit_id.as_deref(), redactor) {
        Ok(answer) => Said { notes, answer, end },
        Err(failure) => Said { notes, answer: None, end: Err(failure) },
    }
}

/// Appends the audit entry of a run that asked something. Gives the entry's id once it is there.
fn record(
    report: &Report<'_>,
    now: Stamp,
    shard: Option<&Shard>,
    redactor: &Redactor,
) -> Result<Option<String>, Failure> {
    let (Some(shard), Some(audit)) = (shard, &report.settings.audit) else { return Ok(None) };
    let id = uuid::Uuid::now_v7().to_string();
    let entry = report.entry(&id, now, audit.session.as_str());
    shard
        .append(&entry, redactor)
        .map_err(|failure| failure.hint("the audit entry of this call is missing"))?;
    Ok(Some(id))
}

/// The answer, if there is one, in the form that was asked for.
fn show(
    report: &Report<'_>,
    print: Print,
    audit_id: Option<&str>,
    redactor: &Redactor,
) -> Result<Option<Shown>, Failure> {
    let Outcome::Answer(answer) = report.outcome else { return Ok(None) };
    Ok(Some(match (print, answer) {
        (Print::Envelope, _) => {
            Shown::Envelope(Box::new(redactor.clean_noun(report.envelope(answer, audit_id))?))
        }
        (Print::Response, Answer::Review(review)) => Shown::Line(redactor.clean(&review.written)),
        (Print::Response, Answer::Object(found)) => Shown::Line(redactor.clean(&found.written)),
        (Print::Response, Answer::Text(text)) => Shown::Line(redactor.clean(text)),
    }))
}
