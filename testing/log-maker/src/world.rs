//! Who asks for which review when, and how it ends.

use testkit::Words;

/// 2026-01-24T18:30:45Z, in milliseconds since 1970: the history begins here.
pub(crate) const START: i64 = 1_769_279_445_000;

const PROJECT_COUNT: u32 = 4;
const CREDENTIAL_COUNT: u8 = 5;
const DAY: i64 = 86_400_000;
const PROJECTS: [&str; PROJECT_COUNT as usize] = ["talos", "clio", "aletheia", "orpheus"];
const CREDENTIALS: [&str; CREDENTIAL_COUNT as usize] =
    ["team-a", "team-b", "team-c", "team-d", "personal"];
const FAILURES: [&str; 5] =
    ["quota_day", "quota_minute", "capacity", "model_mismatch", "bad_answer"];

/// The number of the first issue.
const FIRST_ISSUE: u32 = 90;
/// How many issues of each project are worked on at a time.
const OPEN_ISSUES: u32 = 3;
/// After so many entries, on average, another issue is opened.
const ENTRIES_AN_ISSUE: u32 = 1_300;
/// How many sessions write at a time.
const OPEN_SESSIONS: usize = 8;
/// How many entries a session writes, on average.
const ENTRIES_A_SESSION: u32 = 150;

/// One run of an agent: one project, one favourite credential.
#[derive(Debug, Clone)]
pub(crate) struct Session {
    /// Eight hexadecimal digits.
    pub id: String,
    /// Index of the project.
    project: u32,
    /// Index of the credential that is asked first.
    credential: u8,
}

/// How a call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// With this verdict.
    Verdict(&'static str),
    /// Without one; the class of the failure.
    Failed(&'static str),
}

/// The facts of one entry.
#[derive(Debug)]
pub(crate) struct Call {
    pub at_ms: i64,
    pub session: String,
    pub project: &'static str,
    pub node: &'static str,
    pub issue: u32,
    pub slug: String,
    pub end: End,
    pub model: &'static str,
    pub credential: &'static str,
    pub attempts: u32,
    pub duration_ms: u32,
}

#[derive(Debug)]
struct Issue {
    slug: String,
    implementing: bool,
}

/// Issues, sessions and the weather, from one entry to the next.
#[derive(Debug)]
pub(crate) struct World {
    words: Words,
    issues: Vec<Issue>,
    /// Index of the last of them.
    newest: u32,
    sessions: Vec<Session>,
    now_ms: i64,
    /// So many more calls meet an exhausted quota.
    drought: u32,
}

impl World {
    /// The world of this seed, at that time.
    pub(crate) fn seeded(seed: u64, now_ms: i64) -> Self {
        let mut world = Self {
            words: Words::seeded(seed),
            issues: Vec::new(),
            newest: 0,
            sessions: Vec::new(),
            now_ms,
            drought: 0,
        };
        (0..PROJECT_COUNT * OPEN_ISSUES).for_each(|_| world.open_issue());
        world.sessions = (0..OPEN_SESSIONS).map(|_| world.session()).collect();
        world
    }

    /// The source of all that is random.
    pub(crate) fn words(&mut self) -> &mut Words {
        &mut self.words
    }

    /// When the last call ended, in milliseconds since 1970.
    pub(crate) fn now_ms(&self) -> i64 {
        self.now_ms
    }

    /// The next call, of some session.
    pub(crate) fn next_call(&mut self) -> Call {
        self.now_ms += self.pause();
        let open = self.words.rng().usize(..OPEN_SESSIONS);
        if self.words.rng().u32(..ENTRIES_A_SESSION) == 0 {
            let begun = self.session();
            self.sessions.get_mut(open).into_iter().for_each(|ended| *ended = begun.clone());
        }
        let session = self.sessions.get(open).cloned().unwrap_or_else(|| self.session());
        self.call(&session, self.now_ms)
    }

    /// A new session.
    pub(crate) fn session(&mut self) -> Session {
        Session {
            id: self.words.hex(8),
            project: self.words.rng().u32(..PROJECT_COUNT),
            credential: self.words.rng().u8(..CREDENTIAL_COUNT),
        }
    }

    /// Milliseconds from one call to the next: 40 s on average, 160 s at most.
    pub(crate) fn pause(&mut self) -> i64 {
        200 + self.words.rng().i64(0..400) * self.words.rng().i64(0..400)
    }

    /// A call of `session` that ended at `at_ms`.
    pub(crate) fn call(&mut self, session: &Session, at_ms: i64) -> Call {
        if self.words.rng().u32(..ENTRIES_AN_ISSUE) == 0 {
            self.open_issue();
        }
        let end = self.end();
        let index = self.issue_of(session.project);
        let (slug, node) = match self.issues.get_mut(index as usize) {
            Some(issue) => {
                let node = if issue.implementing { "review_implementation" } else { "review_lld" };
                issue.implementing ^= end == End::Verdict("APPROVED");
                (issue.slug.clone(), node)
            }
            None => (String::new(), "review_lld"),
        };
        let rotated = matches!(end, End::Failed(_)) || self.words.rng().u8(..12) == 0;
        let further = if rotated { self.words.rng().u8(1..CREDENTIAL_COUNT) } else { 0 };
        let credential = (session.credential + further) % CREDENTIAL_COUNT;
        Call {
            at_ms,
            session: session.id.clone(),
            project: PROJECTS.get(session.project as usize).copied().unwrap_or_default(),
            node: if self.words.rng().u8(..20) == 0 { "review_tests" } else { node },
            issue: FIRST_ISSUE + index,
            slug,
            end,
            model: self.model(at_ms),
            credential: CREDENTIALS.get(usize::from(credential)).copied().unwrap_or_default(),
            attempts: 1 + u32::from(further),
            duration_ms: self.duration(),
        }
    }

    fn open_issue(&mut self) {
        self.newest += u32::from(!self.issues.is_empty());
        let words = self.words.rng().usize(2..5);
        let slug = self.words.slug(words);
        self.issues.push(Issue { slug, implementing: false });
    }

    /// One of the project's newest issues; now and then one of its older ones.
    fn issue_of(&mut self, project: u32) -> u32 {
        let last = self.newest - (self.newest + PROJECT_COUNT - project) % PROJECT_COUNT;
        let back = match self.words.rng().u8(..20) {
            0 => self.words.rng().u32(..=last / PROJECT_COUNT),
            _ => self.words.rng().u32(..OPEN_ISSUES),
        };
        last.saturating_sub(back * PROJECT_COUNT)
    }

    /// Quotas run out for a while now and then; other failures are rare.
    fn end(&mut self) -> End {
        let rng = self.words.rng();
        if self.drought == 0 && rng.u32(..400) == 0 {
            self.drought = rng.u32(10..50);
        }
        if self.drought > 0 {
            self.drought -= 1;
            if rng.u8(..5) > 0 {
                return End::Failed("quota_day");
            }
        }
        match rng.u8(..100) {
            0..3 => End::Failed(self.words.pick::<&str>(&FAILURES)),
            3..47 => End::Verdict("APPROVED"),
            47..79 => End::Verdict("REVISE"),
            _ => End::Verdict("BLOCKED"),
        }
    }

    /// Another model comes into use after two months.
    fn model(&mut self, at_ms: i64) -> &'static str {
        let latest = if at_ms < START + 60 * DAY {
            "gemini-3-pro-preview"
        } else {
            "gemini-3.1-pro-preview"
        };
        match self.words.rng().u8(..100) {
            0..8 => "gemini-3-flash-preview",
            8..14 => "gemini-3-pro-preview",
            _ => latest,
        }
    }

    /// From one second to two minutes, most of them short.
    fn duration(&mut self) -> u32 {
        let rng = self.words.rng();
        let base = 900 << rng.u32(..7).min(rng.u32(..8));
        base + rng.u32(..base)
    }
}
