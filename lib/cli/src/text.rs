//! Measuring, cleaning and wrapping text.

use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

/// `text` with control characters shown as escapes, so that a file name or another program's
/// message cannot steer the terminal or fake a line.
pub fn clean(text: &str) -> String {
    if !text.chars().any(is_unsafe) {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if is_unsafe(c) { out.extend(c.escape_default()) } else { out.push(c) }
    }
    out
}

/// Control characters, and the marks that reorder text on a screen.
fn is_unsafe(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}')
}

/// Columns that `text` takes on a terminal.
pub fn width(text: &str) -> usize {
    text.width()
}

/// `text` broken at blanks so that it fits into `total` columns when it starts at column `indent`;
/// following lines are indented likewise. A word longer than a line is broken inside. Without a
/// width, or with too little room to be of use, the text stays as it is.
pub(crate) fn wrap(text: &str, total: Option<usize>, indent: usize) -> String {
    hang(text, total, indent, indent)
}

/// The same for text that starts at column `begin`, while following lines start at column `indent`.
pub(crate) fn hang(text: &str, total: Option<usize>, begin: usize, indent: usize) -> String {
    let Some(total) = total.filter(|total| total.saturating_sub(begin.max(indent)) >= 10) else {
        return text.to_owned();
    };
    let mut out = String::with_capacity(text.len() + 16);
    let (mut start, mut column) = (begin, begin);
    for word in text.split(' ') {
        let wide = width(word);
        if column > start && column + 1 + wide > total {
            new_line(&mut out, indent);
            (start, column) = (indent, indent);
        } else if column > start {
            out.push(' ');
            column += 1;
        }
        for c in word.chars() {
            let w = c.width().unwrap_or(0);
            if column + w > total {
                new_line(&mut out, indent);
                (start, column) = (indent, indent);
            }
            out.push(c);
            column += w;
        }
    }
    out
}

fn new_line(out: &mut String, indent: usize) {
    out.push('\n');
    out.extend(std::iter::repeat_n(' ', indent));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrapping_keeps_every_word_and_the_width() {
        let text = "one two three four a-very-long-word-that-does-not-fit-at-all five";
        let wrapped = wrap(text, Some(24), 4);
        assert!(wrapped.lines().all(|l| width(l) <= 24), "{wrapped}");
        let joined: String = wrapped.split_whitespace().collect();
        assert_eq!(joined, text.replace(' ', ""));
    }

    #[test]
    fn following_lines_may_start_elsewhere() {
        assert_eq!(hang("one two three four", Some(14), 0, 4), "one two three\n    four");
        assert_eq!(hang("one two three four", Some(14), 4, 2), "one two\n  three four");
    }

    #[test]
    fn no_room_means_no_wrapping() {
        assert_eq!(wrap("a b c", Some(8), 4), "a b c");
        assert_eq!(wrap("a b c", None, 0), "a b c");
    }
}
