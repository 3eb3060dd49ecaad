//! Merging with git's own engine, without touching a checkout.

#[cfg(test)]
mod like_git;

use cli::Failure;
use repo::{Git, Place, Program};

use crate::git::objects::Objects;
use crate::rules::diff::path_text;
use crate::rules::facts::Merge;

/// What makes a merge the same in every clone, whatever its user has configured, and its objects
/// durable before a ref names them.
const SETTINGS: [&str; 18] = [
    "-c",
    "merge.directoryRenames=conflict",
    "-c",
    "merge.conflictStyle=merge",
    "-c",
    "merge.renames=true",
    "-c",
    "merge.renameLimit=7000",
    "-c",
    "merge.renormalize=false",
    "-c",
    "merge.default=text",
    "-c",
    "diff.algorithm=histogram",
    "-c",
    "core.attributesFile=/dev/null",
    "-c",
    // A pack without its index holds nothing that git finds.
    "core.fsync=committed,pack-metadata,reference",
];

/// Git with `args`, on the objects as they are and with fixed settings.
pub(crate) fn git(git: &Git, base: &str, args: &[&str]) -> Program {
    // Without it, attributes such as `merge=union` come from whatever is checked out.
    let attributes = format!("--attr-source={base}");
    let args = [attributes.as_str()].into_iter().chain(SETTINGS).chain(args.iter().copied());
    git.program(args).env("GIT_NO_REPLACE_OBJECTS", "1").env("GIT_ATTR_NOSYSTEM", "1")
}

/// Refuses a clone whose `info/attributes` says how files are merged: nobody reviews that file, no
/// other clone has it, and git cannot be told to leave it out.
pub(crate) fn refuse_own_attributes(place: &Place) -> Result<(), Failure> {
    let file = place.common_dir().join("info/attributes");
    let bytes = match std::fs::read(&file) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(Failure::io("cannot read", &file, &error)),
    };
    let lines = bytes.split(|byte| *byte == b'\n').zip(1..);
    let mut lines = lines.filter(|(line, _)| !line.trim_ascii_start().starts_with(b"#"));
    match lines.find(|(line, _)| line.windows(5).any(|word| word == b"merge")) {
        None => Ok(()),
        Some((_, number)) => {
            let place = format!("{}:{number}", file.display());
            let why = "it says how files are merged, in this clone alone";
            Err(Failure::usage(place, why)
                .hint("move the line to .gitattributes, where it is reviewed"))
        }
    }
}

/// What git makes of a merge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It is clean, and this is the tree.
    Clean(String),
    /// It is not. These paths conflict; there are none where git cannot tell to which of two folders a
    /// third one was renamed.
    Conflict(Vec<String>),
}

impl From<Merge> for Outcome {
    fn from(merge: Merge) -> Self {
        match merge {
            Merge::Clean { tree, .. } => Self::Clean(tree),
            Merge::Conflict(paths) => Self::Conflict(paths),
        }
    }
}

impl Outcome {
    /// The same, with the paths that change against `base`.
    pub(crate) fn against(self, objects: &Objects, base: &str) -> Result<Merge, Failure> {
        Ok(match self {
            Self::Conflict(paths) => Merge::Conflict(paths),
            Self::Clean(tree) => {
                let changes = objects.diff(base, &tree)?;
                Merge::Clean { tree, paths: changes.into_iter().map(|c| c.path).collect() }
            }
        })
    }
}

/// The arguments of every merge, but for what is merged.
const MERGE: [&str; 5] = ["merge-tree", "--write-tree", "-z", "--name-only", "--no-messages"];

/// What comes out when `head` is merged into `base`; both are full ids of commits.
pub(crate) fn compute(
    program: &Git,
    objects: &Objects,
    base: &str,
    head: &str,
) -> Result<Merge, Failure> {
    one(program, base, head)?.against(objects, base)
}

/// The same, without the paths.
fn one(program: &Git, base: &str, head: &str) -> Result<Outcome, Failure> {
    of_three(program, base, &[base, head])
}

/// What comes out when what lies between the commits `before` and `after` is undone in `tip`: a merge of
/// `before` as if it had come from `after`.
pub(crate) fn reverse(
    program: &Git,
    tip: &str,
    (before, after): (&str, &str),
) -> Result<Outcome, Failure> {
    of_three(program, tip, &[&format!("--merge-base={after}"), tip, before])
}

fn of_three(program: &Git, base: &str, what: &[&str]) -> Result<Outcome, Failure> {
    let args: Vec<&str> = MERGE.iter().chain(what).copied().collect();
    let ran = git(program, base, &args).run()?;
    let mut fields = ran.stdout.split(|byte| *byte == 0);
    let tree = fields.next().map(|tree| String::from_utf8_lossy(tree).trim().to_owned());
    match (ran.code(), tree.filter(|tree| !tree.is_empty())) {
        (Some(0), Some(tree)) => Ok(Outcome::Clean(tree)),
        (Some(1), Some(_)) => {
            let paths = fields.take_while(|path| !path.is_empty()).map(path_text).collect();
            Ok(Outcome::Conflict(paths))
        }
        _ if String::from_utf8_lossy(&ran.stderr).contains("unknown option: --attr-source") => {
            let why = "this git cannot take attributes from the base";
            Err(Failure::world("git merge-tree", why).hint("install git 2.43 or newer"))
        }
        _ => Err(program.failure(&args, &ran).into()),
    }
}

/// What comes out of each of these merges, in one process and with the attributes of one commit. Where
/// git fails the answers end: about the first merge that has none, [`one`] says why.
pub(crate) fn many(
    program: &Git,
    attributes: &str,
    pairs: &[(&str, &str)],
) -> Result<Vec<Outcome>, Failure> {
    let args: Vec<&str> = MERGE.into_iter().chain(["--stdin"]).collect();
    let asked: Vec<String> = pairs.iter().map(|(base, head)| format!("{base} {head}\n")).collect();
    let ran = git(program, attributes, &args).stdin(asked.concat()).run()?;
    Ok(answers(&ran.stdout))
}

/// Reads `<0 or 1> <tree> <path>… <nothing>` for each merge, each of them ended by a NUL. What a git that
/// was ended half-way wrote of an answer is none.
fn answers(bytes: &[u8]) -> Vec<Outcome> {
    let mut answers = Vec::new();
    let whole = bytes.iter().rposition(|byte| *byte == 0).and_then(|last| bytes.get(..last));
    let mut fields = whole.into_iter().flat_map(|whole| whole.split(|byte| *byte == 0));
    while let (Some(clean), Some(tree)) = (fields.next(), fields.next()) {
        let mut paths = Vec::new();
        loop {
            match fields.next() {
                None => return answers,
                Some([]) => break,
                Some(path) => paths.push(path_text(path)),
            }
        }
        answers.push(match clean {
            b"1" => Outcome::Clean(String::from_utf8_lossy(tree).into_owned()),
            b"0" => Outcome::Conflict(paths),
            _ => return answers,
        });
    }
    answers
}
