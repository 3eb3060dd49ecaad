//! The section `gates` of `switchyard.yaml`.

use cli::Failure;
use config::{Loaded, Section};
use records::lld_check::Trust;
use repo::Place;
use serde::{Deserialize, Serialize};

use crate::issues::Issue;

/// The section.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Gates {
    /// What the gate before coding takes for a proof unless --trust says otherwise.
    pub(crate) trust: Trust,
    /// Issues that need no LLD: tests, design assets (runbook 0801, "Your Current State").
    pub(crate) no_lld: Vec<Rule>,
}

impl Section for Gates {
    const NAME: &'static str = "gates";
}

/// Which issues need no LLD. With a label and a title, both must fit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Written")]
pub(crate) struct Rule {
    /// A label, with `*` and `?`, in any case.
    #[serde(skip_serializing_if = "Option::is_none")]
    label: Option<String>,
    /// The title, with `*` and `?`, in any case.
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    label: Option<String>,
    title: Option<String>,
}

impl TryFrom<Written> for Rule {
    type Error = String;

    fn try_from(written: Written) -> Result<Self, String> {
        let Written { label, title } = written;
        if label.is_none() && title.is_none() {
            return Err("a rule of gates.no_lld needs a label or a title".into());
        }
        let everything = |glob: &String| glob.trim().trim_matches(['*', '?']).is_empty();
        if label.iter().chain(&title).any(everything) {
            return Err("a rule of gates.no_lld must not fit every issue".into());
        }
        Ok(Self { label, title })
    }
}

impl Rule {
    /// Whether the issue needs no LLD because of this rule.
    fn fits(&self, issue: &Issue) -> bool {
        let fits = |glob: &String, text: &str| {
            cli::fits(&glob.trim().to_lowercase(), &text.trim().to_lowercase())
        };
        let label = |glob| issue.labels().iter().any(|label| fits(glob, label));
        self.label.as_ref().is_none_or(label)
            && self.title.as_ref().is_none_or(|glob| fits(glob, &issue.title))
    }

    /// As answers name it: `gates.no_lld: label 'design'`.
    fn named(&self) -> String {
        let part = |what, glob: &Option<String>| glob.as_ref().map(|g| format!("{what} '{g}'"));
        let parts = [part("label", &self.label), part("title", &self.title)];
        format!("gates.no_lld: {}", parts.into_iter().flatten().collect::<Vec<_>>().join(", "))
    }
}

impl Gates {
    /// The first rule that says that the issue needs no LLD.
    pub(crate) fn no_lld(&self, issue: &Issue) -> Option<String> {
        self.no_lld.iter().find(|rule| rule.fits(issue)).map(Rule::named)
    }
}

/// Reads the section from the main worktree, wherever the call comes from: a lane must not bring its
/// own rules. A repository without one is read where the call comes from.
pub(crate) fn load(place: &Place) -> Result<Loaded<Gates>, Failure> {
    let root = place.main_worktree().unwrap_or(place.worktree());
    Ok(config::load(root, root)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::issues::IssueList;
    use records::IssueNumber;
    use std::path::Path;

    fn parse(text: &str) -> Result<Gates, String> {
        let parsed = config::parse::<Gates>(Path::new("switchyard.yaml"), text);
        parsed.map(Option::unwrap_or_default).map_err(|e| e.to_string())
    }

    fn issue(title: &str, label: &str) -> Issue {
        let list = serde_json::json!([
            {"number": 7, "title": title, "labels": [{"name": label}], "state": "OPEN"}
        ]);
        let list = IssueList::parse("stdin", list.to_string().as_bytes()).unwrap();
        list.get(IssueNumber(7)).unwrap().clone()
    }

    #[test]
    fn the_first_rule_that_fits_is_named() {
        let gates = parse(
            "gates:\n  no_lld:\n  - label: 'kind/*'\n    title: 'fix *'\n  - label: Design\n  - {title: 'test:*'}\n",
        )
        .unwrap();
        for (title, label, rule) in [
            ("Logo", "design", Some("gates.no_lld: label 'Design'")),
            ("TEST: gaps", "core", Some("gates.no_lld: title 'test:*'")),
            ("Fix x", "kind/asset", Some("gates.no_lld: label 'kind/*', title 'fix *'")),
            ("Logo", "kind/asset", None),
            ("Logo", "redesign", None),
            ("A test: gaps", "core", None),
        ] {
            assert_eq!(gates.no_lld(&issue(title, label)).as_deref(), rule, "{title} {label}");
        }
        assert_eq!(Gates::default().no_lld(&issue("x", "design")), None);
    }

    #[test]
    fn a_rule_that_says_nothing_or_everything_is_a_mistake() {
        for (text, why) in [
            ("gates:\n  no_lld: [{}]\n", "needs a label or a title"),
            ("gates:\n  no_lld: [{label: '*'}]\n", "must not fit every issue"),
            ("gates:\n  no_lld: [{label: '?*'}]\n", "must not fit every issue"),
            ("gates:\n  no_lld: [{label: design, title: ' '}]\n", "must not fit every issue"),
            (
                "gates:\n  no_lld: [{lable: design}]\n",
                "switchyard.yaml:2:13: unknown field `lable`",
            ),
            ("gates:\n  nolld: []\n", "switchyard.yaml:2:3: unknown field `nolld`"),
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.contains(why), "{error}");
        }
    }
}
