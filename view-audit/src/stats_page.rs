//! Counts for people.

use std::collections::BTreeMap;
use std::time::Duration;

use cli::{Cell, Page, Table, Tone};
use jiff::civil::Date;
use records::view_audit::Stats;

use crate::args::By;
use crate::stats::word;

/// Partial blocks, from an eighth of a column to a whole one.
const EIGHTHS: [char; 8] = ['▏', '▎', '▍', '▌', '▋', '▊', '▉', '█'];
/// Heights of a sparkline.
const HEIGHTS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// A table with a row for each group, and a sparkline above it for days; a page of facts for all in one.
pub(crate) fn show(by: Option<By>, groups: &[Stats], page: &mut Page) {
    if groups.iter().all(|group| group.entries == 0) {
        page.line(Tone::Dim, "no entry to count");
        return;
    }
    let width = page.width().unwrap_or(80);
    let Some(by) = by else {
        for all in groups {
            whole(all, width, page);
        }
        return;
    };
    if by == By::Day {
        days(groups, width, page);
    }
    // The bars get what the rest leaves.
    let room = width.saturating_sub(table(by, groups, 0).width() + 1).min(WIDEST);
    table(by, groups, drawn(room)).show(page);
}

/// The longest bar, and the shortest longest bar that says anything.
const WIDEST: usize = 16;
const NARROWEST: usize = 3;

/// No bars at all rather than such as say nothing.
fn drawn(room: usize) -> usize {
    if room < NARROWEST { 0 } else { room }
}

/// With bars of at most `room` columns, which compare the groups with the largest.
fn table(by: By, groups: &[Stats], room: usize) -> Table {
    let mut table = Table::new([
        title(word(by)),
        "ENTRIES",
        "SHARE",
        "APPROVED",
        "ROUNDS",
        "ROTATED",
        "P50",
        "P95",
        "P99",
    ]);
    let largest = groups.iter().map(|group| group.entries).max().unwrap_or(0);
    for group in groups {
        let duration = |ms: Option<u64>| Cell::maybe(ms.map(time)).number();
        let percent = |share: Option<f64>| Cell::maybe(share.map(percent)).number();
        table.row([
            Cell::maybe(group.key.as_deref()),
            Cell::new(group.entries).number(),
            Cell::new(share(group.share, group.entries, largest, room)),
            percent(group.approval_rate),
            Cell::maybe(group.rounds_to_approval.map(|rounds| format!("{rounds:.1}"))).number(),
            percent(group.rotation_share),
            duration(group.duration_p50_ms),
            duration(group.duration_p95_ms),
            duration(group.duration_p99_ms),
        ]);
    }
    table
}

/// How all entries ended, and what else is counted of them.
fn whole(all: &Stats, width: usize, page: &mut Page) {
    let outcomes = [
        (Tone::Good, "approved", all.approved),
        (Tone::Warn, "to revise", all.revise),
        (Tone::Bad, "blocked", all.blocked),
        (Tone::Warn, "failed", all.failed),
        (Tone::Plain, "other", all.other),
    ];
    let mut table = Table::new(["OUTCOME", "ENTRIES", "SHARE"]);
    let largest = outcomes.iter().map(|(.., count)| *count).max().unwrap_or(0);
    let room = drawn(width.saturating_sub(32).min(2 * WIDEST));
    for (tone, outcome, count) in outcomes.into_iter().filter(|(.., count)| *count > 0) {
        table.row([
            Cell::toned(tone, outcome),
            Cell::new(count).number(),
            Cell::new(share(part(count, all.entries), count, largest, room)),
        ]);
    }
    table.row([Cell::new("all"), Cell::new(all.entries).number()]);
    table.show(page);
    if let Some(rate) = all.approval_rate {
        page.field("approved", format_args!("{} of the verdicts", percent(rate)));
    }
    if let Some(rounds) = all.rounds_to_approval {
        page.field("rounds to approval", format_args!("{rounds:.1} on average"));
    }
    if let Some(rotated) = all.rotation_share {
        page.field("rotated", format_args!("{} of those that say", percent(rotated)));
    }
    let ranks = [all.duration_p50_ms, all.duration_p95_ms, all.duration_p99_ms];
    if let [Some(half), Some(most), Some(nearly_all)] = ranks.map(|ms| ms.map(time)) {
        page.field("duration", format_args!("p50 {half}, p95 {most}, p99 {nearly_all}"));
    }
}

/// How many entries there were on each day, with blanks for days without any.
fn days(groups: &[Stats], width: usize, page: &mut Page) {
    let counted = groups
        .iter()
        .filter_map(|group| Some((group.key.as_deref()?.parse::<Date>().ok()?, group.entries)));
    let counted: BTreeMap<Date, u64> = counted.collect();
    let Some((last, _)) = counted.last_key_value() else { return };
    let mut counts = Vec::new();
    let mut day = Some(*last);
    while let Some(now) = day.filter(|day| counts.len() < width && counted.keys().any(|d| d <= day))
    {
        counts.push(counted.get(&now).copied().unwrap_or(0));
        day = now.yesterday().ok();
    }
    counts.reverse();
    let most = counts.iter().max().copied().unwrap_or(0);
    let days = counts.len();
    page.wrapped(Tone::Dim, format_args!("{days} days to {last}, at most {most} entries a day"));
    page.line(Tone::Plain, sparkline(&counts));
}

fn time(ms: u64) -> String {
    cli::show_duration(Duration::from_millis(ms))
}

fn percent(share: f64) -> String {
    format!("{:.0} %", share * 100.0)
}

/// The share in percent, and a bar of at most `room` columns.
fn share(share: f64, count: u64, largest: u64, room: usize) -> String {
    let percent = percent(share);
    if room == 0 {
        return format!("{percent:>5}");
    }
    format!("{percent:>5} {}", bar(part(count, largest), room))
}

#[expect(clippy::cast_precision_loss, reason = "a share that is drawn")]
fn part(count: u64, whole: u64) -> f64 {
    count as f64 / whole.max(1) as f64
}

fn title(word: &str) -> &'static str {
    match word {
        "verdict" => "VERDICT",
        "node" => "NODE",
        "model" => "MODEL",
        "credential" => "CREDENTIAL",
        "issue" => "ISSUE",
        "project" => "PROJECT",
        _ => "DAY",
    }
}

/// A bar of `part` of `room` columns; what is not nothing has at least an eighth of a column.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "a share of a few columns"
)]
fn bar(part: f64, room: usize) -> String {
    let eighths = ((part.clamp(0.0, 1.0) * 8.0 * room as f64).round() as usize).max(1);
    let whole = "█".repeat(eighths / 8);
    let rest = (eighths % 8).checked_sub(1).and_then(|rest| EIGHTHS.get(rest));
    rest.map_or_else(|| whole.clone(), |rest| format!("{whole}{rest}"))
}

/// A blank for nothing; whatever is more has a height.
fn sparkline(counts: &[u64]) -> String {
    let most = counts.iter().copied().max().unwrap_or(0).max(1);
    let height = |count: u64| usize::try_from(count.saturating_mul(8).div_ceil(most)).unwrap_or(8);
    let shown = |count: &u64| height(*count).checked_sub(1).and_then(|at| HEIGHTS.get(at));
    counts.iter().map(|count| shown(count).unwrap_or(&' ')).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_and_sparklines() {
        assert_eq!(bar(1.0, 8), "████████");
        assert_eq!(bar(0.5, 3), "█▌");
        assert_eq!(bar(0.0001, 8), "▏");
        assert_eq!(sparkline(&[0, 1, 7, 14, u64::MAX / 8 + 1]), " ▁▁▁█");
        assert_eq!(sparkline(&[0, 1, 7, 14]), " ▁▄█");
        assert_eq!(share(0.05, 1, 4, 8), "  5 % ██");
    }

    #[test]
    fn a_table_fits_the_width() {
        let group = |key: &str, entries: u64| Stats {
            key: Some(key.into()),
            entries,
            share: 0.5,
            approval_rate: Some(1.0),
            rounds_to_approval: Some(12.5),
            rotation_share: Some(0.25),
            duration_p50_ms: Some(900),
            duration_p99_ms: Some(59_000),
            ..Stats::default()
        };
        let groups = [group("2026-01-24", 1_234_567), group("2026-01-27", 2)];
        for (width, lines) in [(52, 8), (60, 8), (80, 5), (100, 5), (140, 5)] {
            let mut page = Page::new(Some(width));
            show(Some(By::Day), &groups, &mut page);
            let plain = page.text().replace("\u{1b}[0m", "").replace("\u{1b}[2m", "");
            assert!(plain.lines().all(|line| cli::width(line) <= width), "{plain}");
            assert_eq!(plain.lines().count(), lines, "{plain}");
            assert!(
                plain.starts_with("4 days to 2026-01-27, at most 1234567 entries a day\n█  ▁\n")
            );
            assert_eq!(plain.contains("50 % █"), width >= 80, "{plain}");
        }
    }

    #[test]
    fn all_in_one_is_a_page_of_facts() {
        let all = Stats {
            entries: 4,
            approved: 3,
            failed: 1,
            share: 1.0,
            approval_rate: Some(1.0),
            rotation_share: Some(0.25),
            ..Stats::default()
        };
        let mut page = Page::new(Some(42));
        show(None, &[all], &mut page);
        let shown = page.text();
        let plain = shown.split('\u{1b}').map(|part| part.split_once('m').map_or(part, |it| it.1));
        let expected = "\
OUTCOME   ENTRIES  SHARE
approved        3   75 % ██████████
failed          1   25 % ███▍
all             4
  approved: 100 % of the verdicts
  rotated: 25 % of those that say
";
        assert_eq!(plain.collect::<String>(), expected);
    }
}
