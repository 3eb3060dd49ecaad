//! The environment of a command in a lane.
//!
//! It is that of the shell that calls, with what points at another repository taken out, and with what
//! keeps lanes apart put in. No secret is added and none is taken away: the command is the user's own.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use cli::Failure;

use crate::here::Here;
use crate::registry::Entry;

/// What differs from the environment of this process; `None` takes a variable out.
pub(super) struct Variables {
    pub(super) all: Vec<(OsString, Option<OsString>)>,
    /// Whether git is kept from looking for a repository around the lane.
    pub(super) ceiling: bool,
}

/// Settings of git that hold in a lane: housekeeping of one would lock all of them.
const SETTINGS: [(&str, &str); 2] = [("gc.auto", "0"), ("maintenance.auto", "false")];

/// Settings that the caller gave to git by the environment. They are no repository's.
const COUNT: &str = "GIT_CONFIG_COUNT";

/// The variables of a command in the lane `entry`; `now` gives those of this process.
pub(super) fn variables(
    here: &Here,
    entry: &Entry,
    port: u16,
    now: impl Fn(&str) -> Option<OsString>,
) -> Result<Variables, Failure> {
    let local = here.git().text(["rev-parse", "--local-env-vars"])?;
    let mut all = Vec::new();
    // Versions of git differ about the last one.
    for name in local.lines().chain(["GIT_NAMESPACE"]).filter(|name| *name != COUNT) {
        all.push((name.into(), None));
    }
    settings(now(COUNT), &mut all)?;
    lane(entry, port, &mut all);
    let path = &entry.worktree.path;
    let ceiling = ceiling(path, now("GIT_CEILING_DIRECTORIES"));
    let has_ceiling = ceiling.is_some();
    all.extend(ceiling.map(|ceiling| ("GIT_CEILING_DIRECTORIES".into(), Some(ceiling))));
    Ok(Variables { all, ceiling: has_ceiling })
}

/// Ours after the caller's own: the last one of a name holds.
fn settings(
    count: Option<OsString>,
    all: &mut Vec<(OsString, Option<OsString>)>,
) -> Result<(), Failure> {
    let text = count.unwrap_or_default().to_string_lossy().into_owned();
    let before: u32 = match &*text {
        "" => 0,
        text => text.trim().parse().map_err(|_| {
            Failure::usage(COUNT, format_args!("'{text}' is not a number"))
                .hint("git does not start with it either; unset it")
        })?,
    };
    for (at, (key, value)) in (before..).zip(SETTINGS) {
        all.push((format!("GIT_CONFIG_KEY_{at}").into(), Some(key.into())));
        all.push((format!("GIT_CONFIG_VALUE_{at}").into(), Some(value.into())));
    }
    let added = u32::try_from(SETTINGS.len()).unwrap_or_default();
    all.push((COUNT.into(), Some(before.saturating_add(added).to_string().into())));
    Ok(())
}

/// What tells the command where it is. What is not known is taken out, because it may be there from
/// the lane that calls.
fn lane(entry: &Entry, port: u16, all: &mut Vec<(OsString, Option<OsString>)>) {
    let path = &entry.worktree.path;
    let event = entry.known.as_ref().map(|known| &known.last);
    let text = |value: Option<&str>| value.map(OsString::from);
    let owner = entry.claim().map(|claim| claim.owner);
    // A folder for builds that lanes share gives one lane the other's programs (lanes reference,
    // finding 7), and cargo keeps what it builds on the way in a second one.
    let target = path.join("target").into_os_string();
    let ours = [
        ("LANE_ID", text(event.map(|event| event.lane.as_str()))),
        ("LANE_PATH", Some(path.clone().into_os_string())),
        ("LANE_ROLE", text(event.and_then(|event| event.role.as_deref()))),
        ("LANE_OWNER", text(owner.as_deref())),
        ("LANE_BRANCH", text(entry.worktree.branch.as_deref())),
        ("LANE_BASE", text(event.and_then(|event| event.base.as_deref()))),
        ("CARGO_TARGET_DIR", Some(target.clone())),
        ("CARGO_BUILD_BUILD_DIR", Some(target)),
        ("PORT", Some(port.to_string().into())),
        ("PWD", Some(path.clone().into_os_string())),
        ("OLDPWD", None),
    ];
    all.extend(ours.map(|(name, value)| (name.into(), value)));
}

/// The folder around the lane, in front of the caller's own: git does not look for a repository there
/// or above. When the lane loses its `.git` file, git says so, and does not answer for the main
/// worktree (lanes reference, finding 6). The list has no way to hold a path with a `:`.
fn ceiling(path: &Path, before: Option<OsString>) -> Option<OsString> {
    let around = path.parent().filter(|around| !around.as_os_str().as_bytes().contains(&b':'))?;
    let mut list = around.as_os_str().to_owned();
    if let Some(before) = before.filter(|before| !before.is_empty()) {
        list.push(OsStr::new(":"));
        list.push(before);
    }
    Some(list)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_settings_follow_those_that_are_there() {
        let last = |count: Option<&str>| {
            let mut all = Vec::new();
            settings(count.map(OsString::from), &mut all).unwrap();
            all.pop().unwrap().1.unwrap()
        };
        assert_eq!([last(None), last(Some("")), last(Some("3"))], ["2", "2", "5"]);
        for bad in ["x", "-1", "1x"] {
            assert!(settings(Some(bad.into()), &mut Vec::new()).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_ceiling_is_the_folder_around() {
        let of =
            |path: &str, before: Option<&str>| ceiling(Path::new(path), before.map(OsString::from));
        assert_eq!(of("/w/a", None), Some("/w".into()));
        assert_eq!(of("/w/a", Some("")), Some("/w".into()));
        assert_eq!(of("/w/a", Some("/x:/y")), Some("/w:/x:/y".into()));
        assert_eq!(of("/w:x/a", None), None);
        assert_eq!(of("/w/a:b", None), Some("/w".into()));
    }
}
