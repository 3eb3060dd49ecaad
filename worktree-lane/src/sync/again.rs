//! A commit written once more, on another parent.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt as _;

use cli::Failure;

use crate::lane_git::LaneGit;

use super::compute::line;

/// Writes `commit` once more, with another tree and parent. Author, date, encoding and message are the
/// same byte for byte; who commits, and when, is new, as after a rebase.
pub(super) fn commit(
    git: &LaneGit,
    commit: &str,
    tree: &str,
    parent: &str,
    signing: &[&str],
) -> Result<String, Failure> {
    let raw = git.bytes(&["cat-file", "commit", commit])?;
    let Some(parts) = parts(&raw) else {
        return Err(Failure::world(commit, "it has no author that git would write again"));
    };
    let encoding = parts.encoding.map_or("UTF-8".into(), String::from_utf8_lossy);
    let encoding = format!("i18n.commitEncoding={encoding}");
    let before = ["-c", &encoding, "commit-tree", tree, "-p", parent];
    let args = [&before[..], signing].concat();
    let os = |bytes: &[u8]| OsString::from_vec(bytes.to_vec());
    let ran = git
        .program(&args)
        .env("GIT_AUTHOR_NAME", os(parts.name))
        .env("GIT_AUTHOR_EMAIL", os(parts.email))
        .env("GIT_AUTHOR_DATE", os(&[b"@", parts.date].concat()))
        .stdin(parts.message)
        .run()?;
    if ran.ok() { Ok(line(&ran.stdout)) } else { Err(Failure::from(git.failure(&args, &ran))) }
}

/// The flag that signs commits, where the configuration says that commits are signed.
pub(super) fn signing(git: &LaneGit) -> Result<Vec<&'static str>, Failure> {
    let args = ["config", "--type=bool", "--get", "commit.gpgSign"];
    let ran = git.program(args).run()?;
    match ran.code() {
        Some(0) if line(&ran.stdout) == "true" => Ok(vec!["-S"]),
        Some(0 | 1) => Ok(Vec::new()),
        _ => Err(Failure::from(git.failure(&args, &ran))),
    }
}

/// What is kept of a commit.
#[derive(Debug, PartialEq, Eq)]
struct Parts<'a> {
    name: &'a [u8],
    email: &'a [u8],
    /// Seconds and zone.
    date: &'a [u8],
    encoding: Option<&'a [u8]>,
    message: &'a [u8],
}

fn parts(raw: &[u8]) -> Option<Parts<'_>> {
    let end = raw.windows(2).position(|two| two == b"\n\n")?;
    let (headers, message) = (raw.get(..end)?, raw.get(end + 2..)?);
    let header =
        |key: &[u8]| headers.split(|b| *b == b'\n').find_map(|line| line.strip_prefix(key));
    let author = header(b"author ")?;
    let open = author.iter().position(|b| *b == b'<')?;
    let close = author.iter().rposition(|b| *b == b'>')?;
    Some(Parts {
        name: author.get(..open)?.trim_ascii(),
        email: author.get(open + 1..close)?,
        date: author.get(close + 1..)?.trim_ascii(),
        encoding: header(b"encoding "),
        message,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_commit_is_taken_apart() {
        let raw =
            b"tree 1\nparent 2\nauthor J\xf6rg D. <j@x> 1700000000 -0330\ncommitter C <c> 1 +0\n\
            encoding latin1\ngpgsig -----BEGIN\n x\n\nSubject\n\nauthor nobody <n> 1 +0\n";
        let parts = parts(raw).unwrap();
        assert_eq!(parts.name, b"J\xf6rg D.");
        assert_eq!((parts.email, parts.date), (&b"j@x"[..], &b"1700000000 -0330"[..]));
        assert_eq!(parts.encoding, Some(&b"latin1"[..]));
        assert_eq!(parts.message, b"Subject\n\nauthor nobody <n> 1 +0\n");
        assert_eq!(super::parts(b"tree 1\n\nmessage"), None);
    }
}
