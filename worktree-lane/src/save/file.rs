//! Saved work as a file: a patch or a bundle.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use cli::Failure;
use records::Reason;
use repo::shell_words;

use crate::args::{Form, Save};
use crate::here::Here;
use crate::lane_git::LaneGit;
use crate::scratch::Scratch;

use super::snapshot::Snapshot;

/// Where the file is to go.
#[derive(Debug)]
pub(super) struct Target {
    /// As it was asked for, made absolute; `None` for a name of our own.
    asked: Option<PathBuf>,
    ending: &'static str,
}

impl Target {
    /// Checks what was asked for. The lane itself is not written to.
    pub(super) fn new(args: &Save, lane: &Path) -> Result<Result<Self, Reason>, Failure> {
        let ending = if args.form == Form::Patch { "patch" } else { "bundle" };
        let Some(output) = &args.output else { return Ok(Ok(Self { asked: None, ending })) };
        if args.form == Form::Commit {
            let why = "it is for a patch or a bundle";
            return Err(Failure::usage("--output", why).hint("add --as patch or --as bundle"));
        }
        let fail = |error: &io::Error| Failure::io("cannot write", output, error);
        let absolute = std::path::absolute(output).map_err(|e| fail(&e))?;
        let (Some(folder), Some(name)) = (absolute.parent(), absolute.file_name()) else {
            return Err(Failure::usage("--output", "it names no file"));
        };
        let real = folder.canonicalize().map_err(|e| fail(&e))?;
        let asked = real.join(name);
        let shown = asked.display();
        if asked.symlink_metadata().is_ok() {
            let message = format!("{shown} exists already");
            return Ok(Err(Reason::new("file_exists", message, "name another with --output")));
        }
        if lane.canonicalize().is_ok_and(|lane| asked.starts_with(lane)) {
            let message = format!("{shown} would be a new file in the lane");
            return Ok(Err(Reason::new("inside_lane", message, "name another with --output")));
        }
        Ok(Ok(Self { asked: Some(asked), ending }))
    }

    /// Puts the finished file there, whole or not at all. `name` is for a name of our own.
    fn publish(self, here: &Here, from: &Path, name: &str) -> Result<PathBuf, Failure> {
        let own = self.asked.is_none();
        let to = if let Some(asked) = self.asked {
            asked
        } else {
            let folder = here.state_dir()?.join("saved");
            journal::create_dirs(&folder)?;
            folder.join(format!("{name}.{}", self.ending))
        };
        // The same save was made before: the same bytes are there.
        if own && to.exists() && same(from, &to)? {
            return Ok(to);
        }
        let mut source = File::open(from).map_err(|e| Failure::io("cannot read", from, &e))?;
        journal::create_new_with(&to, |file| io::copy(&mut source, file).map(drop))?;
        Ok(to)
    }
}

fn same(one: &Path, other: &Path) -> Result<bool, Failure> {
    let read = |path: &Path| std::fs::read(path).map_err(|e| Failure::io("cannot read", path, &e));
    Ok(read(one)? == read(other)?)
}

/// A file that was made.
#[derive(Debug)]
pub(super) struct Made {
    /// Where it is.
    pub(super) file: PathBuf,
    /// The commands that use it.
    pub(super) restore: Vec<String>,
}

/// Writes all files of the lane as a patch against its commit; nothing when they are the same.
pub(super) fn patch(
    here: &Here,
    git: &LaneGit,
    snapshot: &Snapshot,
    scratch: &Scratch,
    target: Target,
    name: &str,
    lane: &str,
) -> Result<Option<Made>, Failure> {
    let from = scratch.dir().join("patch");
    let nothing = here.git().text(["hash-object", "-t", "tree", "/dev/null"])?;
    let shape = ["diff-tree", "--patch", "--binary", "--full-index", "--no-renames", "--no-color"];
    let plain = ["--no-ext-diff", "--no-textconv", "--src-prefix=a/", "--dst-prefix=b/"];
    let whole = ["--ignore-submodules=none", "--submodule=short"];
    let output = format!("--output={}", from.display());
    let trees = [&*output, snapshot.head.as_deref().unwrap_or(&nothing), &snapshot.everything];
    git.bytes(&[&shape[..], &plain, &whole, &trees].concat())?;
    let length = from.metadata().map_err(|e| Failure::io("cannot read", &from, &e))?.len();
    if length == 0 {
        return Ok(None);
    }
    let file = target.publish(here, &from, name)?;
    let shown = file.to_string_lossy();
    let restore = vec![shell_words(["git", "-C", lane, "apply", "--whitespace=nowarn", &shown])];
    Ok(Some(Made { file, restore }))
}

/// What goes into a bundle.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bundled<'a> {
    /// The lane's branch; without one, its `HEAD`.
    pub(super) branch: Option<&'a str>,
    /// The base, whose commits are left out.
    pub(super) base: Option<&'a str>,
    /// The ref of the save.
    pub(super) saved: Option<&'a str>,
}

/// Writes the save and the lane's own commits as a bundle; nothing when there are none. Commits that
/// a remote or the base has are left out, and needed where the bundle is used.
pub(super) fn bundle(
    here: &Here,
    git: &LaneGit,
    what: Bundled<'_>,
    scratch: &Scratch,
    target: Target,
    name: &str,
) -> Result<Option<Made>, Failure> {
    let Bundled { branch, base, saved } = what;
    let mut without = vec!["--not".to_owned(), "--remotes".into()];
    let base = base.map(|base| format!("refs/heads/{base}"));
    let own = branch.map(|branch| format!("refs/heads/{branch}"));
    if let Some(base) = base.filter(|base| own.as_ref() != Some(base))
        && git.commit(&base)?.is_some()
    {
        without.push(base);
    }
    let tip = own.unwrap_or_else(|| "HEAD".into());
    let mut tips: Vec<String> = saved.map(str::to_owned).into_iter().collect();
    if git.commit(&tip)?.is_some() {
        let mut count = vec!["rev-list", "--count", &tip];
        count.extend(without.iter().map(String::as_str));
        if git.bytes(&count)?.trim_ascii() != b"0" {
            tips.push(tip);
        }
    }
    if tips.is_empty() {
        return Ok(None);
    }
    let from = scratch.dir().join("bundle");
    let path = from.to_string_lossy();
    let mut args = vec!["bundle", "create", "--quiet", &path];
    args.extend(tips.iter().chain(&without).map(String::as_str));
    git.bytes(&args)?;
    let file = target.publish(here, &from, name)?;
    let shown = file.to_string_lossy();
    let fetch = match saved {
        Some(saved) => format!("{saved}:{saved}"),
        None => tips.join(" "),
    };
    let restore = vec![
        shell_words(["git", "bundle", "verify", &*shown]),
        shell_words(["git", "fetch", &*shown, &*fetch]),
    ];
    Ok(Some(Made { file, restore }))
}
