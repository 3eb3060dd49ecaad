//! What one process learnt while it could not use the files, so that it can tell the others later.

use crate::state::State;

impl State {
    /// The cool-downs, dead keys and breakers that `before` did not have, or had otherwise.
    pub(crate) fn learnt_since(&self, before: &Self) -> Self {
        let mut learnt = self.clone();
        learnt.scopes.retain(|name, scope| before.scopes.get(name) != Some(&*scope));
        learnt.credentials.retain(|name, dead| before.credentials.get(name) != Some(&*dead));
        learnt.models.retain(|name, breaker| before.models.get(name) != Some(&*breaker));
        learnt
    }

    /// Takes over what another process learnt. As everywhere, the later end stands.
    pub(crate) fn learn_from(&mut self, other: &Self) {
        for (name, new) in &other.scopes {
            if self.scopes.get(name).is_none_or(|held| held.until < new.until) {
                self.scopes.insert(name.clone(), new.clone());
            }
        }
        for (name, new) in &other.credentials {
            if self.credentials.get(name).is_none_or(|dead| dead.set_at < new.set_at) {
                self.credentials.insert(name.clone(), new.clone());
            }
        }
        for (model, new) in &other.models {
            if self.models.get(model).is_none_or(|held| held.until < new.until) {
                self.models.insert(model.clone(), new.clone());
                self.live.budgets.remove(model);
            }
        }
    }

    /// Drops what `now` does not know any more, because an answer has disproved it.
    pub(crate) fn unlearn(&mut self, now: &Self) {
        self.scopes.retain(|name, _| now.scopes.contains_key(name));
        self.credentials.retain(|name, _| now.credentials.contains_key(name));
        self.models.retain(|model, _| now.models.contains_key(model));
    }

    /// Whether there is no cool-down, no dead key and no breaker.
    pub(crate) fn knows_nothing(&self) -> bool {
        self.scopes.is_empty() && self.credentials.is_empty() && self.models.is_empty()
    }
}
