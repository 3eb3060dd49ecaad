//! Who is credited with a squashed branch, and what its one commit says.

use crate::rules::people::{Person, co_authors, folded};

/// One of the branch's own commits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Work {
    /// Who wrote it.
    pub(crate) author: Person,
    /// When, as git writes it: seconds since 1970 and the zone.
    pub(crate) date: String,
    /// Its message.
    pub(crate) message: String,
}

/// Who is named in the one commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Credit {
    /// Its author: whoever wrote most of the commits, and of those who wrote as many, the first.
    pub(crate) author: Person,
    /// When the author's newest commit was written.
    pub(crate) date: String,
    /// Everybody else who wrote one, or is named in one, in the order in which they appear.
    pub(crate) others: Vec<Person>,
}

/// Who is credited with these commits, oldest first; `None` when there are none.
pub(crate) fn credit(work: &[Work]) -> Option<Credit> {
    let wrote = |person: &Person| work.iter().filter(|work| same(&work.author, person)).count();
    let most = work.iter().map(|work| wrote(&work.author)).max()?;
    let author = work.iter().map(|work| &work.author).find(|author| wrote(author) == most)?;
    let newest = work.iter().rfind(|work| same(&work.author, author))?;
    let mut others: Vec<Person> = Vec::new();
    for work in work {
        let named = co_authors(work.message.as_bytes());
        for person in std::iter::once(work.author.clone()).chain(named) {
            if !same(&person, author) && !others.iter().any(|other| same(other, &person)) {
                others.push(person);
            }
        }
    }
    Some(Credit { author: author.clone(), date: newest.date.clone(), others })
}

/// The message: a title, the subjects of the commits when there are several, and the trailers, to which
/// the other authors belong.
pub(crate) fn message(title: &str, trailers: &str, work: &[Work], others: &[Person]) -> String {
    let subjects: Vec<&str> = work.iter().filter_map(|work| subject(&work.message)).collect();
    let mut message = format!("{title}\n\n");
    if subjects.len() > 1 {
        message.extend(subjects.iter().flat_map(|subject| ["* ", subject, "\n"]));
        message.push('\n');
    }
    message.push_str(trailers);
    for other in others {
        let name = if other.name().is_empty() { other.email() } else { other.name() };
        message.extend(["Co-authored-by: ", name, " <", other.email(), ">\n"]);
    }
    message
}

fn subject(message: &str) -> Option<&str> {
    message.lines().map(str::trim).find(|line| !line.is_empty())
}

/// Whether two are one person, as far as addresses tell, else names.
fn same(one: &Person, other: &Person) -> bool {
    let key = |person: &Person| match folded(person.email()) {
        email if email.is_empty() => folded(person.name()),
        email => email,
    };
    key(one) == key(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(name: &str) -> Person {
        Person::new(name.as_bytes(), format!("{}@x.example", name.to_lowercase()).as_bytes())
    }

    fn work(name: &str, date: u32, message: &str) -> Work {
        Work { author: person(name), date: format!("{date} +0000"), message: message.into() }
    }

    #[test]
    fn whoever_wrote_most_is_the_author_and_nobody_is_forgotten() {
        let commits = [
            work("Bea", 1, "One\n\nCo-authored-by: Cid <cid@x.example>\n"),
            work("Ada", 2, "Two"),
            work("ada", 3, "Three\n\nCo-Authored-By: ADA <ada@x.example>\n"),
            work("Bea", 4, "\n\nFour\n"),
        ];
        let credit = credit(&commits).unwrap();
        assert_eq!((credit.author, credit.date.as_str()), (person("Bea"), "4 +0000"));
        let names: Vec<&str> = credit.others.iter().map(Person::name).collect();
        assert_eq!(names, ["Cid", "Ada"]);
        assert_eq!(
            message("t: Title", "Queue-Task: t\n", &commits, &credit.others),
            "t: Title\n\n* One\n* Two\n* Three\n* Four\n\nQueue-Task: t\n\
             Co-authored-by: Cid <cid@x.example>\nCo-authored-by: Ada <ada@x.example>\n"
        );
        let alone = [work("Ada", 1, "One")];
        assert_eq!(
            message("t: Title", "Queue-Task: t\n", &alone, &[]),
            "t: Title\n\nQueue-Task: t\n"
        );
        assert_eq!(super::credit(&[]), None);
    }
}
