//! Writing a chain of merges at once, in one process and into one pack.

use cli::Failure;
use repo::Git;

use super::predict::Edit;
use crate::git::merge;

/// A merge to be written.
pub(super) struct Merge<'a> {
    pub(super) head: &'a str,
    pub(super) message: &'a str,
    pub(super) edits: Vec<Edit>,
}

/// Who merges, as git puts it into a commit: name, address, time.
pub(super) struct Who {
    author: Vec<u8>,
    committer: Vec<u8>,
}

impl Who {
    /// What `git commit-tree` would write, where it is plain. Not plain is a commit that has to be signed
    /// or whose text is not UTF-8; and somebody whom git does not know, about which it has something to
    /// say itself.
    pub(super) fn ask(git: &Git) -> Result<Option<Self>, Failure> {
        let args = ["config", "-z", "--get-regexp", r"^(commit\.gpgsign|i18n\.commitencoding)$"];
        let ran = git.try_run(args)?;
        match ran.code() {
            Some(0 | 1) if is_plain(&ran.stdout) => {}
            Some(0 | 1) => return Ok(None),
            _ => return Err(git.failure(&args, &ran).into()),
        }
        let ident = |variable| -> Result<Option<Vec<u8>>, Failure> {
            let ran = git.try_run(["var", variable])?;
            let ident = ran.stdout.trim_ascii_end().to_vec();
            Ok((ran.ok() && str::from_utf8(&ident).is_ok()).then_some(ident))
        };
        let author = ident("GIT_AUTHOR_IDENT")?;
        let committer = ident("GIT_COMMITTER_IDENT")?;
        Ok(author.zip(committer).map(|(author, committer)| Self { author, committer }))
    }
}

/// Reads `<key>\n<value>\0`…; a key without a value is a yes.
fn is_plain(settings: &[u8]) -> bool {
    settings.split(|byte| *byte == 0).filter(|setting| !setting.is_empty()).all(|setting| {
        let mut parts = setting.splitn(2, |byte| *byte == b'\n');
        let key = parts.next().unwrap_or_default();
        let value = parts.next().unwrap_or(b"true").to_ascii_lowercase();
        if key == b"commit.gpgsign" {
            matches!(&*value, b"false" | b"no" | b"off" | b"0" | b"")
        } else {
            matches!(&*value, b"utf-8" | b"utf8")
        }
    })
}

/// Writes the merges on top of `tip`, each on the one before, and returns their commits, or fewer where
/// git does not take one. No ref names them.
pub(super) fn write(
    git: &Git,
    tip: &str,
    who: &Who,
    merges: &[Merge<'_>],
) -> Result<Vec<String>, Failure> {
    let args = ["fast-import", "--quiet", "--done"];
    let ran = merge::git(git, tip, &args).stdin(stream(tip, who, merges)).run()?;
    let text = String::from_utf8_lossy(&ran.stdout).into_owned();
    // Without a whole pack there are no commits. Git will say why when it is asked for one merge.
    Ok(if ran.ok() { text.lines().map(str::to_owned).collect() } else { Vec::new() })
}

fn stream(tip: &str, who: &Who, merges: &[Merge<'_>]) -> Vec<u8> {
    let mut stream = Vec::new();
    let mut say = |parts: &[&[u8]]| parts.iter().for_each(|part| stream.extend_from_slice(part));
    for (mark, Merge { head, message, edits }) in merges.iter().enumerate() {
        let mark = format!("{}", mark + 1);
        say(&[b"commit refs/switchyard/foreseen\nmark :", mark.as_bytes(), b"\nauthor "]);
        say(&[&who.author, b"\ncommitter ", &who.committer, b"\n"]);
        data(&mut say, message.as_bytes());
        if mark == "1" {
            say(&[b"from ", tip.as_bytes(), b"\n"]);
        }
        say(&[b"merge ", head.as_bytes(), b"\n"]);
        for Edit { path, to } in edits {
            let path = quoted(path);
            match to {
                None => say(&[b"D ", &path, b"\n"]),
                Some(now) => {
                    let mode = format!("{:06o}", now.side.mode);
                    let what = now.bytes.as_ref().map_or(now.side.id.as_str(), |_| "inline");
                    say(&[b"M ", mode.as_bytes(), b" ", what.as_bytes(), b" ", &path, b"\n"]);
                    if let Some(bytes) = &now.bytes {
                        data(&mut say, bytes);
                    }
                }
            }
        }
        say(&[b"\nget-mark :", mark.as_bytes(), b"\n"]);
    }
    // The branch begins anew and has no commit, so that no ref comes of it.
    say(&[b"reset refs/switchyard/foreseen\n\ndone\n"]);
    stream
}

fn data(say: &mut impl FnMut(&[&[u8]]), bytes: &[u8]) {
    say(&[b"data ", bytes.len().to_string().as_bytes(), b"\n", bytes, b"\n"]);
}

/// A path as C would write it.
fn quoted(path: &[u8]) -> Vec<u8> {
    let mut quoted = vec![b'"'];
    for byte in path {
        match byte {
            b'"' | b'\\' => quoted.extend([b'\\', *byte]),
            b'\n' => quoted.extend(b"\\n"),
            0..b' ' => quoted.extend(format!("\\{byte:03o}").into_bytes()),
            byte => quoted.push(*byte),
        }
    }
    quoted.push(b'"');
    quoted
}
