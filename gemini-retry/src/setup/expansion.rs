//! What the `gemini` client would do to a prompt before the model sees it.
//!
//! It replaces `@path` by the contents of that file, even when nobody watches, and so would send a
//! private key that a document under review names. A prompt that begins with `/` is a command to it,
//! and it silently reads no more than 8 MiB. Escaping would change the text that the audit entry says
//! was reviewed, so such a prompt is refused.

use cli::Failure;

use crate::answer::judge::Form;

/// The client reads so much of its stdin.
const LONGEST: usize = 8 << 20;
/// Room for what is put before the prompt.
const INSTRUCTIONS: usize = 4 << 10;

/// Refuses `prompt` when the client would change it.
///
/// # Errors
/// Exit 65, naming the line.
pub(crate) fn check(prompt: &str, form: &Form) -> Result<(), Failure> {
    let refuse = |why: String| {
        Failure::damaged("the prompt", why).hint(
            "use --transport rest, which sends every text as it is, or another program than gemini",
        )
    };
    if prompt.len() + INSTRUCTIONS > LONGEST {
        return Err(refuse("gemini reads no more than 8 MiB of it".into()));
    }
    // With a verdict to give, instructions come first.
    if matches!(form, Form::Free) && prompt.trim_start().starts_with('/') {
        return Err(refuse("it begins with /, and gemini would take it for a command".into()));
    }
    match first_reference(prompt) {
        None => Ok(()),
        Some(line) => Err(refuse(format!(
            "line {line} has an @ with text behind it, which gemini would replace by a file"
        ))),
    }
}

/// The line, from 1, of the first `@` that the client takes for the beginning of a path: one that has
/// no backslash before it and something behind it.
fn first_reference(prompt: &str) -> Option<usize> {
    let bytes = prompt.as_bytes();
    let mut places = prompt.match_indices('@').map(|(at, _)| at);
    let is_path = |at: &usize| {
        let before = at.checked_sub(1).and_then(|at| bytes.get(at));
        let after = bytes.get(at + 1);
        before != Some(&b'\\') && after.is_some_and(|b| !b.is_ascii_whitespace())
    };
    let at = places.find(is_path)?;
    Some(1 + bytes.iter().take(at).filter(|b| **b == b'\n').count())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_text_that_would_be_replaced_is_refused_by_line() {
        for (prompt, line) in [
            ("@~/.ssh/id_rsa", 1),
            ("a\nb (see @/etc/passwd)", 2),
            ("\n\nimport \"@scope/pkg\"", 3),
            ("mail me@example.invalid", 1),
            ("x @\u{85}y", 1),
            ("@@", 1),
        ] {
            let message = check(prompt, &Form::Verdict).unwrap_err().render("t");
            assert!(message.contains(&format!("line {line} has an @")), "{prompt:?}: {message}");
        }
        for prompt in ["", "no", "a @ b", "x\\@y", "ends with @", "@\n", "/help"] {
            assert!(check(prompt, &Form::Verdict).is_ok(), "{prompt:?}");
        }
    }

    #[test]
    fn a_command_or_too_much_is_refused() {
        assert!(check(" /help", &Form::Free).is_err());
        assert!(check("see /help", &Form::Free).is_ok());
        let long = "x".repeat(LONGEST);
        assert!(check(&long, &Form::Verdict).is_err());
    }

    proptest! {
        #[test]
        fn an_at_sign_before_a_word_never_passes(before in "[^\\\\]?", word in "[!-~]{1,9}") {
            let prompt = format!("{before}@{word}");
            prop_assert!(check(&prompt, &Form::Verdict).is_err());
        }
    }
}
