//! Templates of paths and branch names: text with `{repo}`, `{id}`, `{slug}` and `{role}`.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// What a template is filled with.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Values<'a> {
    pub(crate) repo: &'a str,
    pub(crate) id: &'a str,
    pub(crate) slug: Option<&'a str>,
    pub(crate) role: Option<&'a str>,
}

/// A name in braces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Key {
    Repo,
    Id,
    Slug,
    Role,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    Key(Key),
}

/// A checked template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Template {
    source: String,
    parts: Vec<Part>,
}

impl Template {
    /// Reads a template.
    ///
    /// # Errors
    /// One sentence, for an unknown name in braces, a brace without its partner, a control
    /// character, or a template that would give every lane the same name.
    pub(crate) fn parse(source: &str) -> Result<Self, String> {
        let mut parts = Vec::new();
        let mut rest = source;
        while let Some((text, tail)) = rest.split_once('{') {
            let Some((name, tail)) = tail.split_once('}') else {
                return Err(format!("'{source}': a '{{' has no '}}'"));
            };
            parts.push(Part::Text(text.into()));
            parts.push(Part::Key(key(source, name)?));
            rest = tail;
        }
        parts.push(Part::Text(rest.into()));
        let text_of = |part: &Part| match part {
            Part::Text(text) => text.clone(),
            Part::Key(_) => String::new(),
        };
        let literal: String = parts.iter().map(text_of).collect();
        if literal.contains('}') {
            return Err(format!("'{source}': a '}}' has no '{{'"));
        }
        if literal.chars().any(char::is_control) {
            return Err("a template has no control characters".into());
        }
        let own = [Key::Id, Key::Slug, Key::Role];
        if !own.iter().any(|key| parts.contains(&Part::Key(*key))) {
            let why = "without {id}, {slug} or {role} all lanes would have the same name";
            return Err(format!("'{source}': {why}"));
        }
        parts.retain(|part| !matches!(part, Part::Text(text) if text.is_empty()));
        Ok(Self { source: source.into(), parts })
    }

    /// Whether it has this name in it.
    pub(crate) fn uses(&self, key: Key) -> bool {
        self.parts.contains(&Part::Key(key))
    }

    /// The text with the values in it. A value that is missing leaves nothing; the caller has
    /// checked with [`Template::uses`].
    pub(crate) fn fill(&self, values: Values<'_>) -> String {
        let part = |part: &Part| match part {
            Part::Text(text) => text.clone(),
            Part::Key(Key::Repo) => values.repo.into(),
            Part::Key(Key::Id) => values.id.into(),
            Part::Key(Key::Slug) => values.slug.unwrap_or_default().into(),
            Part::Key(Key::Role) => values.role.unwrap_or_default().into(),
        };
        self.parts.iter().map(part).collect()
    }

    /// The whole folders that stand before the first name in braces.
    pub(crate) fn fixed_folders(&self) -> &str {
        let before = self.source.split('{').next().unwrap_or_default();
        before.rsplit_once('/').map_or("", |(folders, _)| folders)
    }
}

fn key(source: &str, name: &str) -> Result<Key, String> {
    match name {
        "repo" => Ok(Key::Repo),
        "id" => Ok(Key::Id),
        "slug" => Ok(Key::Slug),
        "role" => Ok(Key::Role),
        other => Err(format!(
            "'{source}': '{{{other}}}' is not one of {{repo}}, {{id}}, {{slug}}, {{role}}"
        )),
    }
}

impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.source)
    }
}

impl Serialize for Template {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.serialize_str(&self.source)
    }
}

impl<'de> Deserialize<'de> for Template {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(input)?).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const VALUES: Values<'_> =
        Values { repo: "talos", id: "98", slug: Some("crud"), role: Some("B-ui") };

    #[test]
    fn names_are_filled_in() {
        let fill = |source| Template::parse(source).unwrap().fill(VALUES);
        assert_eq!(fill("../{repo}-{id}"), "../talos-98");
        assert_eq!(fill("{id}-{slug}"), "98-crud");
        assert_eq!(fill("agent/{role}"), "agent/B-ui");
    }

    #[test]
    fn mistakes_are_named() {
        for (source, why) in [
            ("{ID}", "'{ID}' is not one of"),
            ("{}x", "'{}' is not one of"),
            ("a{id", "no '}'"),
            ("a}{id}", "no '{'"),
            ("{repo}", "the same name"),
            ("", "the same name"),
            ("{id}\n", "control"),
        ] {
            let error = Template::parse(source).unwrap_err();
            assert!(error.contains(why), "{source:?}: {error}");
        }
    }

    #[test]
    fn fixed_folders_are_whole() {
        let fixed = |source| Template::parse(source).unwrap().fixed_folders().to_owned();
        assert_eq!(fixed(".worktrees/{id}"), ".worktrees");
        assert_eq!(fixed("/srv/lanes/p-{id}/x"), "/srv/lanes");
        assert_eq!(fixed("../{repo}-{id}"), "..");
        assert_eq!(fixed("p-{id}"), "");
    }

    proptest! {
        #[test]
        fn a_template_without_names_in_its_values_reads_back(text in "[a-z./{}]{0,20}") {
            if let Ok(template) = Template::parse(&text) {
                prop_assert_eq!(template.to_string(), text);
            }
        }
    }
}
