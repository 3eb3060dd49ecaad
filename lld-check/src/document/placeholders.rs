//! What an author has not filled in yet.
//!
//! A placeholder is text in braces that begins with a letter, as in template 0102: `{Title}`. In
//! code, in comments, and after a backslash, braces are meant as they are. Anything else in braces
//! counts as unfilled: a gate must not guess that it was meant.

use std::ops::Range;

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

/// The longest text in braces that counts, in bytes.
const LONGEST: usize = 200;

/// One thing that is still to be filled in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Placeholder {
    /// The line, from 1.
    pub(crate) line: usize,
    /// Where it begins in the text, in bytes.
    pub(crate) offset: usize,
    /// The text with its braces.
    pub(crate) text: String,
}

/// All placeholders of `text`, from top to bottom.
pub(crate) fn find(text: &str) -> Vec<Placeholder> {
    let literal = literal_ranges(text);
    let mut found = Vec::new();
    let mut line = 1;
    let mut counted = 0;
    for (offset, _) in text.match_indices('{') {
        if text.as_bytes().get(..offset).is_some_and(|before| before.ends_with(b"\\")) {
            continue;
        }
        let next = literal.partition_point(|range| range.end <= offset);
        if literal.get(next).is_some_and(|range| range.contains(&offset)) {
            continue;
        }
        let Some(inside) = text.get(offset..).and_then(braced) else { continue };
        line += text.get(counted..offset).map_or(0, |part| part.matches('\n').count());
        counted = offset;
        found.push(Placeholder { line, offset, text: inside.to_owned() });
    }
    found
}

/// The text in braces at the start of `text`, on one line.
fn braced(text: &str) -> Option<&str> {
    let end =
        text.bytes().take(LONGEST).skip(1).position(|b| matches!(b, b'{' | b'}' | b'\n'))? + 1;
    let inside = text.get(1..end)?;
    let closed = text.get(end..)?.starts_with('}');
    (closed && inside.starts_with(char::is_alphabetic)).then(|| text.get(..=end)).flatten()
}

/// Code blocks, code spans, HTML and comments, in order and apart from each other.
fn literal_ranges(text: &str) -> Vec<Range<usize>> {
    let mut ranges = Vec::new();
    let mut code_from = None;
    for (event, range) in Parser::new_ext(text, Options::ENABLE_TABLES).into_offset_iter() {
        match event {
            Event::Start(Tag::CodeBlock(_)) => code_from = Some(range.start),
            Event::End(TagEnd::CodeBlock) => {
                ranges.push(code_from.take().unwrap_or(range.start)..range.end);
            }
            Event::Code(_) | Event::Html(_) | Event::InlineHtml(_) => ranges.push(range),
            _ => {}
        }
    }
    ranges
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(text: &str) -> Vec<String> {
        find(text).into_iter().map(|p| p.text).collect()
    }

    #[test]
    fn every_placeholder_of_0102_is_found() {
        // The template as the runbook prints it.
        let text = "# {IssueID} - Feature: {Title}\n* **Issue:** #{issue_id}\n* **Objective:** {What this achieves}\n\
                    * **Related Issues:** {Dependencies}\n{New packages required}\n\n{TypedDicts, classes, schemas}\n\n\
                    {Key function definitions}\n\n{Step-by-step implementation}\n\n{What must be true when done}\n\n\
                    - [ ] {Checklist items}\n### {Reviewer} Review #{N} ({VERDICT})\n";
        assert_eq!(texts(text).len(), 14);
        assert_eq!(find(text).last().map(|p| p.line), Some(16));
    }

    #[test]
    fn code_comments_and_escapes_are_literal() {
        let text = "`/items/{id}` and \\{id\\}\n<!-- {Note to the author} -->\n```\n{Title}\n```\n\n    {Title}\n\n~~~\n{Title}";
        assert_eq!(texts(text), Vec::<String>::new());
    }

    #[test]
    fn what_could_be_left_over_counts() {
        assert_eq!(texts("a {b c} d"), ["{b c}"]);
        assert_eq!(texts("| {Cell} |"), ["{Cell}"]);
        assert_eq!(texts("{{Twice}}"), ["{Twice}"]);
        assert_eq!(texts("{Überschrift}"), ["{Überschrift}"]);
        assert_eq!(texts("{a *b* c}"), ["{a *b* c}"]);
        assert_eq!(texts("{} {1} { a } {a\nb} {unclosed"), Vec::<String>::new());
    }
}
