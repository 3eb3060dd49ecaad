//! What the verify command says about a batch, and what follows.

use cli::Failure;
use records::merge_queue::Landing;
use records::{Freeze, Reason, Returned, ReturnedFor};

use super::Rounds;
use crate::commands::merge_ready::World;
use crate::land::chain::Chain;
use crate::land::record;
use crate::land::trying::{Found, Red, Tried};
use crate::rules::frozen::frozen;

impl Rounds<'_> {
    /// What may land of a chain on the base at `before`: all of it where nothing is to be verified.
    pub(super) fn try_out(&mut self, before: &str, chain: &Chain) -> Result<Found, Failure> {
        let Some(trying) = &mut self.trying else {
            return Ok(Found { green: chain.links.len(), ..Found::default() });
        };
        let (sight, out, waiting) = (&mut self.sight, &self.answers.out, &self.waiting);
        trying.try_out(before, chain, |step, tasks| {
            let behind = waiting.iter().filter(|id| !tasks.contains(id)).count();
            sight.say(step, tasks, behind, out);
        })
    }

    /// Sends back whoever is blamed, freezes the queue when the base itself is red, and ends the call when
    /// the command could not be run.
    pub(super) fn heed(
        &mut self,
        world: &World,
        before: &str,
        found: Found,
    ) -> Result<(), Failure> {
        if found.flaky > 0 {
            let runs =
                if found.flaky == 1 { "a run".into() } else { format!("{} runs", found.flaky) };
            self.answers
                .out
                .note(&format!("{runs} failed on what passed when it ran again: flaky"));
        }
        for tried in found.blamed {
            self.blame(tried, before)?;
        }
        self.suspects.extend(found.suspect);
        if let Some(red) = found.base_red {
            self.suspects.clear();
            return self.freeze(world, before, red);
        }
        match found.infra {
            None => Ok(()),
            Some(why) => {
                let command = self.trying.as_ref().map(|trying| trying.command().to_owned());
                let what = format!("cannot verify with '{}'", command.unwrap_or_default());
                let hint = "nobody is blamed; try again when that is put right";
                let hint = format!("{hint}{}", why.whole_output());
                Err(Failure::later(what, why.reason).hint(hint))
            }
        }
    }

    /// Nothing is left but those under suspicion: the base alone says whether the machine is sound.
    pub(super) fn settle_doubt(&mut self, world: &World, before: &str) -> Result<(), Failure> {
        let found = self.try_out(before, &Chain::default())?;
        self.heed(world, before, found)
    }

    /// The command failed with it, and passed without it.
    fn blame(&mut self, tried: Tried, before: &str) -> Result<(), Failure> {
        let Tried { candidate, red } = tried;
        let red = red.unwrap_or_default();
        let whole = red.whole_output();
        let Red { reason, output_tail, .. } = red;
        let command = self.trying.as_ref().map(|trying| trying.command().to_owned());
        let shown = command.clone().unwrap_or_default();
        let message = format!("'{shown}' failed with it: {reason}");
        let next = format!(
            "put it right in the lane; merge-queue log {} shows the end of the output{whole}",
            candidate.task
        );
        let returned = Returned {
            commit: candidate.head.clone(),
            base: before.into(),
            why: ReturnedFor::VerifyFailed,
            paths: Vec::new(),
            against: Vec::new(),
            command,
            reason: Some(reason),
            output_tail,
        };
        record::returned(self.desk, &candidate.task, &returned)?;
        self.suspects.remove(&candidate.task);
        let landing = Landing {
            returned: Some(returned),
            reasons: vec![Reason::new("verify_failed", message, next)],
            ..self.about(&candidate, before)
        };
        self.answer(&landing)
    }

    /// The base is red without any of them: nothing lands until somebody has looked.
    fn freeze(&mut self, world: &World, before: &str, red: Red) -> Result<(), Failure> {
        let command = self.trying.as_ref().map_or("", |trying| trying.command());
        let reason = format!("'{command}' fails on {} alone: {}", self.base.shown, red.reason);
        if let Some(log) = &red.log {
            self.answers.out.note(&format!("the whole output on the base is in {}", log.display()));
        }
        let base = Some(before.to_owned());
        let freeze = Freeze { reason, until: None, base, output_tail: red.output_tail };
        let event = record::frozen(self.desk, freeze)?;
        if let Some(frozen) = frozen(&[event], cli::clock::now()) {
            self.closed(world, &frozen.reason())?;
        }
        Ok(())
    }
}
