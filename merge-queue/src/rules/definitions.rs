//! The `queue` section of `switchyard.yaml`: what is typed there, and what it means once checked.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use clap::ValueEnum;
use records::merge_queue::Mistake;
use records::{Extra, IssueNumber, TaskDefinition, TaskId};
use serde::de::{Deserializer, MapAccess, Visitor};
use serde::{Deserialize, Serialize, Serializer};
use serde_saphyr::Spanned;

use crate::rules::globs::Globs;
use crate::rules::policy::Policy;

/// The section as it is written. Scalars that may be wrong keep their position.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Written {
    /// The branch that work starts from and lands on, such as `origin/main`.
    pub(crate) base: Option<Spanned<String>>,
    /// How a branch is brought into the base.
    pub(crate) strategy: Strategy,
    /// Other files that hold a [`Part`] of the definitions each, from the top of the repository.
    pub(crate) files: Vec<Spanned<String>>,
    /// Who implements and who reviews.
    pub(crate) roles: Roles,
    /// What is to be done.
    pub(crate) tasks: Vec<WrittenTask>,
    /// Which paths need whose review.
    pub(crate) routes: Vec<WrittenRoute>,
    /// What nobody may do, and what is allowed.
    #[serde(serialize_with = "policy_that_holds")]
    pub(crate) policy: Option<Spanned<Policy>>,
}

/// What one file has of the definitions. Those of all files together hold.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Part {
    /// Who implements and who reviews.
    pub(crate) roles: Roles,
    /// What is to be done.
    pub(crate) tasks: Vec<WrittenTask>,
    /// Which paths need whose review.
    pub(crate) routes: Vec<WrittenRoute>,
    /// What nobody may do, and what is allowed; one file has it.
    pub(crate) policy: Option<Spanned<Policy>>,
}

#[expect(clippy::ref_option, reason = "serde gives it so")]
fn policy_that_holds<S: Serializer>(
    policy: &Option<Spanned<Policy>>,
    out: S,
) -> Result<S::Ok, S::Error> {
    policy.as_ref().map(|policy| policy.value.clone()).unwrap_or_default().serialize(out)
}

impl config::Section for Written {
    const NAME: &'static str = "queue";
}

/// How a branch is brought into the base.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Strategy {
    /// The base moves to the branch's own commit (runbook v2, section 1).
    FfOnly,
    /// A merge commit, whatever the history (multi-agent workflow, "Merge Phase").
    #[default]
    NoFf,
    /// One commit on the base with what the branch changes
    Squash,
}

impl fmt::Display for Strategy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::FfOnly => "ff-only",
            Self::NoFf => "no-ff",
            Self::Squash => "squash",
        })
    }
}

/// The roles in the order of the file.
#[derive(Debug, Clone, Default)]
pub(crate) struct Roles(pub(crate) Vec<(Spanned<String>, Role)>);

/// A role.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Role {
    /// The branch that the role works on, if it keeps one.
    pub(crate) branch: Option<String>,
    /// The role's worktree, relative to the main worktree.
    pub(crate) worktree: Option<PathBuf>,
    /// The model that plays the role, if a model does.
    pub(crate) model: Option<String>,
    /// Whether the role may review.
    pub(crate) reviewer: bool,
}

/// A task as it is written.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WrittenTask {
    pub(crate) id: Spanned<String>,
    #[serde(default)]
    pub(crate) issue: Option<Spanned<u64>>,
    pub(crate) title: String,
    #[serde(default)]
    pub(crate) role: Option<Spanned<String>>,
    #[serde(default = "lowest")]
    pub(crate) priority: u32,
    #[serde(default)]
    pub(crate) sequence: Option<u32>,
    #[serde(default)]
    pub(crate) depends_on: Vec<Spanned<String>>,
    #[serde(default)]
    pub(crate) acceptance_checks: Vec<Spanned<String>>,
    #[serde(default)]
    pub(crate) paths: Vec<Spanned<String>>,
    #[serde(default)]
    pub(crate) notes: Option<String>,
}

/// A task without a priority comes after those that have one of the usual 1 to 9.
fn lowest() -> u32 {
    10
}

/// A review route as it is written: whoever changes one of these paths needs all of these roles.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WrittenRoute {
    pub(crate) globs: Vec<Spanned<String>>,
    pub(crate) roles: Vec<Spanned<String>>,
}

/// The definitions after they were checked. What has a mistake is left out and listed.
#[derive(Debug, Clone)]
pub(crate) struct Definitions {
    /// The file they come from, from the top of the repository.
    pub(crate) file: PathBuf,
    /// That file and those that it names, as they were read.
    pub(crate) sources: Vec<Source>,
    /// The base ref as written.
    pub(crate) base: Option<String>,
    /// The strategy.
    pub(crate) strategy: Strategy,
    /// The roles by name.
    pub(crate) roles: BTreeMap<String, Role>,
    /// The tasks in the order of the file.
    pub(crate) tasks: Vec<Task>,
    /// The routes in the order of the file.
    pub(crate) routes: Vec<ReviewRoute>,
    /// How long a claim holds unless it is renewed.
    pub(crate) lease: Duration,
    /// The policy.
    pub(crate) policy: Policy,
    /// How long nothing may happen in a claimed task before it looks stalled.
    pub(crate) stalled_after: Duration,
    /// Everything that is wrong, in the order of the files.
    pub(crate) mistakes: Vec<Mistake>,
}

/// A file of the definitions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Source {
    /// Its path from the top of the repository, with slashes.
    pub(crate) path: String,
    /// Its bytes.
    pub(crate) bytes: Vec<u8>,
}

/// A task.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Task {
    /// Its id.
    pub(crate) id: TaskId,
    /// The issue it belongs to.
    pub(crate) issue: Option<IssueNumber>,
    /// Its title, on one line.
    pub(crate) title: String,
    /// The role that implements it.
    pub(crate) role: Option<String>,
    /// 1 is the highest.
    pub(crate) priority: u32,
    /// Its place among tasks of the same priority, before those without one.
    pub(crate) sequence: Option<u32>,
    /// Tasks that must be done first.
    pub(crate) depends_on: Vec<TaskId>,
    /// Commands that must pass on what lands.
    pub(crate) acceptance_checks: Vec<String>,
    /// Globs of the paths that it is about.
    pub(crate) paths: Vec<String>,
    /// Anything else that a reader should know.
    pub(crate) notes: Option<String>,
    /// The event that added it; `None` for one of the file.
    pub(crate) added_by: Option<u64>,
}

/// A route with its globs compiled.
#[derive(Debug, Clone)]
pub(crate) struct ReviewRoute {
    /// The globs.
    pub(crate) globs: Globs,
    /// The roles that must approve.
    pub(crate) roles: Vec<String>,
}

impl Task {
    /// One that `event` added.
    pub(crate) fn added(task: TaskDefinition, event: u64) -> Self {
        Self {
            id: task.id,
            issue: task.issue,
            title: task.title,
            role: task.role,
            priority: task.priority,
            sequence: task.sequence,
            depends_on: task.depends_on,
            acceptance_checks: task.acceptance_checks,
            paths: task.paths,
            notes: task.notes,
            added_by: Some(event),
        }
    }

    /// As it is exchanged with other programs.
    pub(crate) fn definition(&self) -> TaskDefinition {
        TaskDefinition {
            id: self.id.clone(),
            title: self.title.clone(),
            issue: self.issue,
            role: self.role.clone(),
            priority: self.priority,
            sequence: self.sequence,
            depends_on: self.depends_on.clone(),
            acceptance_checks: self.acceptance_checks.clone(),
            paths: self.paths.clone(),
            notes: self.notes.clone(),
            extra: Extra::new(),
        }
    }

    /// Where it comes among the tasks; of equal ones, the older first.
    pub(crate) fn rank(&self) -> (u32, u32) {
        (self.priority, self.sequence.unwrap_or(u32::MAX))
    }
}

impl Definitions {
    /// The files that they come from, from the top of the repository: whoever changes one of them
    /// changes the rules.
    pub(crate) fn files(&self) -> impl Iterator<Item = &str> {
        self.sources.iter().map(|source| source.path.as_str())
    }

    /// The task that `text` names: its id, or the digits of its issue.
    pub(crate) fn task(&self, text: &str) -> Option<&Task> {
        match text.parse::<IssueNumber>() {
            Ok(issue) => self.tasks.iter().find(|task| task.issue == Some(issue)),
            Err(_) => self.tasks.iter().find(|task| task.id.as_str() == text),
        }
    }
}

impl Serialize for Roles {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.collect_map(self.0.iter().map(|(name, role)| (&name.value, role)))
    }
}

impl<'de> Deserialize<'de> for Roles {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        struct InOrder;
        impl<'de> Visitor<'de> for InOrder {
            type Value = Roles;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a mapping from role names to roles")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Roles, A::Error> {
                let mut roles = Vec::new();
                while let Some((name, role)) = map.next_entry::<_, Option<Role>>()? {
                    roles.push((name, role.unwrap_or_default()));
                }
                Ok(Roles(roles))
            }

            fn visit_unit<E: serde::de::Error>(self) -> Result<Roles, E> {
                Ok(Roles::default())
            }
        }
        input.deserialize_map(InOrder)
    }
}
