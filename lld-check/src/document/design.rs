//! Which bytes of a document are its design: what a review is bound to.

use super::review_log;

/// The document without its own review log and without blank lines at its end.
///
/// Recording a review changes only the log, so it does not void the approval; any other edit does
/// (docs/decisions/0005-verdicts-bound-to-design-bytes.md). Blank lines at the end do not count, because the log that is appended
/// there is set off by them.
pub(crate) fn text(document: &str) -> String {
    let mut design = String::with_capacity(document.len());
    if let Some(log) = review_log::find(document) {
        design.push_str(document.get(..log.block.start).unwrap_or_default());
        design.push_str(document.get(log.block.end..).unwrap_or_default());
    } else {
        design.push_str(document);
    }
    design.truncate(end_of_last_line(&design));
    design
}

/// Where the last line that is not blank ends, without its line end.
fn end_of_last_line(text: &str) -> usize {
    let content = text.trim_end_matches([' ', '\t', '\r', '\n']).len();
    if content == 0 {
        return 0;
    }
    let blanks = text.get(content..).unwrap_or_default();
    content + blanks.find(['\r', '\n']).unwrap_or(blanks.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_at_the_end_leaves_no_trace() {
        for design in ["# T\n\ntext", "# T\n\ntext  ", "\u{feff}# T\r\n\r\ntext"] {
            for end in [
                "",
                "\n",
                "\r\n",
                "\n\n \n",
                "\n\n## Review Log\n",
                "\n## Appendix: Review Log\n\n\n",
            ] {
                assert_eq!(text(&format!("{design}{end}")), design, "{end:?}");
            }
        }
    }

    #[test]
    fn text_behind_the_log_is_design() {
        assert_eq!(text("a\n\n## Review Log\n\nb\n"), "a\n\nb");
        assert_eq!(text("## Review Log\n\nb\n"), "b");
        assert_eq!(text(" \n\n"), "");
    }
}
