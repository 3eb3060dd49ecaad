//! Documents whose claim is known, and how far `status` agrees.
//!
//! The labels come from what happened (who said what, and when), not from the rules that are
//! tested. `made` writes documents from such stories, in the shapes that were counted in real
//! files and as often as they were; `odd` has files made by hand.

mod later;
mod made;
mod odd;
mod story;
mod strangers;

use std::collections::BTreeMap;

use testkit::Scratch;

use crate::world::World;

/// What a document claims, in the tool's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Label {
    Approved,
    Blocked,
    Draft,
    Nothing,
    Conflicting,
}

impl Label {
    fn word(self) -> &'static str {
        match self {
            Self::Approved => "approved",
            Self::Blocked => "blocked",
            Self::Draft => "draft",
            Self::Nothing => "none",
            Self::Conflicting => "conflicting",
        }
    }
}

/// A document with its label.
#[derive(Debug, Clone)]
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) text: String,
    pub(crate) label: Label,
}

impl Case {
    pub(crate) fn new(name: impl Into<String>, label: Label, text: impl Into<String>) -> Self {
        Self { name: name.into(), text: text.into(), label }
    }
}

thread_local! {
    /// Somewhere to run in.
    static WORLD: World = World::without_list();
}

/// What the tool says of each text.
pub(crate) fn claims<T: AsRef<[u8]>>(texts: impl IntoIterator<Item = T>) -> Vec<String> {
    let elsewhere = Scratch::new();
    let mut args = vec!["status".to_owned()];
    for (at, text) in texts.into_iter().enumerate() {
        let file = elsewhere.write(format!("{at:05}.md"), text);
        args.push(file.display().to_string());
    }
    if args.len() == 1 {
        return Vec::new();
    }
    let ran = WORLD.with(|w| testkit::Tool::new("lld-check").args(args).dir(w.repo.path()).run());
    let answers = ran.code(0).json_lines();
    answers.iter().map(|answer| answer["claimed"].as_str().unwrap().to_owned()).collect()
}

/// Compares, prints the agreement by class, and fails on a false approval and on a disagreement.
#[expect(
    clippy::print_stdout,
    reason = "the agreement is a figure to read: cargo test -- --nocapture"
)]
fn agree(set: &str, cases: &[Case], known: &[(&str, &str, &str)]) {
    let found = claims(cases.iter().map(|case| &case.text));
    assert_eq!(found.len(), cases.len());
    let mut by_class: BTreeMap<Label, (usize, usize)> = BTreeMap::new();
    let mut wrong = Vec::new();
    let (mut falsely, mut differ) = (0, 0);
    for (case, found) in cases.iter().zip(&found) {
        let (all, right) = by_class.entry(case.label).or_default();
        *all += 1;
        if found == case.label.word() {
            *right += 1;
        } else {
            falsely += usize::from(found == "approved");
            if known.iter().any(|(name, says, _)| *name == case.name && says == found) {
                differ += 1;
                continue;
            }
            wrong.push(format!("{}: {found}, not {}", case.name, case.label.word()));
        }
    }
    let classes: Vec<String> = by_class
        .iter()
        .map(|(label, (all, right))| format!("{} {right}/{all}", label.word()))
        .collect();
    println!(
        "{set}: {} documents, {} agree ({}), {falsely} false approvals",
        cases.len(),
        cases.len() - wrong.len() - differ,
        classes.join(", ")
    );
    assert_eq!(falsely, 0, "false approvals in {set}:\n{}", wrong.join("\n"));
    assert!(wrong.is_empty(), "{set}:\n{}", wrong.join("\n"));
    assert_eq!(differ, known.len(), "what is known to differ agrees");
}

#[test]
fn documents_made_from_stories_in_the_counted_shapes() {
    let cases = made::cases();
    assert!(cases.len() >= 150, "{}", cases.len());
    agree("made", &cases, &[]);
}

#[test]
fn odd_documents() {
    agree("odd", &odd::cases(), &[]);
}

#[test]
fn documents_that_were_written_afterwards() {
    let cases = later::cases();
    assert!(cases.len() >= 60, "{}", cases.len());
    agree("later", &cases, &later::KNOWN);
}

#[test]
fn documents_as_strangers_write_them() {
    let cases = strangers::cases();
    assert!(cases.len() >= 120, "{}", cases.len());
    agree("strangers", &cases, &strangers::KNOWN);
}
