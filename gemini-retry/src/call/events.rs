//! What a run writes into its log: the predecessor's event names, with what it left out (duration,
//! credential, size of the prompt) and a few more.

use std::time::Duration;

use jiff::Timestamp;
use records::{Stamp, sha256_hex};
use serde_json::{Value, json};

use crate::call::attempts::{Outcome, Run};
use crate::policy::classify::Class;
use crate::policy::plan::{Consequence, Moment, Stop, Why};
use crate::setup::credentials::Credential;

/// How much of a reply goes into the log when nothing more is tried.
const EXCERPT: usize = 2000;

impl Run<'_> {
    /// The run begins.
    pub(super) fn log_start(&mut self) {
        let (settings, pool) = (&self.client.settings, &self.client.pool);
        let request = self.request;
        let names: Vec<&str> = pool.usable.iter().map(|c| c.name.as_str()).collect();
        let fields = json!({
            "id": request.id,
            "model": request.wanted.model,
            "alias": request.wanted.alias,
            "max_retries": settings.limits.attempts,
            "deadline_s": settings.limits.deadline.as_secs_f64(),
            "no_tools": settings.command.is_none(),
            "program": settings.command.as_ref().map(|line| &line.name),
            "credentials": names,
            "skipped": pool.skipped,
            "prompt_sha256": sha256_hex(request.prompt.text.as_bytes()),
            "prompt_bytes": request.prompt.text.len(),
            "subject": request.prompt.subject,
            "issue": request.issue,
            "node": request.node,
            "session": settings.audit.as_ref().map(|audit| audit.session.as_str()),
        });
        self.event("START", fields);
    }

    /// A request is about to be sent.
    pub(super) fn log_attempt(&mut self, credential: &Credential, rotated: bool) {
        let (model, attempt) = (self.request.wanted.model.as_str(), self.course.attempts);
        self.say(format!("asking {model} with {} (attempt {attempt})", credential.name));
        if rotated {
            self.event("ROTATION_SUCCESS", json!({"model": model, "credential": credential.name}));
        }
        let fields = json!({
            "attempt": attempt,
            "model": model,
            "credential": credential.name,
            "project": credential.project,
            "turn": self.turn,
            "program": self.client.settings.command.as_ref().map(|line| &line.name),
        });
        self.event("ATTEMPT", fields);
    }

    /// Nothing happens until then. The slices of one wait are one event.
    pub(super) fn log_wait(&mut self, until: Timestamp, why: &Why) {
        let class = match why {
            Why::BackOff => self.course.last.map_or("back_off", Class::name),
            Why::Quota(reason) | Why::Model(reason) => reason,
            Why::Busy => "busy",
        };
        let shown = Stamp::new(until);
        if *why == Why::Busy {
            self.say("waiting for other runs to finish their calls".to_owned());
        } else {
            let left = self.now().wall.duration_until(until).unsigned_abs();
            let left = cli::show_duration(Duration::from_secs(left.as_secs()));
            self.say(format!("waiting {left}, until {} ({class})", cli::clock::local(shown)));
        }
        // The end of a back-off is computed anew from each slice and moves by parts of a second.
        let apart = |before: Timestamp| before.duration_until(until).unsigned_abs();
        let same = |before: Timestamp| *why == Why::Busy || apart(before) <= Duration::from_secs(1);
        if !self.announced.as_ref().is_some_and(|(for_what, at)| for_what == why && same(*at)) {
            self.event("WAIT", json!({"until": shown, "error_type": class}));
        }
        self.announced = Some((why.clone(), until));
    }

    /// There is an answer.
    pub(super) fn log_success(&mut self, credential: &Credential, sent: Moment) {
        let fields = json!({
            "attempt": self.course.attempts,
            "model_used": self.facts.model,
            "credential": credential.name,
            "project": credential.project,
            "response_id": self.facts.response_id,
            "usage": self.facts.usage,
            "retirement_time": self.facts.retirement.map(Stamp::new),
            "elapsed_ms": self.since(sent),
        });
        self.event("SUCCESS", fields);
        if let Some(at) = self.facts.retirement {
            let model = self.facts.model.as_deref().unwrap_or_default();
            self.log.warn(format!("{model} will be shut down on {}", Stamp::new(at)));
        }
    }

    /// A request failed, and this follows from it.
    pub(super) fn log_failure(
        &mut self,
        class: Class,
        credential: &Credential,
        consequence: Consequence,
        sent: Moment,
    ) {
        let attempt = self.course.attempts;
        let (facts, error) = (&self.facts, self.facts.error.as_ref());
        let (action, sleep) = match consequence {
            Consequence::Stay(wait) => ("back_off", wait),
            Consequence::Rotate if class == Class::Auth => ("retire", Duration::ZERO),
            Consequence::Rotate => ("rotate", Duration::ZERO),
            Consequence::Elsewhere => ("try_elsewhere", Duration::ZERO),
            Consequence::Stop => ("stop", Duration::ZERO),
        };
        let fields = json!({
            "attempt": attempt,
            "error_type": class.name(),
            "retryable": consequence != Consequence::Stop,
            "message": facts.story(),
            "credential": credential.name,
            "project": credential.project,
            "http": facts.http,
            "program": facts.program.as_ref().map(|program| &program.name),
            "exit_code": facts.program.as_ref().and_then(|program| program.code),
            "status": error.map(|e| e.status.as_str()),
            "reason": error.and_then(|e| e.reasons.first()).map(|r| &r.text),
            "quota_id": error.and_then(|e| e.quota_ids.first()).map(|id| &id.text),
            "retry_delay_s": facts.asked_delay().map(|d| d.as_secs_f64()),
            "action": action,
            "sleep_s": sleep.as_secs_f64(),
            "elapsed_ms": self.since(sent),
            "response_id": facts.response_id,
        });
        self.event("ERROR", fields);
        self.log_particulars(class);
        match consequence {
            Consequence::Stay(wait) => {
                let fields = json!({"attempt": attempt + 1, "delay_s": wait.as_secs_f64()});
                self.event("RETRY_SCHEDULED", fields);
            }
            Consequence::Rotate => {
                let fields = json!({"attempt": attempt, "error_type": class.name()});
                self.event("QUOTA_EXHAUSTED_TRY_ROTATION", fields);
            }
            Consequence::Elsewhere | Consequence::Stop => {}
        }
    }

    /// What only failures of some classes have.
    fn log_particulars(&mut self, class: Class) {
        let (attempt, facts) = (self.course.attempts, &self.facts);
        let (name, fields) = match class {
            Class::ModelMismatch | Class::ModelUnverified => {
                let requested = self.request.wanted.model.as_str();
                let fields =
                    json!({"attempt": attempt, "requested": requested, "actual": facts.model});
                ("MODEL_DOWNGRADE", fields)
            }
            Class::BadVerdict => {
                ("VERDICT_INVALID", json!({"attempt": attempt, "why": facts.verdict_fault}))
            }
            Class::SafetyBlock | Class::AnswerBlocked => {
                let (block, finish) = (&facts.block_reason, &facts.finish);
                let fields = json!({"attempt": attempt, "block_reason": block, "finish": finish});
                ("SAFETY_BLOCK", fields)
            }
            _ => return,
        };
        self.event(name, fields);
    }

    /// A project or an account is left alone until then.
    pub(super) fn log_cooldown(&mut self, class: Class, scope: &str, until: Stamp) {
        let turn = self.turn;
        let fields =
            json!({"scope": scope, "error_type": class.name(), "until": until, "turn": turn});
        self.event("COOLDOWN_SET", fields);
    }

    /// The run is over.
    pub(super) fn log_outcome(&mut self, outcome: &Outcome) {
        let attempt = self.course.attempts;
        let (name, fields) = match outcome {
            // The success itself has said so.
            Outcome::Answer(_) => return,
            Outcome::Cancelled(signal) => {
                ("CANCELLED", json!({"attempt": attempt, "signal": signal}))
            }
            Outcome::Stopped(Stop::Final(class)) => {
                let story = self.facts.story();
                let text = if self.facts.text.is_empty() { &story } else { &self.facts.text };
                let raw: String = text.chars().take(EXCERPT).collect();
                let fields =
                    json!({"attempt": attempt, "error_type": class.name(), "raw_output": raw});
                ("PERMANENT_FAILURE", fields)
            }
            Outcome::Stopped(Stop::Attempts { class, .. }) => {
                ("MAX_RETRIES_EXCEEDED", json!({"attempts": attempt, "error_type": class.name()}))
            }
            Outcome::Stopped(Stop::Deadline { class, retry_at }) => {
                let (class, retry_at) = (class.map(Class::name), Stamp::new(*retry_at));
                let fields =
                    json!({"attempts": attempt, "error_type": class, "retry_at": retry_at});
                ("DEADLINE", fields)
            }
            Outcome::Stopped(Stop::Cooling { reason, retry_at }) => {
                let message = format!("all credentials cool down ({reason})");
                let retry_at = Stamp::new(*retry_at);
                let fields = json!({"attempt": attempt, "message": message, "retry_at": retry_at});
                ("ROTATION_FAILED", fields)
            }
            Outcome::Stopped(Stop::Overloaded { reason, retry_at }) => {
                let message = format!("the model is left alone ({reason})");
                let retry_at = Stamp::new(*retry_at);
                let fields = json!({"attempt": attempt, "message": message, "retry_at": retry_at});
                ("MODEL_OVERLOADED", fields)
            }
            Outcome::Stopped(Stop::AllRetired) => {
                ("ROTATION_FAILED", json!({"attempt": attempt, "message": "every key is dead"}))
            }
        };
        self.event(name, fields);
    }

    fn say(&self, doing: String) {
        if let Some(progress) = &self.progress {
            progress.say(doing);
        }
    }

    fn event(&mut self, name: &str, fields: Value) {
        self.log.event(Stamp::new(self.client.clock.wall()), name, fields);
    }

    /// Milliseconds since a request was sent.
    fn since(&self, sent: Moment) -> u64 {
        let took = self.now().elapsed.saturating_sub(sent.elapsed);
        u64::try_from(took.as_millis()).unwrap_or(u64::MAX)
    }
}
