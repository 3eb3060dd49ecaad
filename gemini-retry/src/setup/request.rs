//! What is asked: the prompt, the model, and what the answer must be.

use cli::Failure;
use records::IssueNumber;

use crate::answer::judge::Form;
use crate::answer::model::Wanted;
use crate::setup::args::{AskArgs, CallArgs, Schema};
use crate::setup::prompt::{self, Prompt, Source};

/// One request for a review.
#[derive(Debug)]
pub(crate) struct Request {
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
}

impl Request {
    /// The request that was typed. Reads the prompt.
    ///
    /// # Errors
    /// Exit 2 for a model's name that makes no sense, and those of [`prompt::read`].
    pub(crate) fn typed(args: &AskArgs) -> Result<Self, Failure> {
        let source = match (&args.prompt_file, &args.prompt) {
            (Some(path), _) if path.as_os_str() != "-" => Source::File(path.clone()),
            (None, Some(text)) => Source::Text(text.clone()),
            _ => Source::Stdin,
        };
        let wanted = wanted(&args.call)?;
        Ok(Self {
            prompt: prompt::read(&source, args.subject.as_deref())?,
            wanted,
            form: match args.call.schema {
                Schema::Verdict => Form::Verdict,
                Schema::None => Form::Free,
            },
            issue: args.issue,
            node: args.node.clone(),
        })
    }
}

fn wanted(args: &CallArgs) -> Result<Wanted, Failure> {
    Wanted::new(&args.model, args.accept_model.clone())
        .map_err(|why| Failure::usage("--model", why))
}
