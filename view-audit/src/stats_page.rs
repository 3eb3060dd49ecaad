//! Counts for people.

use std::time::Duration;

use cli::{Cell, Page, Table, Tone};
use records::view_audit::Stats;

use crate::args::By;
use crate::stats::word;

/// Partial blocks, from an eighth of a column to a whole one.
const EIGHTHS: [char; 8] = ['▏', '▎', '▍', '▌', '▋', '▊', '▉', '█'];
/// Heights of a sparkline.
const HEIGHTS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// A table with a row for each group; for days a sparkline above it.
pub(crate) fn show(by: Option<By>, groups: &[Stats], page: &mut Page) {
    if groups.iter().all(|group| group.entries == 0) {
        page.line(Tone::Dim, "no entry to count");
        return;
    }
    let width = page.width().unwrap_or(80);
    if by == Some(By::Day) {
        let counts: Vec<u64> = groups.iter().map(|group| group.entries).collect();
        let from = counts.len().saturating_sub(width.saturating_sub(15));
        let shown = counts.get(from..).unwrap_or_default();
        page.line(Tone::Plain, format_args!("entries a day: {}", sparkline(shown)));
    }
    let heading = by.map_or("ALL", |by| title(word(by)));
    let mut table = Table::new([
        heading, "ENTRIES", "SHARE", "APPROVED", "ROUNDS", "ROTATED", "P50", "P95", "P99",
    ]);
    let room = if width < 100 { 8 } else { 12 };
    let largest = groups.iter().map(|group| group.share).fold(0.0, f64::max);
    for group in groups {
        let duration =
            |ms: Option<u64>| Cell::maybe(ms.map(Duration::from_millis).map(cli::show_duration));
        let percent =
            |share: Option<f64>| Cell::maybe(share.map(|s| format!("{:.0} %", s * 100.0)));
        table.row([
            if by.is_some() { Cell::maybe(group.key.as_deref()) } else { Cell::new("") },
            Cell::new(group.entries),
            Cell::new(bar(group.share / largest, room)),
            percent(group.approval_rate),
            Cell::maybe(group.rounds_to_approval.map(|rounds| format!("{rounds:.1}"))),
            percent(group.rotation_share),
            duration(group.duration_p50_ms),
            duration(group.duration_p95_ms),
            duration(group.duration_p99_ms),
        ]);
    }
    table.show(page);
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

fn sparkline(counts: &[u64]) -> String {
    let most = counts.iter().copied().max().unwrap_or(0).max(1);
    let height = |count: &u64| usize::try_from(count * 7 / most).unwrap_or(7);
    counts.iter().filter_map(|count| HEIGHTS.get(height(count))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_and_sparklines() {
        assert_eq!(bar(1.0, 8), "████████");
        assert_eq!(bar(0.5, 3), "█▌");
        assert_eq!(bar(0.0001, 8), "▏");
        assert_eq!(sparkline(&[0, 7, 14]), "▁▄█");
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
        let groups = [group("2026-01-24", 1_234_567), group("2026-01-25", 2)];
        for width in [80, 100, 140] {
            let mut page = Page::new(Some(width));
            show(Some(By::Day), &groups, &mut page);
            let plain = page.text().replace("\u{1b}[0m", "").replace("\u{1b}[2m", "");
            assert!(plain.lines().all(|line| cli::width(line) <= width), "{plain}");
            assert_eq!(plain.lines().count(), 4, "{plain}");
        }
    }
}
