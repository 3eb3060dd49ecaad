//! LLD documents.

use std::collections::BTreeSet;

use testkit::{Lld, Llds, Scratch, Shape};

fn all() -> Vec<Lld> {
    let mut llds = Llds::seeded(5);
    (100..).zip(Shape::ALL).map(|(issue, shape)| llds.lld(issue, shape)).collect()
}

#[test]
fn the_same_seed_gives_the_same_documents() {
    let texts = |seed| {
        let mut llds = Llds::seeded(seed);
        (1..40).map(|issue| llds.any(issue).text).collect::<Vec<_>>()
    };
    assert_eq!(texts(1), texts(1));
    assert_ne!(texts(1), texts(2));
}

#[test]
fn every_document_follows_the_template() {
    let headings = [
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
    ];
    for lld in all() {
        let found = lld.text.lines().filter(|line| headings.contains(line));
        assert!(found.eq(headings), "{}", lld.text);
        assert!(lld.text.starts_with(&format!("# {} - Feature: ", lld.issue)));
        assert_eq!(lld.text.matches(&format!("* **Issue:** #{}\n", lld.issue)).count(), 1);
        assert_eq!(lld.text.matches("* **Status:** ").count(), 1);
        assert!(lld.text.ends_with('\n') && !lld.text.ends_with("\n\n"));
    }
}

#[test]
fn every_shape_is_different_and_shows_its_verdict() {
    let logs: BTreeSet<String> = all()
        .iter()
        .map(|lld| lld.text.split_once("## 7. Definition of Done").unwrap().1.to_owned())
        .collect();
    // No log at all: a draft, and a draft that says it is approved.
    assert_eq!(logs.len(), Shape::ALL.len());
    for lld in all() {
        if let Some(verdict) = lld.shape.last_verdict() {
            assert!(lld.text.contains(verdict), "{:?}", lld.shape);
        }
    }
    let approved = |shape: Shape| shape.last_verdict() == Some("APPROVED");
    assert_eq!(Shape::ALL.into_iter().filter(|shape| approved(*shape)).count(), 11);
}

#[test]
fn traps_hold_the_word_without_the_approval() {
    for shape in
        [Shape::StatusOnly, Shape::OnlyInFence, Shape::ApprovedPendingReview, Shape::Unfilled]
    {
        let text = Llds::seeded(6).lld(9, shape).text;
        assert!(text.to_uppercase().contains("APPROVED"), "{shape:?}");
        assert_eq!(shape.last_verdict(), None);
    }
}

#[test]
fn files_go_where_the_runbook_puts_them() {
    let scratch = Scratch::new();
    let lld = Llds::seeded(7).lld(98, Shape::NoLog);
    let active = lld.write_active(scratch.root());
    assert_eq!(active, scratch.path(format!("docs/LLDs/active/98-{}.md", lld.slug)));
    assert_eq!(std::fs::read_to_string(active).unwrap(), lld.text);
    assert_eq!(lld.write_done(scratch.root()).parent().unwrap(), scratch.path("docs/LLDs/done"));
    assert_eq!(lld.padded_name(), "LLD-098.md");
}
