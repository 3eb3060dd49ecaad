//! What a step printed.

use serde_json::Value;

use crate::Ends;

/// The end of one command.
pub struct Outcome {
    /// Exit status; `None` when a signal ended it.
    pub code: Option<i32>,
    /// What a person would have seen: stdout and stderr as they came.
    pub seen: String,
    /// stdout alone; with [`Ends::Terminal`] the same as `seen`.
    pub stdout: String,
    /// How the command's output was connected.
    pub ends: Ends,
}

impl Outcome {
    /// The objects that were printed, when programs read the output; `None` on a terminal, where
    /// tables are printed. Lines that are no objects are left out.
    pub fn objects(&self) -> Option<Vec<Value>> {
        (self.ends == Ends::Pipes).then(|| {
            let lines = self.stdout.lines().filter(|line| line.starts_with('{'));
            lines.filter_map(|line| serde_json::from_str(line).ok()).collect()
        })
    }

    /// Demands that `needle` was printed, in either form.
    pub fn has(&self, needle: &str) -> Result<(), String> {
        // A terminal wraps long lines, so blanks are no part of the comparison.
        let squeeze = |text: &str| text.split_whitespace().collect::<String>();
        if squeeze(&self.seen).contains(&squeeze(needle)) {
            Ok(())
        } else {
            Err(format!("'{needle}' was not printed"))
        }
    }
}
