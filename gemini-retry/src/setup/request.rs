//! What is asked: the prompt, the model, and what the answer must be.

use std::sync::Arc;

use cli::Failure;
use records::IssueNumber;
use serde_json::Value;

use crate::answer::judge::Form;
use crate::answer::model::Wanted;
use crate::setup::args::{AskArgs, CallArgs, Schema};
use crate::setup::prompt::{self, Bounds, Prompt, Source};
use crate::setup::schema;

/// One request for a review.
#[derive(Debug)]
pub(crate) struct Request {
    /// The caller's own name for it, in a batch.
    pub(crate) id: Option<Value>,
    /// What is sent.
    pub(crate) prompt: Prompt,
    /// The model.
    pub(crate) wanted: Wanted,
    /// What the answer must be.
    pub(crate) form: Form,
    /// For the audit entry.
    pub(crate) issue: Option<IssueNumber>,
    /// For the audit entry.
    pub(crate) node: Option<String>,
    /// For the audit entry; `None` is the one of the settings.
    pub(crate) project: Option<String>,
}

impl Request {
    /// The request that was typed. Reads the prompt.
    ///
    /// # Errors
    /// Exit 2 for a model's name that makes no sense, and those of [`prompt::read`].
    pub(crate) fn typed(args: &AskArgs, bounds: Bounds) -> Result<Self, Failure> {
        let source = match (&args.prompt_file, &args.prompt) {
            (Some(path), _) if path.as_os_str() != "-" => Source::File(path.clone()),
            (None, Some(text)) => Source::Text(text.clone()),
            _ => Source::Stdin,
        };
        let wanted = wanted(&args.call)?;
        Ok(Self {
            id: None,
            prompt: prompt::read(&source, args.subject.as_deref(), bounds)?,
            wanted,
            form: form(&args.call.schema)?,
            issue: args.issue,
            node: args.node.clone(),
            project: None,
        })
    }
}

impl Request {
    /// What people should know before it is sent, a sentence each.
    pub(crate) fn warnings(&self) -> impl Iterator<Item = &str> {
        self.wanted
            .warning
            .as_deref()
            .into_iter()
            .chain(self.prompt.warnings.iter().map(String::as_str))
    }
}

/// What the answer must be. Reads the file, if it is one.
///
/// # Errors
/// Exit 2 for a file that is no schema.
pub(crate) fn form(schema: &Schema) -> Result<Form, Failure> {
    Ok(match schema {
        Schema::Verdict => Form::Verdict,
        Schema::None => Form::Free,
        Schema::File(path) => Form::Custom(Arc::new(schema::read(path)?)),
    })
}

/// The model that the options ask for.
pub(crate) fn wanted(args: &CallArgs) -> Result<Wanted, Failure> {
    let wanted = Wanted::new(&args.model, args.accept_model.clone())
        .map_err(|why| Failure::usage("--model", why))?;
    Ok(if args.allow_unverified_model { wanted.or_unverified() } else { wanted })
}
