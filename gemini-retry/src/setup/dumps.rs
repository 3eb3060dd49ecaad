//! Keeps keys out of what a crash leaves behind.

use std::io::Write as _;
use std::panic::{self, Location};

use cli::Failure;
use rustix::process::{Resource, Rlimit, setrlimit};

/// From now on a crash writes no core file, and a panic tells its place and not its values.
///
/// # Errors
/// Exit 74 when the system does not allow it; no key was read then.
pub(crate) fn prevent() -> Result<(), Failure> {
    let none = Rlimit { current: Some(0), maximum: Some(0) };
    setrlimit(Resource::Core, none).map_err(|e| Failure::world("cannot turn core dumps off", e))?;
    hide()?;
    panic::set_hook(Box::new(|panic| {
        // Nothing is left that a failure to write could be told to.
        drop(writeln!(std::io::stderr(), "{}", told(panic.location())));
    }));
    Ok(())
}

/// Where a program takes the dumps, as on most desktops, the limit alone does not count. From now on
/// there is nothing to dump, and other programs of the same user, those that are asked among them,
/// read neither the memory nor the environment of this one.
#[cfg(target_os = "linux")]
fn hide() -> Result<(), Failure> {
    use rustix::process::{DumpableBehavior, set_dumpable_behavior};
    set_dumpable_behavior(DumpableBehavior::NotDumpable)
        .map_err(|e| Failure::world("cannot turn core dumps off", e))
}

/// Elsewhere the limit is what counts.
#[cfg(not(target_os = "linux"))]
#[expect(clippy::unnecessary_wraps, reason = "the same as where it can fail")]
fn hide() -> Result<(), Failure> {
    Ok(())
}

fn told(place: Option<&Location<'_>>) -> String {
    let place = place.map_or_else(|| "an unknown place".to_owned(), ToString::to_string);
    format!("gemini-retry: internal error at {place}; please report it")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(target_os = "linux")]
    fn nothing_of_it_can_be_dumped() {
        hide().unwrap();
        let behavior = rustix::process::dumpable_behavior().unwrap();
        assert_eq!(behavior, rustix::process::DumpableBehavior::NotDumpable);
    }

    #[test]
    fn a_panic_is_told_by_its_place() {
        assert!(told(Some(Location::caller())).contains("dumps.rs:"));
        assert!(told(None).contains("unknown place"));
    }
}
