//! Text that means nothing and is the same for the same seed.

use crate::Rng;

const VOCABULARY: [&str; 48] = [
    "adapter", "audit", "backlog", "branch", "budget", "cache", "caller", "claim", "commit",
    "cursor", "deadline", "digest", "entry", "error", "evidence", "fallback", "field", "filter",
    "gate", "handoff", "header", "history", "index", "journal", "lane", "ledger", "limit", "lock",
    "merge", "message", "module", "offset", "owner", "parser", "payload", "policy", "project",
    "queue", "record", "report", "request", "review", "schema", "session", "shard", "status",
    "token", "worktree",
];

/// A source of seeded words, sentences and ids.
#[derive(Debug, Clone)]
pub struct Words {
    rng: Rng,
}

impl Words {
    /// The words of this seed.
    pub fn seeded(seed: u64) -> Self {
        Self { rng: Rng::with_seed(seed) }
    }

    /// The generator underneath.
    pub fn rng(&mut self) -> &mut Rng {
        &mut self.rng
    }

    /// One of `items`, which must not be empty.
    pub fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        items.get(self.rng.usize(..items.len())).expect("a list that is not empty")
    }

    /// One lower-case word.
    pub fn word(&mut self) -> &'static str {
        self.pick::<&str>(&VOCABULARY)
    }

    /// One sentence of `count` words, with a capital and a full stop.
    pub fn sentence(&mut self, count: usize) -> String {
        let words: Vec<&str> = (0..count.max(1)).map(|_| self.word()).collect();
        let joined = words.join(" ");
        let mut letters = joined.chars();
        let first = letters.next().expect("a word has letters").to_ascii_uppercase();
        format!("{first}{}.", letters.as_str())
    }

    /// Some sentences on one line.
    pub fn paragraph(&mut self, sentences: usize) -> String {
        let all: Vec<String> = (0..sentences)
            .map(|_| {
                let count = self.rng.usize(4..12);
                self.sentence(count)
            })
            .collect();
        all.join(" ")
    }

    /// Words joined with hyphens, as in a branch or file name.
    pub fn slug(&mut self, count: usize) -> String {
        let words: Vec<&str> = (0..count).map(|_| self.word()).collect();
        words.join("-")
    }

    /// `count` lower-case hexadecimal digits.
    pub fn hex(&mut self, count: usize) -> String {
        (0..count).map(|_| char::from(*self.pick(b"0123456789abcdef"))).collect()
    }

    /// A version 4 UUID.
    pub fn uuid_v4(&mut self) -> String {
        let variant = char::from(*self.pick(b"89ab"));
        format!(
            "{}-{}-4{}-{variant}{}-{}",
            self.hex(8),
            self.hex(4),
            self.hex(3),
            self.hex(3),
            self.hex(12)
        )
    }

    /// A version 7 UUID of that instant, in milliseconds since 1970.
    pub fn uuid_v7(&mut self, unix_ms: i64) -> String {
        let stamp = format!("{unix_ms:012x}");
        let (high, low) = stamp.split_at(8);
        let variant = char::from(*self.pick(b"89ab"));
        format!("{high}-{low}-7{}-{variant}{}-{}", self.hex(3), self.hex(3), self.hex(12))
    }
}
