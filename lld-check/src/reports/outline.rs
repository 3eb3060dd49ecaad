//! A report as headings with what stands under them, fields, and code.

use std::ops::Range;

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

/// A report, taken apart.
#[derive(Debug, Default)]
pub(crate) struct Outline {
    /// Its headings and fields, from top to bottom.
    pub(crate) topics: Vec<Topic>,
    /// Its code blocks and code spans.
    pub(crate) code: Vec<Code>,
    /// Every line that is not in a comment, with its number from 1 and whether it is code.
    pub(crate) lines: Vec<(usize, String, bool)>,
}

/// A heading or a field, and what it holds.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Topic {
    /// Its line, from 1.
    pub(crate) line: usize,
    /// Its name in lower case.
    pub(crate) name: String,
    /// What is said about it; empty when there is nothing but markup and placeholders.
    pub(crate) content: String,
}

/// A piece of code.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Code {
    /// Its line, from 1.
    pub(crate) line: usize,
    /// Its text.
    pub(crate) text: String,
    /// Whether it is a block of its own.
    pub(crate) block: bool,
}

/// What stands for text that was not written yet.
const PLACEHOLDERS: [&str; 6] = ["todo", "tbd", "fixme", "xxx", "placeholder", "pending"];

impl Outline {
    /// Takes `text` apart.
    pub(crate) fn of(text: &str) -> Self {
        let mut headings: Vec<(usize, Range<usize>, String)> = Vec::new();
        let mut comments: Vec<Range<usize>> = Vec::new();
        let mut blocks: Vec<Range<usize>> = Vec::new();
        let mut outline = Self::default();
        let (mut level, mut open, mut title) = (0, 0..0, None::<String>);
        let mut block: Option<String> = None;
        let line_of = |offset: usize| 1 + text.get(..offset).map_or(0, |t| t.matches('\n').count());
        let options = Options::ENABLE_TABLES;
        for (event, range) in Parser::new_ext(text, options).into_offset_iter() {
            match event {
                Event::Start(Tag::Heading { level: depth, .. }) => {
                    (level, open, title) = (depth as usize, range, Some(String::new()));
                }
                Event::End(TagEnd::Heading(_)) => {
                    headings.push((level, open.clone(), title.take().unwrap_or_default()));
                }
                Event::Start(Tag::CodeBlock(_)) => block = Some(String::new()),
                Event::End(TagEnd::CodeBlock) => {
                    let (line, code) = (line_of(range.start), block.take().unwrap_or_default());
                    outline.code.push(Code { line, text: code, block: true });
                    blocks.push(range);
                }
                Event::Code(code) => {
                    if let Some(title) = &mut title {
                        title.push_str(&code);
                    }
                    let line = line_of(range.start);
                    outline.code.push(Code { line, text: code.into_string(), block: false });
                }
                Event::Text(part) => {
                    for held in title.iter_mut().chain(block.as_mut()) {
                        held.push_str(&part);
                    }
                }
                Event::Html(_) | Event::InlineHtml(_) => comments.push(range),
                _ => {}
            }
        }
        outline.lines = lines(text, &comments, &blocks);
        for (at, (level, range, title)) in headings.iter().enumerate() {
            let later = headings.iter().skip(at + 1);
            let end = later.clone().find(|(other, ..)| other <= level);
            let (first, last) =
                (line_of(range.end.max(1) - 1), end.map(|(_, r, _)| line_of(r.start)));
            let titles: Vec<usize> = later.map(|(_, r, _)| line_of(r.start)).collect();
            let inside = |line: usize| line > first && last.is_none_or(|last| line < last);
            let held = outline.lines.iter().filter(|(n, ..)| inside(*n) && !titles.contains(n));
            let held: Vec<&str> = held.map(|(_, line, _)| line.as_str()).collect();
            let (line, name) = (line_of(range.start), title.to_lowercase());
            outline.topics.push(Topic { line, name, content: said(&held) });
        }
        let next = outline.lines.iter().skip(1).map(|(_, next, _)| is_rule(next)).chain([false]);
        outline.topics.extend(outline.lines.iter().zip(next).filter_map(|(line, is_head)| {
            let (line, text, is_code) = line;
            let (name, value) = if *is_code || is_head { None } else { field(text) }?;
            Some(Topic { line: *line, name: name.to_lowercase(), content: said(&[&value]) })
        }));
        outline.topics.sort_by_key(|topic| topic.line);
        outline
    }

    /// What is said under a name that holds one of `words`; the error gives the line of a name that
    /// holds nothing, if there is one.
    pub(crate) fn about(&self, words: &[&str]) -> Result<&Topic, Option<usize>> {
        let fits = |topic: &&Topic| words.iter().any(|word| topic.name.contains(word));
        let mut empty = None;
        for topic in self.topics.iter().filter(fits) {
            if !topic.content.is_empty() {
                return Ok(topic);
            }
            empty = empty.or(Some(topic.line));
        }
        Err(empty)
    }

    /// The lines on which something stands for text that was not written yet.
    pub(crate) fn placeholders(&self) -> impl Iterator<Item = (usize, &str)> {
        let left = |(_, text, is_code): &&(usize, String, bool)| {
            let cells = text.split(['|', ':']).map(plain).filter(|cell| !cell.is_empty());
            !is_code && cells.into_iter().any(|cell| is_placeholder(&cell))
        };
        self.lines.iter().filter(left).map(|(line, text, _)| (*line, text.trim()))
    }
}

/// Every line with its number, without comments, and whether it is in a code block.
fn lines(
    text: &str,
    comments: &[Range<usize>],
    blocks: &[Range<usize>],
) -> Vec<(usize, String, bool)> {
    let mut all = Vec::new();
    let mut offset = 0;
    for (at, line) in text.split_inclusive('\n').enumerate() {
        let inside = |range: &&Range<usize>| range.contains(&offset);
        let is_code = blocks.iter().any(|range| inside(&range));
        let kept: String = line
            .char_indices()
            .filter(|(i, _)| !comments.iter().any(|range| range.contains(&(offset + i))))
            .map(|(_, c)| c)
            .collect();
        all.push((at + 1, kept.trim_end().to_owned(), is_code));
        offset += line.len();
    }
    all
}

/// `**Name:** value`, `* Name: value` or `| Name | value |`.
fn field(line: &str) -> Option<(String, String)> {
    let line = line.trim();
    if let Some(row) = line.strip_prefix('|') {
        let (name, rest) = row.split_once('|')?;
        return Some((plain(name), rest.to_owned())).filter(|(name, _)| !name.is_empty());
    }
    let (name, value) = line.split_once(':')?;
    let (name, value) = (plain(name), value.trim_start_matches(['*', '_']));
    (!name.is_empty() && name.split(' ').count() <= LONGEST_NAME).then(|| (name, value.to_owned()))
}

/// How many words a field's name has at most.
const LONGEST_NAME: usize = 5;

/// The words of a line without markup.
fn plain(text: &str) -> String {
    let word = |c: char| c.is_alphanumeric() || "#/.%_-".contains(c);
    let words = text.split(|c: char| !word(c)).filter(|w| w.contains(char::is_alphanumeric));
    words.collect::<Vec<_>>().join(" ")
}

/// Whether the text says nothing but that something is to be written.
fn is_placeholder(text: &str) -> bool {
    let lower = text.to_lowercase();
    PLACEHOLDERS.iter().any(|word| lower == *word)
        || lower.starts_with("todo ")
        || lower.starts_with("tbd ")
}

/// What lines say: without blank ones, markup, placeholders and the heads of tables.
fn said(lines: &[&str]) -> String {
    let is_rule =
        |line: &str| line.contains("--") && line.trim().chars().all(|c| "|-: ".contains(c));
    let mut kept: Vec<String> = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let is_head = lines.get(at + 1).is_some_and(|next| line.contains('|') && is_rule(next));
        let words = plain(line);
        let is_fence = line.trim_start().starts_with("```") || line.trim_start().starts_with("~~~");
        if !words.is_empty() && !is_fence && !is_head && !is_rule(line) && !is_placeholder(&words) {
            kept.push(words);
        }
    }
    kept.join(" ")
}

/// Whether the line parts the head of a table from its rows.
fn is_rule(line: &str) -> bool {
    line.contains("--") && line.trim().chars().all(|c| "|-: ".contains(c))
}
