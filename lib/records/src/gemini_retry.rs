//! What `gemini-retry` prints.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::formats::noun;
use crate::{Extra, Format, IssueNumber, Noun, Outcome, Printed, Stamp, Subject, Usage, Verdict};

/// A verified answer. Printed only when there is one: a failed call leaves stdout empty.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ReviewEnvelope {
    /// The verdict in the words of this workspace; `null` when no verdict schema was asked for.
    pub verdict: Option<Verdict>,
    /// The model's own word for it, such as `BLOCK` or `DISCUSS`.
    pub verdict_word: Option<String>,
    /// The reviewer's reasons.
    pub critique: Option<String>,
    /// Blocking findings, one text each.
    pub tier_1_issues: Vec<String>,
    /// The model's answer: its own object, or its text when no schema was asked for.
    pub response: Value,
    /// The issue that the review belongs to.
    pub issue_id: Option<IssueNumber>,
    /// What was reviewed: `review_lld`, `review_implementation`, ….
    pub node: Option<String>,
    /// What was reviewed, by digest; `null` when the prompt names no subject.
    pub subject: Option<Subject>,
    /// The model that was asked for.
    pub model: String,
    /// The model that answered, as the service named it.
    pub model_verified: Option<String>,
    /// The name of the credential that was used.
    pub credential_used: String,
    /// Requests that were sent.
    pub attempts: u64,
    /// Whether another credential was tried before.
    pub rotation_occurred: bool,
    /// Wall time of the whole call in milliseconds.
    pub duration_ms: u64,
    /// Tokens, as the service counted them.
    pub usage: Usage,
    /// The service's own id of the answer.
    pub response_id: Option<String>,
    /// Id of the audit entry; `null` with `--no-audit`.
    pub audit_id: Option<String>,
    /// Keys of other versions.
    #[serde(flatten)]
    pub extra: Extra,
}

impl Noun for ReviewEnvelope {
    const SCHEMA: &'static str = "gemini-retry.review/1";
}

/// What came of one request of a batch. Results come as they finish, in no fixed order. Keys of the
/// request that mean nothing to the tool stand beside these as they came.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BatchResult {
    /// The caller's name for the request, a text or a number; the number of its line when the request
    /// has none; `null` when it could not be read.
    pub id: Option<Value>,
    /// The line of the request on stdin, from 1.
    pub line: u64,
    /// Whether there is an answer.
    pub outcome: Outcome,
    /// The answer, as a call by itself prints it; `null` when there is none.
    pub review: Option<Printed<ReviewEnvelope>>,
    /// For a failure, its class, such as `quota_day`; `request` when the line could not be asked.
    pub class: Option<String>,
    /// For a failure, why, in one sentence.
    pub failure: Option<String>,
    /// When asking again makes sense; `null` where time does not help.
    pub retry_at: Option<Stamp>,
    /// The exit code that a call by itself would have had; 0 for an answer.
    pub exit: u8,
    /// Id of the audit entry; `null` when there is none.
    pub audit_id: Option<String>,
    /// The caller's own keys.
    #[serde(flatten)]
    pub extra: Extra,
}

impl Noun for BatchResult {
    const SCHEMA: &'static str = "gemini-retry.result/1";
}

/// What a saved reply means, and what a call would do next.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Explanation {
    /// The class, such as `quota_day`; `null` when the reply is an answer that is accepted.
    pub class: Option<String>,
    /// The row of the decision table, from 1 to 25; `null` for an accepted answer.
    pub row: Option<u8>,
    /// What in the reply decided; `null` for an accepted answer.
    pub decided_by: Option<DecidingField>,
    /// One sentence about the class and what follows.
    pub why: String,
    /// What follows: `accept`, `back_off`, `ask_again`, `rotate`, `retire` or `fail`.
    pub action: ExplainedAction,
    /// The shortest wait before the next request, in seconds; `null` when none follows.
    pub wait_s: Option<f64>,
    /// The longest wait before the next request, in seconds; `null` when none follows.
    pub wait_most_s: Option<f64>,
    /// How often the same credential is asked again; `null` when only the deadline is the bound.
    pub retries: Option<u32>,
    /// How often other credentials are asked after that; `null` when all that are free are.
    pub retries_elsewhere: Option<u32>,
    /// What would be left alone, and until when; `null` when nothing.
    pub cools: Option<ExplainedCooldown>,
    /// The exit status of a call for which this was the last word.
    pub exit: u8,
    /// The HTTP status that was assumed or read.
    pub http: u16,
    /// Where the status comes from.
    pub http_from: StatusSource,
    /// Why the answer ended, such as `STOP`.
    pub finish: Option<String>,
    /// The model that was asked.
    pub model: String,
    /// The model that answered, as the service named it.
    pub model_served: Option<String>,
    /// The verdict of an accepted answer.
    pub verdict: Option<Verdict>,
    /// The model's own word for it.
    pub verdict_word: Option<String>,
    /// Keys of other versions.
    #[serde(flatten)]
    pub extra: Extra,
}

/// The part of a reply that decided.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DecidingField {
    /// Its place: a path as `jq` writes it, `body`, or the name of a header or `HTTP status`.
    pub path: String,
    /// How it decided.
    pub relation: Relation,
    /// The value, or the words in it that count; keys are taken out. `null` for what is absent.
    pub value: Option<String>,
}

/// How a field decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Relation {
    /// It has this value.
    Is,
    /// It has these words in it.
    Has,
    /// It is absent or empty.
    Lacks,
    /// It cannot be read.
    Unreadable,
}

/// What follows from a reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ExplainedAction {
    /// The answer is printed.
    Accept,
    /// The same credential asks again after a wait.
    BackOff,
    /// The same credential asks again at once.
    AskAgain,
    /// The next credential asks; `cools` says what is left alone meanwhile.
    Rotate,
    /// The key is never asked again, and the next one asks.
    Retire,
    /// The call ends.
    Fail,
}

/// Where the status of a saved reply comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum StatusSource {
    /// `--http`.
    Flag,
    /// The head or the `http` key in the file.
    File,
    /// The error in the body.
    Body,
    /// Nothing says it.
    Assumed,
}

/// What a refusal leaves alone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ExplainedCooldown {
    /// `project_and_model`, `account`, or `key` for a key that is retired.
    pub what: String,
    /// When it may be asked again at the earliest; `null` for a retired key.
    pub until: Option<Stamp>,
    /// When at the latest: some chance keeps processes apart.
    pub until_latest: Option<Stamp>,
}

impl Noun for Explanation {
    const SCHEMA: &'static str = "gemini-retry.explanation/1";
}

/// A credential and how it fares.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
pub struct CredentialStatus {
    /// Its name.
    pub name: String,
    /// Its project; `null` for one that is left out.
    pub project: Option<String>,
    /// Who pays; `null` for one that is left out.
    pub billing: Option<String>,
    /// The model that `state` is about.
    pub model: String,
    /// Whether it may be asked now.
    pub state: CredentialState,
    /// Why not: a class such as `quota_day`, the reason that the service gave for a dead key, or why
    /// it is left out.
    pub reason: Option<String>,
    /// When a cooling one is free again.
    pub until: Option<Stamp>,
    /// When a dead key was refused.
    pub since: Option<Stamp>,
    /// How many cool-downs of this reason came one after another.
    pub strikes: u32,
    /// Calls that are being made with it.
    pub in_flight: usize,
    /// When it was chosen last.
    pub last_used: Option<Stamp>,
    /// Every cool-down that holds for its project or its account.
    pub cooldowns: Vec<HeldCooldown>,
    /// Keys of other versions.
    #[serde(flatten)]
    pub extra: Extra,
}

/// Whether a credential may be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CredentialState {
    /// It may be asked now.
    #[default]
    Free,
    /// It is left alone for a while.
    Cooling,
    /// The service refused the key for good.
    Dead,
    /// It is disabled, or there is nothing in it that could be sent.
    Skipped,
}

/// A cool-down that holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct HeldCooldown {
    /// What it is about, as the state names it.
    pub scope: String,
    /// The model; `null` for everything that an account pays for.
    pub model: Option<String>,
    /// The class of the refusal that caused it.
    pub reason: String,
    /// When it ends.
    pub until: Stamp,
    /// When it was set.
    pub set_at: Stamp,
    /// How many of this reason came one after another.
    pub strikes: u32,
    /// Keys of other versions.
    #[serde(flatten)]
    pub extra: Extra,
}

/// A model that was overloaded.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ModelStatus {
    /// The model.
    pub model: String,
    /// Whether it may be called.
    pub state: ModelState,
    /// The class of the failure that was last.
    pub reason: String,
    /// Until when nobody calls it.
    pub until: Stamp,
    /// When the last failure was.
    pub set_at: Stamp,
    /// How many failures in a row the wait has grown with.
    pub strikes: u32,
    /// Keys of other versions.
    #[serde(flatten)]
    pub extra: Extra,
}

/// Whether a model that was overloaded may be called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ModelState {
    /// By nobody.
    Resting,
    /// By one run at a time, until it answers.
    Probing,
}

impl Noun for ModelStatus {
    const SCHEMA: &'static str = "gemini-retry.model/1";
}

/// Something that `reset` forgot.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ForgottenFact {
    /// `cooldown`, `breaker` for a model that rests, or `death` for a dead key.
    pub what: String,
    /// The credential whose key was dead.
    pub credential: Option<String>,
    /// The project that cooled down.
    pub project: Option<String>,
    /// The model that it cooled down for.
    pub model: Option<String>,
    /// The account that cooled down.
    pub billing: Option<String>,
    /// The class of the refusal that caused it.
    pub reason: String,
    /// When the cool-down would have ended.
    pub until: Option<Stamp>,
    /// Keys of other versions.
    #[serde(flatten)]
    pub extra: Extra,
}

impl Noun for CredentialStatus {
    const SCHEMA: &'static str = "gemini-retry.credential/1";
}

impl Noun for ForgottenFact {
    const SCHEMA: &'static str = "gemini-retry.forgotten/1";
}

/// What the service says about a key.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct KeyCheck {
    /// The credential's name.
    pub name: String,
    /// Its project.
    pub project: String,
    /// Tells two keys apart without showing either.
    pub fingerprint: String,
    /// Whether the service takes the key. One that works may still have no quota.
    pub result: KeyResult,
    /// The class of the refusal or failure; `null` for a key that works.
    pub class: Option<String>,
    /// The same in words.
    pub why: Option<String>,
    /// The HTTP status; `null` when nothing came back.
    pub http: Option<u16>,
    /// The model that was looked for.
    pub model: String,
    /// Whether the list has it; `null` when that is not known.
    pub model_listed: Option<bool>,
    /// What all processes know differently now.
    pub change: Option<KeyChange>,
    /// Keys of other versions.
    #[serde(flatten)]
    pub extra: Extra,
}

/// Whether the service takes a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum KeyResult {
    /// It does.
    Works,
    /// It refuses the key for good.
    Dead,
    /// It cannot be told.
    Unknown,
}

/// What a check changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum KeyChange {
    /// The key is not asked with any more.
    Retired,
    /// The key is asked with again.
    Revived,
}

impl Noun for KeyCheck {
    const SCHEMA: &'static str = "gemini-retry.check/1";
}

/// A credential as the file has it, without its key.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
pub struct KeyEntry {
    /// Its name.
    pub name: String,
    /// `api_key` or `oauth`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Its project; `null` when the file says nothing, and its name counts.
    pub project: Option<String>,
    /// Who pays; `null` when the file says nothing, and the project counts.
    pub billing: Option<String>,
    /// Whether it may be used.
    pub enabled: bool,
    /// Where its key comes from.
    pub source: KeySource,
    /// The environment variable that holds the key.
    pub variable: Option<String>,
    /// Tells two keys apart without showing either; `null` when there is no key at the moment.
    pub fingerprint: Option<String>,
    /// Keys of other versions.
    #[serde(flatten)]
    pub extra: Extra,
}

/// Where a key comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum KeySource {
    /// It stands in the file.
    Key,
    /// The file names a variable.
    KeyEnv,
    /// The file names a command.
    KeyCmd,
    /// The variable `GEMINI_API_KEY`, without any entry in the file.
    Environment,
    /// There is none.
    #[default]
    None,
}

/// A change of the credentials file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct KeysChanged {
    /// What was done.
    pub change: KeysChange,
    /// The credential.
    pub name: String,
    /// Tells its key from others; `null` when the file has only the name of a variable, or a
    /// command.
    pub fingerprint: Option<String>,
    /// The names of all credentials that the file has now.
    pub remaining: Vec<String>,
    /// Keys of other versions.
    #[serde(flatten)]
    pub extra: Extra,
}

/// What was done with a credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum KeysChange {
    /// It was added.
    Added,
    /// It was removed.
    Removed,
}

impl Noun for KeyEntry {
    const SCHEMA: &'static str = "gemini-retry.key/1";
}

impl Noun for KeysChanged {
    const SCHEMA: &'static str = "gemini-retry.keys-changed/1";
}

pub(crate) fn formats() -> Vec<Format> {
    vec![
        noun::<ReviewEnvelope>(),
        noun::<BatchResult>(),
        noun::<Explanation>(),
        noun::<CredentialStatus>(),
        noun::<ModelStatus>(),
        noun::<ForgottenFact>(),
        noun::<KeyCheck>(),
        noun::<KeyEntry>(),
        noun::<KeysChanged>(),
    ]
}
