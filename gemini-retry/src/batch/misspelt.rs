//! Keys of a request that were meant to be known ones: `modle` in place of `model` would ask the
//! usual model, and nobody would notice.

/// What the key was probably meant to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meant<'a> {
    /// Nobody has a key of this name for something else: other letters' case, other separators, or
    /// two neighbours swapped.
    Surely(&'a str),
    /// One letter is another one, missing, or too much: it may be a word of its own, such as `note`.
    Perhaps(&'a str),
}

/// Which of `known`, if any, `key` was meant to be. It is none of them.
pub(super) fn meant<'a>(key: &str, known: impl IntoIterator<Item = &'a str>) -> Option<Meant<'a>> {
    let plain = plain(key);
    let mut perhaps = None;
    for word in known {
        let wanted = self::plain(word);
        if plain == wanted || is_swapped(&plain, &wanted) {
            return Some(Meant::Surely(word));
        }
        if perhaps.is_none() && is_one_off(&plain, &wanted) {
            perhaps = Some(Meant::Perhaps(word));
        }
    }
    perhaps
}

/// The letters and digits, in lower case.
fn plain(key: &str) -> Vec<char> {
    key.chars()
        .filter(|c| !matches!(c, '_' | '-' | ' ' | '.'))
        .flat_map(char::to_lowercase)
        .collect()
}

/// What two words have after their common beginning.
fn ends<'w>(one: &'w [char], other: &'w [char]) -> (&'w [char], &'w [char]) {
    let same = one.iter().zip(other).take_while(|(a, b)| a == b).count();
    (one.get(same..).unwrap_or_default(), other.get(same..).unwrap_or_default())
}

fn is_swapped(one: &[char], other: &[char]) -> bool {
    match ends(one, other) {
        ([a, b, rest @ ..], [c, d, others @ ..]) => a == d && b == c && rest == others,
        _ => false,
    }
}

fn is_one_off(one: &[char], other: &[char]) -> bool {
    // Of short words, such as `id`, many others are one letter off.
    if other.len() < 4 {
        return false;
    }
    let (one, other) = ends(one, other);
    let (one_less, other_less) = (one.get(1..), other.get(1..));
    one_less == Some(other)
        || other_less == Some(one)
        || (one_less.is_some() && one_less == other_less)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const KNOWN: [&str; 4] = ["id", "prompt_file", "model", "node"];

    #[test]
    fn what_was_meant_is_found() {
        for (key, expected) in [
            ("modle", Some(Meant::Surely("model"))),
            ("Model", Some(Meant::Surely("model"))),
            ("ID", Some(Meant::Surely("id"))),
            ("promptFile", Some(Meant::Surely("prompt_file"))),
            ("prompt-file", Some(Meant::Surely("prompt_file"))),
            ("prompt_flie", Some(Meant::Surely("prompt_file"))),
            ("models", Some(Meant::Perhaps("model"))),
            ("moddel", Some(Meant::Perhaps("model"))),
            ("mdel", Some(Meant::Perhaps("model"))),
            ("note", Some(Meant::Perhaps("node"))),
            ("it", None),
            ("notes", None),
            ("mine", None),
            ("", None),
        ] {
            assert_eq!(meant(key, KNOWN), expected, "{key}");
        }
    }

    proptest! {
        #[test]
        fn one_letter_off_is_found_wherever_it_is(place in 0_usize..5, letter in "[a-z]") {
            let mut longer = "model".to_owned();
            longer.insert_str(place, &letter);
            prop_assert!(meant(&longer, ["model"]).is_some(), "{}", longer);
            let mut shorter = "model".to_owned();
            shorter.remove(place);
            prop_assert!(meant(&shorter, ["model"]).is_some(), "{}", shorter);
        }
    }
}
