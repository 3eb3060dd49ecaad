//! `init`: what lets branches land together.

use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::path::Path;

use cli::{Exit, Failure, Out, Page, Tone};
use records::merge_queue::Init;
use repo::Git;

use crate::args::InitArgs;
use crate::desk::Desk;
use crate::git::attributes::{merge_values, paths};
use crate::git::base::Base;
use crate::rules::propose;

const FILE: &str = ".gitattributes";

pub(super) fn run(desk: &Desk, args: &InitArgs, out: &mut Out) -> Result<Exit, Failure> {
    let written = desk.written()?.first.section.base;
    let base = Base::find(&desk.git, written.as_ref().map(|base| base.value.as_str()))?;
    let checkout = Git::new(desk.place.worktree());
    let tip = base.tip(&desk.git)?;
    // A project that has pushed nothing yet has its files all the same.
    let listed = match &tip {
        Some(tip) => Some(tip.clone()),
        None => checkout.commit("HEAD")?,
    };
    let files = match &listed {
        Some(commit) => paths(&checkout, commit)?,
        None => Vec::new(),
    };
    let in_base = merge_values(&checkout, listed.as_deref(), &files)?;
    let in_checkout = merge_values(&checkout, None, &files)?;
    let lines = propose::lines(&files, &in_base, &in_checkout);
    let warnings = propose::warnings(&lines, &in_base, &in_checkout, &drivers(&checkout)?);
    let missing = lines.iter().filter(|line| !line.in_checkout);
    let missing: Vec<String> = missing.map(|line| line.line.clone()).collect();
    let applied = args.apply && !missing.is_empty();
    if applied {
        add(&desk.place.worktree().join(FILE), &missing)?;
    }
    let (file, base) = (FILE.into(), base.shown);
    let init = Init { file, base, base_commit: tip, lines, applied, warnings };
    out.print(&init, show)?;
    if !args.apply && !missing.is_empty() {
        out.note("nothing was changed; --apply adds the lines to .gitattributes");
    }
    Ok(Exit::Yes)
}

/// The merge drivers that this clone's configuration has.
fn drivers(git: &Git) -> Result<BTreeSet<String>, Failure> {
    let args = ["config", "--null", "--name-only", "--get-regexp", r"^merge\..*\.driver$"];
    let ran = git.try_run(args)?;
    match ran.code() {
        Some(0 | 1) => {}
        _ => return Err(git.failure(&args, &ran).into()),
    }
    let listed = String::from_utf8_lossy(&ran.stdout);
    let names = listed.split('\0').filter_map(|key| key.strip_prefix("merge."));
    Ok(names.filter_map(|key| key.strip_suffix(".driver")).map(Into::into).collect())
}

/// Adds the lines at the end of the file, with the line ends that it has.
fn add(file: &Path, lines: &[String]) -> Result<(), Failure> {
    match file.symlink_metadata() {
        Ok(metadata) if metadata.is_symlink() => {
            let why = "it is a symbolic link, which git does not follow";
            return Err(Failure::usage(file.display(), why).hint("make it a file of its own"));
        }
        Err(error) if error.kind() != ErrorKind::NotFound => {
            return Err(Failure::io("cannot look at", file, &error));
        }
        _ => {}
    }
    let mut bytes = match std::fs::read(file) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == ErrorKind::NotFound => Vec::new(),
        Err(error) => return Err(Failure::io("cannot read", file, &error)),
    };
    let end: &[u8] = if bytes.windows(2).any(|two| two == b"\r\n") { b"\r\n" } else { b"\n" };
    if !bytes.is_empty() && !bytes.ends_with(b"\n") {
        bytes.extend_from_slice(end);
    }
    for line in lines {
        bytes.extend_from_slice(line.as_bytes());
        bytes.extend_from_slice(end);
    }
    journal::replace(file, |out| out.write_all(&bytes))?;
    Ok(())
}

fn show(init: &Init, page: &mut Page) {
    if init.lines.is_empty() {
        page.line(Tone::Good, "there is no changelog that branches would conflict in");
    }
    for line in &init.lines {
        let (tone, where_) = match (line.in_base, line.in_checkout || init.applied) {
            (true, _) => (Tone::Good, format!("{} has it", init.base)),
            (false, true) => (Tone::Warn, format!("in the checkout; {} lacks it", init.base)),
            (false, false) => (Tone::Warn, "missing".into()),
        };
        page.line(tone, format_args!("{}: {}", init.file, line.line));
        page.field("where", where_);
        page.field("for", line.paths.join(", "));
    }
    if init.applied {
        page.line(
            Tone::Plain,
            format_args!(
                "commit {} and bring it to {}: its attributes count",
                init.file, init.base
            ),
        );
    }
    page.reasons(&init.warnings);
}
