//! Where ends of requests arrive: appends their audit entries, several at a time, then prints their
//! results. A result is printed only when its entry is on the disk. Meanwhile the workers go on.

use std::collections::{BTreeSet, HashSet};
use std::io::IsTerminal as _;
use std::sync::mpsc::Receiver;

use cli::{Exit, Failure, Out, Page, Progress, Tone};
use records::gemini_retry::BatchResult;
use records::{Outcome, Stamp, print_noun};
use serde_json::{Value, json};

use crate::batch::exit;
use crate::batch::worker::{Ended, Said, Shop};
use crate::call::interrupt::ended_by;

/// So many different warnings are told.
const WARNINGS: usize = 100;

/// Writes down and prints.
pub(crate) struct Desk<'a, R> {
    shop: &'a Shop<R>,
    out: &'a mut Out,
    /// So many messages at most are heard before what they brought is written down: a kill can strike
    /// between a paid answer and its result.
    group: usize,
    /// Workers that have not left.
    workers: usize,
    tally: Tally,
    /// Codes of failed requests.
    failures: BTreeSet<u8>,
    /// Warnings that were told: a thousand requests may have the same.
    told: HashSet<String>,
    progress: Option<Progress>,
    /// Whether results and progress meet on one screen.
    one_screen: bool,
    /// The line that results are appended to has no end.
    torn: bool,
    /// Why nothing can be printed any more.
    mute: Option<Failure>,
    /// What stops the batch before its end.
    trouble: Option<Failure>,
    signal: Option<i32>,
}

/// How many requests are where.
#[derive(Debug, Default)]
struct Tally {
    taken: u64,
    ended: u64,
    failed: u64,
    answered: u64,
    skipped: u64,
    /// Whether stdin is at its end.
    all: bool,
}

impl Tally {
    fn under_way(&self) -> u64 {
        self.taken - self.ended
    }

    fn shown(&self) -> String {
        let Self { taken, ended, failed, skipped, all, .. } = self;
        let total = if *all { taken.to_string() } else { "…".to_owned() };
        let skipped = if *skipped > 0 { format!(", {skipped} skipped") } else { String::new() };
        format!("{ended}/{total} done, {failed} failed{skipped}, {} in flight", self.under_way())
    }
}

impl<'a, R> Desk<'a, R> {
    /// A desk for so many workers.
    pub(crate) fn new(shop: &'a Shop<R>, out: &'a mut Out, workers: usize, torn: bool) -> Self {
        Self {
            shop,
            out,
            group: workers,
            workers,
            tally: Tally::default(),
            failures: BTreeSet::new(),
            told: HashSet::new(),
            progress: None,
            one_screen: std::io::stdout().is_terminal(),
            torn,
            mute: None,
            trouble: None,
            signal: None,
        }
    }

    /// Works until every request has ended, or the batch was stopped and those under way have.
    pub(crate) fn run(
        mut self,
        warnings: Vec<String>,
        said: &Receiver<Said>,
    ) -> Result<Exit, Failure> {
        self.warn(warnings);
        while self.workers > 0 && !(self.is_stopped() && self.tally.under_way() == 0) {
            // The watch over signals holds the channel open.
            let Ok(first) = said.recv() else { break };
            let mut group = Vec::new();
            self.hear(first, &mut group);
            for next in said.try_iter().take(self.group) {
                self.hear(next, &mut group);
            }
            self.commit(group);
            self.show();
        }
        self.progress = None;
        self.shop.client.save_the_rest();
        let warnings = self.shop.client.take_state_warnings();
        self.warn(warnings);
        let Tally { taken, ended, answered, failed, skipped, .. } = self.tally;
        let fields = json!({
            "taken": taken, "answered": answered, "failed": failed, "skipped": skipped,
            "signal": self.signal,
        });
        let now = Stamp::new(self.shop.client.clock.wall());
        self.shop.log.another(self.shop.log.run.clone()).event(now, "BATCH_END", fields);
        if let Some(signal) = self.signal {
            ended_by(signal);
            self.out.note(&format!("stopped by signal {signal}; {answered} requests are answered"));
            return Ok(Exit::Later);
        }
        if let Some(failure) = self.mute.or(self.trouble) {
            return Err(failure);
        }
        if taken > ended {
            let why = format!("{} requests came to no end", taken - ended);
            return Err(Failure::world("a worker was lost", why));
        }
        if failed > 0 {
            let answered = answered + skipped;
            self.out.note(&format!("{failed} of {} requests failed", answered + failed));
        } else if taken + skipped == 0 {
            self.out.note("stdin holds no request");
        }
        Ok(exit::of(&self.failures))
    }

    fn is_stopped(&self) -> bool {
        self.signal.is_some() || self.mute.is_some() || self.trouble.is_some()
    }

    fn hear(&mut self, said: Said, group: &mut Vec<Ended>) {
        match said {
            Said::Taken => self.tally.taken += 1,
            Said::Skipped => self.tally.skipped += 1,
            Said::Ended(ended) => {
                self.tally.ended += 1;
                group.push(*ended);
            }
            Said::Left => {
                self.workers -= 1;
                self.tally.all = true;
            }
            Said::Broken(failure) => self.stop(failure),
            Said::Signal(signal) => {
                self.signal = Some(signal);
                self.shop.close();
            }
        }
    }

    /// Takes no more requests; those under way come to their end.
    fn stop(&mut self, failure: Failure) {
        self.shop.close();
        self.trouble.get_or_insert(failure);
    }

    /// Writes the entries down, then prints the results.
    fn commit(&mut self, group: Vec<Ended>) {
        // All of one client's go into one shard.
        let shard = group.iter().find_map(|ended| ended.entry.as_ref().map(|(shard, _)| shard));
        let lines: Vec<&str> =
            group.iter().filter_map(|ended| Some(ended.entry.as_ref()?.1.as_str())).collect();
        let written = shard.map(|shard| shard.append_all(&lines)).unwrap_or_default();
        let mut written = written.into_iter();
        for ended in group {
            let Ended { result, entry, warnings } = ended;
            self.warn(warnings);
            let missing = entry.and_then(|_| written.next()?.err());
            let Some(mut result) = result else {
                if let Some(failure) = missing {
                    self.stop(failure);
                }
                continue;
            };
            if let Some(failure) = missing {
                result.audit_id = None;
                if let Some(review) = &mut result.review {
                    review.0.audit_id = None;
                }
                self.stop(failure);
            }
            self.count(&result);
            self.print(&result);
        }
    }

    fn count(&mut self, result: &BatchResult) {
        match result.outcome {
            Outcome::Reviewed => self.tally.answered += 1,
            Outcome::Failed => {
                self.tally.failed += 1;
                self.failures.insert(result.exit);
                let why = result.failure.as_deref().unwrap_or_default();
                if result.class.as_deref() == Some("request") {
                    self.note(why);
                } else {
                    let id = result.id.as_ref().map(name).unwrap_or_default();
                    self.note(&format!("{id}: {why}"));
                }
            }
        }
    }

    fn print(&mut self, result: &BatchResult) {
        if self.mute.is_some() {
            return;
        }
        if self.one_screen {
            self.progress = None;
        }
        if let Err(failure) = self.put(result) {
            // Nobody will see an answer: those under way are not waited for.
            self.shop.close();
            self.shop.client.signals.nobody_reads();
            self.mute = Some(failure);
        }
    }

    /// Prints one result, in one write.
    fn put(&mut self, result: &BatchResult) -> Result<(), Failure> {
        if !self.out.is_json() {
            self.out.page(|page| show(result, page))?;
            return self.out.flush();
        }
        let fail = |e| Failure::world("cannot print a result", e);
        let line = self.shop.client.redactor.clean(&print_noun(result).map_err(fail)?);
        let mut bytes = Vec::with_capacity(line.len() + 2);
        bytes.extend(std::mem::take(&mut self.torn).then_some(b'\n'));
        bytes.extend_from_slice(line.as_bytes());
        bytes.push(b'\n');
        self.out.raw(&bytes)?;
        self.out.flush()
    }

    /// Tells each warning once.
    fn warn(&mut self, warnings: Vec<String>) {
        for warning in warnings {
            if self.told.len() < WARNINGS && !self.told.contains(&warning) {
                self.note(&warning);
                self.told.insert(warning);
            }
        }
    }

    fn note(&mut self, message: &str) {
        // It goes where the spinner was.
        self.progress = None;
        self.out.note(&self.shop.client.redactor.clean(message));
    }

    fn show(&mut self) {
        let shown = self.tally.shown();
        match &self.progress {
            Some(progress) => progress.say(shown),
            None => self.progress = Some(Progress::start(shown)),
        }
    }
}

/// The id as people wrote it.
fn name(id: &Value) -> String {
    id.as_str().map_or_else(|| id.to_string(), str::to_owned)
}

/// A result for people.
fn show(result: &BatchResult, page: &mut Page) {
    let id = result.id.as_ref().map_or_else(|| format!("line {}", result.line), name);
    match &result.review {
        None => {
            let class = result.class.as_deref().unwrap_or("failed");
            page.line(Tone::Warn, format_args!("{id}: {class}"));
        }
        Some(review) => {
            let verdict = review.0.verdict;
            let (tone, word) = match verdict {
                Some(verdict) => (crate::logs::report::tone(verdict), verdict.word()),
                None => (Tone::Plain, "answered"),
            };
            page.line(tone, format_args!("{id}: {word}"));
            for issue in &review.0.tier_1_issues {
                page.field("blocking", issue);
            }
            let text = review.0.critique.as_deref().or(review.0.response.as_str());
            for paragraph in text.unwrap_or_default().lines().filter(|l| !l.trim().is_empty()) {
                page.field("critique", paragraph);
            }
        }
    }
}
