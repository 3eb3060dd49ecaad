//! `claim`, `renew` and `release`.

use std::ffi::OsString;
use std::time::Duration;

use clap::Args;

use crate::claim::LONGEST;

/// What `claim` is asked for.
#[derive(Debug, Args)]
pub(crate) struct Claim {
    /// The lane: its id, its branch, or its role
    pub(crate) lane: String,

    #[command(flatten)]
    pub(crate) owner: Owner,

    #[command(flatten)]
    pub(crate) lease: Lease,

    /// The process that the claim lives and dies with, such as `$$` in a script
    ///
    /// Without it, only the lease ends the claim. A process that may be alive never counts as gone:
    /// not one in another container, nor one on another machine.
    #[arg(long, value_name = "PID")]
    pub(crate) pid: Option<u32>,
}

/// What `renew` is asked for.
#[derive(Debug, Args)]
pub(crate) struct Renew {
    /// The lane: its id, its branch, or its role
    pub(crate) lane: String,

    #[command(flatten)]
    pub(crate) owner: Owner,

    #[command(flatten)]
    pub(crate) lease: Lease,
}

/// What `release` is asked for.
#[derive(Debug, Args)]
pub(crate) struct Release {
    /// The lane: its id, its branch, or its role
    pub(crate) lane: String,

    #[command(flatten)]
    pub(crate) owner: Owner,
}

/// Who asks.
#[derive(Debug, Args)]
pub(crate) struct Owner {
    /// The agent or person whose lane it is
    #[arg(long = "owner", value_name = "OWNER", env = "LANE_OWNER", value_parser = owner)]
    pub(crate) name: String,
}

/// How long a claim holds.
#[derive(Debug, Args)]
pub(crate) struct Lease {
    /// How long the claim holds from now unless it is renewed, at most 168h
    #[arg(long, value_name = "TIME", default_value = "2h", value_parser = ttl)]
    pub(crate) ttl: Duration,
}

/// What `add` does with the lane as soon as it is made.
#[derive(Debug, Default, Args)]
pub(crate) struct Then {
    /// Claim the lane for this owner before anybody else can
    #[arg(long, value_name = "OWNER", value_parser = owner)]
    pub(crate) lock_as: Option<String>,

    /// How long the claim of --lock-as holds unless it is renewed, at most 168h
    #[arg(long, value_name = "TIME", default_value = "2h", value_parser = ttl, requires = "lock_as")]
    pub(crate) ttl: Duration,

    /// Run this line of shell in the lane once it is made, as `exec LANE -- sh -c CMD` does
    ///
    /// The answer is printed first. The exit status is that of the command; the lane stays whatever
    /// it is.
    #[arg(long, value_name = "CMD")]
    pub(crate) exec: Option<OsString>,
}

/// An owner's name: what fits a line of `git worktree list`.
///
/// # Errors
/// One sentence.
pub(crate) fn owner(text: &str) -> Result<String, String> {
    // Also what turns the direction of text, with which a name could pass for another.
    let odd = |c: char| {
        c.is_control()
            || matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
    };
    if text.trim().is_empty() {
        Err("an owner needs a name".into())
    } else if text.trim() != text {
        Err("the name begins or ends with a blank".into())
    } else if text.chars().any(odd) {
        Err("the name has a line break or another control character".into())
    } else if text.len() > 200 {
        Err("the name is longer than 200 bytes".into())
    } else {
        Ok(text.to_owned())
    }
}

/// A lease.
///
/// # Errors
/// One sentence.
fn ttl(text: &str) -> Result<Duration, String> {
    let ttl = cli::parse_duration(text)?;
    if ttl < Duration::from_millis(1) {
        return Err("a lease lasts at least 1ms".into());
    }
    if ttl > LONGEST {
        let hours = LONGEST.as_secs() / 3600;
        return Err(format!("a lease lasts at most {hours}h; renew it while the work goes on"));
    }
    Ok(ttl)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_owners() {
        for name in ["a", "agent-1", "Ann O'Neil", "\"q\"", "é 名", "-x", "a/b:c"] {
            assert_eq!(owner(name).as_deref(), Ok(name));
        }
        for name in ["", " ", " a", "a ", "a\nb", "a\tb", "\u{1b}[31m", "a\u{202e}b", "a\0b"] {
            assert!(owner(name).is_err(), "{name:?}");
        }
        assert!(owner(&"x".repeat(201)).is_err());
    }

    #[test]
    fn leases_have_bounds() {
        assert_eq!(ttl("1ms"), Ok(Duration::from_millis(1)));
        assert_eq!(ttl("168h"), Ok(LONGEST));
        for text in ["0s", "1us", "169h", "", "soon", "-1h", "99999999999h"] {
            assert!(ttl(text).is_err(), "{text}");
        }
    }
}
