//! The answer of `gh issue list --json number,title,labels,state,url`.

use std::collections::BTreeSet;

use cli::Failure;
use records::IssueNumber;
use serde::Deserialize;

use super::LIST_COMMAND;

/// One issue.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct Issue {
    /// Its number.
    #[serde(deserialize_with = "number")]
    pub(crate) number: IssueNumber,
    /// Its title.
    pub(crate) title: String,
    /// Its labels.
    labels: Vec<Label>,
    /// `OPEN` or `CLOSED`.
    state: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
struct Label {
    name: String,
}

impl Issue {
    /// Whether work on it may begin at all. Any state but open counts as closed.
    pub(crate) fn is_open(&self) -> bool {
        self.state.eq_ignore_ascii_case("open")
    }

    /// The names of its labels.
    pub(crate) fn labels(&self) -> Vec<String> {
        self.labels.iter().map(|label| label.name.clone()).collect()
    }
}

/// Issues in the order of the list, each number once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct IssueList {
    /// The issues.
    pub(crate) issues: Vec<Issue>,
}

impl IssueList {
    /// Reads a list; `source` names it in messages (`stdin`, a path).
    ///
    /// # Errors
    /// Exit 65, with the line and column at which it stops to be such a list.
    pub(crate) fn parse(source: &str, bytes: &[u8]) -> Result<Self, Failure> {
        let hint = format!("give the output of: {LIST_COMMAND}");
        if bytes.trim_ascii().is_empty() {
            return Err(
                Failure::damaged(source, "it is empty; a list without issues is []").hint(hint)
            );
        }
        // Windows tools put a byte order mark in front.
        let json = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let issues: Vec<Issue> = serde_json::from_slice(json).map_err(|error| {
            let (line, column) = (error.line(), error.column());
            Failure::damaged(format_args!("{source}:{line}:{column}"), without_place(&error))
                .hint(hint.clone())
        })?;
        let mut seen = BTreeSet::new();
        for issue in &issues {
            if !seen.insert(issue.number) {
                let why = format!("issue {} is listed twice", issue.number);
                return Err(Failure::damaged(source, why).hint(hint));
            }
        }
        Ok(Self { issues })
    }

    /// The issue with that number.
    pub(crate) fn get(&self, number: IssueNumber) -> Option<&Issue> {
        self.issues.iter().find(|issue| issue.number == number)
    }
}

/// `serde_json` repeats the place, which stands in front of the message already.
fn without_place(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    text.strip_suffix(&place).unwrap_or(&text).to_owned()
}

fn number<'de, D: serde::Deserializer<'de>>(input: D) -> Result<IssueNumber, D::Error> {
    let number = u64::deserialize(input)?;
    number.to_string().parse().map_err(serde::de::Error::custom)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> String {
        IssueList::parse("stdin", text.as_bytes()).unwrap_err().render("t")
    }

    #[test]
    fn the_output_of_gh_reads() {
        let text = r#"[{"number":98,"title":"CRUD","labels":[{"id":"x","name":"core","color":"f00"}],"state":"OPEN","url":"u"},
            {"number":5,"title":"","labels":[],"state":"CLOSED"}]"#;
        let list = IssueList::parse("stdin", text.as_bytes()).unwrap();
        let crud = list.get(IssueNumber(98)).unwrap();
        assert!(crud.is_open() && crud.labels() == ["core"]);
        assert!(!list.get(IssueNumber(5)).unwrap().is_open());
        assert_eq!(list.get(IssueNumber(6)), None);
        assert!(IssueList::parse("stdin", b"\xef\xbb\xbf[]\n").unwrap().issues.is_empty());
    }

    #[test]
    fn anything_else_is_refused_with_its_place() {
        assert!(error("").contains("stdin: it is empty"));
        assert!(error("[{}]").contains("stdin:1:3: missing field `number`"), "{}", error("[{}]"));
        assert!(error("{}").contains("stdin:1:0"), "{}", error("{}"));
        for number in ["0", "-1", "1.5", "\"98\"", "99999999999999999999"] {
            let text = format!(r#"[{{"number":{number},"title":"","labels":[],"state":"OPEN"}}]"#);
            assert!(error(&text).contains("stdin:1:"), "{text}");
        }
        let one = r#"{"number":9,"title":"","labels":[],"state":"OPEN"}"#;
        assert!(error(&format!("[{one},{one}]")).contains("issue 9 is listed twice"));
        assert!(error(&format!("[{one}")).contains("EOF"));
        assert!(error(&format!("[{one}] x")).contains("trailing"));
    }
}
