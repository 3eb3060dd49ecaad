//! What in a document is missing or left over, against template 0102 (runbook 0801).

mod checklist;
mod headings;
mod sections;
mod tables;

use crate::claim::section::{self, Section};
use crate::document::outline::{self, Block};
use crate::document::{placeholders, review_log};

/// One thing to mend.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Found {
    /// The line, from 1.
    pub(crate) line: usize,
    /// Its stable name.
    pub(crate) code: &'static str,
    /// A sentence for a person.
    pub(crate) message: String,
}

impl Found {
    fn new(line: usize, code: &'static str, message: impl Into<String>) -> Self {
        Self { line, code, message: message.into() }
    }
}

/// Everything that is found, from top to bottom. `is_done` is whether the document's work is done,
/// so that its Definition of Done has to be checked.
pub(crate) fn check(text: &str, is_done: bool) -> Vec<Found> {
    let all = outline::of(text);
    let design = before_log(&all);
    let mut found = sections::check(design);
    found.extend(headings::check(text, design));
    found.extend(tables::check(design));
    found.extend(checklist::check(design, is_done));
    let log = review_log::find(text).map(|log| log.block);
    let left = placeholders::find(text).into_iter();
    let left = left.filter(|p| log.as_ref().is_none_or(|log| !log.contains(&p.offset)));
    found.extend(
        left.map(|p| Found::new(p.line, "placeholder", format!("{} was never filled in", p.text))),
    );
    found.sort();
    found
}

/// The outline up to the review log.
fn before_log(all: &[Block]) -> &[Block] {
    let opens_log = |block: &Block| matches!(block, Block::Heading(_, piece) if section::read(&piece.text) == Section::Log);
    let end = all.iter().position(opens_log).unwrap_or(all.len());
    all.get(..end).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::template;
    use records::IssueNumber;

    fn codes(text: &str) -> Vec<(usize, &'static str)> {
        check(text, false).into_iter().map(|found| (found.line, found.code)).collect()
    }

    #[test]
    fn a_new_document_has_only_placeholders() {
        let text = template::render(IssueNumber(98), "Schemas");
        let found = codes(&text);
        assert!(found.len() > 10);
        assert!(found.iter().all(|(_, code)| *code == "placeholder"), "{found:?}");
        let filled = text.replace(['{', '}'], "");
        assert_eq!(codes(&filled), []);
        assert_eq!(
            check(&filled, true).iter().map(|f| f.code).collect::<Vec<_>>(),
            ["checklist_open"]
        );
    }

    #[test]
    fn the_predecessors_numbers_and_names_are_fine() {
        let text = "# 1143\n\n## 1. Context & Goal\na\n### Open Questions\nNone.\n## 2. Proposed Changes\n### 2.1 Files Changed\na\n### 2.1.1 Path Validation\na\n\
                    ### 2.2 Dependencies\na\n### 2.3 Data Structures\n```\nx\n```\n### 2.4 Function Signatures\na\n### 2.5 Logic Flow (Pseudocode)\na\n### 2.6 Technical Approach\na\n\
                    ## 3. Requirements\na\n## 4. Alternatives Considered\na\n## 5. Data & Fixtures\na\n## 6. Diagram\na\n## 7. Security & Safety Considerations\na\n\
                    ## 8. Performance & Cost Considerations\na\n## 9. Legal & Compliance\na\n## 10. Verification & Testing\na\n## 11. Risks & Mitigations\na\n\
                    ## 12. Definition of Done\n- [ ] a\n\n## Appendix: Review Log\n\n### Review Summary\n\n| Review | Date |\n|--|--|\n";
        assert_eq!(codes(text), []);
    }

    #[test]
    fn each_kind_is_found_in_its_line() {
        let text = "# T\n## 2. Proposed Changes\n### 2.1 Files Changed\n| A |\n|--|\n\n### 2.2 Dependencies\n### 2.3 Data Structures\na\n### 2.4 Function Signatures\na\n\
                    ### 2.5 Logic Flow\na {Step}\n## 1. Context\n<!-- nothing -->\n## 3. Requirements\n| A | B |\ntext\n- [ ] what of it?\n## 3. Requirements\na\n\
                    ## 4. Alternatives\na\n## 5. Security\na\n## 7. Definition of Done\na\n";
        assert_eq!(
            codes(text),
            [
                (1, "section_missing"),
                (4, "table_empty"),
                (7, "heading_empty"),
                (13, "placeholder"),
                (14, "heading_empty"),
                (14, "section_order"),
                (17, "table_broken"),
                (19, "checklist_open"),
                (20, "section_double"),
                (26, "checklist_missing"),
            ]
        );
    }
}
