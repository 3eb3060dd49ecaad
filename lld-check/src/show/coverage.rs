//! Every open issue of every project, as a lead reads it in the morning.

use std::path::Path;

use cli::{Cell, Page, Table, Tone};
use records::Reason;
use records::lld_check::{IssueStanding, Standing, WaiverState};
use repo::shell_words;

use crate::coverage::{Next, next};
use crate::projects::Project;

/// The groups in the runbook's order.
const ALL: [Standing; 6] = [
    Standing::MayStart,
    Standing::NeedsReview,
    Standing::NeedsLld,
    Standing::NoLldNeeded,
    Standing::Blocked,
    Standing::Done,
];

/// The one project. Commands are given for the folder `here`.
pub(crate) fn one(project: &Project, standings: &[IssueStanding], here: &Path, page: &mut Page) {
    rows(standings, page);
    if !standings.is_empty() {
        page.blank();
    }
    let counts =
        ALL.map(|standing| format!("{} {}", count(standings, standing), named(standing).1));
    page.line(Tone::Strong, format_args!("{} open: {}", standings.len(), counts.join(" · ")));
    page.line(Tone::Plain, format_args!("Next: {}", step(project, standings, here)));
}

/// All projects, then their totals and next steps, which are the last to be seen.
pub(crate) fn several(
    projects: &[Project],
    shown: &[Vec<IssueStanding>],
    here: &Path,
    unknown: impl Fn(&Project) -> bool,
    page: &mut Page,
) {
    for (project, standings) in projects.iter().zip(shown).filter(|(_, s)| !s.is_empty()) {
        page.line(Tone::Strong, &project.name);
        rows(standings, page);
        page.blank();
    }
    let heading =
        ["PROJECT", "OPEN", "MAY START", "REVIEW", "NEEDS LLD", "NO LLD", "BLOCKED", "DONE"];
    let mut table = Table::new(heading);
    let total = |standings: &[&[IssueStanding]], name: &str| {
        let all = || standings.iter().flat_map(|s| s.iter());
        let number = |standing| all().filter(|s| s.standing == standing).count();
        let cell = |standing| match number(standing) {
            0 => Cell::toned(Tone::Dim, "-"),
            some => Cell::toned(named(standing).0, some),
        };
        let mut row = vec![Cell::new(name), Cell::new(all().count())];
        row.extend(ALL.map(cell));
        row
    };
    for (project, standings) in projects.iter().zip(shown) {
        if standings.is_empty() && unknown(project) {
            table.row([Cell::new(&project.name), Cell::toned(Tone::Bad, "?")]);
        } else {
            table.row(total(&[standings.as_slice()], &project.name));
        }
    }
    let all: Vec<&[IssueStanding]> = shown.iter().map(Vec::as_slice).collect();
    table.row(total(&all, "all"));
    table.show(page);
    page.blank();
    for (project, standings) in projects.iter().zip(shown) {
        let step = if standings.is_empty() && unknown(project) {
            "its issues are not known".into()
        } else {
            step(project, standings, here)
        };
        // Not wrapped, so that a command can be copied as it stands.
        page.line(Tone::Plain, format_args!("{}: {step}", project.name));
    }
}

fn rows(standings: &[IssueStanding], page: &mut Page) {
    if standings.is_empty() {
        return;
    }
    let mut table = Table::new(["STANDING", "ISSUE", "TITLE", "LABELS", "WHY"]);
    for one in standings {
        let (tone, name) = named(one.standing);
        table.row([
            Cell::toned(tone, name),
            Cell::new(format_args!("#{}", one.issue)),
            Cell::new(&one.title),
            Cell::new(one.labels.join(", ")),
            Cell::new(why(one)),
        ]);
    }
    table.show(page);
}

/// Why an issue stands where it does, in a few words; JSON and `lld-check gate` say more.
fn why(one: &IssueStanding) -> String {
    let mut why = because(one);
    if let Some(lane) = &one.lane {
        why = format!("{why}, lane {}", lane.rsplit('/').next().unwrap_or(lane));
    }
    why
}

fn because(one: &IssueStanding) -> String {
    let file = one.lld.as_deref().map_or("-", |path| path.rsplit('/').next().unwrap_or(path));
    if !one.reasons.is_empty() {
        let words: Vec<&str> = one.reasons.iter().map(in_words).collect();
        return words.join(", ");
    }
    let waiver = one.waivers.iter().rfind(|waiver| waiver.state == WaiverState::Holds);
    match (waiver, &one.no_lld) {
        (Some(waiver), _) => format!("{file}, waived by {}", waiver.by),
        (None, Some(rule)) => rule.trim_start_matches("gates.no_lld: ").to_owned(),
        (None, None) => file.to_owned(),
    }
}

fn in_words(reason: &Reason) -> &str {
    match reason.code.as_str() {
        "lld_missing" => "-",
        "lld_done" => "LLD is in done",
        "lld_ambiguous" => "several LLDs",
        "lld_unfilled" => "not filled in",
        "lld_not_reviewed" => "not reviewed",
        "lld_damaged" => "LLD cannot be read",
        "approval_stale" => "changed since its approval",
        "approval_contradicted" => "approval contradicts itself",
        "model_unverified" => "model not verified",
        "review_revise" => "changes asked for",
        "review_blocked" => "review blocked it",
        "lanes_unknown" => "lanes are unknown",
        "lane_half_made" => "lane is half made",
        "lane_missing" => "lane's folder is gone",
        "lane_ambiguous" => "several lanes",
        "lane_base_missing" => "no base branch",
        "log_damaged" => "audit log is damaged",
        code => code,
    }
}

fn count(standings: &[IssueStanding], standing: Standing) -> usize {
    standings.iter().filter(|s| s.standing == standing).count()
}

fn named(standing: Standing) -> (Tone, &'static str) {
    match standing {
        Standing::MayStart => (Tone::Good, "may start"),
        Standing::NeedsReview => (Tone::Warn, "needs review"),
        Standing::NeedsLld => (Tone::Warn, "needs LLD"),
        Standing::NoLldNeeded => (Tone::Good, "no LLD needed"),
        Standing::Blocked => (Tone::Bad, "blocked"),
        Standing::Done => (Tone::Dim, "done"),
    }
}

/// The next step, as it can be typed in the folder `here`.
fn step(project: &Project, standings: &[IssueStanding], here: &Path) -> String {
    let Some(Next { what, how, is_command, also }) = next(standings) else {
        return "nothing is open that waits for you".into();
    };
    let root = project.place.as_ref().map_or(here, repo::Place::worktree);
    let elsewhere = is_command && root != here;
    let how = if elsewhere {
        format!("(cd {} && {how})", shell_words([root.to_string_lossy()]))
    } else {
        how
    };
    let also = also.map(|also| format!("{also}; ")).unwrap_or_default();
    format!("{also}{what}: {how}")
}
