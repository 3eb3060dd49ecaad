//! Mending one lane whose lock is held.

use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use cli::{Failure, clock};
use records::{Extra, LaneEvent, LaneEventKind};

use crate::add::undo::{self, Undone};
use crate::facts::link;
use crate::here::Here;
use crate::history::{self, History};
use crate::lock::Lock;
use crate::recover;
use crate::registry;

use super::forget;
use super::look::Wrong;

/// Does what can be done without losing anything. Gives whether it was.
pub(crate) fn mend(here: &Here, actor: &str, id: &str, wrong: &Wrong) -> Result<bool, Failure> {
    let history = History::load(here)?;
    let Some(known) = history.lane(id) else { return Ok(false) };
    let event = &known.last;
    match wrong {
        Wrong::CutShort => Ok(recover::settle(here, actor, id)?.is_some()),
        Wrong::HalfMade => Ok(!matches!(undo::undo(here, actor, event)?, Undone::Kept(_))),
        Wrong::Moved(to) => moved(here, actor, event, to).map(|()| true),
        Wrong::Missing => forget::forget(here, actor, &history, id),
        Wrong::LinkLost => write_link(here, actor, event).map(|()| true),
        Wrong::RemovedByHand => {
            let _repository = Lock::repository(here)?;
            tell(here, actor, LaneEventKind::Removed, event, "removed without this tool")?;
            Ok(true)
        }
        Wrong::MissingLocked(_)
        | Wrong::Replaced(_)
        | Wrong::Unregistered
        | Wrong::IndexLock(_) => Ok(false),
    }
}

/// Git looks at that one folder, and writes both links anew.
fn moved(here: &Here, actor: &str, event: &LaneEvent, to: &Path) -> Result<(), Failure> {
    let _repository = Lock::repository(here)?;
    relink(here, &event.lane, to)?;
    let repair = ["worktree", "repair", "--"].map(std::ffi::OsStr::new);
    here.change(&[&repair[..], &[to.as_os_str()]].concat())?;
    let admin = registry::admin_of(to)?.unwrap_or_default();
    if let Some(why) = link::mismatch(to, &admin)? {
        return Err(Failure::world(format_args!("cannot repair {}", to.display()), why));
    }
    let event = LaneEvent { path: to.to_string_lossy().into_owned(), ..event.clone() };
    tell(here, actor, LaneEventKind::Repaired, &event, "found at its new place")
}

/// Git would empty its link to the folder and then write it, and `git gc` drops a lane whose link is
/// empty. So that link is replaced first, and git finds it right. A relative one is left to git.
fn relink(here: &Here, lane: &str, to: &Path) -> Result<(), Failure> {
    let admins = registry::admins(here)?;
    let Some(admin) = admins.iter().find(|admin| admin.lane.as_deref() == Some(lane)) else {
        return Ok(());
    };
    registry::tidy(&admin.dir)?;
    let link = admin.dir.join("gitdir");
    let before = std::fs::read(&link).map_err(|error| Failure::io("cannot read", &link, &error))?;
    if before.starts_with(b"/") {
        let mut target = to.join(".git").into_os_string().into_encoded_bytes();
        target.push(b'\n');
        journal::replace(&link, |file| file.write_all(&target))?;
    }
    Ok(())
}

/// The `.git` file, as git wrote it: absolute, or relative where git's own link is.
fn write_link(here: &Here, actor: &str, event: &LaneEvent) -> Result<(), Failure> {
    let _repository = Lock::repository(here)?;
    let path = Path::new(&event.path);
    let admins = registry::admins(here)?;
    let admin = admins.iter().find(|admin| admin.lane.as_ref() == Some(&event.lane));
    let Some(admin) = admin else {
        return Err(Failure::world(path.display(), "git's folder for it is gone"));
    };
    let mut line = b"gitdir: ".to_vec();
    line.extend(admin.dir.as_os_str().as_bytes());
    line.push(b'\n');
    // Somebody may have put one there meanwhile, which is then not replaced.
    journal::create_new(path.join(".git"), &line)?;
    tell(here, actor, LaneEventKind::Repaired, event, "its .git file was written again")
}

fn tell(
    here: &Here,
    actor: &str,
    kind: LaneEventKind,
    like: &LaneEvent,
    note: &str,
) -> Result<(), Failure> {
    let event = LaneEvent {
        at: clock::now(),
        actor: actor.into(),
        kind,
        trash: None,
        claim: None,
        saved: None,
        note: Some(note.into()),
        extra: Extra::new(),
        ..like.clone()
    };
    history::append(here, &event)
}
