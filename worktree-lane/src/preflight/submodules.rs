//! Which submodules a lane lacks. `git worktree add` leaves their folders empty (lanes reference,
//! case 17), and what is built there fails in ways that do not name the cause.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use cli::Failure;
use repo::{Error, Git, Program};

use crate::facts::submodules;
use crate::lane_git::{LaneGit, fields, path, text};

/// The submodules that `git submodule update --init --recursive` would check out and that are not
/// checked out, by their path in the lane. Those that were switched off by name
/// (`submodule.<name>.active=false`), which it would switch on again, are not missed.
pub(crate) fn missing(git: &LaneGit, lane: &Path) -> Result<Vec<PathBuf>, Failure> {
    let mut found = missing_in(&|args| git.program(args), lane)?;
    for inside in submodules::checked_out(git, lane)? {
        let git = Git::new(lane.join(&inside));
        let nested = missing_in(&|args| git.program(args), git.dir())?;
        found.extend(nested.into_iter().map(|name| inside.join(name)));
    }
    found.sort();
    Ok(found)
}

/// Those of one repository, whose checkout is at `top`.
fn missing_in(git: &dyn Fn(&[&str]) -> Program, top: &Path) -> Result<Vec<PathBuf>, Failure> {
    let listed = ask(git, &["ls-files", "--stage", "-t", "-z"])?;
    let absent: Vec<&[u8]> = fields(&listed)
        // `S` marks what a sparse checkout leaves out.
        .filter_map(|entry| entry.strip_prefix(b"H 160000 "))
        .filter_map(name)
        .filter(|name| top.join(path(name)).join(".git").symlink_metadata().is_err())
        .collect();
    if absent.is_empty() {
        return Ok(Vec::new());
    }
    let settings = Settings::read(git, &listed)?;
    let active = match settings.active_paths.as_slice() {
        [] => None,
        specs => {
            let before = ["ls-files", "-z", "--"].into_iter();
            let args: Vec<&str> = before.chain(specs.iter().map(String::as_str)).collect();
            let names = ask(git, &args)?;
            Some(fields(&names).map(<[u8]>::to_vec).collect::<BTreeSet<_>>())
        }
    };
    let wanted = absent.into_iter().filter(|name| {
        let by_path = active.as_ref().is_none_or(|active| active.contains(*name));
        settings.of.get(*name).is_some_and(|own| own.active.unwrap_or(by_path) && !own.left_out)
    });
    Ok(wanted.map(|name| path(name).to_path_buf()).collect())
}

/// The name at the end of a line of `ls-files --stage`.
fn name(entry: &[u8]) -> Option<&[u8]> {
    entry.iter().position(|b| *b == b'\t').and_then(|tab| entry.get(tab + 1..))
}

/// What `.gitmodules` and the configuration say.
#[derive(Debug, Default)]
struct Settings {
    /// By path. A submodule that `.gitmodules` does not name cannot be checked out.
    of: BTreeMap<Vec<u8>, Submodule>,
    /// `submodule.active`: which paths are wanted, where a submodule does not say so itself.
    active_paths: Vec<String>,
}

#[derive(Debug, Default, Clone)]
struct Submodule {
    active: Option<bool>,
    /// Whether `git submodule update` passes it over (`update = none`).
    left_out: bool,
}

impl Settings {
    fn read(git: &dyn Fn(&[&str]) -> Program, listed: &[u8]) -> Result<Self, Error> {
        if !fields(listed).filter_map(name).any(|name| name == b".gitmodules") {
            return Ok(Self::default());
        }
        // From the index: in a sparse checkout the file need not be there.
        let file = ["config", "--blob", ":.gitmodules", "-z", "--get-regexp", r"^submodule\."];
        let config = ["config", "-z", "--get-regexp", r"^submodule\."];
        let mut paths: BTreeMap<String, Vec<u8>> = BTreeMap::new();
        let mut by_name: BTreeMap<String, Submodule> = BTreeMap::new();
        let mut active_paths = Vec::new();
        for (args, trusted) in [(file.as_slice(), false), (&config, true)] {
            for entry in fields(&ask(git, args)?) {
                // A key without `=` has no value and means true.
                let at = entry.iter().position(|b| *b == b'\n').unwrap_or(entry.len());
                let (key, value) = entry.split_at(at);
                let value = value.get(1..);
                let key = text(key);
                let key = key.strip_prefix("submodule.").unwrap_or_default();
                let Some((name, what)) = key.rsplit_once('.') else {
                    if trusted && key == "active" {
                        active_paths.extend(value.map(text));
                    }
                    continue;
                };
                let own = by_name.entry(name.to_owned()).or_default();
                match what {
                    "path" if !trusted => {
                        paths.insert(name.to_owned(), value.unwrap_or_default().to_vec());
                    }
                    "update" => own.left_out = value == Some(b"none"),
                    "active" if trusted => own.active = Some(value.is_none_or(is_true)),
                    _ => {}
                }
            }
        }
        let of = paths.into_iter().map(|(name, path)| {
            let own = by_name.remove(&name).unwrap_or_default();
            (path, own)
        });
        Ok(Self { of: of.collect(), active_paths })
    }
}

fn is_true(value: &[u8]) -> bool {
    !["false", "no", "off", "0", ""].iter().any(|no| value.eq_ignore_ascii_case(no.as_bytes()))
}

/// Git's stdout. `git config` ends with 1 when it found nothing.
fn ask(git: &dyn Fn(&[&str]) -> Program, args: &[&str]) -> Result<Vec<u8>, Error> {
    let ran = git(args).run()?;
    if ran.ok() || (args.first() == Some(&"config") && ran.code() == Some(1)) {
        return Ok(ran.stdout);
    }
    Err(Git::new(".").failure(args, &ran))
}
