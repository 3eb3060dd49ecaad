//! How a run ended, in every form in which it is told: the envelope, the page, the audit entry and
//! the last lines on stderr.

use std::time::Duration;

use cli::{Exit, Page, Tone};
use jiff::Timestamp;
use records::gemini_retry::ReviewEnvelope;
use records::{AuditEntry, Extra, Outcome as Obtained, Stamp, Verdict};
use serde_json::{Value, json};

use crate::answer::facts::Facts;
use crate::answer::judge::Answer;
use crate::call::attempts::{Outcome, Run};
use crate::policy::classify::{Class, classify};
use crate::policy::plan::Stop;
use crate::setup::request::Request;
use crate::setup::settings::Settings;

/// A run that ended, with everything that is told about it.
pub(crate) struct Report<'a> {
    /// How it was asked.
    pub(crate) settings: &'a Settings,
    /// What was asked.
    pub(crate) request: &'a Request,
    /// What came of it.
    pub(crate) outcome: &'a Outcome,
    /// What the last reply said.
    pub(crate) facts: &'a Facts,
    /// The name of the last credential that asked.
    pub(crate) credential: Option<&'a str>,
    /// Whether another one asked before.
    pub(crate) rotated: bool,
    /// Requests that were sent.
    pub(crate) attempts: u32,
    /// How long it took.
    pub(crate) took: Duration,
}

impl<'a> Report<'a> {
    /// The report of `run`, which ended with `outcome`.
    pub(crate) fn of(run: &'a Run<'a>, outcome: &'a Outcome) -> Self {
        Self {
            settings: &run.client.settings,
            request: run.request,
            outcome,
            facts: &run.facts,
            credential: run.last_asked().map(|c| c.name.as_str()),
            rotated: run.rotated(),
            attempts: run.course.attempts,
            took: run.now().elapsed,
        }
    }

    /// The envelope around an answer.
    pub(crate) fn envelope(&self, answer: &Answer, audit_id: Option<&str>) -> ReviewEnvelope {
        let review = review(answer);
        ReviewEnvelope {
            verdict: review.map(|r| r.verdict),
            verdict_word: review.map(|r| r.word.clone()),
            critique: review.map(|r| r.critique.clone()),
            tier_1_issues: review.map(|r| r.tier_1_issues.clone()).unwrap_or_default(),
            response: answer.value(),
            issue_id: self.request.issue,
            node: self.request.node.clone(),
            subject: self.request.prompt.subject.clone(),
            model: self.request.wanted.model.clone(),
            model_verified: self.facts.model.clone(),
            credential_used: self.credential.unwrap_or_default().to_owned(),
            attempts: u64::from(self.attempts),
            rotation_occurred: self.rotated,
            duration_ms: self.millis(),
            usage: self.facts.usage.clone(),
            response_id: self.facts.response_id.clone(),
            audit_id: audit_id.map(str::to_owned),
            extra: Extra::new(),
        }
    }

    /// The audit entry with this id. An outage is never recorded as a verdict.
    pub(crate) fn entry(&self, id: &str, now: Stamp, session: &str) -> AuditEntry {
        let facts = self.facts;
        let review = match self.outcome {
            Outcome::Answer(answer) => review(answer),
            Outcome::Stopped(_) | Outcome::Cancelled(_) => None,
        };
        let failure = self.failure();
        let mut extra = Extra::new();
        if let Some(failure) = &failure {
            extra.insert("failure".into(), failure.sentence.clone().into());
        }
        if let Some(line) = &self.settings.command {
            extra.insert("program".into(), line.name.clone().into());
        }
        let raw = Some(facts.text.clone()).filter(|text| !text.is_empty());
        AuditEntry {
            id: Some(id.to_owned()),
            timestamp: Some(now.to_string()),
            session_id: Some(session.to_owned()),
            project: self.request.project.as_ref().or(self.settings.project.as_ref()).cloned(),
            node: self.request.node.clone(),
            issue_id: self.request.issue,
            verdict: review.map(|r| r.verdict.word().to_owned()),
            outcome: Some(match failure {
                None => Obtained::Reviewed,
                Some(_) => Obtained::Failed,
            }),
            failure_class: failure.map(|f| f.class),
            critique: review.map(|r| r.critique.clone()),
            tier_1_issues: review.map(|r| r.tier_1_issues.clone()).unwrap_or_default(),
            subject: self.request.prompt.subject.clone(),
            model: Some(self.request.wanted.model.clone()),
            model_verified: facts.model.clone(),
            credential_used: self.credential.map(str::to_owned),
            rotation_occurred: Some(self.rotated),
            attempts: Some(u64::from(self.attempts)),
            duration_ms: Some(self.millis()),
            usage: Some(facts.usage.clone()),
            response_id: facts.response_id.clone(),
            raw_response: raw.map_or(Value::Null, Value::from),
            extra,
        }
    }

    /// Why there is no answer; `None` when there is one.
    pub(crate) fn failure(&self) -> Option<Told> {
        let mut story = self.facts.story();
        let class = classify(self.facts).map(|decision| decision.class);
        if matches!(class, Some(Class::Server | Class::Timeout)) && self.request.prompt.is_large() {
            story.push_str("; the prompt is large, and a shorter one may get through");
        }
        Some(match self.outcome {
            Outcome::Answer(_) => return None,
            Outcome::Stopped(stop) => told(stop, &story, self.attempts),
            Outcome::Cancelled(signal) => Told {
                exit: Exit::Later,
                result: "cancelled",
                class: "cancelled".into(),
                retry_at: None,
                sentence: format!("stopped by signal {signal}"),
            },
        })
    }

    /// How a key comes back into use that was refused once.
    pub(crate) fn advice(&self) -> Option<&'static str> {
        let Outcome::Stopped(Stop::AllRetired) = self.outcome else { return None };
        Some(
            "a refused key is not asked again; put in a new one, or `gemini-retry reset NAME` to \
             give the same one another chance",
        )
    }

    fn millis(&self) -> u64 {
        u64::try_from(self.took.as_millis()).unwrap_or(u64::MAX)
    }
}

/// A failure in words.
pub(crate) struct Told {
    /// How the tool ends.
    pub(crate) exit: Exit,
    result: &'static str,
    /// The class, for the audit entry.
    pub(crate) class: String,
    /// When asking again makes sense.
    pub(crate) retry_at: Option<Stamp>,
    /// For people.
    pub(crate) sentence: String,
}

impl Told {
    /// The same for scripts: the last line on stderr.
    pub(crate) fn machine(&self, attempts: u32, audit_id: Option<&str>) -> String {
        json!({
            "result": self.result,
            "class": self.class,
            "retry_at": self.retry_at,
            "attempts": attempts,
            "audit_id": audit_id,
        })
        .to_string()
    }
}

fn told(stop: &Stop, story: &str, attempts: u32) -> Told {
    let of = |class: Class, result, sentence| Told {
        exit: class.exit(),
        result,
        class: class.name().to_owned(),
        retry_at: None,
        sentence,
    };
    // Only where time helps.
    let at = |told: Told, retry_at| {
        let retry_at = (told.exit == Exit::Later).then_some(retry_at);
        Told { retry_at, ..told }
    };
    match stop {
        Stop::Final(class) => of(*class, result_of(*class), format!("{}: {story}", class.name())),
        Stop::Attempts { class, retry_at } => {
            let sentence = format!("{}: gave up after {attempts} attempts: {story}", class.name());
            at(of(*class, "max_attempts", sentence), Stamp::new(*retry_at))
        }
        Stop::Deadline { class, retry_at } => {
            let retry_at = Stamp::new(*retry_at);
            let Some(class) = class else {
                return Told {
                    exit: Exit::Later,
                    result: "deadline",
                    class: "deadline".into(),
                    retry_at: Some(retry_at),
                    sentence: "the deadline is over before anything could be asked".into(),
                };
            };
            let sentence = format!("{}: no answer before the deadline: {story}", class.name());
            at(of(*class, "deadline", sentence), retry_at)
        }
        Stop::Cooling { reason, retry_at } => {
            later(reason, "no credential is free", *retry_at, story, attempts)
        }
        Stop::Overloaded { reason, retry_at } => {
            later(reason, "the model is left alone, and is not asked", *retry_at, story, attempts)
        }
        Stop::AllRetired => {
            let sentence = if attempts > 0 {
                format!("auth: the service refuses every key; the last reply: {story}")
            } else {
                "auth: the service refused every key before; put new ones into the credentials file"
                    .to_owned()
            };
            of(Class::Auth, "no_credentials", sentence)
        }
    }
}

/// Nothing is to be had before `retry_at`.
fn later(reason: &str, what: &str, retry_at: Timestamp, story: &str, attempts: u32) -> Told {
    let retry_at = Stamp::new(retry_at);
    let mut sentence = format!("{reason}: {what} before {retry_at}");
    if attempts > 0 {
        sentence = format!("{sentence}; the last reply: {story}");
    }
    Told {
        exit: Exit::Later,
        result: "later",
        class: reason.to_owned(),
        retry_at: Some(retry_at),
        sentence,
    }
}

fn result_of(class: Class) -> &'static str {
    match class.exit() {
        Exit::Damaged => "unreadable_answer",
        Exit::World => "failed",
        Exit::Later => "later",
        Exit::Usage => "no_credentials",
        Exit::Yes | Exit::No | Exit::CannotRun | Exit::NotFound => "no_answer",
    }
}

fn review(answer: &Answer) -> Option<&crate::answer::verdict::Review> {
    match answer {
        Answer::Review(review) => Some(review),
        Answer::Object(_) | Answer::Text(_) => None,
    }
}

/// How a verdict is meant.
pub(crate) fn tone(verdict: Verdict) -> Tone {
    match verdict {
        Verdict::Approved => Tone::Good,
        Verdict::Revise => Tone::Warn,
        Verdict::Blocked => Tone::Bad,
    }
}

/// The envelope for people.
pub(crate) fn page(envelope: &ReviewEnvelope, page: &mut Page) {
    if let (Some(verdict), Some(word)) = (envelope.verdict, &envelope.verdict_word) {
        let tone = tone(verdict);
        if word == verdict.word() {
            page.line(tone, verdict);
        } else {
            page.line(tone, format_args!("{verdict} ({word})"));
        }
        for issue in &envelope.tier_1_issues {
            page.field("blocking", issue);
        }
    }
    let text = envelope.critique.as_deref().or(envelope.response.as_str());
    for paragraph in text.unwrap_or_default().lines().filter(|line| !line.trim().is_empty()) {
        page.field("critique", paragraph);
    }
    page.field("model", envelope.model_verified.as_deref().unwrap_or("-"));
    page.field("credential", &envelope.credential_used);
    let took = cli::show_duration(Duration::from_millis(envelope.duration_ms));
    page.field("attempts", format_args!("{} in {took}", envelope.attempts));
    if let Some(id) = &envelope.audit_id {
        page.field("audit", id);
    }
}
