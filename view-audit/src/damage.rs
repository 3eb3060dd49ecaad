//! Saying which lines could not be shown.

use cli::{Failure, Out};
use journal::Damage;

use crate::history::History;
use crate::scan::DamagedLines;

/// How many damaged lines are named one by one.
pub(crate) const NAMED: usize = 20;

/// Damaged lines of one or more logs.
#[derive(Debug, Default)]
pub(crate) struct Damages {
    named: Vec<Damage>,
    count: usize,
}

impl Damages {
    /// Adds one that was found in a shard.
    pub(crate) fn add(&mut self, damage: Damage) {
        self.count += 1;
        if self.named.len() < NAMED {
            self.named.push(damage);
        }
    }

    /// Adds one that was found in a history that was read from its end, so its number is not known.
    pub(crate) fn add_numbered(&mut self, mut damage: Damage, history: &History) {
        if self.named.len() < NAMED {
            // Where the lines before it cannot be counted, the byte says where it is.
            damage.line = history.line_number(damage.offset).ok();
        }
        self.add(damage);
    }

    /// Adds those of a history that was read from its beginning, as if it had been read from its end.
    pub(crate) fn add_lines(&mut self, lines: &DamagedLines<'_>) -> Result<(), Failure> {
        self.count += lines.count;
        for line in lines.last.iter().rev().take(NAMED - self.named.len()) {
            self.named.extend(line.damage()?);
        }
        Ok(())
    }

    /// Says it on stderr.
    pub(crate) fn tell(&self, out: &Out) {
        for damage in &self.named {
            out.note(&damage.to_string());
        }
        let more = self.count - self.named.len();
        if more > 0 {
            out.note(&format!("{more} more damaged lines among those that were read"));
        }
        if self.count > 0 {
            let what = if self.count == 1 { "line is" } else { "lines are" };
            out.note(&format!("{} damaged {what} not shown", self.count));
        }
    }
}
