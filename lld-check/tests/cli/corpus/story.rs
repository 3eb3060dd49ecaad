//! What happened to a document, and how its author wrote it down.

use testkit::Words;

use super::Label;

/// Who did something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Who {
    /// A reviewer whom somebody wrote down by name.
    Named,
    /// A review that the tool wrote down: a number alone.
    Tool,
    /// A program that checks the template.
    Program,
    /// The author.
    Author,
}

/// One thing that happened.
#[derive(Debug, Clone)]
pub(crate) struct Event {
    pub(crate) who: Who,
    /// Which of theirs it is.
    pub(crate) number: u32,
    /// The day in February 2026; `None` where nobody noted it.
    pub(crate) day: Option<u32>,
    /// What they said.
    pub(crate) word: &'static str,
}

/// A document's story, from the first event to the last.
#[derive(Debug, Clone)]
pub(crate) struct Story {
    pub(crate) events: Vec<Event>,
    pub(crate) status: Option<&'static str>,
    pub(crate) last: Option<&'static str>,
    /// What a careful reader takes from it, told apart from how it is written down.
    pub(crate) label: Label,
}

/// How a story is written down.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Style {
    pub(crate) newest_first: bool,
    pub(crate) header: usize,
    pub(crate) heading: usize,
    pub(crate) sections: bool,
    pub(crate) file: usize,
    pub(crate) decoy: usize,
    pub(crate) bold: bool,
}

pub(crate) const HEADERS: usize = 7;
pub(crate) const HEADINGS: usize = 4;
pub(crate) const FILES: usize = 6;
pub(crate) const DECOYS: usize = 9;

impl Story {
    /// The document.
    pub(crate) fn render(&self, words: &mut Words, issue: u32, style: Style) -> String {
        let bullet = if words.rng().bool() { "* " } else { "" };
        let status = self.status.map_or_else(String::new, |s| format!("{bullet}**Status:** {s}\n"));
        let title = words.sentence(3).trim_end_matches('.').to_owned();
        let mut text = format!(
            "# {} - Feature: {title}\n\n## 1. Context & Goal\n{bullet}**Issue:** #{issue}\n{bullet}**Objective:** {}\n{status}\n## 2. Proposed Changes\n\n{}\n\n### 2.1 Files Changed\n| File | Change Type | Description |\n|------|-------------|-------------|\n| `src/a.py` | Add | {} |\n\n```python\ndef f(): ...\n```\n\n## 7. Definition of Done\n- [ ] {}\n- [x] {}\n",
            issue + 100,
            words.sentence(6),
            words.paragraph(3),
            words.sentence(4),
            words.sentence(5),
            words.sentence(5),
        );
        let (before, behind) = decoy(style.decoy, words);
        text.push_str(&before);
        text.push_str(&self.log(words, style));
        text.push_str(&behind);
        into_file(&text, style.file)
    }

    fn log(&self, words: &mut Words, style: Style) -> String {
        if self.events.is_empty() && self.last.is_none() && style.heading != 1 {
            return String::new();
        }
        let heading = match style.heading {
            0 => "## Appendix: Review Log\n\n### Review Summary\n\n",
            1 => {
                "## Appendix: Review Log\n\n*Track all review feedback with timestamps and implementation status.*\n\n"
            }
            2 => "## Review Log\n\n",
            _ => {
                "## Appendix: Review Log\n\n### Review Summary\n\n<!-- The tool fills this table in. -->\n\n"
            }
        };
        let mut out = format!("\n{heading}");
        if style.sections {
            out = "\n## Appendix: Review Log\n\n".into();
            for event in self.events.iter().filter(|e| e.who == Who::Named) {
                out.push_str(&section(event, words));
            }
            out.push_str("### Review Summary\n\n");
        }
        out.push_str(&self.table(words, style));
        if let Some(last) = self.last {
            out.extend(["\n**Final Status:** ", last, "\n"]);
        }
        out
    }

    fn table(&self, words: &mut Words, style: Style) -> String {
        let columns: &[&str] = match style.header {
            0 | 1 => &["Review", "Date", "Verdict", "Key Issue"],
            2 => &["Review", "Date", "Verdict", "Key Issue", "Model"],
            3 => &["Review", "Date", "Reviewer", "Verdict", "Key Changes"],
            4 => &["Date", "Review", "Key Findings", "Verdict"],
            5 => &["Verdict", "Review", "Date"],
            _ => &["#", "When", "Outcome", "Notes"],
        };
        let mut rows: Vec<String> =
            self.events.iter().map(|event| row(event, columns, words, style.bold)).collect();
        if style.newest_first {
            rows.reverse();
        }
        let dashes: Vec<&str> =
            columns.iter().map(|_| if style.header == 1 { ":---:" } else { "--------" }).collect();
        let mut out = format!("| {} |\n|{}|\n", columns.join(" | "), dashes.join("|"));
        for row in rows {
            out.push_str(&row);
            out.push('\n');
        }
        out
    }
}

fn name(event: &Event) -> String {
    match event.who {
        Who::Named => format!("Gemini #{}", event.number),
        Who::Tool => event.number.to_string(),
        Who::Program => format!("Mechanical Validation #{}", event.number),
        Who::Author => format!("Self-Revision #{}", event.number),
    }
}

fn day(event: &Event) -> String {
    event.day.map_or_else(|| "-".into(), |day| format!("2026-02-{day:02}"))
}

fn row(event: &Event, columns: &[&str], words: &mut Words, bold: bool) -> String {
    let cells: Vec<String> = columns
        .iter()
        .map(|column| match *column {
            "Review" | "#" => name(event),
            "Date" | "When" => day(event),
            "Verdict" | "Outcome" if bold => format!("**{}**", event.word),
            "Verdict" | "Outcome" => event.word.to_owned(),
            "Reviewer" => "Gemini 3 Pro".into(),
            "Model" => "`gemini-3-pro-preview`".into(),
            _ => words.sentence(5),
        })
        .collect();
    format!("| {} |", cells.join(" | "))
}

fn section(event: &Event, words: &mut Words) -> String {
    format!(
        "### Gemini Review #{} ({})\n\n**Timestamp:** {}\n**Reviewer:** Gemini 3 Pro\n**Verdict:** {}\n\n#### Comments\n\n| ID | Comment | Implemented? |\n|----|---------|--------------|\n| G{}.1 | \"{}\" | PENDING |\n\n**Verdict:** PASS\n\n",
        event.number,
        event.word,
        day(event),
        event.word,
        event.number,
        words.sentence(6),
    )
}

/// An approval that nobody gave, before and behind the log.
fn decoy(which: usize, words: &mut Words) -> (String, String) {
    let approved = "## Appendix: Review Log\n\n### Review Summary\n\n| Review | Date | Verdict | Key Issue |\n|--------|------|---------|-----------|\n| 9 | 2026-02-27 | APPROVED | None |\n\n**Final Status:** APPROVED\n";
    let before = |by: &str| approved.lines().flat_map(|line| [by, line, "\n"]).collect::<String>();
    let (quoted, indented) = (before("> "), before("    "));
    match which {
        0 => (format!("\nThe log will look so:\n\n```markdown\n{approved}```\n"), String::new()),
        1 => (format!("\n{quoted}\n"), String::new()),
        2 => (format!("\n<!--\n{approved}-->\n"), String::new()),
        3 => (String::new(), format!("\n````\n```\n{approved}```\n{approved}````\n")),
        4 => (String::new(), format!("\n~~~\n{approved}")),
        5 => {
            let other = words.sentence(3);
            let foreign = format!(
                "\n# 99 - Feature: {other}\n\n## 1. Context & Goal\n* **Issue:** #99\n* **Status:** Approved (gemini-3-pro-preview, 2026-02-27)\n\n{approved}"
            );
            (String::new(), foreign)
        }
        6 => (format!("\n{indented}\n"), String::new()),
        7 => (
            String::new(),
            format!("\n{}\n\n- [x] it was APPROVED by everyone\n", words.sentence(8)),
        ),
        _ => (String::new(), String::new()),
    }
}

/// The text as files hold it.
fn into_file(text: &str, which: usize) -> String {
    match which {
        0 => text.replace('\n', "\r\n"),
        1 => format!("\u{feff}{text}"),
        2 => text.replace("| ", "|\t"),
        3 => text.trim_end().to_owned(),
        4 => text.replace(" |\n", " |  \n"),
        _ => text.to_owned(),
    }
}
