//! One of the workers: takes a line, asks, hands on what came of it, takes the next one.

use std::io::BufRead;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::SyncSender;
use std::sync::{Mutex, PoisonError};

use cli::Failure;
use records::gemini_retry::BatchResult;
use records::{IssueNumber, Outcome as Obtained, Printed};

use crate::answer::judge::Form;
use crate::answer::model::Wanted;
use crate::batch::input::{Came, Input};
use crate::batch::line::{Asked, Bad};
use crate::call::attempts::{Outcome, Run};
use crate::call::client::Client;
use crate::logs::audit;
use crate::logs::report::Report;
use crate::logs::run_log::RunLog;
use crate::setup::chance;
use crate::setup::prompt;
use crate::setup::request::{Request, form};

/// What a request is where its line does not say it.
pub(crate) struct Usual {
    /// The model.
    pub(crate) wanted: Wanted,
    /// What the answer must be.
    pub(crate) form: Form,
    /// For the audit entry.
    pub(crate) issue: Option<IssueNumber>,
    /// For the audit entry.
    pub(crate) node: Option<String>,
}

/// What all workers share.
pub(crate) struct Shop<R> {
    /// Asks.
    pub(crate) client: Client,
    /// The log of the batch; each request writes into it under an id of its own.
    pub(crate) log: RunLog,
    /// As the options say.
    pub(crate) usual: Usual,
    /// Where requests come from.
    pub(crate) input: Mutex<Input<R>>,
    /// No further line is to be taken.
    pub(crate) closed: AtomicBool,
}

/// What a worker says.
pub(crate) enum Said {
    /// A request was taken, and will come to an end.
    Taken,
    /// That request's end.
    Ended(Box<Ended>),
    /// A request needed no asking.
    Skipped,
    /// Nothing more can be asked.
    Broken(Failure),
    /// This worker is gone.
    Left,
    /// A signal.
    Signal(i32),
}

/// The end of a request.
#[derive(Default)]
pub(crate) struct Ended {
    /// What is printed; nothing for a request that was cancelled.
    pub(crate) result: Option<BatchResult>,
    /// What is appended to the audit log first, and the shard that it goes to.
    pub(crate) entry: Option<(audit::Shard, String)>,
    /// What people should know, a sentence each.
    pub(crate) warnings: Vec<String>,
}

/// Says that a worker left, whatever made it leave.
struct Leaving(SyncSender<Said>);

impl Drop for Leaving {
    fn drop(&mut self) {
        // Nobody listens any more when the batch is over.
        drop(self.0.send(Said::Left));
    }
}

/// Works until there is nothing more to take.
pub(crate) fn work<R: BufRead>(shop: &Shop<R>, to: SyncSender<Said>) {
    chance::stir();
    let leaving = Leaving(to);
    // Nobody listens any more when the batch is over.
    let say = |said| leaving.0.send(said).is_ok();
    loop {
        let (line, came) = match shop.take() {
            Ok(Some(taken)) => taken,
            Ok(None) => return,
            Err(e) => {
                say(Said::Broken(Failure::world("cannot read stdin", e)));
                return;
            }
        };
        if matches!(came, Came::Done) {
            if say(Said::Skipped) {
                continue;
            }
            return;
        }
        if !say(Said::Taken) {
            return;
        }
        // Looked at after it was said: whoever closes the shop and sees no request on its way may
        // rely on it that none begins.
        let ended = match came {
            _ if shop.is_closed() => Ok(Ended::default()),
            Came::Done => Ok(Ended::default()),
            Came::Bad(bad) => Ok(failed_line(*bad, line)),
            Came::Asked(asked) => shop.ask(*asked, line),
        };
        let ended = ended.unwrap_or_else(|failure| {
            say(Said::Broken(failure));
            Ended::default()
        });
        if !say(Said::Ended(Box::new(ended))) {
            return;
        }
    }
}

impl<R: BufRead> Shop<R> {
    /// The next line, unless the shop is closed.
    fn take(&self) -> std::io::Result<Option<(u64, Came)>> {
        let mut input = self.input.lock().unwrap_or_else(PoisonError::into_inner);
        if self.is_closed() { Ok(None) } else { input.next() }
    }
}

impl<R> Shop<R> {
    /// Takes no further line.
    pub(crate) fn close(&self) {
        self.closed.store(true, Ordering::SeqCst);
    }

    fn is_closed(&self) -> bool {
        self.closed.load(Ordering::SeqCst)
    }

    /// Asks for one review.
    ///
    /// # Errors
    /// When no request can be sent at all.
    fn ask(&self, asked: Asked, line: u64) -> Result<Ended, Failure> {
        let Asked { id, source, model, schema, issue, node, subject, project, extra, mut warnings } =
            asked;
        let usual = &self.usual;
        let bounds = self.client.settings.bounds;
        let read = || {
            let wanted = match model {
                Some(model) => {
                    usual.wanted.another(&model).map_err(|why| Failure::usage("model", why))?
                }
                None => usual.wanted.clone(),
            };
            let form = schema.map_or_else(|| Ok(usual.form.clone()), |schema| form(&schema))?;
            Ok((wanted, form, prompt::read(&source, subject.as_deref(), bounds)?))
        };
        let read = read();
        // The text may be long, and the prompt has it now.
        drop(source);
        let (wanted, form, prompt) = match read {
            Ok(read) => read,
            Err(failure) => {
                let failure = in_line(&failure, line);
                let ended = failed_line(Bad { id: Some(id), extra, failure }, line);
                return Ok(Ended { warnings, ..ended });
            }
        };
        let request = Request {
            id: Some(id.value().clone()),
            prompt,
            wanted,
            form,
            issue: issue.or(usual.issue),
            node: node.or_else(|| usual.node.clone()),
            project,
        };
        warnings.extend(request.warnings().map(str::to_owned));
        let log = self.log.another(format!("{:08x}", chance::unique()));
        let mut run = Run::begin_with(&self.client, &request, log);
        let outcome = run.obtain();
        warnings.append(&mut self.client.take_state_warnings());
        warnings.append(&mut run.log.take_warnings());
        let outcome = match outcome {
            Ok(outcome) => outcome,
            // What stops this request alone, such as a prompt that the program would change.
            Err(failure) if self.client.prepare().is_ok() => {
                let failure = in_line(&failure, line);
                let ended = failed_line(Bad { id: Some(id), extra, failure }, line);
                return Ok(Ended { warnings, ..ended });
            }
            Err(failure) => return Err(failure),
        };
        let report = Report::of(&run, &outcome);
        let (audit_id, entry) = match (&run.shard, &self.client.settings.audit) {
            (Some(shard), Some(log)) => {
                let audit_id = uuid::Uuid::now_v7().to_string();
                let entry = report.entry(&audit_id, cli::clock::now(), log.session.as_str());
                let text = audit::line(&entry, &self.client.redactor)?;
                (Some(audit_id), Some((shard.clone(), text)))
            }
            _ => (None, None),
        };
        warnings.extend(report.advice().map(str::to_owned));
        let told = report.failure();
        let result = BatchResult {
            id: Some(id.value().clone()),
            line,
            outcome: if told.is_some() { Obtained::Failed } else { Obtained::Reviewed },
            review: match &outcome {
                Outcome::Answer(answer) => {
                    Some(Printed(report.envelope(answer, audit_id.as_deref())))
                }
                Outcome::Stopped(_) | Outcome::Cancelled(_) => None,
            },
            class: told.as_ref().map(|told| told.class.clone()),
            failure: told.as_ref().map(|told| told.sentence.clone()),
            retry_at: told.as_ref().and_then(|told| told.retry_at),
            exit: told.as_ref().map_or(0, |told| told.exit.code()),
            audit_id,
            extra,
        };
        let cancelled = matches!(outcome, Outcome::Cancelled(_));
        Ok(Ended { result: (!cancelled).then_some(result), entry, warnings })
    }
}

/// The end of a line that could not be asked.
fn failed_line(bad: Bad, line: u64) -> Ended {
    let Bad { id, extra, failure } = bad;
    let result = BatchResult {
        id: id.map(|id| id.value().clone()),
        line,
        outcome: Obtained::Failed,
        review: None,
        class: Some("request".to_owned()),
        failure: Some(failure.to_string()),
        retry_at: None,
        exit: failure.exit().code(),
        audit_id: None,
        extra,
    };
    Ended { result: Some(result), entry: None, warnings: Vec::new() }
}

/// The same failure with the line that it belongs to.
fn in_line(failure: &Failure, line: u64) -> Failure {
    Failure::new(failure.exit(), format_args!("stdin:{line}"), failure)
}
