//! What is remembered, for somebody who wants to see it.

use jiff::Timestamp;

use crate::setup::credentials::Credential;
use crate::state::breaker::Breaker;
use crate::state::{Retired, Scope, State, account_scope};

/// What a scope's name stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Named<'a> {
    /// A project's quota for a model.
    Model {
        /// The project.
        project: &'a str,
        /// The model.
        model: &'a str,
    },
    /// Everything that one account pays for.
    Account(&'a str),
    /// A model that has no room for anybody.
    Breaker(&'a str),
    /// Something of a later version.
    Unknown,
}

/// Takes a scope's name apart. A project may be called anything; a model has no `|` in its name.
pub(crate) fn named(scope: &str) -> Named<'_> {
    if let Some(billing) = scope.strip_prefix("b:") {
        return Named::Account(billing);
    }
    if let Some(model) = scope.strip_prefix("m:") {
        return Named::Breaker(model);
    }
    match scope.strip_prefix("p:").and_then(|rest| rest.rsplit_once("|m:")) {
        Some((project, model)) => Named::Model { project, model },
        None => Named::Unknown,
    }
}

impl State {
    /// The cool-downs that hold and stop this credential for some model, by the names of their scopes.
    pub(crate) fn held<'a>(
        &'a self,
        credential: &'a Credential,
        now: Timestamp,
    ) -> impl Iterator<Item = (&'a str, &'a Scope)> {
        let account = account_scope(&credential.billing);
        let concerns = move |name: &str| match named(name) {
            Named::Model { project, .. } => project == credential.project,
            Named::Account(_) => name == account,
            Named::Breaker(_) | Named::Unknown => false,
        };
        let held = self.scopes.iter().filter(move |(_, scope)| scope.until.instant() > now);
        held.map(|(name, scope)| (name.as_str(), scope)).filter(move |(name, _)| concerns(name))
    }

    /// Why and since when this credential's key is dead; `None` while it is alive.
    pub(crate) fn death(&self, name: &str, fingerprint: &str) -> Option<&Retired> {
        self.credentials.get(name).filter(|retired| retired.fp == fingerprint)
    }

    /// What keeps all processes from a model, by the model's name.
    pub(crate) fn breakers(&self) -> impl Iterator<Item = (&str, &Breaker)> {
        self.models.iter().map(|(model, breaker)| (model.as_str(), breaker))
    }

    /// The names of all dead keys, also of those that no file names any more.
    pub(crate) fn names_of_dead(&self) -> impl Iterator<Item = &str> {
        self.credentials.keys().map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::model_scope;

    #[test]
    fn a_scope_is_what_its_name_was_made_of() {
        for project in ["a", "a|m:b", "|m:", ""] {
            let name = model_scope(project, "gemini-x");
            assert_eq!(named(&name), Named::Model { project, model: "gemini-x" });
        }
        assert_eq!(named(&account_scope("p:a|m:b")), Named::Account("p:a|m:b"));
        assert_eq!(named("m:x"), Named::Breaker("x"));
        assert_eq!(named("z:x"), Named::Unknown);
    }
}
