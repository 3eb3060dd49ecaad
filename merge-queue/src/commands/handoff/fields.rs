//! What is handed over, as options or as a JSON object say it.

use std::io::Read as _;

use cli::Failure;
use serde::Deserialize;

use crate::args::{HandoffArgs, not_blank};

/// More than any handoff has.
const MOST: u64 = 1 << 20;

/// The fields of a handoff (runbook v2, `queue-record-handoff`).
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Fields {
    pub(super) owner: Option<String>,
    pub(super) model: Option<String>,
    pub(super) branch: Option<String>,
    pub(super) commit: Option<String>,
    pub(super) commands: Vec<String>,
    pub(super) results: Vec<String>,
    pub(super) changed_files: Vec<String>,
    pub(super) risks: Vec<String>,
    pub(super) next_step: Option<String>,
}

impl From<HandoffArgs> for Fields {
    fn from(args: HandoffArgs) -> Self {
        Self {
            owner: args.owner,
            model: args.model,
            branch: args.branch,
            commit: args.commit,
            commands: args.commands,
            results: args.results,
            changed_files: args.changed_files,
            risks: args.risks,
            next_step: args.next_step,
        }
    }
}

impl Fields {
    /// From one JSON object on stdin.
    pub(super) fn read() -> Result<Self, Failure> {
        let mut bytes = Vec::new();
        std::io::stdin()
            .lock()
            .take(MOST + 1)
            .read_to_end(&mut bytes)
            .map_err(|error| Failure::world("cannot read stdin", error))?;
        if bytes.len() as u64 > MOST {
            return Err(Failure::damaged("stdin", "it is longer than 1 MiB, which is no handoff"));
        }
        let damaged = |error: serde_json::Error| {
            Failure::damaged(format_args!("stdin:{}:{}", error.line(), error.column()), error)
                .hint("merge-queue handoff --help lists the fields")
        };
        let mut fields: Self = serde_json::from_slice(&bytes).map_err(damaged)?;
        for (name, field) in [
            ("owner", &mut fields.owner),
            ("model", &mut fields.model),
            ("branch", &mut fields.branch),
            ("commit", &mut fields.commit),
        ] {
            if let Some(text) = field {
                *text = not_blank(text)
                    .map_err(|why| Failure::damaged(format_args!("stdin: '{name}'"), why))?;
            }
        }
        Ok(fields)
    }

    /// With every option that was given in the place of the field of its name.
    pub(super) fn under(self, args: HandoffArgs) -> Self {
        let many = |given: Vec<String>, own| if given.is_empty() { own } else { given };
        Self {
            owner: args.owner.or(self.owner),
            model: args.model.or(self.model),
            branch: args.branch.or(self.branch),
            commit: args.commit.or(self.commit),
            commands: many(args.commands, self.commands),
            results: many(args.results, self.results),
            changed_files: many(args.changed_files, self.changed_files),
            risks: many(args.risks, self.risks),
            next_step: args.next_step.or(self.next_step),
        }
    }
}
