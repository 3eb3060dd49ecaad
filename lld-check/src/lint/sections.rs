//! The sections of template 0102: there, once, and in order.
//!
//! They are told by words of their titles: the predecessor numbered its sections to 12, with others
//! between them, and people call them by shorter names. Other sections may stand anywhere.

use pulldown_cmark::HeadingLevel;

use super::Found;
use crate::claim::section::without_number;
use crate::claim::words::words;
use crate::document::outline::{Block, Piece};

/// A section with the words that tell it: any of them will do.
type Wanted = (&'static str, &'static [&'static str]);

const SECTIONS: [Wanted; 7] = [
    ("Context & Goal", &["context", "goal", "goals", "background", "overview", "objective"]),
    ("Proposed Changes", &["proposed", "changes", "solution", "approach"]),
    ("Requirements", &["requirements", "requirement"]),
    ("Alternatives Considered", &["alternatives", "alternative"]),
    ("Security Considerations", &["security"]),
    ("Verification & Testing", &["verification", "testing", "tests", "test"]),
    ("Definition of Done", &["done", "dod"]),
];
/// The parts of the second section.
const PARTS: [Wanted; 5] = [
    ("Files Changed", &["files", "file"]),
    ("Dependencies", &["dependencies", "dependency"]),
    ("Data Structures", &["data", "structures", "types", "schema", "schemas"]),
    (
        "Function Signatures",
        &["function", "functions", "signatures", "interface", "interfaces", "api"],
    ),
    ("Logic Flow (Pseudocode)", &["logic", "flow", "pseudocode", "algorithm"]),
];

/// Checks the headings.
pub(super) fn check(blocks: &[Block]) -> Vec<Found> {
    let headings = |wanted: &[HeadingLevel]| -> Vec<&Piece> {
        let of_level = blocks.iter().filter_map(|block| match block {
            Block::Heading(level, piece) if wanted.contains(level) => Some(piece),
            _ => None,
        });
        of_level.collect()
    };
    let sections = headings(&[HeadingLevel::H2]);
    let deeper = headings(&[HeadingLevel::H3, HeadingLevel::H4]);
    let mut found = Vec::new();
    let mut last: Option<(usize, &str)> = None;
    for (at, wanted) in SECTIONS.iter().enumerate() {
        let Some(first) = sections.iter().find(|piece| is(wanted, piece)) else {
            found.push(missing(1, wanted));
            continue;
        };
        if at == 1 {
            let of_part = |part: &Wanted| deeper.iter().any(|piece| is(part, piece));
            found.extend(PARTS.iter().filter(|p| !of_part(p)).map(|p| missing(first.line, p)));
        }
        match last {
            Some((line, before)) if first.line < line => {
                // The section that stands too late is named in its own line.
                let message = format!("{before} belongs before {}", wanted.0);
                found.push(Found::new(line, "section_order", message));
            }
            _ => {}
        }
        if last.is_none_or(|(line, _)| first.line > line) {
            last = Some((first.line, wanted.0));
        }
    }
    for (at, piece) in sections.iter().enumerate() {
        let title = without_number(&piece.text).to_lowercase();
        let same = |other: &&&Piece| without_number(&other.text).to_lowercase() == title;
        if let Some(first) = sections.iter().take(at).find(same).filter(|_| !title.is_empty()) {
            let message = format!("{} is in line {} already", piece.text, first.line);
            found.push(Found::new(piece.line, "section_double", message));
        }
    }
    found
}

fn missing(line: usize, (name, _): &Wanted) -> Found {
    Found::new(line, "section_missing", format!("there is no section {name}"))
}

fn is((_, telling): &Wanted, piece: &Piece) -> bool {
    words(&piece.text).iter().any(|word| telling.contains(&word.as_str()))
}
