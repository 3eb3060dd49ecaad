//! Which names and addresses belong to one person, as the base's `.mailmap` says (gitmailmap(5)).
//!
//! It can only add names to a person: somebody who implemented under one name must not approve under
//! another. Taking a line away from it is a change of the base, which is reviewed.

use std::collections::BTreeSet;

use crate::rules::people::{Person, folded};

/// The lines of a `.mailmap`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Mailmap(Vec<Line>);

/// One line, everything [`folded`]; what is not written is empty.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Line {
    proper: BTreeSet<String>,
    name: String,
    email: String,
}

impl Mailmap {
    /// From the bytes of the file. What is no such line says nothing, as for git.
    pub(crate) fn parse(bytes: &[u8]) -> Self {
        let lines = bytes.split(|byte| *byte == b'\n');
        Self(lines.filter(|line| line.first() != Some(&b'#')).filter_map(Line::parse).collect())
    }

    /// Every name under which the author of a commit may be spoken of.
    pub(crate) fn names(&self, person: &Person) -> BTreeSet<String> {
        let mut names: BTreeSet<String> = person.names().collect();
        let (name, email) = (folded(person.name()), folded(person.email()));
        let fits =
            |line: &&Line| line.email == email && (line.name.is_empty() || line.name == name);
        names.extend(self.0.iter().filter(fits).flat_map(|line| line.proper.iter().cloned()));
        names
    }

    /// Every name of whoever somebody calls `text`: a name, an address or `Name <address>`. A name that
    /// several people have stands for all of them.
    pub(crate) fn names_of(&self, text: &str) -> BTreeSet<String> {
        let mut names = BTreeSet::from([folded(text)]);
        let parts = Person::parse(text.as_bytes());
        names.extend(parts.iter().flat_map(|person| self.names(person)));
        names.retain(|name| !name.is_empty());
        let known = names.clone();
        let fits = |line: &&Line| known.contains(&line.name) || known.contains(&line.email);
        names.extend(self.0.iter().filter(fits).flat_map(|line| line.proper.iter().cloned()));
        names
    }
}

impl Line {
    /// `Proper <proper@x> Name <commit@x>`, in which all but one address may be missing.
    fn parse(line: &[u8]) -> Option<Self> {
        let close = line.iter().position(|byte| *byte == b'>')?;
        let (first, rest) = line.split_at_checked(close + 1)?;
        let proper = Person::parse(first)?;
        let commit = Person::parse(rest);
        let (name, email) = match &commit {
            Some(commit) => (folded(commit.name()), folded(commit.email())),
            // `Proper <commit@x>` gives the address another name.
            None => (String::new(), folded(proper.email())),
        };
        (!email.is_empty()).then(|| Self { proper: proper.names().collect(), name, email })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAP: &[u8] = b"# Ada <ada@x> <no@x>\n\
        Ada Lovelace <ADA@example.invalid>\n\
        <grace@example.invalid> <hopper@navy.invalid>\n\
        Alan Turing <alan@example.invalid> root <root@localhost>\n\
        Kurt G\xc3\xb6del <kurt@example.invalid> kg <root@localhost> # comment\n\
        no line\n<>\n";

    fn names(name: &str, email: &str) -> Vec<String> {
        let person = Person::new(name.as_bytes(), email.as_bytes());
        Mailmap::parse(MAP).names(&person).into_iter().collect()
    }

    #[test]
    fn a_commit_belongs_to_whom_the_map_says_and_keeps_its_own_names() {
        let ada = "ada@example.invalid";
        assert_eq!(names("al", "Ada@Example.invalid"), ["ada lovelace", ada, "al"]);
        let grace = "grace@example.invalid";
        assert_eq!(names("G", "hopper@navy.invalid"), ["g", grace, "hopper@navy.invalid"]);
        let kurt = ["kg", "kurt g\u{f6}del", "kurt@example.invalid", "root@localhost"];
        assert_eq!(names("KG", "root@localhost"), kurt);
        assert_eq!(names("other", "root@localhost"), ["other", "root@localhost"]);
        assert_eq!(names("Ada", "no@x"), ["ada", "no@x"]);
    }

    #[test]
    fn a_name_that_several_people_have_stands_for_all_of_them() {
        let map = Mailmap::parse(MAP);
        assert!(map.names_of("hopper@navy.invalid").contains("grace@example.invalid"));
        assert!(map.names_of("Root").contains("alan turing"));
        let both = map.names_of("X <root@localhost>");
        assert!(both.contains("alan turing") && both.contains("kurt g\u{f6}del"), "{both:?}");
        assert_eq!(map.names_of("Nobody"), BTreeSet::from(["nobody".into()]));
    }
}
