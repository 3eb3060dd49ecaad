//! What all requests of one process share: the settings, the keys, the connection, the audit log.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use cli::Failure;
use records::Stamp;

use crate::call::clock::Clock;
use crate::call::command::Asking;
use crate::call::interrupt::Signals;
use crate::call::transport::{Rest, Transport};
use crate::logs::audit::Shard;
use crate::logs::run_log::RunLog;
use crate::setup::chance;
use crate::setup::credentials::Pool;
use crate::setup::redact::Redactor;
use crate::setup::settings::Settings;
use crate::state::State;
use crate::state::store::Store;

/// Asks for reviews, any number of them, one after another or at once.
pub(crate) struct Client {
    /// What was decided before.
    pub(crate) settings: Settings,
    /// Who asks.
    pub(crate) pool: Pool,
    /// Takes keys out of texts.
    pub(crate) redactor: Arc<Redactor>,
    /// Stops everything.
    pub(crate) signals: Signals,
    /// The time.
    pub(crate) clock: Box<dyn Clock>,
    /// What all processes know. One for all runs, so that they know it together when the files
    /// cannot be used.
    store: Mutex<Store>,
    prepared: Mutex<Option<Prepared>>,
}

/// Everything that must work before a request is worth sending.
#[derive(Clone)]
pub(crate) struct Prepared {
    /// The way to the service.
    pub(crate) transport: Transport,
    /// Where audit entries go; `None` when none are wanted.
    pub(crate) shard: Option<Shard>,
}

impl Client {
    /// A client that has asked nothing yet.
    pub(crate) fn new(
        settings: Settings,
        pool: Pool,
        signals: Signals,
        clock: Box<dyn Clock>,
    ) -> Self {
        let redactor = Redactor::new(pool.keys());
        let to_stop = signals.clone();
        let store = Store::open(&settings.files.state_dir)
            .within(settings.limits.deadline, move || to_stop.has_come());
        let (store, prepared) = (Mutex::new(store), Mutex::new(None));
        Self { settings, pool, redactor: Arc::new(redactor), signals, clock, store, prepared }
    }

    /// A new log, in a file of its own and under a new id.
    pub(crate) fn log(&self) -> RunLog {
        let (id, now) = (format!("{:08x}", chance::unique()), Stamp::new(self.clock.wall()));
        RunLog::begin(&self.settings.files.run_logs, id, now, Arc::clone(&self.redactor))
    }

    /// Lets `change` look at the shared state and change it, see [`Store::transact`].
    pub(crate) fn transact<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        self.store().transact(self.clock.wall(), change)
    }

    /// Once all runs are over: what was learnt is told to the others, if it was not before.
    pub(crate) fn save_the_rest(&self) {
        self.store().save_the_rest(self.clock.wall());
    }

    /// What went wrong with the shared state since the last call.
    pub(crate) fn take_state_warnings(&self) -> Vec<String> {
        self.store().take_warnings()
    }

    fn store(&self) -> MutexGuard<'_, Store> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Prepares what the first request needs; later ones use the same.
    ///
    /// # Errors
    /// When the audit log or HTTP cannot be prepared; nothing was asked then.
    pub(crate) fn prepare(&self) -> Result<Prepared, Failure> {
        let mut prepared = self.prepared.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(prepared) = &*prepared {
            return Ok(prepared.clone());
        }
        let now = Stamp::new(self.clock.wall());
        let audit = self.settings.audit.as_ref();
        let shard = audit.map(|audit| audit.prepare(now)).transpose()?;
        let transport = match &self.settings.command {
            None => Transport::Rest(Rest::new(&self.settings.base_url)?),
            Some(line) => {
                let variables = &self.pool.key_variables;
                let folders = self.settings.files.state_dir.join("asking");
                let children = self.signals.children.clone();
                Transport::Command(Asking::new(line, variables, folders, children))
            }
        };
        Ok(prepared.insert(Prepared { transport, shard }).clone())
    }
}
