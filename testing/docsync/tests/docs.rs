//! The generated parts of `docs/` are what the types and the tools say today.
#![expect(clippy::unwrap_used, reason = "a failure must stop the test")]

use std::path::{Path, PathBuf};

fn docs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs")
}

/// The folder with the built tools, two above a test program.
fn bin() -> PathBuf {
    let own = std::env::current_exe().unwrap();
    own.parent().and_then(Path::parent).unwrap().to_owned()
}

#[test]
fn nothing_is_stale() {
    let stale = docsync::stale(&docs(), &bin()).unwrap_or_else(|e| panic!("{}", e.render("docs")));
    assert!(stale.is_empty(), "run `make docs`: {stale:?}");
}

#[test]
fn every_relative_link_in_the_docs_leads_somewhere() {
    let root = docs().join("..");
    let mut pages = vec![root.join("README.md"), root.join("CONTRIBUTING.md")];
    let mut folders = vec![docs()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "md") {
                pages.push(path);
            }
        }
    }
    assert!(pages.len() > 10, "only {} pages were found", pages.len());
    let mut broken = Vec::new();
    for page in &pages {
        let text = std::fs::read_to_string(page).unwrap();
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let target = link.split('#').next().unwrap_or_default();
            if target.is_empty() || target.contains("://") {
                continue;
            }
            if !page.parent().unwrap().join(target).exists() {
                broken.push(format!("{}: {link}", page.display()));
            }
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
}
