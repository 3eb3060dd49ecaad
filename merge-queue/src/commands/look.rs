//! What `status`, `ready` and `next` look at: definitions, journal, and the base as it was last fetched.

use std::cell::RefCell;
use std::collections::BTreeSet;

use cli::{Failure, Out};
use records::merge_queue::Mistake;
use records::{QueueEvent, Stamp};

use crate::desk::Desk;
use crate::git::gather;
use crate::history::History;
use crate::rules::account::{self, Stands};
use crate::rules::definitions::Definitions;
use crate::rules::frozen::{Frozen, frozen};
use crate::rules::survey::Survey;

/// Everything at one moment.
pub(super) struct Look {
    pub(super) definitions: Definitions,
    /// Why the journal cannot be relied upon.
    pub(super) damage: Vec<Mistake>,
    /// The events about the whole queue, oldest first.
    of_queue: Vec<QueueEvent>,
    stands: RefCell<Stands>,
    now: Stamp,
}

impl Look {
    /// Looks.
    pub(super) fn take(desk: &Desk, out: &Out) -> Result<Self, Failure> {
        let definitions = desk.definitions()?;
        let tip = desk.base(&definitions)?.tip(&desk.git)?;
        let remember = !gather::is_shallow(desk)?;
        let found = desk.indexed(|index| {
            let remarks: Vec<String> = index.remarks().cloned().collect();
            let stands = index.stands(tip.as_deref(), remember, |commits| match &tip {
                Some(tip) => desk.objects.reachable_of(commits, tip),
                None => Ok(BTreeSet::new()),
            });
            Ok((stands?, index.events_of(&BTreeSet::new())?, remarks))
        });
        let Some((stands, of_queue, remarks)) = found else {
            return Self::at(desk, definitions, &*desk.history(out)?);
        };
        desk.remark(&remarks, out);
        let (stands, now) = (RefCell::new(stands?), cli::clock::now());
        Ok(Self { definitions, damage: Vec::new(), of_queue, stands, now })
    }

    /// Looks at this journal.
    pub(super) fn at(
        desk: &Desk,
        definitions: Definitions,
        history: &History,
    ) -> Result<Self, Failure> {
        let tip = desk.base(&definitions)?.tip(&desk.git)?;
        let reached = gather::reached(desk, tip.as_deref(), history.events.iter())?;
        let stands = RefCell::new(account::stands(&history.events, &reached));
        let (damage, now) = (history.damage.clone(), cli::clock::now());
        let of_queue = history.events.iter().filter(|event| event.task.is_none());
        Ok(Self { definitions, damage, of_queue: of_queue.cloned().collect(), stands, now })
    }

    /// Where every task stands; to be asked once.
    pub(super) fn survey(&self) -> Survey<'_> {
        let stands = self.stands.take();
        Survey::of(&self.definitions, stands, self.damage.first(), self.now)
    }

    /// The freeze that holds, if one does.
    pub(super) fn frozen(&self) -> Option<Frozen<'_>> {
        frozen(&self.of_queue, self.now)
    }

    /// Refuses a role that is not defined.
    pub(super) fn require_role(&self, role: &str) -> Result<(), Failure> {
        if self.definitions.roles.contains_key(role) {
            return Ok(());
        }
        let names: Vec<&str> = self.definitions.roles.keys().map(String::as_str).collect();
        Err(Failure::usage("--role", format_args!("'{role}' is no role"))
            .hint(format!("the roles are: {}", names.join(", "))))
    }
}

/// Leaves a survey to the end of the process: to give back what a hundred thousand tasks hold, one by one,
/// takes as long as to read them.
pub(super) fn leave(survey: Survey<'_>) {
    std::mem::forget(survey);
}

/// What is listed is true even if something else is wrong, which must not go unsaid.
pub(super) fn warn_about(look: &Look, out: &Out) {
    let (mistakes, damage) = (look.definitions.mistakes.len(), look.damage.len());
    if mistakes + damage > 0 {
        let counted = |count: usize, one: &str| {
            if count == 1 { format!("1 {one}") } else { format!("{count} {one}s") }
        };
        out.note(&format!(
            "{} in the definitions, {} in the journal: 'merge-queue validate' lists them",
            counted(mistakes, "mistake"),
            counted(damage, "damaged place"),
        ));
    }
}
