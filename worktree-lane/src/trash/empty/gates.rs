//! Whether an entry of the trash may be deleted for good: what was changed in it since it was moved
//! there is nowhere else.

use std::path::Path;

use records::Reason;
use repo::shell_words;

use crate::facts::submodules::{self, Work};
use crate::facts::{changes, ignored, mounts, operation, processes};
use crate::here::Here;
use crate::lane_git::LaneGit;
use crate::trash::entry::Entry;
use crate::trash::moving::exists;

/// How many names a message shows.
const SHOWN: usize = 5;

/// Every reason against it, in a stable order; none means yes. A question without an answer is a
/// reason.
pub(crate) fn reasons(here: &Here, entry: &Entry) -> Vec<Reason> {
    let mut all = Reasons { entry, all: Vec::new() };
    let (tree, admin) = (&entry.tree, entry.admin_now(here));
    match (exists(tree), exists(&admin)) {
        (true, true) => look(here, &mut all),
        (true, false) => {
            let message = "git's folder for it is no longer in the trash, so nothing tells what is \
                in its files";
            all.add("trash_incomplete", message.into());
        }
        (false, true) if entry.is_beside() => {
            let message = format!(
                "its files are not at {}: the file system may not be mounted, and nothing tells \
                 what is in them",
                tree.display()
            );
            all.add("files_missing", message);
        }
        (false, true) => without_files(here, &mut all),
        (false, false) => {}
    }
    all.all
}

/// Git's folder holds the repositories of submodules, and all that only they have.
fn of_submodules(admin: &Path, all: &mut Reasons) {
    let found = submodules::in_modules(admin, Work::Logged);
    if let Some(found) = all.known("submodules", found) {
        all.some("submodule_work", "submodules have work of their own", &found);
    }
}

/// The files were gone before, or somebody deleted them: what git's folder has beyond the commits.
fn without_files(here: &Here, all: &mut Reasons) {
    let admin = all.entry.admin_now(here);
    let git = LaneGit::in_trash(&admin, &admin, &here.common_dir);
    if let Some(found) = all.known("operations in progress", operation::in_progress(&git, &admin)) {
        let found: Vec<String> = found.into_iter().map(str::to_owned).collect();
        all.some("operation_in_progress", "in the middle of", &found);
    }
    of_submodules(&admin, all);
}

fn look(here: &Here, all: &mut Reasons) {
    let (tree, admin) = (&all.entry.tree, all.entry.admin_now(here));
    let git = LaneGit::in_trash(tree, &admin, &here.common_dir);
    if let Some(found) = all.known("operations in progress", operation::in_progress(&git, &admin)) {
        let found: Vec<String> = found.into_iter().map(str::to_owned).collect();
        all.some("operation_in_progress", "in the middle of", &found);
    }
    if let Some(found) = all.known("processes", processes::at_work(tree)) {
        let found: Vec<String> = found.iter().map(ToString::to_string).collect();
        all.some("process_inside", "processes work in it", &found);
    }
    if let Some(found) = all.known("mounted file systems", mounts::below(tree)) {
        let found: Vec<String> = found.iter().map(|place| place.display().to_string()).collect();
        all.some("mounted_inside", "file systems are mounted inside it", &found);
    }
    let changed = match &all.entry.head {
        Some(head) => changes::changes_since(&git, tree, &admin, head),
        None => changes::changes(&git, tree, &admin),
    };
    if let Some(found) = all.known("changed files", changed) {
        all.some("uncommitted", "changes that are not committed", &found.tracked);
        all.some("untracked", "files that git does not track", &found.untracked);
        all.some("hidden_changes", "changes that git was told to overlook", &found.hidden);
    }
    of_submodules(&admin, all);
    if let Some(found) =
        all.known("ignored files", ignored::ignored(&git, tree, here.main.as_deref()))
    {
        all.some("embedded_repository", "repositories inside it", &found.repositories);
        all.some("ignored_precious", "ignored files that may be precious", &found.precious);
    }
}

struct Reasons<'a> {
    entry: &'a Entry,
    all: Vec<Reason>,
}

impl Reasons<'_> {
    fn add(&mut self, code: &str, message: String) {
        // Once it is back in its place, `remove` and `save` say what to do.
        let next = shell_words(["worktree-lane", "trash", "restore", &self.entry.name]);
        self.all.push(Reason::new(code, message, next));
    }

    fn some(&mut self, code: &str, what: &str, names: &[String]) {
        if names.is_empty() {
            return;
        }
        let shown = names.iter().take(SHOWN).map(String::as_str).collect::<Vec<_>>().join(", ");
        let more = match names.len().saturating_sub(SHOWN) {
            0 => String::new(),
            more => format!(", and {more} more"),
        };
        self.add(code, format!("{what}: {shown}{more}"));
    }

    fn known<T, E: std::fmt::Display>(&mut self, what: &str, found: Result<T, E>) -> Option<T> {
        match found {
            Ok(found) => Some(found),
            Err(why) => {
                self.add("cannot_tell", format!("cannot tell about {what}: {why}"));
                None
            }
        }
    }
}
