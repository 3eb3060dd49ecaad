//! Which documents there are.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use cli::Failure;
use records::IssueNumber;

use super::name;

/// The folder of LLDs as the runbook spells it, for a repository that has none yet.
const RUNBOOK_FOLDER: &str = "LLDs";
/// All spellings in use, in any case.
const FOLDERS: [&str; 2] = ["llds", "lld"];

/// Whether a document's work is ahead or behind (runbook 0801, "Key Paths").
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Place {
    /// `active/`: waits for its implementation.
    Active,
    /// `done/`: its work has landed.
    Done,
}

/// A file that belongs to an issue.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Found {
    /// Which of the two folders it is in.
    pub(crate) place: Place,
    /// Path from the root of the checkout.
    pub(crate) path: String,
}

/// Every LLD of a checkout, by issue: those in `active/` first, then by path.
#[derive(Debug, Default)]
pub(crate) struct Documents {
    by_issue: BTreeMap<IssueNumber, Vec<Found>>,
}

impl Documents {
    /// Reads the folders `docs/{LLDs,lld,llds}/{active,done}` of the checkout at `root`.
    pub(crate) fn list(root: &Path) -> Result<Self, Failure> {
        let mut by_issue: BTreeMap<IssueNumber, Vec<Found>> = BTreeMap::new();
        for folder in lld_folders(root)? {
            for (issue, found) in files(root, &folder, name::issue_of_lld)? {
                by_issue.entry(issue).or_default().push(found);
            }
        }
        for found in by_issue.values_mut() {
            found.sort();
        }
        Ok(Self { by_issue })
    }

    /// All of them, by issue.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (IssueNumber, &Found)> {
        self.by_issue.iter().flat_map(|(issue, found)| found.iter().map(|found| (*issue, found)))
    }

    /// The documents of one issue.
    pub(crate) fn of(&self, issue: IssueNumber) -> &[Found] {
        self.by_issue.get(&issue).map_or(&[], Vec::as_slice)
    }
}

/// The reports of an issue in `docs/reports/active`, by path.
pub(crate) fn active_reports(root: &Path, issue: IssueNumber) -> Result<Vec<String>, Failure> {
    let all = files(root, "docs/reports", name::issue_of_report)?.into_iter();
    let ours = all.filter(|(of, found)| *of == issue && found.place == Place::Active);
    let mut paths: Vec<String> = ours.map(|(_, found)| found.path).collect();
    paths.sort();
    Ok(paths)
}

/// Where a new document goes: the `active` folder that is in use, else the runbook's.
pub(crate) fn active_folder(root: &Path) -> Result<String, Failure> {
    let folders = lld_folders(root)?;
    let runbook = format!("docs/{RUNBOOK_FOLDER}");
    let folder = if folders.contains(&runbook) { None } else { folders.into_iter().next() };
    let folder = folder.unwrap_or(runbook);
    let active = named(&root.join(&folder), "active")?;
    Ok(format!("{folder}/{}", active.unwrap_or_else(|| "active".into())))
}

/// The path in `done` that the file at `path` (`docs/…/active/…`) moves to.
pub(crate) fn done_path(root: &Path, path: &str) -> Result<Option<String>, Failure> {
    let mut parts = path.splitn(4, '/');
    let (Some(docs), Some(kind), Some(_), Some(rest)) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Ok(None);
    };
    let folder = format!("{docs}/{kind}");
    let done = named(&root.join(&folder), "done")?.unwrap_or_else(|| "done".into());
    Ok(Some(format!("{folder}/{done}/{rest}")))
}

/// What stands at `path` or, where case does not count, in its place.
pub(crate) fn in_the_way(root: &Path, path: &str) -> Result<Option<String>, Failure> {
    let Some((folder, file)) = path.rsplit_once('/') else { return Ok(None) };
    let found = named(&root.join(folder), file)?;
    Ok(found.map(|file| format!("{folder}/{file}")))
}

/// `docs/LLDs`, `docs/lld` and the like, as far as they exist.
fn lld_folders(root: &Path) -> Result<Vec<String>, Failure> {
    let is_ours = |name: &str| FOLDERS.iter().any(|f| f.eq_ignore_ascii_case(name));
    let names = names(&root.join("docs"))?.into_iter().filter(|name| is_ours(name));
    Ok(names.map(|name| format!("docs/{name}")).collect())
}

/// The files of `folder/active` and `folder/done` that `issue_of` gives to an issue.
fn files(
    root: &Path,
    folder: &str,
    issue_of: fn(&str) -> Option<IssueNumber>,
) -> Result<Vec<(IssueNumber, Found)>, Failure> {
    let mut all = Vec::new();
    for sub in names(&root.join(folder))? {
        let place = match sub.to_ascii_lowercase().as_str() {
            "active" => Place::Active,
            "done" => Place::Done,
            _ => continue,
        };
        let dir = format!("{folder}/{sub}");
        for name in names(&root.join(&dir))? {
            if let Some(issue) = issue_of(&name) {
                all.push((issue, Found { place, path: format!("{dir}/{name}") }));
            }
        }
    }
    Ok(all)
}

/// The entry of `dir` with that name in any case.
fn named(dir: &Path, name: &str) -> Result<Option<String>, Failure> {
    let all = names(dir)?;
    let exact = all.iter().find(|n| *n == name);
    Ok(exact.or_else(|| all.iter().find(|n| n.eq_ignore_ascii_case(name))).cloned())
}

/// The names in `dir` in order; none when there is no such folder. What is not UTF-8 in a name is
/// replaced: the file counts as a document of its issue, and nobody can read it under that name.
fn names(dir: &Path) -> Result<Vec<String>, Failure> {
    let fail = |error: &io::Error| Failure::io("cannot list", dir, error);
    let entries = match std::fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(e) if matches!(e.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            return Ok(Vec::new());
        }
        Err(e) => return Err(fail(&e)),
    };
    let mut names = Vec::new();
    for entry in entries {
        let name = entry.map_err(|e| fail(&e))?.file_name();
        names.push(name.to_string_lossy().into_owned());
    }
    names.sort();
    Ok(names)
}
