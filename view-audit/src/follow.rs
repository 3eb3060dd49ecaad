//! `--follow`: new entries as they are written.

use std::path::{Path, PathBuf};

use audit_log::{Fresh, Log, RETIRED, SourceName, read_entry};
use cli::{Exit, Failure, Out};

use crate::entry_json;
use crate::filter::Filter;
use crate::show::{self, Shown};
use crate::sources;
use crate::tails::{News, Tails};
use crate::watch::{Happened, Watch};

/// A log that is followed.
pub(crate) struct Followed {
    pub log: Log,
    pub tails: Tails,
}

/// The folders that the shards of `logs` are in.
pub(crate) fn folders(logs: &[Log]) -> Vec<PathBuf> {
    logs.iter().flat_map(|log| [log.active(), log.retired()]).collect()
}

/// The folders that `logs` are in.
pub(crate) fn tops(logs: &[Log]) -> Vec<PathBuf> {
    logs.iter().filter_map(|log| log.logs.parent().map(Path::to_owned)).collect()
}

/// Prints what is new until nobody reads it any more.
pub(crate) fn run(
    mut logs: Vec<Followed>,
    mut watch: Watch,
    filter: &Filter,
    verbose: bool,
    out: &mut Out,
) -> Result<Exit, Failure> {
    let stdout = std::io::stdout();
    let mut happened = Happened::Anything;
    loop {
        if happened == Happened::Anything {
            // First the watches, so that nothing happens between a look and its watch.
            watch.arm().map_err(|e| Failure::world("cannot watch the log", e))?;
        }
        for followed in &mut logs {
            let mut new = Vec::new();
            let mut look = |name: &SourceName, path: &Path| match followed.tails.news(name, path) {
                Ok(News { entries, damaged, cut }) => {
                    if cut {
                        out.note(&format!("{}: it was cut back", path.display()));
                    }
                    for damage in damaged {
                        out.note(&damage.to_string());
                    }
                    new.extend(entries);
                }
                Err(error) => out.note(&format!("cannot read {}: {error}", path.display())),
            };
            match &happened {
                Happened::Unread => return Ok(Exit::Yes),
                Happened::Anything => match sources::list(&followed.log.logs) {
                    Ok(listing) => {
                        for source in &listing.sources {
                            look(&source.name, &source.path);
                        }
                    }
                    Err(error) => {
                        let active = followed.log.active();
                        out.note(&format!("cannot read {}: {error}", active.display()));
                    }
                },
                Happened::Files(paths) => {
                    for path in paths.iter().filter(|path| path.starts_with(followed.log.active()))
                    {
                        if let Some(name) = name(path) {
                            look(&name, path);
                        }
                    }
                }
            }
            new.sort_by_key(|entry| entry.at);
            print(&new, followed, filter, verbose, out)?;
        }
        happened = watch.wait(&stdout).map_err(|e| Failure::world("cannot watch the log", e))?;
    }
}

/// What the name of a file says.
fn name(path: &Path) -> Option<SourceName> {
    let name = path.file_name()?.to_str()?;
    let is_retired = path.parent()?.file_name()? == RETIRED;
    if is_retired { SourceName::retired(name) } else { SourceName::active(name) }
}

fn print(
    new: &[Fresh],
    followed: &Followed,
    filter: &Filter,
    verbose: bool,
    out: &mut Out,
) -> Result<(), Failure> {
    for Fresh { bytes, .. } in new {
        let project = followed.log.project();
        if !filter.accepts(bytes, project.as_deref()) {
            continue;
        }
        if out.is_json() {
            out.raw(&entry_json::line(bytes))?;
        } else {
            let shown = Shown { entry: read_entry(bytes), project };
            out.page(|page| {
                if verbose { show::blocks(&[shown], page) } else { show::line(&shown, page) }
            })?;
        }
        out.flush()?;
    }
    Ok(())
}
