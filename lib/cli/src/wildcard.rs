//! Names with `*` and `?`, as flags take them.

/// Whether `name` is what `pattern` describes: `*` stands for any text, `?` for one character.
pub fn fits(pattern: &str, name: &str) -> bool {
    let (pattern, name): (Vec<char>, Vec<char>) =
        (pattern.chars().collect(), name.chars().collect());
    // Which beginnings of the name the pattern so far can stand for.
    let mut reached = vec![false; name.len() + 1];
    if let Some(first) = reached.first_mut() {
        *first = true;
    }
    for wanted in pattern {
        let mut next = vec![false; reached.len()];
        let mut before = false;
        let letters = std::iter::once(None).chain(name.iter().map(Some));
        for ((letter, reached), next) in letters.zip(&reached).zip(&mut next) {
            *next = match wanted {
                '*' => before || *reached,
                _ => before && (wanted == '?' || letter == Some(&wanted)),
            };
            before = if wanted == '*' { *next } else { *reached };
        }
        reached = next;
    }
    reached.last() == Some(&true)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::fits;

    #[test]
    fn stars_and_question_marks() {
        for (pattern, name) in [
            ("review_lld", "review_lld"),
            ("review_*", "review_"),
            ("*lld", "review_lld"),
            ("r*_?ld", "review_lld"),
            ("*", ""),
            ("", ""),
            ("**a", "ba"),
        ] {
            assert!(fits(pattern, name), "{pattern} {name}");
        }
        for (pattern, name) in [("review", "review_lld"), ("?", ""), ("a*b", "abc"), ("", "a")] {
            assert!(!fits(pattern, name), "{pattern} {name}");
        }
    }

    /// By the definition.
    fn plainly(pattern: &str, name: &str) -> bool {
        let rest = |text: &str| text.chars().skip(1).collect::<String>();
        match (pattern.chars().next(), name.chars().next()) {
            (None, None) => true,
            (Some('*'), None) => plainly(&rest(pattern), name),
            (Some('*'), Some(_)) => plainly(&rest(pattern), name) || plainly(pattern, &rest(name)),
            (None, Some(_)) | (Some(_), None) => false,
            (Some(p), Some(n)) => (p == '?' || p == n) && plainly(&rest(pattern), &rest(name)),
        }
    }

    proptest! {
        #[test]
        fn it_is_what_the_definition_says(pattern in "[ab*?]{0,6}", name in "[ab]{0,6}") {
            prop_assert_eq!(fits(&pattern, &name), plainly(&pattern, &name));
        }
    }
}
