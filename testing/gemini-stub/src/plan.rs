//! A checked script: what makes no sense is refused here, so that nothing has to be asked again
//! when a request comes.

mod response;

use std::collections::BTreeSet;

pub(crate) use response::{Content, End, Planned};

use crate::keys::Keys;
use crate::script::{After, Rule, Script, ScriptError};

/// A script that can be played.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) keys: Keys,
    pub(crate) rules: Vec<PlannedRule>,
    /// What `GET /v1beta/models` lists.
    pub(crate) models: BTreeSet<String>,
}

#[derive(Debug)]
pub(crate) struct PlannedRule {
    key: String,
    model: String,
    /// Never empty.
    pub(crate) responses: Vec<Planned>,
    pub(crate) after: After,
}

impl Plan {
    pub(crate) fn of(script: Script) -> Result<Self, ScriptError> {
        let Script { keys, rules, models } = script;
        keys.check()?;
        let rules: Vec<PlannedRule> = rules
            .iter()
            .enumerate()
            .map(|(index, rule)| PlannedRule::of(&format!("rules[{index}]"), rule, &keys))
            .collect::<Result<_, _>>()?;
        let named = rules.iter().map(|rule| &rule.model).filter(|model| *model != "*");
        let models = named.chain(&models).cloned().collect();
        Ok(Self { keys, rules, models })
    }
}

impl PlannedRule {
    fn of(place: &str, rule: &Rule, keys: &Keys) -> Result<Self, ScriptError> {
        if rule.key != "*" && !keys.has_name(&rule.key) {
            let problem = format!("`{}` is not a name in `keys`", rule.key);
            return Err(meaning(format!("{place}.key"), problem));
        }
        if rule.responses.is_empty() {
            return Err(meaning(format!("{place}.responses"), "at least one response is needed"));
        }
        let responses = rule.responses.iter().enumerate().map(|(index, response)| {
            let place = format!("{place}.responses[{index}]");
            Planned::of(response).map_err(|problem| meaning(place, problem))
        });
        Ok(Self {
            key: rule.key.clone(),
            model: rule.model.clone(),
            responses: responses.collect::<Result<_, _>>()?,
            after: rule.after,
        })
    }

    /// Whether this rule is about that credential and that model.
    pub(crate) fn fits(&self, name: &str, model: &str) -> bool {
        let fits = |have: &str, want: &str| have == "*" || have == want;
        fits(&self.key, name) && fits(&self.model, model)
    }
}

fn meaning(place: String, problem: impl Into<String>) -> ScriptError {
    ScriptError::Meaning { place, problem: problem.into() }
}
