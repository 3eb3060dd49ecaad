//! `explain`: what a saved reply means, by the very rules that a call follows.

mod saved;

use cli::{Exit, Failure, Out, Page, Tone};
use jiff::Timestamp;
use records::gemini_retry::{
    DecidingField, ExplainedAction, ExplainedCooldown, Explanation, Relation,
};
use records::{Extra, Stamp};

use crate::answer::facts::{Exchange, Facts};
use crate::answer::judge::{Answer, Form, judge};
use crate::answer::model::Wanted;
use crate::policy::backoff::{Delays, bounds};
use crate::policy::classify::{Class, Decision, Ground, classify};
use crate::policy::cooldown::{Reach, cooldown};
use crate::policy::plan::{Patience, patience};
use crate::policy::why::why;
use crate::setup::commands::ExplainArgs;
use crate::setup::redact::Redactor;
use crate::setup::request::form;
use saved::Saved;

const ACCEPTED: &str = "a complete answer of the right model, and exactly what was asked for";
/// How much of a deciding value is shown, in characters.
const LONGEST_VALUE: usize = 300;

/// Explains the reply in a file.
pub(crate) fn run(args: &ExplainArgs, out: &mut Out) -> Result<Exit, Failure> {
    let wanted = Wanted::new(&args.model, args.accept_model.clone())
        .map_err(|why| Failure::usage("--model", why))?;
    let saved = Saved::read(&args.file, args.http, args.retry_after)?;
    let explanation = explain(saved, &wanted, &form(&args.schema)?, cli::clock::now().instant());
    out.print(&explanation, page)?;
    Ok(Exit::Yes)
}

/// The explanation of a reply, at `now`. Pure.
fn explain(saved: Saved, wanted: &Wanted, form: &Form, now: Timestamp) -> Explanation {
    let Saved { http, http_from, retry_after, body } = saved;
    let exchange = Exchange::Reply { http, retry_after, body };
    // No prompt is known, so an answer that repeats an object of it is not noticed.
    let (facts, judged) = judge(&exchange, wanted, form, "");
    // The keys of this user are not known here; what has the form of a key goes.
    let redactor = Redactor::default();
    let facts = facts.cleaned(|text| redactor.clean(text));
    let decision = classify(&facts);
    let class = decision.as_ref().map(|decision| decision.class);
    let review = match &judged {
        Ok(Answer::Review(review)) => Some(review),
        Ok(Answer::Object(_) | Answer::Text(_)) | Err(_) => None,
    };
    let clean = |text: &String| redactor.clean(text);
    let next = Next::after(class, &facts);
    Explanation {
        class: class.map(|class| class.name().to_owned()),
        row: decision.as_ref().map(|decision| decision.row),
        decided_by: decision.as_ref().and_then(|decision| field(decision, &redactor)),
        why: class.map_or(ACCEPTED, why).into(),
        action: next.action,
        wait_s: next.wait.map(|(least, _)| least.as_secs_f64()),
        wait_most_s: next.wait.map(|(_, most)| most.as_secs_f64()),
        retries: next.retries,
        retries_elsewhere: next.elsewhere,
        cools: class.and_then(|class| cools(class, &facts, now)),
        exit: class.map_or(Exit::Yes, Class::exit).code(),
        http,
        http_from,
        finish: facts.finish.as_ref().map(clean),
        model: wanted.model.clone(),
        model_served: facts.model.as_ref().map(clean),
        verdict: review.map(|review| review.verdict),
        verdict_word: review.map(|review| clean(&review.word)),
        extra: Extra::new(),
    }
}

/// What follows from a class that is met for the first time.
struct Next {
    action: ExplainedAction,
    wait: Option<(std::time::Duration, std::time::Duration)>,
    retries: Option<u32>,
    elsewhere: Option<u32>,
}

impl Next {
    fn after(class: Option<Class>, facts: &Facts) -> Self {
        let ends = |action| Self { action, wait: None, retries: Some(0), elsewhere: Some(0) };
        let Some(class) = class else { return ends(ExplainedAction::Accept) };
        let Some(Patience { again, elsewhere }) = patience(class) else {
            let action = match class {
                Class::Auth => ExplainedAction::Retire,
                _ => ExplainedAction::Rotate,
            };
            return Self { elsewhere: None, ..ends(action) };
        };
        if again == 0 {
            let action =
                if elsewhere > 0 { ExplainedAction::Rotate } else { ExplainedAction::Fail };
            return Self { elsewhere: Some(elsewhere), ..ends(action) };
        }
        let wait = bounds(Delays::default(), class, facts.asked_delay());
        let at_once = wait.1.is_zero();
        let action = if at_once { ExplainedAction::AskAgain } else { ExplainedAction::BackOff };
        let retries = (again != u32::MAX).then_some(again);
        Self { action, wait: Some(wait), retries, elsewhere: Some(elsewhere) }
    }
}

/// What would be left alone after the first refusal of this class.
fn cools(class: Class, facts: &Facts, now: Timestamp) -> Option<ExplainedCooldown> {
    if class == Class::Auth {
        return Some(ExplainedCooldown { what: "key".into(), until: None, until_latest: None });
    }
    let (reach, until) = cooldown(class, facts, now, 0, 0.0)?;
    let (_, latest) = cooldown(class, facts, now, 0, 1.0)?;
    let what = match reach {
        Reach::ProjectAndModel => "project_and_model",
        Reach::Account => "account",
    };
    Some(ExplainedCooldown {
        what: what.into(),
        until: Some(Stamp::new(until)),
        until_latest: Some(Stamp::new(latest)),
    })
}

/// What decided, as it is shown.
fn field(decision: &Decision, redactor: &Redactor) -> Option<DecidingField> {
    let (path, relation, value) = match decision.ground.as_ref()? {
        Ground::Http(status) => ("HTTP status".into(), Relation::Is, Some(status.to_string())),
        Ground::RetryAfter(wait) => {
            ("Retry-After".into(), Relation::Is, Some(format!("{}s", wait.as_secs())))
        }
        Ground::Field(found) => (found.at.clone(), Relation::Is, Some(found.text.clone())),
        Ground::Words(found) => (found.at.clone(), Relation::Has, Some(found.text.clone())),
        Ground::Lacks(at) => (at.clone(), Relation::Lacks, None),
        Ground::Body => ("body".into(), Relation::Unreadable, None),
    };
    let cut = |text: String| redactor.clean(&text).chars().take(LONGEST_VALUE).collect();
    Some(DecidingField { path, relation, value: value.map(cut) })
}

/// The explanation for people.
fn page(explanation: &Explanation, page: &mut Page) {
    match (&explanation.class, explanation.row) {
        (Some(class), Some(row)) => {
            page.line(Tone::Strong, format_args!("{class} (row {row} of the decision table)"));
        }
        _ => match (explanation.verdict, &explanation.verdict_word) {
            (Some(verdict), Some(word)) => {
                page.line(Tone::Good, format_args!("an answer: {verdict} ({word})"));
            }
            _ => page.line(Tone::Good, "an answer"),
        },
    }
    if let Some(DecidingField { path, relation, value }) = &explanation.decided_by {
        let value = value.as_deref().unwrap_or_default();
        page.field(
            "decided by",
            match relation {
                Relation::Is => format!("{path} = {value}"),
                Relation::Has => format!("{path} has \"{value}\""),
                Relation::Lacks => format!("{path} is absent or empty"),
                Relation::Unreadable => format!("the {path} is no JSON object that could be read"),
            },
        );
    }
    page.field("why", &explanation.why);
    page.field("then", then(explanation));
    if let Some(cools) = &explanation.cools {
        page.field("left alone", left_alone(cools));
    }
    page.field("exit", format_args!("{} when this is the last word", explanation.exit));
    page.field("HTTP", format_args!("{} ({})", explanation.http, source(explanation)));
    if let Some(finish) = &explanation.finish {
        page.field("finish", finish);
    }
    if let Some(served) = &explanation.model_served {
        page.field("model", format_args!("{served}, asked for {}", explanation.model));
    }
}

fn then(explanation: &Explanation) -> String {
    let retries = match explanation.retries {
        None => "until the deadline".to_owned(),
        Some(1) => "once".to_owned(),
        Some(times) => format!("at most {times} times"),
    };
    let elsewhere = match explanation.retries_elsewhere {
        Some(1..) => ", then with another credential",
        _ => "",
    };
    match explanation.action {
        ExplainedAction::Accept => "the answer is printed".into(),
        ExplainedAction::BackOff => {
            let (least, most) = (explanation.wait_s, explanation.wait_most_s);
            let (least, most) = (least.unwrap_or_default(), most.unwrap_or_default());
            format!("wait {least:.1} to {most:.1} s and ask again, {retries}{elsewhere}")
        }
        ExplainedAction::AskAgain => format!("ask again at once, {retries}{elsewhere}"),
        ExplainedAction::Rotate if explanation.retries_elsewhere.is_some() => {
            "ask with a credential of another project at once, if there is one".into()
        }
        ExplainedAction::Rotate => "ask with the next credential at once".into(),
        ExplainedAction::Retire => "retire the key and ask with the next credential at once".into(),
        ExplainedAction::Fail => "the call ends".into(),
    }
}

fn left_alone(cools: &ExplainedCooldown) -> String {
    let what = match cools.what.as_str() {
        "key" => return "the key, until another one stands under its name".into(),
        "account" => "everything that the account pays for",
        _ => "this model for all keys of the project",
    };
    let local = |at: Option<Stamp>| at.map(cli::clock::local).unwrap_or_default();
    let (first, last) = (local(cools.until), local(cools.until_latest));
    if first == last {
        format!("{what}, until {first}")
    } else {
        format!("{what}, until {first} to {last}")
    }
}

fn source(explanation: &Explanation) -> &'static str {
    use records::gemini_retry::StatusSource;
    match explanation.http_from {
        StatusSource::Flag => "as given",
        StatusSource::File => "from the file",
        StatusSource::Body => "from the error in the body",
        StatusSource::Assumed => "assumed, because nothing says it; see --http",
    }
}

#[cfg(test)]
mod tests;
