//! One file a process with every event, under the names that the predecessor gave them. Runs of one
//! process share it, each under an id of its own. A log that cannot be written never fails a run.

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::sync::Arc;

use records::Stamp;
use serde_json::{Value, json};

use crate::logs::prune::prune;
use crate::setup::redact::Redactor;
use crate::state::store::make_private_dir;

/// The log of one run.
pub(crate) struct RunLog {
    file: Option<Arc<File>>,
    redactor: Arc<Redactor>,
    /// Eight hexadecimal digits that name the run.
    pub(crate) run: String,
    warnings: Vec<String>,
}

impl RunLog {
    /// Begins the log of the run `run` in a file of its own in the folder `dir`.
    pub(crate) fn begin(dir: &Path, run: String, now: Stamp, redactor: Arc<Redactor>) -> Self {
        let millis = now.instant().as_millisecond();
        let path = dir.join(format!("gemini-retry-{millis}-{}-{run}.jsonl", std::process::id()));
        let opened = make_private_dir(dir).and_then(|()| {
            OpenOptions::new().append(true).create_new(true).mode(0o600).open(&path)
        });
        let mut log = Self { file: None, redactor, run, warnings: Vec::new() };
        match opened {
            Ok(file) => {
                log.file = Some(Arc::new(file));
                if let Err(error) = prune(dir, now.instant()) {
                    log.warn(format!("old logs stay in {}: {error}", dir.display()));
                }
            }
            Err(error) => {
                log.warnings.push(format!("no log of this run: {}: {error}", path.display()));
            }
        }
        log
    }

    /// The log of another run, in the same file.
    pub(crate) fn another(&self, run: String) -> Self {
        let (file, redactor) = (self.file.clone(), Arc::clone(&self.redactor));
        Self { file, redactor, run, warnings: Vec::new() }
    }

    /// Writes one event: `fields` is an object.
    pub(crate) fn event(&mut self, now: Stamp, event: &str, fields: Value) {
        let mut line = json!({"ts": now, "event": event, "run": self.run});
        if let (Some(line), Value::Object(fields)) = (line.as_object_mut(), fields) {
            line.extend(fields);
        }
        let text = self.redactor.clean(&line.to_string()) + "\n";
        // One write a line: the file is opened for appending, so lines of several runs stay whole.
        if let Some(file) = &self.file
            && let Err(error) = (&**file).write_all(text.as_bytes())
        {
            self.warnings.push(format!("the log of this run ends early: {error}"));
            self.file = None;
        }
    }

    /// Something that people should know.
    pub(crate) fn warn(&mut self, warning: String) {
        self.warnings.push(warning);
    }

    /// What went wrong since the last call.
    pub(crate) fn take_warnings(&mut self) -> Vec<String> {
        std::mem::take(&mut self.warnings)
    }

    /// Takes keys out of texts.
    pub(crate) fn redactor(&self) -> &Redactor {
        &self.redactor
    }
}
