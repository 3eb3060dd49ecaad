//! When a command that was run is the command that a check asks for.

use crate::shell_words;

/// A check's command in the form in which evidence stores what was run.
///
/// Quoting is no difference: `cargo test "a b"` and `cargo test 'a b'` are one command. A check that
/// needs a shell (`make a && make b`, `FOO=1 cmd`) is run as `sh -c <check>`.
pub fn canonical_command(check: &str) -> String {
    shell_words(command_words(check))
}

/// The words to run for `check`, which may be a simple command or a script.
pub fn command_words(check: &str) -> Vec<String> {
    match split(check) {
        Some(words) if !words.first().is_none_or(|word| word == "!" || word.contains('=')) => words,
        _ => vec!["sh".into(), "-c".into(), check.trim().into()],
    }
}

/// The words of a simple command, split as a POSIX shell does; `None` when the text needs a shell.
fn split(text: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            ' ' | '\t' => words.extend(word.take()),
            '\'' => {
                let word = word.get_or_insert_default();
                loop {
                    match chars.next()? {
                        '\'' => break,
                        c => word.push(c),
                    }
                }
            }
            '"' => {
                let word = word.get_or_insert_default();
                loop {
                    match chars.next()? {
                        '"' => break,
                        '$' | '`' => return None,
                        '\\' => match chars.next()? {
                            c @ ('"' | '\\' | '$' | '`') => word.push(c),
                            c => word.extend(['\\', c]),
                        },
                        c => word.push(c),
                    }
                }
            }
            '\\' => word.get_or_insert_default().push(chars.next().filter(|c| *c != '\n')?),
            '|' | '&' | ';' | '<' | '>' | '(' | ')' | '$' | '`' | '*' | '?' | '[' | '#' | '~'
            | '{' | '}' | '\n' => return None,
            c => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    Some(words)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn quoting_is_no_difference() {
        for (check, canonical_form) in [
            ("cargo --version", "cargo --version"),
            ("  cargo   test ", "cargo test"),
            (r#"cargo test "a b""#, "cargo test 'a b'"),
            (r"cargo test a\ b", "cargo test 'a b'"),
            ("grep ''", "grep ''"),
            ("make a && make b", "sh -c 'make a && make b'"),
            ("A=1 make", "sh -c 'A=1 make'"),
            ("make A=1", "make A=1"),
            ("test ! -e x", "test '!' -e x"),
            ("! test -e x", "sh -c '! test -e x'"),
            ("echo $HOME", "sh -c 'echo $HOME'"),
            ("echo 'it", r"sh -c 'echo '\''it'"),
            ("sh -c 'make a && make b'", "sh -c 'make a && make b'"),
        ] {
            assert_eq!(canonical_command(check), canonical_form, "{check}");
        }
    }

    proptest! {
        #[test]
        fn what_was_run_meets_a_check_written_the_same_way(
            words in proptest::collection::vec("[a-z ='\"$*\\\\-]{0,6}", 0..5)
        ) {
            let mut command = vec!["make".to_owned()];
            command.extend(words);
            let shown = shell_words(&command);
            prop_assert_eq!(canonical_command(&shown), shown);
        }
    }
}
