//! Who implemented a branch, so that nobody approves their own work.

use std::collections::BTreeSet;

/// A name and an address, as a commit gives them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Person {
    name: String,
    email: String,
}

impl Person {
    /// From the bytes of a commit, in which git has not changed the case or the blanks.
    pub(crate) fn new(name: &[u8], email: &[u8]) -> Self {
        // What is no UTF-8 is almost always Latin-1, whose bytes are the first characters.
        let text = |bytes: &[u8]| match str::from_utf8(bytes) {
            Ok(text) => text.trim().to_owned(),
            Err(_) => bytes.iter().copied().map(char::from).collect::<String>().trim().to_owned(),
        };
        Self { name: text(name), email: text(email) }
    }

    /// From `Name <address> …`.
    pub(crate) fn parse(text: &[u8]) -> Option<Self> {
        let open = text.iter().position(|byte| *byte == b'<')?;
        let close = text.iter().rposition(|byte| *byte == b'>')?;
        Some(Self::new(text.get(..open)?, text.get(open + 1..close)?))
    }

    /// Every name under which the person may be spoken of, in one spelling.
    pub(crate) fn names(&self) -> impl Iterator<Item = String> {
        [folded(&self.name), folded(&self.email)].into_iter().filter(|name| !name.is_empty())
    }
}

/// The people that `Co-authored-by:` lines of a message name.
pub(crate) fn co_authors(message: &[u8]) -> impl Iterator<Item = Person> {
    const KEY: &[u8] = b"co-authored-by:";
    message.split(|byte| *byte == b'\n').filter_map(|line| {
        let line = line.trim_ascii();
        let (key, rest) = line.split_at_checked(KEY.len())?;
        key.eq_ignore_ascii_case(KEY).then(|| Person::parse(rest)).flatten()
    })
}

/// One spelling for names that differ only in case, in blanks and in what nobody can see.
pub(crate) fn folded(name: &str) -> String {
    let seen: String = name.chars().filter(|c| !is_invisible(*c)).collect();
    seen.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

/// Characters without a shape of their own: joiners, marks of direction, selectors of a variant. A
/// line break is a blank.
fn is_invisible(c: char) -> bool {
    (c.is_control() && !c.is_whitespace())
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}' | '\u{e0000}'..='\u{e0fff}')
}

/// Whether `reviewer` is one of `implementers`, which are [`folded`]. `Name <address>` is both.
pub(crate) fn is_one_of(reviewer: &str, implementers: &BTreeSet<String>) -> bool {
    let person = Person::parse(reviewer.as_bytes());
    let parts = person.iter().flat_map(Person::names);
    parts.chain([folded(reviewer)]).any(|name| implementers.contains(&name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_case_and_the_blanks_of_a_name_do_not_matter() {
        let implementers = BTreeSet::from(["ada lovelace".into(), "ada@example.invalid".into()]);
        for name in [
            "Ada Lovelace",
            " ADA  lovelace",
            "Ada\u{200b} Love\u{ad}lace\u{2060}",
            "Ada@Example.invalid",
            "X <ADA@example.invalid>",
            "ada lovelace <x@y>",
        ] {
            assert!(is_one_of(name, &implementers), "{name}");
        }
        for name in ["Ada", "lovelace", "Grace <grace@example.invalid>", ""] {
            assert!(!is_one_of(name, &implementers), "{name}");
        }
    }

    #[test]
    fn a_name_in_latin_1_is_the_same_name() {
        let names: Vec<String> = Person::new(b"J\xfcrgen", b"").names().collect();
        assert_eq!(names, ["j\u{fc}rgen"]);
    }

    #[test]
    fn co_authors_are_found_in_a_message() {
        let message =
            b"Fix\n\nCo-Authored-By: Ada <ada@x>\n  co-authored-by: B C <b@x>\nnobody: D <d@x>\n";
        let names: Vec<String> = co_authors(message).map(|person| person.name).collect();
        assert_eq!(names, ["Ada", "B C"]);
    }
}
