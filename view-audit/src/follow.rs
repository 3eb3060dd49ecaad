//! `--follow`: new entries as they are written.

use std::path::{Path, PathBuf};

use audit_log::{Log, RETIRED, SourceName, read_entry};
use cli::{Exit, Failure, Out};

use crate::entry_json;
use crate::filter::Filter;
use crate::followed::{Followed, Found};
use crate::show::{self, Shown};
use crate::watch::{Folders, Happened, Watch};

/// Watches the logs from now on.
pub(crate) fn watch(logs: &[Log], out: &Out) -> Watch {
    let (mut watch, why) = Watch::new();
    let why = why.or_else(|| watch.arm(folders(logs)).err());
    if let Some(why) = why {
        out.note(&format!("no notifications ({why}), so the log is looked at every second"));
    }
    watch
}

fn folders<'a>(logs: impl IntoIterator<Item = &'a Log>) -> Folders {
    let mut folders = Folders::default();
    for log in logs {
        folders.wanted.extend([log.active(), log.retired(), log.logs.clone()]);
        folders.tops.extend(log.logs.parent().map(Path::to_owned));
        // That of the history is another one when the history is a symbolic link.
        if let Some(folder) = log.history.parent().filter(|folder| **folder != log.logs) {
            folders.wanted.push(folder.to_owned());
            folders.tops.push(folder.to_owned());
        }
    }
    folders
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
            logs.iter_mut().for_each(Followed::find_again);
            // First the watches, so that nothing happens between a look and its watch.
            if let Err(why) = watch.arm(folders(logs.iter().map(|followed| &followed.log))) {
                out.note(&format!(
                    "no notifications ({why}), so the log is looked at every second"
                ));
            }
        }
        for followed in &mut logs {
            let project = followed.log.project();
            let mut told = |found: Found<'_>| match found {
                Found::Entry(bytes) => print(bytes, project.as_deref(), filter, verbose, out),
                Found::Note(note) => {
                    out.note(note);
                    Ok(())
                }
            };
            match &happened {
                Happened::Unread => return Ok(Exit::Yes),
                Happened::Anything => followed.look(&mut told)?,
                Happened::Files(paths) => {
                    let active = followed.log.active();
                    let ours = paths.iter().filter(|path| path.starts_with(&active));
                    let shards = ours.filter_map(|path| Some((name(path)?, path.clone())));
                    let shards: Vec<(SourceName, PathBuf)> = shards.collect();
                    followed.look_at(&shards, &mut told)?;
                }
            }
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
    bytes: &[u8],
    project: Option<&str>,
    filter: &Filter,
    verbose: bool,
    out: &mut Out,
) -> Result<(), Failure> {
    if !filter.accepts(bytes, project) {
        return Ok(());
    }
    if out.is_json() {
        out.raw(&entry_json::line(bytes))?;
    } else {
        let shown = Shown { entry: read_entry(bytes), project: project.map(str::to_owned) };
        out.page(
            |page| {
                if verbose { show::blocks(&[shown], page) } else { show::line(&shown, page) }
            },
        )?;
    }
    out.flush()
}
