//! Boxes that are not checked.
//!
//! The Definition of Done says what has to be finished, so its boxes are open while the work is
//! ahead. Any other open box is a question that nobody has answered.

use super::Found;
use crate::claim::words::words;
use crate::document::outline::Block;

/// Checks the boxes; those of the Definition of Done when the work `is_done`.
pub(super) fn check(blocks: &[Block], is_done: bool) -> Vec<Found> {
    let mut found = Vec::new();
    let mut definition: Option<(usize, usize)> = None;
    let mut inside = false;
    for block in blocks {
        match block {
            Block::Heading(_, piece) => {
                let all = words(&piece.text);
                inside = all.iter().any(|word| word == "done" || word == "dod");
                if inside {
                    definition = definition.or(Some((piece.line, 0)));
                }
            }
            Block::Line(piece) => {
                let Some(checked) = piece.checked else { continue };
                if inside && let Some((_, boxes)) = &mut definition {
                    *boxes += 1;
                }
                if !checked && (is_done || !inside) {
                    let message = format!("not checked: {}", piece.text);
                    found.push(Found::new(piece.line, "checklist_open", message));
                }
            }
            Block::Table(_) | Block::Html(_) => {}
        }
    }
    if let Some((line, 0)) = definition {
        let message = "the Definition of Done has no boxes to check";
        found.push(Found::new(line, "checklist_missing", message));
    }
    found
}
