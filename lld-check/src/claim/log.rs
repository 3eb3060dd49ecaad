//! The parts of a document that are about its own review.

use pulldown_cmark::HeadingLevel;

use super::line::{
    AUTHOR_LABELS, DATE_LABELS, FINAL_LABELS, VERDICT_LABELS, as_field, bullet, is_field,
    is_verdict, takes_back,
};
use super::section::{self, Section, is_numbered_part, is_section_number, without_number};
use super::statement::{Parts, Statement};
use super::table;
use super::words::{self, Said};
use crate::document::outline::{Block, Piece};

/// A value in a field, such as `**Final Status:** APPROVED`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Field {
    /// The line, from 1.
    pub(crate) line: usize,
    /// The value as it stands there.
    pub(crate) text: String,
    /// What it says.
    pub(crate) said: Said,
}

/// One review log.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Log {
    /// Whether it has the name that the template gives it.
    pub(crate) by_name: bool,
    /// Rows and sections, from top to bottom.
    pub(crate) statements: Vec<Statement>,
    /// Lines `**Final Status:**`.
    pub(crate) finals: Vec<Field>,
    /// Lines with a verdict in something that was not understood.
    pub(crate) unread: Vec<usize>,
    /// The line of a sentence that takes an approval back, and how many statements stand before it.
    pub(crate) taken_back: Option<(usize, usize)>,
}

/// What a document says about its own review.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Sources {
    /// Its logs. There should be at most one.
    pub(crate) logs: Vec<Log>,
    /// The status field at the top.
    pub(crate) status: Option<Field>,
    /// The line where another document begins.
    pub(crate) foreign_from: Option<usize>,
    /// Lines `**Final Status:**` that stand behind a log, under another heading.
    pub(crate) strays: Vec<Field>,
    /// The line where a merge stopped in the middle.
    pub(crate) unmerged: Option<usize>,
}

/// Reads the outline of a document.
pub(crate) fn gather(blocks: &[Block]) -> Sources {
    let (own, foreign_from) = own_part(blocks);
    let mut reader = Reader::default();
    for block in own {
        reader.take(block);
    }
    reader.end_review();
    Sources {
        logs: reader.logs,
        status: status_field(own),
        foreign_from,
        strays: reader.strays,
        unmerged: unmerged(blocks),
    }
}

/// Where `git merge` left its marks. Nobody knows which side of them holds.
fn unmerged(blocks: &[Block]) -> Option<usize> {
    let marked = |piece: &&Piece| piece.text.starts_with("<<<<<<<");
    blocks.iter().find_map(|block| match block {
        Block::Heading(_, piece) | Block::Line(piece) | Block::Html(piece) => {
            Some(piece).filter(marked).map(|piece| piece.line)
        }
        Block::Table(rows) => rows.iter().flatten().find(marked).map(|piece| piece.line),
    })
}

/// The blocks of this document, up to where another one was pasted behind it: a second title, or
/// the first section once more.
fn own_part(blocks: &[Block]) -> (&[Block], Option<usize>) {
    let mut first_section: Option<String> = None;
    let mut title = false;
    for (at, block) in blocks.iter().enumerate() {
        let Block::Heading(level, piece) = block else { continue };
        if is_field(&piece.text) {
            continue;
        }
        let name = without_number(&piece.text).to_lowercase();
        let foreign = match level {
            HeadingLevel::H1 => {
                let section =
                    section::read(&piece.text) != Section::Other || is_section_number(&piece.text);
                let second = (title || at > 0) && first_section.is_some() && !section;
                title = true;
                second
            }
            HeadingLevel::H2 => match &first_section {
                None => {
                    first_section = Some(name);
                    false
                }
                Some(first) => *first == name && section::read(&piece.text) == Section::Other,
            },
            _ => false,
        };
        if foreign {
            return (blocks.get(..at).unwrap_or_default(), Some(piece.line));
        }
    }
    (blocks, None)
}

/// The status field: the first line `Status: …` before the second section, or what stands under a
/// heading of that name.
fn status_field(blocks: &[Block]) -> Option<Field> {
    let mut sections = 0;
    let mut under = false;
    for block in blocks {
        match block {
            Block::Heading(level, piece) if !is_field(&piece.text) => {
                let what = section::read(&piece.text);
                if !matches!(what, Section::Other | Section::Example) {
                    return None;
                }
                under = words::words(without_number(&piece.text)) == ["status"];
                sections += usize::from(*level == HeadingLevel::H2 && !under);
                if sections > 1 {
                    return None;
                }
            }
            Block::Line(piece) if under => return Some(field(piece, &piece.text)),
            Block::Heading(_, piece) | Block::Line(piece) => {
                if let Some((label, value)) = as_field(&piece.text)
                    && label == "status"
                {
                    return Some(field(piece, value));
                }
            }
            Block::Table(rows) => {
                let found = rows.iter().find_map(|row| match row.as_slice() {
                    [name, value] if words::words(&name.text) == ["status"] => Some(value),
                    _ => None,
                });
                if let Some(value) = found {
                    return Some(field(value, &value.text));
                }
            }
            Block::Html(_) => {}
        }
    }
    None
}

fn field(piece: &Piece, value: &str) -> Field {
    let mut said = words::read(value);
    if piece.doubtful && matches!(said, Said::Approve | Said::Nothing) {
        said = Said::Unclear;
    }
    Field { line: piece.line, text: value.trim().to_owned(), said }
}

/// Where the reader is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scope {
    /// In the design.
    Outside,
    /// In a log whose heading has that level.
    Log(HeadingLevel),
    /// In one review of it.
    Review(HeadingLevel, HeadingLevel),
    /// In an example that stands in it.
    Example(HeadingLevel, HeadingLevel),
}

/// A review section that is being read.
#[derive(Debug, Clone, Default)]
struct Review {
    line: usize,
    author: String,
    date: String,
    in_heading: Option<(usize, String)>,
    in_lines: Vec<(usize, String, bool)>,
    doubtful: bool,
    /// Whether a sentence of it takes its verdict back.
    taken_back: bool,
    behind: bool,
}

#[derive(Debug)]
struct Reader {
    logs: Vec<Log>,
    strays: Vec<Field>,
    scope: Scope,
    /// The heading of the second level above, when it is no log.
    in_design: bool,
    lists: usize,
    loose: Option<usize>,
    review: Option<Review>,
    behind: bool,
    /// A final status whose value stands in the next line.
    awaited: bool,
    /// What a line of the same paragraph may take back.
    open_field: Option<OpenField>,
}

/// A field in the paragraph that is being read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum OpenField {
    Final,
    Verdict,
}

impl Default for Reader {
    fn default() -> Self {
        Self {
            logs: Vec::new(),
            strays: Vec::new(),
            scope: Scope::Outside,
            in_design: false,
            lists: 1,
            loose: None,
            review: None,
            behind: false,
            awaited: false,
            open_field: None,
        }
    }
}

impl Reader {
    fn take(&mut self, block: &Block) {
        match block {
            // A field with a line of dashes under it.
            Block::Heading(_, piece) if is_field(&piece.text) => self.line(piece),
            Block::Heading(level, piece) => self.heading(*level, piece),
            Block::Line(piece) => self.line(piece),
            Block::Table(rows) => self.table(rows),
            Block::Html(piece) => self.html(piece),
        }
    }

    fn heading(&mut self, level: HeadingLevel, piece: &Piece) {
        let what = section::read(&piece.text);
        self.loose = None;
        self.awaited = false;
        self.open_field = None;
        if FINAL_LABELS.contains(&words::words(without_number(&piece.text)).join(" ").as_str())
            && !self.logs.is_empty()
        {
            self.end_review();
            self.awaited = true;
            return;
        }
        match self.scope {
            Scope::Review(_, own) | Scope::Example(_, own) if level > own => {
                if what == Section::Example
                    && let Scope::Review(log, _) = self.scope
                {
                    self.end_review();
                    self.scope = Scope::Example(log, own);
                }
                return;
            }
            Scope::Log(log) | Scope::Review(log, _) | Scope::Example(log, _) => {
                self.end_review();
                let continues = level > log || (level == log && is_part(&what));
                self.scope = if continues { Scope::Log(log) } else { Scope::Outside };
            }
            Scope::Outside => {}
        }
        if self.scope == Scope::Outside {
            self.open(level, &what, piece);
        }
        let Scope::Log(log) = self.scope else { return };
        // What stands under a heading of its own is no text behind the log.
        self.behind = false;
        match what {
            Section::Review(author, verdict) => {
                self.review = Some(Review {
                    line: piece.line,
                    author,
                    in_heading: verdict.map(|verdict| (piece.line, verdict)),
                    doubtful: piece.doubtful,
                    ..Review::default()
                });
                self.scope = Scope::Review(log, level);
            }
            Section::Example => self.scope = Scope::Example(log, level),
            Section::Log | Section::LogLike | Section::Other => {}
        }
    }

    /// Opens a log if the heading does.
    fn open(&mut self, level: HeadingLevel, what: &Section, piece: &Piece) {
        let top = level <= HeadingLevel::H2;
        if top {
            self.in_design = matches!(what, Section::Other | Section::Example);
        }
        let opens = match what {
            Section::Log => top || !is_numbered_part(&piece.text),
            // A part of the design may be called so, too.
            Section::LogLike | Section::Review(..) => {
                let design = self.in_design && self.logs.is_empty();
                top || (!design && !is_numbered_part(&piece.text))
            }
            Section::Example | Section::Other => false,
        };
        if opens {
            self.logs.push(Log { by_name: *what == Section::Log, ..Log::default() });
            self.scope = Scope::Log(level);
        }
    }

    fn line(&mut self, piece: &Piece) {
        let text = piece.text.as_str();
        if std::mem::take(&mut self.awaited) {
            self.final_status(piece, text);
            return;
        }
        if self.scope == Scope::Outside
            && !self.logs.is_empty()
            && let Some((label, value)) = as_field(text)
            && FINAL_LABELS.contains(&label.as_str())
        {
            self.strays.push(field(piece, value));
        }
        if matches!(self.scope, Scope::Outside | Scope::Example(..)) {
            return;
        }
        if self.open_field.is_some() && piece.continues && !is_field(text) {
            self.goes_on(text);
            return;
        }
        self.open_field = None;
        if text.starts_with('|') {
            self.loose_row(piece);
            return;
        }
        self.loose = None;
        if let Some((label, value)) = as_field(text) {
            let is = |labels: &[&str]| labels.contains(&label.as_str());
            let in_review = matches!(self.scope, Scope::Review(..));
            if is(&FINAL_LABELS) || (label == "status" && !in_review) {
                self.final_status(piece, value);
                return;
            }
            if is(&VERDICT_LABELS) {
                self.verdict_line(piece, value);
                return;
            }
            if is(&DATE_LABELS) {
                let review = self.fields_of(|review| review.date.is_empty(), piece);
                value.clone_into(&mut review.date);
                return;
            }
            if is(&AUTHOR_LABELS) {
                let in_heading = self.review.as_ref().is_some_and(|r| r.in_heading.is_some());
                if !in_heading {
                    let review = self.fields_of(|review| review.author.is_empty(), piece);
                    value.clone_into(&mut review.author);
                }
                return;
            }
        }
        if words::takes_back_sentence(text) {
            self.taken_back(piece);
        }
        match (self.scope, piece.checked) {
            (Scope::Review(..), Some(true)) if is_verdict(text) => self.verdict_line(piece, text),
            (Scope::Log(_), None) => self.bullet(piece),
            (Scope::Log(_), Some(true)) if is_verdict(text) => self.unread(piece),
            _ => {}
        }
    }

    /// A line of the paragraph that a field stands in may take back what the field says.
    fn goes_on(&mut self, text: &str) {
        if !takes_back(text) {
            return;
        }
        match self.open_field {
            Some(OpenField::Final) => {
                let last = self.logs.last_mut().and_then(|log| log.finals.last_mut());
                if let Some(last) = last.filter(|last| last.said == Said::Approve) {
                    last.said = Said::Unclear;
                }
            }
            Some(OpenField::Verdict) => {
                if let Some((_, _, doubtful)) =
                    self.review.as_mut().and_then(|review| review.in_lines.last_mut())
                {
                    *doubtful = true;
                }
            }
            None => {}
        }
    }

    /// A sentence that takes the approval before it back. What a review says of itself concerns no
    /// other one; behind the rows of a log it concerns the newest of them, unless rows follow.
    fn taken_back(&mut self, piece: &Piece) {
        match (self.scope, self.review.as_mut()) {
            (_, Some(review)) => review.taken_back = true,
            (Scope::Log(_), None) => {
                if let Some(log) = self.logs.last_mut().filter(|log| !log.statements.is_empty()) {
                    log.taken_back = Some((piece.line, log.statements.len()));
                }
            }
            _ => {}
        }
    }

    fn final_status(&mut self, piece: &Piece, value: &str) {
        if matches!(self.scope, Scope::Log(_)) {
            self.end_review();
        }
        self.awaited = value.is_empty() && !piece.doubtful;
        self.open_field = Some(OpenField::Final);
        if let Some(log) = self.logs.last_mut().filter(|_| !self.awaited) {
            log.finals.push(field(piece, value));
            self.behind = !log.statements.is_empty() && matches!(self.scope, Scope::Log(_));
        }
    }

    /// Something that holds a verdict and is not understood.
    fn unread(&mut self, piece: &Piece) {
        if let Some(log) = self.logs.last_mut() {
            log.unread.push(piece.line);
        }
    }

    fn html(&mut self, piece: &Piece) {
        let verdicts = ["approved", "approve", "revise", "revised", "blocked", "block", "rejected"];
        let says = words::words(&piece.text).iter().any(|w| verdicts.contains(&w.as_str()));
        if says && matches!(self.scope, Scope::Log(_)) {
            self.unread(piece);
        }
    }

    fn verdict_line(&mut self, piece: &Piece, value: &str) {
        let in_review = matches!(self.scope, Scope::Review(..));
        let review = self.fields_of(|review| in_review || review.in_lines.is_empty(), piece);
        review.in_lines.push((piece.line, value.to_owned(), piece.doubtful));
        self.open_field = Some(OpenField::Verdict);
    }

    /// The review that fields without a heading of their own belong to; a new one when this one has
    /// such a field already.
    fn fields_of(&mut self, free: impl Fn(&Review) -> bool, piece: &Piece) -> &mut Review {
        let in_log = matches!(self.scope, Scope::Log(_));
        if in_log && self.review.as_ref().is_some_and(|review| !free(review)) {
            self.end_review();
        }
        let behind = self.behind;
        self.review.get_or_insert_with(|| Review { line: piece.line, behind, ..Review::default() })
    }

    /// Closes the review that is being read.
    fn end_review(&mut self) {
        let Some(mut review) = self.review.take() else { return };
        if review.date.is_empty() && super::date::read(&review.author).is_some() {
            review.date.clone_from(&review.author);
        }
        let counts =
            |text: &str| !matches!(words::read(text), Said::Pass | Said::Fail | Said::Done);
        let mut said: Vec<(usize, &str, bool)> = Vec::new();
        if let Some((line, text)) = &review.in_heading
            && counts(text)
        {
            said.push((*line, text, review.doubtful));
        }
        let lines = review.in_lines.iter().filter(|(_, text, _)| counts(text));
        said.extend(lines.map(|(line, text, doubtful)| (*line, text.as_str(), *doubtful)));
        let Some((line, text, _)) = said.first().copied() else { return };
        let doubtful = review.taken_back || said.iter().any(|(_, _, doubtful)| *doubtful);
        let mut statement = Statement::of(&Parts {
            line: if review.in_heading.is_some() { review.line } else { line },
            list: 0,
            author: Some(review.author.as_str()).filter(|author| !author.is_empty()),
            numbered: None,
            date: &review.date,
            verdict: text,
            doubtful,
            behind: review.behind,
        });
        // The heading and the lines below it must agree; of a no, any will do.
        let readings = said.iter().map(|(_, text, _)| words::read(text));
        let mut readings = readings.filter(|said| *said != Said::Placeholder);
        if statement.is_verdict()
            && statement.said != Said::Unclear
            && !readings.all(|said| said == statement.said)
        {
            statement.said = Said::Unclear;
        }
        if let Some(log) = self.logs.last_mut() {
            log.statements.push(statement);
        }
    }

    fn table(&mut self, rows: &[Vec<Piece>]) {
        self.loose = None;
        let inside = match self.scope {
            Scope::Outside | Scope::Example(..) => return,
            Scope::Review(..) => true,
            Scope::Log(_) => false,
        };
        if !inside {
            self.end_review();
        }
        self.lists += 1;
        let Some(log) = self.logs.last_mut() else { return };
        match table::rows(rows, self.lists, inside, self.behind) {
            Some(statements) => log.statements.extend(statements),
            None if inside => {}
            None => log.unread.extend(table::unread(rows)),
        }
    }

    fn loose_row(&mut self, piece: &Piece) {
        if self.loose.is_none() {
            self.lists += 1;
            self.loose = Some(self.lists);
        }
        let found = table::loose_row(piece, self.lists, self.behind);
        if let (Some(log), Some(statement)) = (self.logs.last_mut(), found) {
            log.statements.push(statement);
        }
    }

    /// `Gemini #1 (2026-02-01): REVISE - the limits are missing`, or a review's name alone, with its
    /// fields in the lines that follow.
    fn bullet(&mut self, piece: &Piece) {
        let Some((who, verdict)) = bullet(&piece.text) else {
            let short = words::words(&piece.text).len() <= 6;
            if table::is_judgement(&piece.text) {
                self.unread(piece);
            } else if short && let Section::Review(author, verdict) = section::read(&piece.text) {
                self.end_review();
                self.review = Some(Review {
                    line: piece.line,
                    author,
                    in_heading: verdict.map(|verdict| (piece.line, verdict)),
                    doubtful: piece.doubtful,
                    behind: self.behind,
                    ..Review::default()
                });
            }
            return;
        };
        self.end_review();
        let name = who
            .split(['(', ',', '['])
            .find(|part| words::words(part).iter().any(|w| w.starts_with(char::is_alphabetic)));
        let name = name.unwrap_or(&who).trim_matches([' ', ')', '.', ':']).to_owned();
        // The whole line must take nothing back; what follows the verdict is prose.
        let doubtful = piece.doubtful || takes_back(&piece.text);
        let Some(log) = self.logs.last_mut() else { return };
        let mut statement = Statement::of(&Parts {
            line: piece.line,
            list: BULLETS,
            author: Some(&name),
            numbered: None,
            date: &who,
            verdict: &verdict,
            doubtful,
            behind: self.behind,
        });
        if statement.when.is_none() {
            statement.date_text.clear();
        }
        log.statements.push(statement);
    }
}

/// The list that lines with a verdict make; tables count from the next one.
const BULLETS: usize = 1;

/// Whether the heading belongs to the log that stands before it.
fn is_part(what: &Section) -> bool {
    matches!(what, Section::LogLike | Section::Review(..))
}
