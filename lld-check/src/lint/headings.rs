//! Headings that nothing stands under.

use super::Found;
use crate::document::outline::Block;

/// Checks each heading: before the next one that is not below it there must be some text, a table or
/// code. Comments are none.
pub(super) fn check(text: &str, blocks: &[Block]) -> Vec<Found> {
    let lines: Vec<&str> = text.lines().collect();
    let mut headings = blocks.iter().filter_map(|block| match block {
        Block::Heading(level, piece) => Some((level, piece)),
        _ => None,
    });
    let mut found = Vec::new();
    let Some(mut heading) = headings.next() else { return found };
    // Behind the last heading the design ends, or the log begins.
    for next in headings.map(Some).chain([None]) {
        let (level, piece) = heading;
        let parent = next.is_some_and(|(other, _)| other > level);
        let end = next.map_or(lines.len(), |(_, other)| other.line - 1);
        let under = lines.get(piece.line..end).unwrap_or_default();
        if !parent && is_empty(under, next.is_none()) {
            let title = if piece.text.is_empty() { "a heading" } else { &piece.text };
            found.push(Found::new(
                piece.line,
                "heading_empty",
                format!("nothing stands under {title}"),
            ));
        }
        if let Some(next) = next {
            heading = next;
        }
    }
    found
}

/// Whether the lines hold nothing but blanks and comments. At the end of the design they may go on
/// with the review log, which is no text of this section.
fn is_empty(lines: &[&str], at_end: bool) -> bool {
    let mut text = String::new();
    for line in lines {
        if at_end && line.trim_start().starts_with("## ") {
            break;
        }
        text.push_str(line);
        text.push('\n');
    }
    let mut rest = text.as_str();
    while let Some((before, comment)) = rest.split_once("<!--") {
        if !before.trim().is_empty() {
            return false;
        }
        rest = comment.split_once("-->").map_or("", |(_, behind)| behind);
    }
    rest.trim().is_empty()
}
