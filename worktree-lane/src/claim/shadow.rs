//! The claim as plain git shows it: the reason of git's lock on the worktree (docs/decisions/0024).
//!
//! The journal is the truth about a claim. Git's lock is its shadow, so that `git worktree list`
//! tells whose a lane is, and plain `remove`, `move` and `prune` leave it alone. Whatever else the
//! lock says was set by hand, and stays as it is.

use std::fs;
use std::io;
use std::path::Path;

use cli::Failure;
use records::{LaneClaim, Stamp};

use crate::registry;

const BEGIN: &str = "owner ";
const UNTIL: &str = " until ";
const END: &str = " by worktree-lane";

/// The reason that the worktree is locked with while the claim stands.
fn text(claim: &LaneClaim) -> String {
    format!("{BEGIN}{}{UNTIL}{}{END}", claim.owner, claim.until)
}

/// Whether the reason of a lock is that of a claim, be it an earlier or an ended one.
pub(crate) fn is_shadow(reason: &str) -> bool {
    let inner = reason.strip_prefix(BEGIN).and_then(|rest| rest.strip_suffix(END));
    let split = inner.and_then(|inner| inner.rsplit_once(UNTIL));
    split.is_some_and(|(owner, until)| !owner.is_empty() && until.parse::<Stamp>().is_ok())
}

/// The reason of a lock that no claim has set; `""` for one without a reason.
pub(crate) fn by_hand(reason: Option<&str>) -> Option<&str> {
    reason.filter(|reason| !is_shadow(reason))
}

/// What is to be done with git's lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Nothing,
    Set,
    Replace,
    TakeOff,
}

fn step(present: Option<&str>, wanted: Option<&str>) -> Step {
    match (present, wanted) {
        (present, wanted) if present == wanted => Step::Nothing,
        (Some(present), _) if !is_shadow(present) => Step::Nothing,
        (None, _) => Step::Set,
        (Some(_), Some(_)) => Step::Replace,
        (Some(_), None) => Step::TakeOff,
    }
}

/// Whether a lock with the reason `present` shows `claim`, which stands, or none.
pub(crate) fn is_right(present: Option<&str>, claim: Option<&LaneClaim>) -> bool {
    step(present, claim.map(text).as_deref()) == Step::Nothing
}

/// Locks the worktree by hand, unless it is locked so already. The caller holds the lane's lock.
/// Gives whether it was done.
pub(crate) fn set_by_hand(admin: &Path, reason: &str) -> Result<bool, Failure> {
    registry::tidy(admin)?;
    let file = admin.join("locked");
    let line = format!("{reason}\n");
    match read(&file)? {
        Some(present) if !is_shadow(&present) => return Ok(false),
        Some(_) => journal::replace(&file, |to| to.write_all(line.as_bytes()))?,
        None => match journal::create_new(&file, line.as_bytes()) {
            Err(journal::Error::Exists { .. }) => return Ok(false),
            made => made?,
        },
    }
    Ok(true)
}

/// Takes a lock off that was set by hand; a claim that stands is shown again in its place.
pub(crate) fn unset_by_hand(admin: &Path, claim: Option<&LaneClaim>) -> Result<(), Failure> {
    let file = admin.join("locked");
    match claim.map(text) {
        Some(text) => Ok(journal::replace(&file, |to| writeln!(to, "{text}"))?),
        None => take_off(&file),
    }
}

fn take_off(file: &Path) -> Result<(), Failure> {
    match fs::remove_file(file) {
        Err(error) if !is_gone(&error) => Err(Failure::io("cannot remove", file, &error)),
        _ => Ok(()),
    }
}

/// Makes the lock of the worktree that git knows by the folder `admin` show `claim`, which stands, or
/// none. The caller holds the lane's lock. Gives whether something was changed.
///
/// Somebody may use `git worktree lock` meanwhile, which knows nothing of our lock: a lock that was
/// not there a moment ago is not replaced.
pub(crate) fn settle(admin: &Path, claim: Option<&LaneClaim>) -> Result<bool, Failure> {
    registry::tidy(admin)?;
    let file = admin.join("locked");
    let wanted = claim.map(text);
    let line = || format!("{}\n", wanted.as_deref().unwrap_or_default());
    match step(read(&file)?.as_deref(), wanted.as_deref()) {
        Step::Nothing => return Ok(false),
        Step::Set => match journal::create_new(&file, line().as_bytes()) {
            Err(journal::Error::Exists { .. }) => return Ok(false),
            made => made?,
        },
        Step::Replace => journal::replace(&file, |to| to.write_all(line().as_bytes()))?,
        Step::TakeOff => take_off(&file)?,
    }
    Ok(true)
}

/// The reason in git's file, without the blanks around it, as git takes it.
fn read(file: &Path) -> Result<Option<String>, Failure> {
    match fs::read(file) {
        Ok(bytes) => Ok(Some(String::from_utf8_lossy(&bytes).trim().to_owned())),
        Err(error) if is_gone(&error) => Ok(None),
        Err(error) => Err(Failure::io("cannot read", file, &error)),
    }
}

fn is_gone(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::NotFound
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claim(owner: &str) -> LaneClaim {
        LaneClaim {
            owner: owner.into(),
            since: "2026-01-24T18:30:45Z".parse().unwrap(),
            until: "2026-01-24T20:30:45Z".parse().unwrap(),
            process: None,
        }
    }

    #[test]
    fn a_shadow_is_known_whoever_the_owner_is() {
        for owner in ["a", "Ann O'Neil", "x until 2026 by worktree-lane", "é \"q\"", " until "] {
            let text = text(&claim(owner));
            assert!(is_shadow(&text), "{text}");
            assert_eq!(by_hand(Some(&text)), None);
        }
        for reason in [
            "",
            "demo",
            "owner a",
            "owner a until tomorrow by worktree-lane",
            "owner  until 2026-01-24T20:30:45.000Z by worktree-lane.",
            "worktree-lane: adding 98 since 2026-01-24T18:30:45.000Z",
            "locked by owner a until 2026-01-24T20:30:45.000Z by worktree-lane",
        ] {
            assert!(!is_shadow(reason), "{reason}");
            assert_eq!(by_hand(Some(reason)), Some(reason));
        }
        assert_eq!(by_hand(None), None);
    }

    #[test]
    fn what_was_set_by_hand_stays() {
        let (one, two) = (text(&claim("one")), text(&claim("two")));
        let cases: [(Option<&str>, Option<&str>, Step); 9] = [
            (None, None, Step::Nothing),
            (None, Some(&one), Step::Set),
            (Some(&one), Some(&one), Step::Nothing),
            (Some(&one), Some(&two), Step::Replace),
            (Some(&one), None, Step::TakeOff),
            (Some("by hand"), None, Step::Nothing),
            (Some("by hand"), Some(&one), Step::Nothing),
            (Some(""), None, Step::Nothing),
            (Some(""), Some(&one), Step::Nothing),
        ];
        for (present, wanted, expected) in cases {
            assert_eq!(step(present, wanted), expected, "{present:?} {wanted:?}");
        }
    }
}
