//! What the post-commit hook says, and how its lines get into a hook that is there already.

/// The hook that git runs.
pub(crate) const HOOK: &str = "post-commit";

/// The name that a hook gets which is no shell script, beside the one that starts it.
pub(crate) const CHAINED: &str = "post-commit.before-consolidate";

const BEGIN: &str = "# >>> consolidate (switchyard) >>>\n";
const END: &str = "# <<< consolidate (switchyard) <<<\n";

/// What stands between the marks. It names no path of this machine and does nothing in a repository where
/// the hook is not installed, because a hook may be a tracked file or serve many repositories. Nothing
/// of it can fail the hook, and it leaves no file of the hook open, so nobody waits for it.
const BODY: &str = r#"# Folds the audit log in the background, where `consolidate --install-hook` was run.
# `consolidate --uninstall-hook` takes these lines out again.
(
    fold="$(git rev-parse --git-common-dir)/switchyard/consolidate/post-commit"
    if [ -x "$fold" ]; then exec "$fold"; fi
) </dev/null >/dev/null 2>&1 &
"#;

const SHEBANG: &str = "#!/bin/sh\n";

/// What is to be done to a hook that is there.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Edit {
    /// It is as it should be.
    Unchanged,
    /// It is to hold these bytes.
    Write(Vec<u8>),
    /// Lines cannot be put into it: it is to be started by a hook of ours.
    Chain,
    /// The marks of our lines do not fit together.
    Broken,
}

/// A hook with our lines alone.
pub(crate) fn alone() -> String {
    format!("{SHEBANG}{BEGIN}{BODY}{END}")
}

/// A hook that starts the one that was there before.
pub(crate) fn chaining() -> String {
    format!("{}exec \"${{0%/*}}/{CHAINED}\" \"$@\"\n", alone())
}

/// The same hook with our lines. They stand at its beginning, because a hook may end anywhere.
pub(crate) fn with_lines(hook: &[u8]) -> Edit {
    match lines(hook) {
        Lines::Broken => Edit::Broken,
        Lines::At(before, after) => {
            let new = [before, BEGIN.as_bytes(), BODY.as_bytes(), END.as_bytes(), after].concat();
            if new == hook { Edit::Unchanged } else { Edit::Write(new) }
        }
        Lines::None => match shell_script(hook) {
            Some((first, rest)) => {
                let lines = [first, BEGIN.as_bytes(), BODY.as_bytes(), END.as_bytes(), rest];
                Edit::Write(lines.concat())
            }
            None => Edit::Chain,
        },
    }
}

/// The same hook without our lines; `None` when nothing is left that does anything.
pub(crate) fn without_lines(hook: &[u8]) -> Result<Option<Vec<u8>>, ()> {
    match lines(hook) {
        Lines::Broken => Err(()),
        Lines::None => Ok(Some(hook.to_vec())),
        Lines::At(before, after) => {
            let rest = [before, after].concat();
            Ok((rest != SHEBANG.as_bytes()).then_some(rest))
        }
    }
}

enum Lines<'a> {
    None,
    /// What stands before and behind them.
    At(&'a [u8], &'a [u8]),
    Broken,
}

fn lines(hook: &[u8]) -> Lines<'_> {
    match (find(hook, BEGIN), find(hook, END)) {
        (None, None) => Lines::None,
        (Some((before, begin)), Some((_, end))) if end > begin => match hook.get(end..) {
            Some(after) => Lines::At(before, after),
            None => Lines::Broken,
        },
        _ => Lines::Broken,
    }
}

/// What stands before `mark`, and where it ends.
fn find<'a>(hook: &'a [u8], mark: &str) -> Option<(&'a [u8], usize)> {
    let at = hook.windows(mark.len()).position(|part| part == mark.as_bytes())?;
    Some((hook.get(..at)?, at + mark.len()))
}

/// The first line of a script for a shell, and the rest.
fn shell_script(hook: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = hook.iter().position(|byte| *byte == b'\n')? + 1;
    let (first, rest) = hook.split_at_checked(end)?;
    let words = str::from_utf8(first).ok()?.strip_prefix("#!")?;
    // A carriage return belongs to the name of the shell, so such a script does not run at all.
    let mut words = words.trim_end_matches('\n').split([' ', '\t']).filter(|word| !word.is_empty());
    let name = |path: &str| path.rsplit('/').next().unwrap_or_default().to_owned();
    let mut shell = name(words.next()?);
    if shell == "env" {
        shell = name(words.next()?);
    }
    ["sh", "bash", "dash", "ash", "ksh", "zsh"].contains(&shell.as_str()).then_some((first, rest))
}

/// The script that our lines start: it runs `program`, given as bytes of a path, and leaves a trace when
/// that fails (see `audit_log::HookFailure`).
pub(crate) fn fold_script(program: &[u8], trace: &str) -> Vec<u8> {
    let mut quoted = b"'".to_vec();
    for byte in program {
        match byte {
            b'\'' => quoted.extend_from_slice(b"'\\''"),
            other => quoted.push(*other),
        }
    }
    quoted.push(b'\'');
    let before = "#!/bin/sh\n# Written by `consolidate --install-hook`; the post-commit hook starts it.\n\
                  program=";
    let after = format!(
        r#"
state=${{0%/*}}
[ -x "$program" ] || program=$(command -v consolidate)
if [ -n "$program" ]; then
    said=$("$program" --format json 2>&1 >/dev/null)
    code=$?
else
    said='the program is gone; run consolidate --install-hook again'
    code=127
fi
case $code in
0) rm -f "$state/{trace}" ;;
75) ;; # Another run is at work; what it leaves, the next one takes.
*)
    new="$state/.{trace}.$$"
    printf '%s %s\n%s\n' "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$code" "$said" >"$new" &&
        mv -f "$new" "$state/{trace}"
    ;;
esac
"#
    );
    [before.as_bytes(), &quoted, after.as_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn written(edit: Edit) -> Vec<u8> {
        match edit {
            Edit::Write(bytes) => bytes,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn scripts_for_a_shell_get_lines_and_others_are_chained() {
        for first in ["#!/bin/sh", "#! /usr/bin/bash -e", "#!/usr/bin/env zsh"] {
            let hook = format!("{first}\nexit 0\n");
            let new = written(with_lines(hook.as_bytes()));
            assert!(new.starts_with(format!("{first}\n{BEGIN}").as_bytes()));
            assert!(new.ends_with(format!("{END}exit 0\n").as_bytes()));
        }
        for hook in
            ["#!/usr/bin/python3\n", "#!/bin/sh\r\n", "echo\n", "", "#!/bin/sh", "\x7fELF\n"]
        {
            assert_eq!(with_lines(hook.as_bytes()), Edit::Chain, "{hook:?}");
        }
    }

    #[test]
    fn a_hook_of_ours_goes_as_a_whole_and_older_lines_are_renewed() {
        assert_eq!(without_lines(alone().as_bytes()), Ok(None));
        assert_eq!(with_lines(alone().as_bytes()), Edit::Unchanged);
        assert_eq!(with_lines(chaining().as_bytes()), Edit::Unchanged);
        let older = format!("{SHEBANG}{BEGIN}old\n{END}rest\n");
        let new = format!("{}rest\n", alone());
        assert_eq!(written(with_lines(older.as_bytes())), new.as_bytes());
        for broken in [format!("#!/bin/sh\n{BEGIN}"), format!("#!/bin/sh\n{END}{BEGIN}")] {
            assert_eq!(with_lines(broken.as_bytes()), Edit::Broken);
            assert_eq!(without_lines(broken.as_bytes()), Err(()));
        }
    }

    proptest! {
        #[test]
        fn lines_that_were_put_in_come_out_without_a_trace(rest in "[ -~\n]{1,80}") {
            let hook = format!("#!/bin/sh\n{rest}");
            let new = written(with_lines(hook.as_bytes()));
            prop_assert_eq!(with_lines(&new), Edit::Unchanged);
            prop_assert_eq!(without_lines(&new), Ok(Some(hook.into_bytes())));
        }
    }
}
