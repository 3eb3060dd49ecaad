//! The loop around requests: does what [`plan`] says, and remembers what came of it.

use std::time::{Duration, Instant};

use cli::{Failure, Progress};
use jiff::Timestamp;

use crate::answer::facts::{Broken, Exchange, Facts};
use crate::answer::judge::{Answer, judge};
use crate::call::interrupt::{Mailbox, Waited};
use crate::call::request;
use crate::call::transport::Rest;
use crate::logs::audit::Shard;
use crate::logs::run_log::RunLog;
use crate::policy::classify::Class;
use crate::policy::cooldown::{Reach, cooldown};
use crate::policy::plan::{self, Course, Moment, Step, Stop};
use crate::setup::credentials::Credential;
use crate::setup::prompt::Prompt;
use crate::setup::settings::Settings;
use crate::state::store::Store;
use crate::state::{account_scope, model_scope};

/// How much later than its limit a request may end before it is left behind.
const GRACE: Duration = Duration::from_millis(250);

/// A run.
pub(crate) struct Run<'a> {
    /// What was decided before.
    pub(crate) settings: &'a Settings,
    /// What is asked.
    pub(crate) prompt: &'a Prompt,
    /// Who asks.
    pub(crate) pool: &'a [Credential],
    /// What all processes know.
    pub(crate) store: Store,
    /// What happened.
    pub(crate) log: RunLog,
    /// What a person sees meanwhile.
    pub(crate) progress: Option<Progress>,
    /// When it began.
    pub(crate) begun: Instant,
    /// What was learnt.
    pub(crate) course: Course,
    /// What the last reply said.
    pub(crate) facts: Facts,
    /// Who asked, one place in the pool for each request.
    pub(crate) asked: Vec<usize>,
    /// Where the audit entry goes; `None` while nothing was asked, or when none is wanted.
    pub(crate) shard: Option<Shard>,
    /// The wait that was logged last.
    pub(crate) announced: Option<Timestamp>,
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

impl Run<'_> {
    /// Asks until there is an answer or none can be had.
    ///
    /// # Errors
    /// When the audit log or HTTP cannot be prepared; nothing was asked then.
    pub(crate) fn obtain(&mut self) -> Result<Outcome, Failure> {
        let mailbox = Mailbox::open().map_err(|e| Failure::world("cannot catch signals", e))?;
        let mut rest: Option<Rest> = None;
        let outcome = loop {
            match self.decide() {
                Step::Stop(why) => break Outcome::Stopped(why),
                Step::Wait { slice, until } => {
                    self.log_wait(until);
                    if let Some(signal) = mailbox.rest(slice) {
                        break Outcome::Cancelled(signal);
                    }
                }
                Step::Call { place, limit } => {
                    // One that came while something else was done.
                    if let Some(signal) = mailbox.rest(Duration::ZERO) {
                        break Outcome::Cancelled(signal);
                    }
                    let rest = match &rest {
                        Some(rest) => rest.clone(),
                        None => rest.insert(self.prepare()?).clone(),
                    };
                    if let Some(outcome) = self.attempt(&mailbox, rest, place, limit) {
                        break outcome;
                    }
                }
            }
        };
        self.log_outcome(&outcome);
        Ok(outcome)
    }

    /// The credential that asked last.
    pub(crate) fn last_asked(&self) -> Option<&Credential> {
        self.pool.get(*self.asked.last()?)
    }

    /// Whether different credentials asked.
    pub(crate) fn rotated(&self) -> bool {
        self.asked.iter().any(|place| Some(place) != self.asked.last())
    }

    /// Looks at the shared state and decides. Whoever is chosen is marked as used in the same moment,
    /// so that the next process chooses another one.
    fn decide(&mut self) -> Step {
        let now = self.now();
        let (course, pool, settings) = (&self.course, self.pool, self.settings);
        let model = settings.wanted.model.as_str();
        self.store.transact(now.wall, |state| {
            let step = plan::next(course, pool, state, model, &settings.limits, now);
            if let Step::Call { place, .. } = step
                && let Some(credential) = pool.get(place)
            {
                state.used(&credential.name, now.wall);
            }
            step
        })
    }

    /// Everything that must work before a request is worth sending.
    fn prepare(&mut self) -> Result<Rest, Failure> {
        let now = cli::clock::now();
        self.shard = self.settings.audit.as_ref().map(|audit| audit.prepare(now)).transpose()?;
        Rest::new(&self.settings.base_url)
    }

    /// Sends one request. `None` when more may be tried.
    fn attempt(
        &mut self,
        mailbox: &Mailbox,
        rest: Rest,
        place: usize,
        limit: Duration,
    ) -> Option<Outcome> {
        let credential = self.pool.get(place)?;
        self.course.attempts += 1;
        let number = self.course.attempts;
        self.log_attempt(credential, self.asked.last().is_some_and(|last| *last != place));
        self.asked.push(place);
        let sent = self.now();

        let repair = self.course.times(Class::BadVerdict) > 0;
        let body = request::body(&self.prompt.text, self.settings.form, repair).to_string();
        let (model, key) = (self.settings.wanted.model.clone(), credential.key.clone());
        mailbox.run(number, move || rest.generate(&model, &key, body, limit));
        let exchange = match mailbox.reply(number, limit + GRACE) {
            Waited::Done(exchange) => exchange,
            Waited::TimedOut => Exchange::Broken(Broken::TimedOut("no reply in time".into())),
            Waited::Stopped(signal) => return Some(Outcome::Cancelled(signal)),
        };

        let settings = self.settings;
        let (facts, judged) = judge(&exchange, &settings.wanted, settings.form, &self.prompt.text);
        self.facts = facts.cleaned(|text| self.log.redactor().clean(text));
        match judged {
            Ok(answer) => {
                let scopes = credential.scopes(&settings.wanted.model);
                self.store.transact(self.now().wall, |s| s.succeeded(&scopes, sent.wall));
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
        let (facts, run) = (&self.facts, &self.log.run);
        let project = model_scope(&credential.project, &self.settings.wanted.model);
        let cooled = self.store.transact(now.wall, |state| {
            if class == Class::Auth {
                let reason = facts.error.as_ref().and_then(|e| e.reasons.first());
                let detail = reason.map_or("", String::as_str);
                let Credential { name, fingerprint, .. } = credential;
                state.retire(name, fingerprint, class.name(), detail, now.wall);
            }
            let strikes = state.strikes(&project, class.name());
            let (reach, until) = cooldown(class, facts, now.wall, strikes, fastrand::f64())?;
            let scope = match reach {
                Reach::ProjectAndModel => project,
                Reach::Account => account_scope(&credential.billing),
            };
            let until = state.cool(&scope, class.name(), until, run, now.wall);
            Some((scope, until))
        });
        let floor = self.facts.asked_delay();
        let delays = self.settings.delays;
        let consequence =
            self.course.learn(class, place, now.elapsed, floor, delays, fastrand::u64(..));
        self.log_failure(class, credential, consequence, sent);
        if let Some((scope, until)) = cooled {
            self.log_cooldown(class, &scope, until);
        }
    }

    /// Now, on both clocks.
    pub(crate) fn now(&self) -> Moment {
        Moment { wall: cli::clock::now().instant(), elapsed: self.begun.elapsed() }
    }
}
