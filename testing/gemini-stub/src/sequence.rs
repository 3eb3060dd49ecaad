//! Which response of the script is next.

use std::collections::HashMap;
use std::time::Duration;

use crate::plan::{Plan, Planned};
use crate::script::{After, LastsFor};

/// How far each (rule, credential, model) has come, and what lasts.
#[derive(Debug, Default)]
pub(crate) struct Places {
    given: HashMap<(usize, String, String), usize>,
    /// By rule, credential (none for all of them) and model: which response, and until when.
    lasting: HashMap<(usize, Option<String>, String), (usize, Duration)>,
}

impl Places {
    /// The response of rule `index` that still lasts.
    fn lasting(&self, index: usize, name: &str, model: &str, now: Duration) -> Option<usize> {
        [Some(name.to_owned()), None].into_iter().find_map(|who| {
            let (chosen, until) = self.lasting.get(&(index, who, model.to_owned()))?;
            (*until > now).then_some(*chosen)
        })
    }
}

/// The next response of the first rule that fits, or why there is none: `no-rule` or `used-up`.
/// Moves the sequence on, unless an earlier response still lasts. `now` is the time since the
/// server's start.
pub(crate) fn next_response<'a>(
    plan: &'a Plan,
    places: &mut Places,
    name: &str,
    model: &str,
    now: Duration,
) -> Result<&'a Planned, &'static str> {
    let mut rules = plan.rules.iter().enumerate();
    let (index, rule) = rules.find(|(_, rule)| rule.fits(name, model)).ok_or("no-rule")?;
    if let Some(chosen) = places.lasting(index, name, model, now) {
        return rule.responses.get(chosen).ok_or("used-up");
    }
    let place = places.given.entry((index, name.to_owned(), model.to_owned())).or_default();
    let length = rule.responses.len();
    let chosen = match rule.after {
        After::Cycle => *place % length,
        After::RepeatLast => (*place).min(length - 1),
        After::Fail => *place,
    };
    *place += 1;
    let response = rule.responses.get(chosen).ok_or("used-up")?;
    if !response.lasts.is_zero() {
        let who = match response.lasts_for {
            LastsFor::Key => Some(name.to_owned()),
            LastsFor::Model => None,
        };
        let until = now.saturating_add(response.lasts);
        places.lasting.insert((index, who, model.to_owned()), (chosen, until));
    }
    Ok(response)
}
