//! The loop around requests: does what [`plan`] says, and remembers what came of it.

use std::sync::Arc;
use std::time::Duration;

use cli::{Failure, Progress};
use jiff::Timestamp;

use crate::answer::facts::{Broken, Exchange, Facts};
use crate::answer::judge::{Answer, judge};
use crate::call::body::Mend;
use crate::call::cancel::Cancel;
use crate::call::client::Client;
use crate::call::interrupt::{Mailbox, Waited};
use crate::call::transport::{Sending, Transport};
use crate::logs::audit::Shard;
use crate::logs::run_log::RunLog;
use crate::policy::classify::Class;
use crate::policy::cooldown::{Reach, cooldown};
use crate::policy::plan::{self, Course, Moment, Step, Stop, Why};
use crate::setup::chance;
use crate::setup::credentials::{Access, Asker, Credential};
use crate::setup::expansion;
use crate::setup::request::Request;
use crate::state::breaker::Failed;
use crate::state::in_flight::Lease;
use crate::state::{account_scope, model_scope};

/// How much later than its limit a request may end before it is left behind.
const GRACE: Duration = Duration::from_millis(250);

/// One request on its way to an answer.
pub(crate) struct Run<'a> {
    /// What all requests share.
    pub(crate) client: &'a Client,
    /// What is asked.
    pub(crate) request: &'a Request,
    /// What happened.
    pub(crate) log: RunLog,
    /// What a person sees meanwhile.
    pub(crate) progress: Option<Progress>,
    /// When it began, by the client's clock.
    pub(crate) begun: Duration,
    /// What was learnt.
    pub(crate) course: Course,
    /// What the last reply said.
    pub(crate) facts: Facts,
    /// Who asked, one place in the pool for each request.
    pub(crate) asked: Vec<usize>,
    /// Where the audit entry goes; `None` while nothing was asked, or when none is wanted.
    pub(crate) shard: Option<Shard>,
    /// Whether a call of this run is in flight, as others see it.
    leased: bool,
    /// The number that the shared state gave to the last change of this run: it tells which of two
    /// changes by different processes came first.
    pub(crate) turn: u64,
    /// The wait that was logged last.
    pub(crate) announced: Option<(Why, Timestamp)>,
}

/// An answer, or why there is none.
pub(crate) enum Outcome {
    /// A verified answer.
    Answer(Answer),
    /// No answer.
    Stopped(Stop),
    /// A signal.
    Cancelled(i32),
}

impl<'a> Run<'a> {
    /// A run that has asked nothing yet.
    pub(crate) fn begin(client: &'a Client, request: &'a Request) -> Self {
        chance::stir();
        Self::begin_with(client, request, client.log())
    }

    /// The same, with a log that was begun before.
    pub(crate) fn begin_with(client: &'a Client, request: &'a Request, log: RunLog) -> Self {
        let mut run = Self {
            client,
            request,
            log,
            progress: None,
            begun: client.clock.elapsed(),
            course: Course::default(),
            facts: Facts::default(),
            asked: Vec::new(),
            shard: None,
            leased: false,
            turn: 0,
            announced: None,
        };
        run.log_start();
        run
    }

    /// Asks until there is an answer or none can be had.
    ///
    /// # Errors
    /// When the audit log or HTTP cannot be prepared, or the program would change the prompt; nothing
    /// was asked then.
    pub(crate) fn obtain(&mut self) -> Result<Outcome, Failure> {
        if self.client.settings.asker() == Asker::Gemini {
            expansion::check(&self.request.prompt.text, &self.request.form)?;
        }
        let outcome = self.pursue();
        if self.leased {
            // Cancelled, or not even sent.
            let run = &self.log.run;
            self.client.transact(|state| state.live.give_back(run));
        }
        let outcome = outcome?;
        self.log_outcome(&outcome);
        Ok(outcome)
    }

    fn pursue(&mut self) -> Result<Outcome, Failure> {
        if !self.pool().iter().any(|credential| credential.serves(self.model())) {
            let what = format!("no credential may be used for {}", self.model());
            return Err(Failure::usage(what, "their 'models' name others")
                .hint(format!("see {}", self.client.settings.files.credentials.display())));
        }
        let mailbox = self.client.signals.mailbox();
        loop {
            match self.decide() {
                Step::Stop(why) => return Ok(Outcome::Stopped(why)),
                Step::Wait { slice, until, why } => {
                    self.log_wait(until, &why);
                    // Never longer than planned, and not all at once.
                    let slice = match why {
                        Why::Busy => slice.mul_f64(0.5 + fastrand::f64() / 2.0),
                        Why::BackOff | Why::Quota(_) | Why::Model(_) => slice,
                    };
                    let begun = self.now().elapsed;
                    if let Some(signal) = self.client.clock.rest(&mailbox, slice) {
                        return Ok(Outcome::Cancelled(signal));
                    }
                    self.course.has_waited(&why, self.now().elapsed.saturating_sub(begun));
                }
                Step::Call { place, limit, .. } => {
                    // One that came while something else was done.
                    if let Some(signal) = mailbox.rest(Duration::ZERO) {
                        return Ok(Outcome::Cancelled(signal));
                    }
                    let prepared = self.client.prepare()?;
                    self.shard = prepared.shard;
                    if let Some(outcome) = self.attempt(&mailbox, prepared.transport, place, limit)
                    {
                        return Ok(outcome);
                    }
                }
            }
        }
    }

    /// The credential that asked last.
    pub(crate) fn last_asked(&self) -> Option<&'a Credential> {
        self.pool().get(*self.asked.last()?)
    }

    /// Whether different credentials asked.
    pub(crate) fn rotated(&self) -> bool {
        self.asked.iter().any(|place| Some(place) != self.asked.last())
    }

    /// Looks at the shared state and decides. Whoever is chosen takes a lease in the same moment, so
    /// that the next process sees it.
    fn decide(&mut self) -> Step {
        let (course, pool, limits) = (&self.course, self.pool(), &self.client.settings.limits);
        let (model, run) = (self.model(), &self.log.run);
        let (step, turn) = self.client.transact(|state| {
            // The time may have passed while others were waited for.
            let now = self.now();
            let step = plan::next(course, pool, state, model, limits, now);
            if let Step::Call { place, limit, probe } = step
                && let Some(credential) = pool.get(place)
            {
                let lease = Lease::new(run, now.wall, limit).of(credential, model, probe);
                state.live.take(lease);
            }
            (step, state.live.rev + 1)
        });
        self.turn = turn;
        self.leased = matches!(step, Step::Call { .. });
        step
    }

    /// Sends one request. `None` when more may be tried.
    fn attempt(
        &mut self,
        mailbox: &Mailbox,
        transport: Transport,
        place: usize,
        limit: Duration,
    ) -> Option<Outcome> {
        let credential = self.pool().get(place)?;
        self.course.attempts += 1;
        let number = self.course.attempts;
        self.log_attempt(credential, self.asked.last().is_some_and(|last| *last != place));
        self.asked.push(place);
        let sent = self.now();

        let mend = Mend {
            repair: self.course.times(Class::BadVerdict) > 0,
            think_less: self.course.times(Class::Truncated) > 0,
        };
        let request = self.request;
        let cancel = Cancel::default();
        let sending = Sending {
            model: request.wanted.model.clone(),
            access: credential.access.clone(),
            prompt: Arc::clone(&request.prompt.text),
            form: request.form.clone(),
            mend,
            cancel: cancel.clone(),
        };
        let farewell = transport.farewell();
        mailbox.run(number, move || transport.send(&sending, limit));
        let waited = mailbox.reply(number, limit + GRACE);
        if let (Waited::TimedOut | Waited::Stopped(_), Some(farewell)) = (&waited, farewell) {
            // The program must be gone before this one is. Another signal ends the wait.
            cancel.ask();
            mailbox.reply(number, farewell);
        }
        let exchange = match waited {
            Waited::Done(exchange) => exchange,
            Waited::TimedOut => Exchange::Broken(Broken::TimedOut("no reply in time".into())),
            Waited::Stopped(signal) => return Some(Outcome::Cancelled(signal)),
        };

        let (facts, judged) =
            judge(&exchange, &request.wanted, &request.form, &request.prompt.text);
        self.facts = facts.cleaned(|text| self.log.redactor().clean(text));
        match judged {
            Ok(answer) => {
                let scopes = credential.scopes(&request.wanted.model);
                let (model, run) = (self.model(), &self.log.run);
                self.client.transact(|state| {
                    state.succeeded(&scopes, sent.wall);
                    state.model_answered(model, sent.wall);
                    state.live.give_back(run);
                });
                self.leased = false;
                self.log_success(credential, sent);
                Some(Outcome::Answer(answer))
            }
            Err(class) => {
                self.learn(class, place, credential, sent);
                None
            }
        }
    }

    /// Remembers a failure: in the shared state what concerns others, in the course what follows.
    fn learn(&mut self, class: Class, place: usize, credential: &Credential, sent: Moment) {
        let now = self.now();
        let (facts, run, model) = (&self.facts, &self.log.run, self.model());
        let (floor, delays) = (facts.asked_delay(), self.client.settings.delays);
        let failed = Failed { class, begun: sent.wall, now: now.wall, floor, run };
        let project = model_scope(&credential.project, model);
        // A program that cannot be run, or hangs, says nothing about the model that others ask.
        let tells_of_model =
            self.client.settings.command.is_none() || class == Class::Capacity || class.is_answer();
        let (cooled, turn) = self.client.transact(|state| {
            let turn = state.live.rev + 1;
            state.live.give_back(run);
            if tells_of_model {
                state.model_failed(model, failed, delays, fastrand::u64(..));
            }
            if class.is_answer() {
                state.succeeded(&credential.scopes(model), sent.wall);
            }
            if class == Class::Auth && credential.access.key().is_some() {
                let reason = facts.error.as_ref().and_then(|e| e.reasons.first());
                let detail = reason.map_or("", |reason| reason.text.as_str());
                let Credential { name, fingerprint, .. } = credential;
                state.retire(name, fingerprint, class.name(), detail, now.wall);
            }
            let strikes = state.strikes(&project, class.name());
            let cooled = cooldown(class, facts, now.wall, strikes, fastrand::f64());
            let cooled = cooled.map(|(reach, until)| {
                let scope = match reach {
                    Reach::ProjectAndModel => project,
                    Reach::Account => account_scope(&credential.billing),
                };
                let until = state.cool(&scope, class.name(), until, run, now.wall);
                (scope, until)
            });
            (cooled, turn)
        });
        self.turn = turn;
        self.leased = false;
        let consequence =
            self.course.learn(class, place, now.elapsed, floor, delays, fastrand::u64(..));
        let is_login = matches!(credential.access, Access::Login { .. });
        let consequence = if class == Class::Auth && is_login {
            // Whoever logs in again can go on at once, so nothing is remembered beyond this run.
            self.course.leave(place)
        } else {
            consequence
        };
        self.log_failure(class, credential, consequence, sent);
        if let Some((scope, until)) = cooled {
            self.log_cooldown(class, &scope, until);
        }
    }

    /// Now, on both clocks.
    pub(crate) fn now(&self) -> Moment {
        self.client.clock.moment(self.begun)
    }

    /// Who may ask.
    fn pool(&self) -> &'a [Credential] {
        &self.client.pool.usable
    }

    /// Which model is asked.
    fn model(&self) -> &'a str {
        &self.request.wanted.model
    }
}
