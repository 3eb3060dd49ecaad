//! Text for people, put together before it is written.

use std::fmt::{Display, Write as _};

use anstyle::{AnsiColor, Style};
use records::{Condition, Reason};

use crate::clean;
use crate::text::{hang, wrap};

/// How a piece of text is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Tone {
    /// As it is.
    #[default]
    Plain,
    /// A yes.
    Good,
    /// A no.
    Bad,
    /// Worth a look.
    Warn,
    /// Less important.
    Dim,
    /// A heading.
    Strong,
}

impl Tone {
    /// The colour of the tone; the stream drops it where colour is not wanted.
    pub(crate) fn style(self) -> Style {
        match self {
            Self::Plain => Style::new(),
            Self::Good => AnsiColor::Green.on_default(),
            Self::Bad => AnsiColor::Red.on_default(),
            Self::Warn => AnsiColor::Yellow.on_default(),
            Self::Dim => Style::new().dimmed(),
            Self::Strong => Style::new().bold(),
        }
    }
}

/// A page of text. Everything that comes from outside is cleaned of control characters.
pub struct Page {
    text: String,
    width: Option<usize>,
}

impl Page {
    /// An empty page for a terminal of `width` columns; `None` wraps nothing.
    pub fn new(width: Option<usize>) -> Self {
        Self { text: String::new(), width }
    }

    /// The width that lines are wrapped to.
    pub fn width(&self) -> Option<usize> {
        self.width
    }

    /// The text so far.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// One line.
    pub fn line(&mut self, tone: Tone, line: impl Display) {
        let style = tone.style();
        self.push(format_args!("{style}{}{style:#}\n", clean(&line.to_string())));
    }

    /// A line that is wrapped; what follows is indented.
    pub fn wrapped(&mut self, tone: Tone, line: impl Display) {
        let style = tone.style();
        let text = hang(&clean(&line.to_string()), self.width, 0, 4);
        self.push(format_args!("{style}{text}{style:#}\n"));
    }

    /// An empty line.
    pub fn blank(&mut self) {
        self.text.push('\n');
    }

    /// A labelled value, `label: value`, wrapped under itself.
    pub fn field(&mut self, label: &str, value: impl Display) {
        let style = Tone::Dim.style();
        let label = format!("{label}: ");
        let indent = label.len() + 2;
        let text = wrap(&clean(&value.to_string()), self.width, indent);
        self.push(format_args!("  {style}{label}{style:#}{text}\n"));
    }

    /// A paragraph that starts at column `indent`, and further in where it begins with blanks, and is wrapped
    /// under itself. One without text is an empty line.
    pub fn paragraph(&mut self, indent: usize, text: impl Display) {
        let text = clean(&text.to_string());
        let words = text.trim_start_matches(' ');
        if words.is_empty() {
            return self.blank();
        }
        let indent = indent + text.len() - words.len();
        let text = wrap(words, self.width, indent);
        self.push(format_args!("{:indent$}{text}\n", ""));
    }

    /// All conditions of a decision, each with a tick or a cross and what it rests on.
    pub fn conditions(&mut self, conditions: &[Condition]) {
        let longest = conditions.iter().map(|c| c.code.len()).max().unwrap_or(0);
        for condition in conditions {
            let (mark, tone) = if condition.met { ("✓", Tone::Good) } else { ("✗", Tone::Bad) };
            let style = tone.style();
            let text = wrap(&clean(&condition.detail), self.width, longest + 6);
            self.push(format_args!(
                "  {style}{mark}{style:#} {:longest$}  {text}\n",
                clean(&condition.code)
            ));
        }
    }

    /// All reasons of a refusal, each with its next step.
    pub fn reasons(&mut self, reasons: &[Reason]) {
        let (bad, dim) = (Tone::Bad.style(), Tone::Dim.style());
        for reason in reasons {
            let indent = reason.code.len() + 4;
            let text = wrap(&clean(&reason.message), self.width, indent);
            self.push(format_args!("  {bad}{}{bad:#}: {text}\n", clean(&reason.code)));
            if let Some(next) = &reason.next {
                let text = wrap(&clean(next), self.width, 10);
                self.push(format_args!("    {dim}next:{dim:#} {text}\n"));
            }
        }
    }

    /// Adds text that is already clean and styled.
    pub(crate) fn push(&mut self, text: std::fmt::Arguments<'_>) {
        // Writing to a String cannot fail.
        _ = self.text.write_fmt(text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paragraphs_keep_their_indentation_and_empty_ones_have_no_blanks() {
        let mut page = Page::new(Some(20));
        page.paragraph(2, "one two three four");
        page.paragraph(2, "");
        page.paragraph(2, "    code with a tail");
        assert_eq!(page.text(), "  one two three four\n\n      code with a\n      tail\n");
    }

    #[test]
    fn outside_text_cannot_steer_the_terminal() {
        let mut page = Page::new(None);
        page.line(Tone::Plain, "a\u{1b}[2Jb\nc");
        page.field("k", "x\u{7}");
        page.reasons(&[Reason::new("c", "m\u{1b}]0;t\u{7}", "n\r")]);
        let plain = anstream::adapter::strip_str(page.text()).to_string();
        assert!(!page.text().contains("\u{1b}[2J"), "{plain}");
        assert!(!page.text().contains('\u{7}') && !page.text().contains('\r'), "{plain}");
    }
}
