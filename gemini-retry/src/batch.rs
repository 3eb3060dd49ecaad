//! Many requests at once: workers ask, and one desk writes down and prints what came of it.

mod desk;
mod done;
mod exit;
mod id;
mod input;
mod line;
mod misspelt;
mod worker;

use std::fs::File;
use std::io::{self, BufReader};
use std::os::fd::AsFd as _;
use std::sync::atomic::AtomicBool;
use std::sync::mpsc::sync_channel;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cli::{Exit, Failure, Out};
use records::Stamp;
use serde_json::json;

use crate::batch::desk::Desk;
use crate::batch::done::Done;
use crate::batch::input::Input;
use crate::batch::worker::{Said, Shop, Usual, work};
use crate::call::client::Client;
use crate::call::clock::SystemClock;
use crate::call::interrupt::Signals;
use crate::setup::commands::BatchArgs;
use crate::setup::credentials;
use crate::setup::request::{form, wanted};
use crate::setup::settings::Settings;

/// Asks for many reviews.
pub(crate) fn run(args: &BatchArgs, out: &mut Out) -> Result<Exit, Failure> {
    let clock = SystemClock::start();
    let env = |name: &str| std::env::var_os(name);
    let settings = Settings::new(&args.call, env)?;
    let usual = Usual {
        wanted: wanted(&args.call)?,
        form: form(&args.call.schema)?,
        issue: args.issue,
        node: args.node.clone(),
    };
    let pool = credentials::load(&settings.files.credentials, settings.asker(), env)?;
    let Done { ids, warnings, torn } = match &args.skip_done {
        Some(path) => done::read(path, io::stdout())?,
        None => Done::default(),
    };
    let stdin = io::stdin().as_fd().try_clone_to_owned();
    let stdin = stdin.map_err(|e| Failure::world("cannot read stdin", e))?;
    let input = Input::new(BufReader::with_capacity(64 << 10, File::from(stdin)), ids);
    let signals = Signals::catch().map_err(|e| Failure::world("cannot catch signals", e))?;
    let (pool, left_out) = {
        let mailbox = signals.mailbox();
        pool.complete(&settings.files.credentials, || mailbox.rest(Duration::ZERO))?
    };
    let client = Client::new(settings, pool, signals, Box::new(clock));
    for warning in left_out {
        out.note(&client.redactor.clean(&warning));
    }

    let mut log = client.log();
    let start = json!({"jobs": args.jobs, "skip_done": args.skip_done});
    log.event(Stamp::new(client.clock.wall()), "BATCH_START", start);
    let shop = Arc::new(Shop {
        client,
        log,
        usual,
        input: Mutex::new(input),
        closed: AtomicBool::new(false),
    });
    // Workers that are ahead of the desk wait here, with what they have in their hands.
    let (to, said) = sync_channel(usize::from(args.jobs));
    let signalled = to.clone();
    shop.client.signals.on_signal(move |signal| drop(signalled.send(Said::Signal(signal))));
    for _ in 0..args.jobs {
        let (shop, to) = (Arc::clone(&shop), to.clone());
        // Not waited for: one that waits for stdin may never come back.
        let started = std::thread::Builder::new().spawn(move || work(&shop, to));
        started.map_err(|e| Failure::world("cannot start a worker", e))?;
    }
    Desk::new(&shop, out, usize::from(args.jobs), torn).run(warnings, &said)
}
