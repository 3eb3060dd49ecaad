//! What a reader sees of a document: its headings, lines and tables, each with its line number.
//!
//! Code blocks, block quotes, comments and raw HTML are no part of it. Text that is struck out, or
//! stands in an HTML element that hides or quotes it, is marked as doubtful: an approval in it is
//! none, and a no still counts.

use std::borrow::Cow;
use std::ops::Range;

use memchr::memchr_iter;
use pulldown_cmark::{Event, HeadingLevel, Options, Parser, Tag, TagEnd};

/// One piece of a document, in its order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Block {
    /// A heading of that level.
    Heading(HeadingLevel, Piece),
    /// One line of a paragraph or list item.
    Line(Piece),
    /// A table: its rows from the heading on.
    Table(Vec<Vec<Piece>>),
    /// Text in raw HTML, which is not read.
    Html(Piece),
}

/// Some text on one line.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Piece {
    /// The line, from 1.
    pub(crate) line: usize,
    /// The text without markup.
    pub(crate) text: String,
    /// Whether a reader may see something else than the text says.
    pub(crate) doubtful: bool,
    /// The check box before it.
    pub(crate) checked: Option<bool>,
    /// Whether it goes on from the line before, in one paragraph.
    pub(crate) continues: bool,
}

/// HTML elements whose text is read like any other.
const TRANSPARENT: [&str; 33] = [
    "a", "b", "big", "br", "center", "code", "dd", "details", "div", "dl", "dt", "em", "font",
    "hr", "i", "img", "input", "kbd", "li", "mark", "ol", "p", "section", "small", "span",
    "strong", "sub", "summary", "sup", "tt", "u", "ul", "wbr",
];

/// The outline of `text`.
pub(crate) fn of(text: &str) -> Vec<Block> {
    // Markdown ends a line at a carriage return, too.
    let text = &*line_ends(text);
    let skipped = mark(text);
    let ends = memchr_iter(b'\n', text.as_bytes()).collect();
    let mut outline = Outline { skipped, ends, ..Outline::default() };
    outline.front_matter(text);
    let body = text.get(outline.skipped..).unwrap_or_default();
    let options =
        Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS;
    for (event, range) in Parser::new_ext(body, options).into_offset_iter() {
        outline.take(event, &range);
    }
    outline.end_line();
    outline.blocks
}

/// The text with a newline for every carriage return that stands alone.
fn line_ends(text: &str) -> Cow<'_, str> {
    let alone = |at: usize| text.as_bytes().get(at + 1) != Some(&b'\n');
    if !memchr_iter(b'\r', text.as_bytes()).any(alone) {
        return Cow::Borrowed(text);
    }
    let mut before = text.chars().peekable();
    let mut out = String::with_capacity(text.len());
    while let Some(c) = before.next() {
        out.push(if c == '\r' && before.peek() != Some(&'\n') { '\n' } else { c });
    }
    Cow::Owned(out)
}

/// The length of a byte order mark before the Markdown.
fn mark(text: &str) -> usize {
    if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 }
}

#[derive(Debug, Default)]
struct Outline {
    blocks: Vec<Block>,
    skipped: usize,
    ends: Vec<usize>,
    /// How many quotes, code blocks and images are open.
    hidden: usize,
    struck: usize,
    /// How many lists are open. A heading in a list opens no section.
    lists: usize,
    /// HTML elements that are open and not transparent.
    apart: Vec<String>,
    piece: Option<Piece>,
    heading: Option<HeadingLevel>,
    table: Option<Vec<Vec<Piece>>>,
    in_cell: bool,
    /// Whether the next line goes on from the one before.
    continues: bool,
    /// Whether the block of HTML is a comment, or code.
    literal: Option<bool>,
}

impl Outline {
    /// The fields between two lines of dashes at the very beginning, which are no Markdown.
    fn front_matter(&mut self, text: &str) {
        let body = text.get(self.skipped..).unwrap_or_default();
        let mut lines = body.split_inclusive('\n');
        if lines.next().is_none_or(|first| first.trim_end() != "---") {
            return;
        }
        let mut at = body.find('\n').map_or(body.len(), |end| end + 1);
        let mut found = Vec::new();
        for line in lines {
            let shown = line.trim_end();
            if shown == "---" || shown == "..." {
                self.blocks.append(&mut found);
                self.skipped += at + line.len();
                return;
            }
            if !(shown.is_empty() || shown.contains(':') || shown.starts_with([' ', '-', '#'])) {
                return;
            }
            let line_number = self.line(at);
            let piece = Piece { line: line_number, text: shown.to_owned(), ..Piece::default() };
            found.push(Block::Line(piece));
            at += line.len();
        }
    }

    fn take(&mut self, event: Event<'_>, range: &Range<usize>) {
        match event {
            Event::Start(tag) if hides(&tag) => {
                self.end_line();
                self.hidden += 1;
            }
            Event::End(end) if closes_hidden(end) => self.hidden = self.hidden.saturating_sub(1),
            _ if self.hidden > 0 => {}
            Event::Start(tag) => self.start(&tag, range),
            Event::End(end) => self.end(end),
            Event::Text(text) | Event::Code(text) => self.add(&text, range),
            Event::SoftBreak | Event::HardBreak => {
                if self.in_cell || self.heading.is_some() {
                    self.add(" ", range);
                } else {
                    self.end_line();
                    self.continues = true;
                }
            }
            Event::TaskListMarker(checked) => {
                let line = self.line(range.start);
                self.piece.get_or_insert_default().line = line;
                self.piece.get_or_insert_default().checked = Some(checked);
            }
            // Text on the line of a tag is raw HTML: not read.
            Event::Html(html) => {
                self.end_line();
                let literal = *self.literal.get_or_insert_with(|| is_literal(&html));
                if literal {
                    return;
                }
                self.elements(&html);
                let text = without_tags(&html);
                if !text.trim().is_empty() {
                    let line = self.line(range.start);
                    self.blocks.push(Block::Html(Piece { line, text, ..Piece::default() }));
                }
            }
            Event::InlineHtml(html) => self.inline_html(&html, range),
            _ => {}
        }
    }

    fn start(&mut self, tag: &Tag<'_>, range: &Range<usize>) {
        match tag {
            Tag::Heading { level, .. } => {
                self.end_line();
                self.heading = Some(*level);
                self.piece = Some(Piece { line: self.line(range.start), ..Piece::default() });
            }
            Tag::Table(_) => {
                self.end_line();
                self.table = Some(Vec::new());
            }
            Tag::TableHead | Tag::TableRow => {
                if let Some(rows) = &mut self.table {
                    rows.push(Vec::new());
                }
            }
            Tag::TableCell => {
                self.in_cell = true;
                self.piece = Some(Piece { line: self.line(range.start), ..Piece::default() });
            }
            Tag::HtmlBlock => {
                self.end_line();
                self.literal = None;
            }
            Tag::List(_) => {
                self.end_line();
                self.lists += 1;
            }
            Tag::Strikethrough => self.struck += 1,
            Tag::Emphasis | Tag::Strong | Tag::Link { .. } => {}
            _ => {
                self.end_line();
                self.continues = false;
            }
        }
    }

    fn end(&mut self, end: TagEnd) {
        match end {
            TagEnd::Heading(level) => {
                self.heading = None;
                if self.lists > 0 {
                    self.end_line();
                } else if let Some(piece) = self.piece.take() {
                    self.blocks.push(Block::Heading(level, trimmed(piece)));
                }
            }
            TagEnd::TableCell => {
                self.in_cell = false;
                let piece = self.piece.take().map(trimmed).unwrap_or_default();
                if let Some(row) = self.table.as_mut().and_then(|rows| rows.last_mut()) {
                    row.push(piece);
                }
            }
            TagEnd::Table => {
                if let Some(rows) = self.table.take() {
                    self.blocks.push(Block::Table(rows));
                }
            }
            TagEnd::List(_) => {
                self.end_line();
                self.lists = self.lists.saturating_sub(1);
            }
            TagEnd::Strikethrough => self.struck = self.struck.saturating_sub(1),
            TagEnd::Emphasis
            | TagEnd::Strong
            | TagEnd::Link
            | TagEnd::TableHead
            | TagEnd::TableRow => {}
            _ => self.end_line(),
        }
    }

    fn add(&mut self, text: &str, range: &Range<usize>) {
        let line = self.line(range.start);
        let doubtful = self.struck > 0 || !self.apart.is_empty();
        let struck = self.struck > 0;
        let continues = std::mem::take(&mut self.continues);
        let piece = self.piece.get_or_insert_with(|| Piece { line, ..Piece::default() });
        piece.doubtful |= doubtful;
        piece.continues |= continues;
        if !struck {
            piece.text.push_str(text);
        }
    }

    fn inline_html(&mut self, html: &str, range: &Range<usize>) {
        if html.starts_with("<!--") || html.starts_with("<?") || html.starts_with("<!") {
            return;
        }
        if name_of(html) == "br" {
            if self.in_cell || self.heading.is_some() {
                self.add(" ", range);
            } else {
                self.end_line();
            }
            return;
        }
        self.elements(html);
        if let Some(piece) = &mut self.piece {
            piece.doubtful |= !self.apart.is_empty();
        }
    }

    /// Follows which elements are open behind `html`.
    fn elements(&mut self, html: &str) {
        let mut rest = html;
        while let Some(at) = rest.find('<') {
            rest = rest.get(at..).unwrap_or_default();
            if let Some(comment) = rest.strip_prefix("<!--") {
                let Some(end) = comment.find("-->") else { return };
                rest = comment.get(end + 3..).unwrap_or_default();
                continue;
            }
            let end = rest.find('>').map_or(rest.len(), |end| end + 1);
            let tag = rest.get(..end).unwrap_or_default();
            rest = rest.get(end.max(1)..).unwrap_or_default();
            let name = name_of(tag);
            if name.is_empty() || tag.ends_with("/>") {
                continue;
            }
            if tag.starts_with("</") {
                if let Some(open) = self.apart.iter().rposition(|open| *open == name) {
                    self.apart.truncate(open);
                }
            } else if !is_transparent(&name, tag) {
                self.apart.push(name);
            }
        }
    }

    fn end_line(&mut self) {
        if self.heading.is_some() || self.in_cell {
            return;
        }
        if let Some(piece) = self.piece.take().map(trimmed)
            && (!piece.text.is_empty() || piece.checked.is_some())
        {
            self.blocks.push(Block::Line(piece));
        }
    }

    /// The line that holds the byte at `offset` of the Markdown.
    fn line(&self, offset: usize) -> usize {
        let at = offset + self.skipped;
        self.ends.partition_point(|end| *end < at) + 1
    }
}

fn trimmed(mut piece: Piece) -> Piece {
    let text = piece.text.trim();
    if text.len() != piece.text.len() {
        piece.text = text.to_owned();
    }
    piece
}

fn hides(tag: &Tag<'_>) -> bool {
    matches!(
        tag,
        Tag::BlockQuote(_) | Tag::CodeBlock(_) | Tag::Image { .. } | Tag::FootnoteDefinition(_)
    )
}

fn closes_hidden(end: TagEnd) -> bool {
    matches!(
        end,
        TagEnd::BlockQuote(_) | TagEnd::CodeBlock | TagEnd::Image | TagEnd::FootnoteDefinition
    )
}

/// Whether a block of HTML that begins so is a comment, a declaration, or code.
fn is_literal(html: &str) -> bool {
    let begin = html.trim_start();
    begin.starts_with("<!")
        || begin.starts_with("<?")
        || ["pre", "script", "style", "textarea"].contains(&name_of(begin).as_str())
}

/// What stands between the tags of a piece of HTML.
fn without_tags(html: &str) -> String {
    let pieces = html.split('<').enumerate();
    let shown = pieces.map(|(at, piece)| match piece.split_once('>') {
        Some((_, text)) if at > 0 => text,
        _ if at > 0 => "",
        _ => piece,
    });
    shown.collect::<Vec<_>>().join(" ")
}

/// The element's name in a tag, in lower case.
fn name_of(tag: &str) -> String {
    let inside = tag.trim_start_matches(['<', '/']);
    let name = inside.split(|c: char| !c.is_ascii_alphanumeric()).next();
    name.unwrap_or_default().to_ascii_lowercase()
}

/// Whether what stands in the element is shown as it is.
fn is_transparent(name: &str, tag: &str) -> bool {
    let tag = tag.to_ascii_lowercase();
    TRANSPARENT.contains(&name)
        && !["hidden", "style", "display"].iter().any(|word| tag.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<(usize, String)> {
        let blocks = of(text).into_iter();
        let lines = blocks.filter_map(|block| match block {
            Block::Line(piece) => Some((piece.line, piece.text)),
            _ => None,
        });
        lines.collect()
    }

    #[test]
    fn what_is_quoted_is_not_seen() {
        for hidden in [
            "```\nseen\n```\n",
            "````\n```\nseen\n```\nseen\n````\n",
            "- item\n  ```\n  seen\n",
            "> seen\nlazily\n",
            "<!-- seen\n\nseen -->\n",
            "    seen\n",
            "<!--\nseen\n",
            "~~~\nseen\n",
            "<pre>\nseen\n</pre>\n",
            "![seen](x)\n",
        ] {
            let found = lines(hidden);
            assert!(!found.iter().any(|(_, text)| text.contains("seen")), "{hidden}: {found:?}");
        }
        assert_eq!(
            lines("\u{feff}a\r\n- b\r\n- <b>c</b> d\n"),
            [(1, "a".to_owned()), (2, "b".to_owned()), (3, "c d".to_owned())]
        );
    }

    #[test]
    fn what_is_struck_out_or_hidden_is_doubtful() {
        for text in [
            "~~a~~ b",
            "<del>a</del> b",
            "<blockquote>\n\nb\n\n</blockquote>\n",
            "<div hidden>\n\nb\n",
        ] {
            let block = of(text).into_iter().next_back();
            assert!(matches!(&block, Some(Block::Line(p)) if p.doubtful), "{text}: {block:?}");
        }
        for text in ["<details>\n\nb\n", "<blockquote>\n\na\n\n</blockquote>\n\nb\n", "a <br> b"] {
            let block = of(text).into_iter().next_back();
            assert!(matches!(&block, Some(Block::Line(p)) if !p.doubtful), "{text}: {block:?}");
        }
    }

    #[test]
    fn rows_know_their_lines() {
        let blocks = of("# T\n\n| A | B |\n|---|---|\n| 1 | a \\| b |\n| 2 |\n");
        let Some(Block::Table(rows)) = blocks.last() else { panic!("{blocks:?}") };
        let shown: Vec<Vec<&str>> =
            rows.iter().map(|row| row.iter().map(|cell| cell.text.as_str()).collect()).collect();
        assert_eq!(shown, [["A", "B"], ["1", "a | b"], ["2", ""]]);
        assert_eq!(rows.last().and_then(|row| row.first()).map(|cell| cell.line), Some(6));
    }
}
