//! Who implemented a branch, so that nobody approves their own work.

use icu_normalizer::ComposingNormalizerBorrowed;

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

    /// The name.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The address.
    pub(crate) fn email(&self) -> &str {
        &self.email
    }

    /// Name and address, in one spelling.
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

/// One spelling for names that differ only in case, in blanks, in width, in how a letter with its
/// marks is put together, and in what nobody can see.
pub(crate) fn folded(name: &str) -> String {
    // Lower case first and last: some letters have a compatible form in one case alone.
    let composed = NFKC.normalize(&name.to_lowercase()).to_lowercase();
    let seen: String = composed.chars().filter(|c| !is_invisible(*c)).collect();
    NFKC.normalize(&seen).split_whitespace().collect::<Vec<_>>().join(" ")
}

const NFKC: ComposingNormalizerBorrowed<'static> = ComposingNormalizerBorrowed::new_nfkc();

/// Characters without a shape of their own: joiners, marks of direction, selectors of a variant. A
/// line break is a blank.
fn is_invisible(c: char) -> bool {
    (c.is_control() && !c.is_whitespace())
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_alike_is_one_name() {
        for name in [
            "Ada L\u{f6}velace",
            " ADA  l\u{d6}velace",
            "Ada\u{200b} L\u{f6}ve\u{ad}lace\u{2060}",
            "Ada Lo\u{308}velace",
            "Ada\u{a0}L\u{f6}velace",
            "\u{ff21}\u{ff44}\u{ff41} L\u{f6}velace",
            "\u{1d400}da\u{3000}L\u{200d}o\u{200b}\u{308}velace",
        ] {
            assert_eq!(folded(name), "ada l\u{f6}velace", "{name}");
        }
        for name in ["", " ", "\u{200b}"] {
            assert_eq!(folded(name), "");
        }
        assert_ne!(folded("Ada"), folded("Ad"));
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
