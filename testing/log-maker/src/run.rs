//! From the arguments to the files.

use std::io;
use std::path::Path;

use cli::{Exit, Failure, Out};
use serde_json::json;

use crate::args::Args;
use crate::damage::Damage;
use crate::files::{Written, create, write_until};
use crate::prose::Prose;
use crate::world::{Call, START, World};
use crate::{current, older};

/// So many of a hundred entries have an older shape.
const OLDER_PERCENT: u8 = 8;
/// Milliseconds from the beginning of one shard to that of the next.
const SHARD_STEP: i64 = 90_000;
/// The pauses of one session are so many times as long as those of all sessions together.
const SESSION_PAUSE: i64 = 10;
/// A year, in milliseconds.
const YEAR: i64 = 365 * 86_400_000;

/// Makes the log that was asked for.
#[expect(clippy::needless_pass_by_value, reason = "cli::run hands the arguments over")]
pub(crate) fn run(args: Args, out: &mut Out) -> Result<Exit, Failure> {
    let record: Box<dyn io::Write> = if args.damage > 0.0 {
        Box::new(create(&args.dir, "damage.jsonl")?.1)
    } else {
        Box::new(io::sink())
    };
    // Damage has random numbers of its own, so that it changes no entry.
    let mut damage = Damage::new(args.seed ^ 0xdada, args.damage, record);
    let mut all = Written::default();
    if args.older > 0 {
        all.add(older_history(&args, &mut damage)?);
    }
    let mut maker = Maker::new(args.seed, START);
    if args.bytes > 0 {
        let name = "logs/governance_history.jsonl";
        all.add(write_until(&args.dir, name, args.bytes, &mut damage, |line| {
            let call = maker.world.next_call();
            maker.entry(line, &call);
        })?);
    }
    let shards_begin = maker.world.now_ms();
    for shard in 0..args.shards {
        let begin = shards_begin + i64::from(shard) * SHARD_STEP;
        all.add(maker.shard(&args.dir, begin, args.shard_bytes, &mut damage)?);
    }
    damage.finish().map_err(|e| Failure::io("cannot write", &args.dir.join("damage.jsonl"), &e))?;
    let made = json!({
        "entries": all.entries,
        "lines": all.lines,
        "bytes": all.bytes,
        "damaged": damage.damaged(),
    });
    out.raw_line(&made.to_string())?;
    Ok(Exit::Yes)
}

fn older_history(args: &Args, damage: &mut Damage<impl io::Write>) -> Result<Written, Failure> {
    let mut maker = Maker::new(args.seed ^ 0x01d, START - YEAR);
    write_until(&args.dir, "logs/review_history.jsonl", args.older, damage, |line| {
        let call = maker.world.next_call();
        older::write(line, &call, &maker.prose, maker.world.words());
    })
}

struct Maker {
    world: World,
    prose: Prose,
}

impl Maker {
    fn new(seed: u64, now_ms: i64) -> Self {
        let mut world = World::seeded(seed, now_ms);
        let prose = Prose::new(world.words());
        Self { world, prose }
    }

    fn entry(&mut self, line: &mut Vec<u8>, call: &Call) {
        let words = self.world.words();
        if words.rng().u8(..100) < OLDER_PERCENT {
            older::write(line, call, &self.prose, words);
        } else {
            current::write(line, call, &self.prose, words);
        }
    }

    /// One shard of a session that begins at `begin`.
    fn shard(
        &mut self,
        dir: &Path,
        begin: i64,
        bytes: u64,
        damage: &mut Damage<impl io::Write>,
    ) -> Result<Written, Failure> {
        let session = self.world.session();
        let start = current::stamp(begin, "%Y%m%dT%H%M%S");
        let name = format!("logs/active/{start}_{}.jsonl", session.id);
        let mut at = begin;
        write_until(dir, &name, bytes, damage, |line| {
            at += self.world.pause() * SESSION_PAUSE;
            let call = self.world.call(&session, at);
            self.entry(line, &call);
        })
    }
}
