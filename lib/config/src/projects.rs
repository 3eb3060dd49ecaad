//! The section `projects`, which more than one tool reads.

use std::collections::BTreeSet;
use std::fmt;
use std::path::{Path, PathBuf};

use records::check_ref_part;
use serde::de::value::SeqAccessDeserializer;
use serde::de::{Error as _, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use crate::{Error, Loaded, Section, load};

/// What the section looks like.
const SHAPE: &str = "a list of projects: - {name: talos, path: ../talos, repo: OWNER/talos}";

/// The projects that one lead looks after, in the order of the file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Projects(pub Vec<Project>);

/// One project.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Written")]
pub struct Project {
    /// What answers call it.
    pub name: String,
    /// Its main checkout; a relative path begins at the folder of the file.
    pub path: PathBuf,
    /// Its repository as `gh --repo` takes it: `OWNER/NAME` or `HOST/OWNER/NAME`. Without it, `gh` asks
    /// the checkout.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repo: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    name: String,
    path: PathBuf,
    repo: Option<String>,
}

impl TryFrom<Written> for Project {
    type Error = String;

    fn try_from(written: Written) -> Result<Self, String> {
        let Written { name, path, repo } = written;
        check_ref_part(&name).map_err(|error| format!("the name of a project: {error}"))?;
        if path.as_os_str().is_empty() {
            return Err(format!("the path of project {name} is empty"));
        }
        if let Some(repo) = repo.as_deref().filter(|repo| !is_repo(repo)) {
            return Err(format!("'{repo}' is no repository such as OWNER/NAME"));
        }
        Ok(Self { name, path, repo })
    }
}

/// Whether `gh --repo` could take it, and for nothing else.
fn is_repo(text: &str) -> bool {
    let parts: Vec<&str> = text.split('/').collect();
    let fits = |part: &&str| {
        let plain = |b: u8| b.is_ascii_alphanumeric() || b"._-".contains(&b);
        !part.is_empty() && !part.starts_with('-') && part.bytes().all(plain)
    };
    (2..=3).contains(&parts.len()) && parts.iter().all(fits)
}

impl Section for Projects {
    const NAME: &'static str = "projects";
}

impl Projects {
    /// Reads the section of the checkout whose top is `root`.
    pub fn load(root: &Path) -> Result<Loaded<Self>, Error> {
        load(root, root)
    }
}

impl Loaded<Projects> {
    /// The folder of a project.
    pub fn folder(&self, project: &Project) -> PathBuf {
        let folder = self.file.as_deref().and_then(Path::parent).unwrap_or(Path::new("."));
        folder.join(&project.path)
    }
}

impl<'de> Deserialize<'de> for Projects {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        input.deserialize_any(List)
    }
}

struct List;

impl<'de> Visitor<'de> for List {
    type Value = Projects;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(SHAPE)
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<Projects, E> {
        Ok(Projects::default())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Projects, A::Error> {
        let key = map.next_key::<String>()?;
        Err(A::Error::custom(match key.as_deref() {
            Some("roots") => format!("`roots` is no longer known; `projects` is {SHAPE}"),
            _ => format!("`projects` is {SHAPE}"),
        }))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Projects, A::Error> {
        let all = Vec::<Project>::deserialize(SeqAccessDeserializer::new(list))?;
        let mut names = BTreeSet::new();
        for project in &all {
            if !names.insert(project.name.to_lowercase()) {
                return Err(A::Error::custom(format!("project {} is there twice", project.name)));
            }
        }
        Ok(Projects(all))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{parse, shown};

    fn read(text: &str) -> Result<Projects, String> {
        let parsed = parse::<Projects>(Path::new("switchyard.yaml"), text);
        parsed.map(Option::unwrap_or_default).map_err(|error| error.to_string())
    }

    #[test]
    fn projects_are_a_list_in_the_order_of_the_file() {
        let text = "projects:\n- name: talos\n  path: .\n- {name: clio, path: ../clio, repo: me/clio.js}\n";
        let projects = read(text).unwrap();
        let names: Vec<_> =
            projects.0.iter().map(|p| (p.name.as_str(), p.repo.as_deref())).collect();
        assert_eq!(names, [("talos", None), ("clio", Some("me/clio.js"))]);
        let file = Some(PathBuf::from("/src/talos/switchyard.yaml"));
        let loaded = Loaded { section: projects, file, present: true };
        assert_eq!(loaded.folder(&loaded.section.0[1]), Path::new("/src/talos/../clio"));
        let items = shown("view-audit", &loaded);
        assert_eq!((items.len(), items[0].key.as_str()), (1, "projects"));
        assert_eq!(items[0].value[1]["repo"], "me/clio.js");
        assert_eq!(items[0].source, "/src/talos/switchyard.yaml");
        for nothing in ["", "projects:\n", "projects: []\n", "lanes: {}\n"] {
            assert_eq!(read(nothing).unwrap(), Projects::default(), "{nothing}");
        }
    }

    #[test]
    fn mistakes_are_told_with_their_place_and_the_shape() {
        for (text, why) in [
            ("projects:\n  roots: [../clio]\n", "`roots` is no longer known; `projects` is a list"),
            ("projects: {}\n", "`projects` is a list of projects: - {name: talos"),
            ("projects: ../clio\n", "a list of projects: - {name: talos"),
            ("projects: [../clio]\n", "switchyard.yaml:1:12: "),
            ("projects: [{name: a}]\n", "missing field `path`"),
            ("projects: [{name: a, path: ''}]\n", "the path of project a is empty"),
            ("projects: [{name: a b, path: a}]\n", "only letters, digits"),
            ("projects: [{name: a, path: b, root: c}]\n", "unknown field `root`"),
            (
                "projects: [{name: a, path: b, repo: a}]\n",
                "'a' is no repository such as OWNER/NAME",
            ),
            ("projects: [{name: a, path: b, repo: --x/y}]\n", "'--x/y' is no repository"),
            ("projects: [{name: a, path: b}, {name: A, path: c}]\n", "project A is there twice"),
        ] {
            let error = read(text).unwrap_err();
            assert!(error.starts_with("switchyard.yaml:") && error.contains(why), "{error}");
        }
    }
}
