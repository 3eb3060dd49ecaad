//! Which response of the script is next.

use std::collections::HashMap;

use crate::plan::{Plan, Planned};
use crate::script::After;

/// How many responses each (rule, credential, model) has given.
pub(crate) type Places = HashMap<(usize, String, String), usize>;

/// The next response of the first rule that fits, or why there is none: `no-rule` or `used-up`.
/// Moves the sequence on.
pub(crate) fn next_response<'a>(
    plan: &'a Plan,
    places: &mut Places,
    name: &str,
    model: &str,
) -> Result<&'a Planned, &'static str> {
    let mut rules = plan.rules.iter().enumerate();
    let (index, rule) = rules.find(|(_, rule)| rule.fits(name, model)).ok_or("no-rule")?;
    let place = places.entry((index, name.to_owned(), model.to_owned())).or_default();
    let length = rule.responses.len();
    let chosen = match rule.after {
        After::Cycle => *place % length,
        After::RepeatLast => (*place).min(length - 1),
        After::Fail => *place,
    };
    *place += 1;
    rule.responses.get(chosen).ok_or("used-up")
}
