//! The LLD template 0102 (runbook 0801, "Use LLD Template").
//!
//! Everything that the author has to fill in stands in braces, so that the gate finds what is left.

use records::IssueNumber;

/// A new document for `issue`.
pub(crate) fn render(issue: IssueNumber, title: &str) -> String {
    // A brace in the title is part of the title, not something to fill in.
    let title = title.replace('{', "\\{").replace('}', "\\}");
    format!(
        "\
# {issue} - Feature: {title}

## 1. Context & Goal
* **Issue:** #{issue}
* **Objective:** {{What this achieves, in one sentence}}
* **Status:** Draft
* **Related Issues:** {{Issues that this depends on, or None}}

## 2. Proposed Changes

### 2.1 Files Changed
| File | Change Type | Description |
|------|-------------|-------------|
| {{Path}} | {{Add, Modify or Delete}} | {{What changes in it}} |

### 2.2 Dependencies
{{New packages and services, or None}}

### 2.3 Data Structures
{{Types, records and schemas with their fields}}

### 2.4 Function Signatures
{{The functions that others will call}}

### 2.5 Logic Flow (Pseudocode)
{{The steps, failures included}}

## 3. Requirements
{{What must be true when it is done, numbered and testable}}

## 4. Alternatives Considered
| Option | Pros | Cons | Decision |
|--------|------|------|----------|
| {{Option}} | {{Pros}} | {{Cons}} | {{Chosen or Rejected}} |

## 5. Security Considerations
| Concern | Mitigation | Status |
|---------|------------|--------|
| {{Concern}} | {{Mitigation}} | {{Addressed or Open}} |

## 6. Verification & Testing
| ID | Scenario | Type | Expected |
|----|----------|------|----------|
| 010 | {{Scenario}} | {{Unit, Integration or Manual}} | {{Outcome}} |

## 7. Definition of Done
- [ ] {{What has to be finished}}
"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::placeholders;

    #[test]
    fn it_has_every_section_of_0102_and_something_to_fill_in_each() {
        let text = render(IssueNumber(98), "Schema backend CRUD");
        assert!(text.starts_with("# 98 - Feature: Schema backend CRUD\n"));
        for part in text.split("\n## ").skip(1).filter(|part| !part.starts_with("2.")) {
            assert!(!placeholders::find(part).is_empty(), "{part}");
        }
        for heading in [
            "## 1. Context & Goal",
            "## 2. Proposed Changes",
            "### 2.1 Files Changed",
            "### 2.2 Dependencies",
            "### 2.3 Data Structures",
            "### 2.4 Function Signatures",
            "### 2.5 Logic Flow (Pseudocode)",
            "## 3. Requirements",
            "## 4. Alternatives Considered",
            "## 5. Security Considerations",
            "## 6. Verification & Testing",
            "## 7. Definition of Done",
        ] {
            assert!(text.lines().any(|line| line == heading), "{heading}");
        }
        assert!(!text.contains('\r') && text.is_ascii());
    }

    #[test]
    fn braces_of_the_title_are_nothing_to_fill_in() {
        let in_heading =
            |title| placeholders::find(&render(IssueNumber(1), title)).first().map(|p| p.line);
        assert_eq!(in_heading("Add /items/{id}"), in_heading("Add items"));
    }
}
