//! The section `lanes` of `switchyard.yaml`.

use std::collections::BTreeMap;

use cli::Failure;
use config::{Loaded, Section};
use records::worktree_lane::SyncWay;
use serde::{Deserialize, Serialize};

use crate::age::Age;
use crate::here::Here;
use crate::ports::Ports;
use crate::template::Template;

/// Where a lane lies and what its branch is called.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Layout {
    /// The path, relative to the main worktree.
    pub(crate) path: Template,
    /// The branch.
    pub(crate) branch: Template,
}

/// The section.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Written")]
pub(crate) struct Lanes {
    /// The built-in layouts, and those of the file, which may replace them.
    pub(crate) layouts: BTreeMap<String, Layout>,
    /// The layout that is used when neither --layout nor --role is given.
    pub(crate) default: Option<String>,
    /// For how long nothing must have been done in a lane before `prune` takes it.
    pub(crate) prune_after: Age,
    /// Which ports the lanes get.
    pub(crate) ports: Ports,
    /// Patterns of ignored files that a new lane gets a copy of, besides `.worktreeinclude`.
    pub(crate) copy: Vec<String>,
    /// Patterns of ignored files and folders that a new lane gets a link to.
    pub(crate) link: Vec<String>,
    /// How `sync` brings the base in where both ways are open.
    pub(crate) sync: SyncWay,
}

/// The section as it is written.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Written {
    layouts: BTreeMap<String, Layout>,
    default: Option<String>,
    prune_after: Option<Age>,
    ports: Ports,
    copy: Vec<String>,
    link: Vec<String>,
    sync: Option<SyncWay>,
}

impl Section for Lanes {
    const NAME: &'static str = "lanes";
}

impl Default for Lanes {
    /// The layouts of the runbooks: a lane an issue (0801), a task (multi-agent workflow), a role
    /// (orchestrator v2).
    fn default() -> Self {
        let built_in = [
            ("issue", "../{repo}-{id}", "{id}-{slug}"),
            ("task", ".worktrees/{id}", "{id}"),
            ("role", "../{repo}-{role}", "agent/{role}"),
        ];
        let layouts = built_in.into_iter().filter_map(|(name, path, branch)| {
            let layout =
                Layout { path: Template::parse(path).ok()?, branch: Template::parse(branch).ok()? };
            Some((name.to_owned(), layout))
        });
        Self {
            layouts: layouts.collect(),
            default: None,
            prune_after: Age::day(),
            ports: Ports::default(),
            copy: Vec::new(),
            link: Vec::new(),
            sync: SyncWay::Rebase,
        }
    }
}

impl TryFrom<Written> for Lanes {
    type Error = String;

    fn try_from(written: Written) -> Result<Self, String> {
        let ports = written.ports.checked()?;
        check_patterns("copy", &written.copy)?;
        check_patterns("link", &written.link)?;
        if let Some(target) = written.link.iter().find(|pattern| last_part(pattern) == "target") {
            return Err(format!(
                "lanes.link: '{target}' cannot be linked: lanes that share a target folder run each \
                 other's code, and cargo does not notice"
            ));
        }
        let Written { default, copy, link, layouts, prune_after, sync, .. } = written;
        let mut lanes = Self { default, ports, copy, link, ..Self::default() };
        lanes.layouts.extend(layouts);
        lanes.sync = sync.unwrap_or(lanes.sync);
        lanes.prune_after = prune_after.unwrap_or(lanes.prune_after);
        if let Some(name) = lanes.default.as_ref().filter(|name| !lanes.layouts.contains_key(*name))
        {
            return Err(format!("the default layout '{name}' is not in lanes.layouts"));
        }
        Ok(lanes)
    }
}

/// Patterns are those of `.gitignore`; one that leads out of the worktree would find nothing.
fn check_patterns(key: &str, patterns: &[String]) -> Result<(), String> {
    for pattern in patterns {
        let why = if pattern.trim_matches('/').is_empty() {
            "it is empty"
        } else if pattern.split('/').any(|part| part == "..") {
            "'..' leads out of the worktree"
        } else if key == "link" && pattern.starts_with('!') {
            "a link cannot be taken back"
        } else {
            continue;
        };
        return Err(format!("lanes.{key}: '{pattern}': {why}"));
    }
    Ok(())
}

fn last_part(pattern: &str) -> &str {
    pattern.trim_end_matches(['/', '*']).rsplit('/').next().unwrap_or_default()
}

/// Reads the section from the checkout that the command was started in. A bare repository has no
/// checkout and uses the defaults.
pub(crate) fn load(here: &Here) -> Result<Loaded<Lanes>, Failure> {
    match &here.place {
        Some(place) => Ok(config::load(&here.start, place.worktree())?),
        None => Ok(Loaded { section: Lanes::default(), file: None, present: false }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    fn parse(text: &str) -> Result<Lanes, String> {
        let parsed = config::parse::<Lanes>(Path::new("switchyard.yaml"), text);
        parsed.map(Option::unwrap_or_default).map_err(|e| e.to_string())
    }

    #[test]
    fn layouts_of_the_file_join_the_built_in_ones() {
        let lanes = parse(
            "lanes:\n  default: mine\n  layouts:\n    mine: {path: 'w/{id}', branch: 'x/{id}'}\n",
        )
        .unwrap();
        let names: Vec<_> = lanes.layouts.keys().map(String::as_str).collect();
        assert_eq!(names, ["issue", "mine", "role", "task"]);
    }

    #[test]
    fn mistakes_name_their_place() {
        for (text, why) in [
            ("lanes:\n  layout: {}\n", "switchyard.yaml:2:3: unknown field `layout`"),
            ("lanes:\n  default: nope\n", "the default layout 'nope'"),
            ("lanes:\n  layouts:\n    a: {path: 'x{idd}', branch: '{id}'}\n", "'{idd}' is not one"),
            ("lanes:\n  layouts:\n    a: {path: '{id}'}\n", "missing field `branch`"),
            ("lanes:\n  ports: {step: 0}\n", "base and step must be at least 1"),
            ("lanes:\n  ports: {base: 70000}\n", "switchyard.yaml:2:17: invalid u16"),
            ("lanes:\n  link: [/target/]\n", "run each other's code"),
            ("lanes:\n  link: ['!data']\n", "cannot be taken back"),
            ("lanes:\n  copy: [../x]\n", "leads out of the worktree"),
            ("lanes:\n  copy: ['']\n", "it is empty"),
            ("lanes:\n  prune_after: soon\n", "'soon' is not a length of time"),
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.contains(why), "{error}");
        }
    }
}
