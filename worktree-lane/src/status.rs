//! `status`: how every worktree stands.

mod projects;
mod reading;
mod repository;
mod row;
mod show;

use cli::{Exit, Failure, Out};
use records::Reason;
use records::worktree_lane::{LaneStatus, Refused};

use crate::args::Status;
use crate::held;
use crate::here::Here;
use crate::history::{History, Known};
use crate::registry::{self, Entry};

use show::Shown;

/// Prints a row a worktree, each as soon as those before it are printed.
pub(crate) fn run(here: &Here, asked: &Status, out: &mut Out) -> Result<Exit, Failure> {
    if asked.all_projects {
        return projects::run(here, out);
    }
    let processes = repository::processes();
    let mut subjects = Subjects::of(here, out)?;
    let mut exit = Exit::Yes;
    if !asked.lanes.is_empty() {
        for refused in subjects.only(&asked.lanes) {
            out.print(&refused, |refused, page| page.reasons(&refused.reasons))?;
            exit = Exit::No;
        }
    }
    let mut shown = Shown::new(None, &subjects, !asked.lanes.is_empty());
    let known = reading::each(here, &subjects, processes, |row| shown.row(out, &row))?;
    Ok(if known { exit } else { Exit::World })
}

/// The worktrees that are asked for.
struct Subjects {
    /// As git lists them.
    entries: Vec<Entry>,
    /// Lanes of the journal that git does not list.
    gone: Vec<Known>,
    /// Which entries get a row.
    chosen: Vec<usize>,
}

impl Subjects {
    fn of(here: &Here, out: &Out) -> Result<Self, Failure> {
        let history = History::load_to_show(here, out)?;
        let entries = registry::survey(here, &history)?;
        let listed =
            |known: &&Known| !entries.iter().any(|entry| entry.lane() == Some(&known.last.lane));
        let gone = history.live().filter(listed).cloned().collect();
        Ok(Self { chosen: (0..entries.len()).collect(), entries, gone })
    }

    /// Leaves those that go by one of `names`, and tells the names that nothing goes by.
    fn only(&mut self, names: &[String]) -> Vec<Refused> {
        let mut refused = Vec::new();
        self.chosen.clear();
        let gone = std::mem::take(&mut self.gone);
        for name in names {
            let id = crate::name::spelled(name);
            match registry::find(&self.entries, name) {
                Ok(found) => {
                    let at =
                        self.entries.iter().position(|e| e.worktree.path == found.worktree.path);
                    self.chosen.extend(at.filter(|at| !self.chosen.contains(at)));
                }
                Err(why) => match gone.iter().find(|known| known.last.lane == id) {
                    Some(known) => self.gone.push(known.clone()),
                    None => refused.push(Refused {
                        lane: name.clone(),
                        command: "status".into(),
                        reasons: vec![held::unknown(name, &why)],
                    }),
                },
            }
        }
        refused
    }

    fn chosen(&self) -> impl Iterator<Item = &Entry> {
        self.chosen.iter().filter_map(|at| self.entries.get(*at))
    }

    /// The rows as far as they are known before anything is read.
    fn skeleton(&self) -> Vec<LaneStatus> {
        self.chosen()
            .map(row::begin)
            .chain(self.gone.iter().map(|known| row::gone(known).1))
            .collect()
    }
}

/// Whether everything about it is known.
fn is_known(row: &LaneStatus) -> bool {
    !row.problems.iter().any(|Reason { code, .. }| code == row::UNKNOWN)
}
