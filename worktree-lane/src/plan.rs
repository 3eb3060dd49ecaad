//! What is to be made: the request and the layout give path and branch.

use std::path::{Component, Path, PathBuf};

use cli::Failure;
use config::Loaded;
use records::check_ref_part;

use crate::args;
use crate::name::{self, Kind};
use crate::settings::{Lanes, Layout};
use crate::template::{Key, Template, Values};

/// A lane that is to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Plan {
    pub(crate) lane: String,
    pub(crate) slug: Option<String>,
    pub(crate) role: Option<String>,
    pub(crate) branch: String,
    pub(crate) path: PathBuf,
    /// The folders that it has; none for all.
    pub(crate) sparse: Vec<String>,
    /// Whether the branch, or an empty folder at the path, may be there before.
    pub(crate) adopt: bool,
    /// The words of the command that would take them over.
    pub(crate) adopting: String,
    /// The folder that the path must stay in. Between it and the lane there is no symbolic link.
    pub(crate) root: PathBuf,
}

impl Plan {
    /// Works out the plan for `add`. `anchor` is where relative paths start, `repo` the project's
    /// name; nothing is looked up.
    pub(crate) fn new(
        asked: &args::Add,
        lanes: &Loaded<Lanes>,
        anchor: &Path,
        repo: &str,
    ) -> Result<Self, Failure> {
        let (lane, kind) = name::id(asked.id.as_deref(), asked.role.as_deref())?;
        for (what, given) in [("slug", &asked.slug), ("role", &asked.role)] {
            if let Some(given) = given {
                name::check(what, given)?;
            }
        }
        let (layout_name, layout) = choose(asked, &lanes.section, kind)?;
        for (key, given, how) in [
            (Key::Slug, &asked.slug, "give a SLUG after the id, such as schema-backend-crud"),
            (Key::Role, &asked.role, "give --role"),
        ] {
            if given.is_none() && (layout.path.uses(key) || layout.branch.uses(key)) {
                let what = format!("layout '{layout_name}'");
                let why = format!("it needs a {}", if key == Key::Slug { "slug" } else { "role" });
                return Err(Failure::usage(what, why).hint(how));
            }
        }
        let values =
            Values { repo, id: &lane, slug: asked.slug.as_deref(), role: asked.role.as_deref() };
        let branch = layout.branch.fill(values);
        check_branch(layout_name, &branch)?;
        let root = root_of(&layout.path, anchor);
        let path = resolve(layout_name, anchor, &layout.path.fill(values))?;
        Ok(Self {
            adopting: adopting(asked, &lane),
            lane,
            slug: asked.slug.clone(),
            role: asked.role.clone(),
            branch,
            path,
            sparse: asked.sparse.clone(),
            adopt: asked.adopt,
            root,
        })
    }
}

/// The request once more with `--adopt`, to be pasted into a shell.
fn adopting(asked: &args::Add, lane: &str) -> String {
    let mut words = vec!["worktree-lane", "add"];
    words.extend(asked.id.as_ref().map(|_| lane));
    words.extend(asked.slug.as_deref());
    for (option, value) in
        [("--role", &asked.role), ("--layout", &asked.layout), ("--base", &asked.base)]
    {
        words.extend(value.iter().flat_map(|value| [option, value]));
    }
    words.extend(asked.sparse.iter().flat_map(|paths| ["--sparse", paths]));
    words.push("--adopt");
    repo::shell_words(words)
}

fn choose<'a>(
    asked: &'a args::Add,
    lanes: &'a Lanes,
    kind: Kind,
) -> Result<(&'a str, &'a Layout), Failure> {
    let by_kind = match kind {
        Kind::Issue => "issue",
        Kind::Task => "task",
        Kind::Role => "role",
    };
    let name = match (&asked.layout, &asked.role, &lanes.default) {
        (Some(layout), ..) => layout,
        (None, Some(_), _) => "role",
        (None, None, Some(default)) => default,
        (None, None, None) => by_kind,
    };
    let layout = lanes.layouts.get(name).ok_or_else(|| {
        let known: Vec<_> = lanes.layouts.keys().map(String::as_str).collect();
        Failure::usage(format_args!("layout '{name}'"), "there is none of that name")
            .hint(format!("known layouts: {}", known.join(", ")))
    })?;
    Ok((name, layout))
}

/// Every part of a branch name is held to the same rule as an id; git itself allows more, such as
/// `@` or a leading dash.
fn check_branch(layout: &str, branch: &str) -> Result<(), Failure> {
    let bad = branch.split('/').find_map(|part| check_ref_part(part).err());
    match bad {
        Some(why) => Err(Failure::usage(format_args!("layout '{layout}': branch '{branch}'"), why)),
        None => Ok(()),
    }
}

/// Joins without looking: leading `..` climb from the anchor, which has no symbolic link in it.
fn resolve(layout: &str, anchor: &Path, filled: &str) -> Result<PathBuf, Failure> {
    let bad = |why: &str| {
        Failure::usage(format_args!("layout '{layout}': path '{filled}'"), why)
            .hint("correct lanes.layouts in switchyard.yaml")
    };
    let mut path = anchor.to_path_buf();
    let mut climbing = true;
    for component in Path::new(filled).components() {
        match component {
            Component::RootDir => path = PathBuf::from("/"),
            Component::ParentDir if climbing => {
                if !path.pop() {
                    return Err(bad("it leads above the root folder"));
                }
            }
            Component::ParentDir => return Err(bad("'..' may only stand at its beginning")),
            Component::CurDir => {}
            Component::Prefix(_) => return Err(bad("it has a prefix of another system")),
            Component::Normal(name) => path.push(name),
        }
        climbing &= matches!(component, Component::ParentDir | Component::CurDir);
    }
    if filled.starts_with('~') {
        return Err(bad("'~' is not expanded; write the whole path"));
    }
    Ok(path)
}

/// Where the folders begin that a lane may not leave: above the anchor for leading `..`, the fixed
/// folders of an absolute path.
fn root_of(template: &Template, anchor: &Path) -> PathBuf {
    let fixed = Path::new(template.fixed_folders());
    if template.to_string().starts_with('/') {
        return Path::new("/").join(fixed);
    }
    let climbs = fixed.components().take_while(|c| matches!(c, Component::ParentDir)).count();
    anchor.ancestors().nth(climbs).unwrap_or(Path::new("/")).to_path_buf()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(id: &str, slug: Option<&str>) -> args::Add {
        args::Add {
            id: Some(id.into()),
            slug: slug.map(str::to_owned),
            role: None,
            base: None,
            layout: None,
            no_fetch: false,
            sparse: Vec::new(),
            adopt: false,
            then: args::Then::default(),
        }
    }

    fn plan(asked: &args::Add, yaml: &str) -> Result<Plan, Failure> {
        let section = config::parse(Path::new("switchyard.yaml"), yaml).unwrap();
        let section = section.unwrap_or_default();
        let loaded = Loaded { section, file: None, present: true };
        Plan::new(asked, &loaded, Path::new("/w/talos"), "talos")
    }

    #[test]
    fn the_three_layouts_of_the_runbooks() {
        let issue = plan(&asked("98", Some("crud")), "").unwrap();
        assert_eq!((issue.path.to_str(), &*issue.branch), (Some("/w/talos-98"), "98-crud"));
        assert_eq!(issue.root, Path::new("/w"));
        let task = plan(&asked("fix-login", None), "").unwrap();
        let path = "/w/talos/.worktrees/fix-login";
        assert_eq!((task.path.to_str(), &*task.branch), (Some(path), "fix-login"));
        assert_eq!(task.root, Path::new("/w/talos"));
        let role = args::Add { id: None, role: Some("B-ui".into()), ..asked("1", None) };
        let role = plan(&role, "").unwrap();
        assert_eq!((role.path.to_str(), &*role.branch), (Some("/w/talos-B-ui"), "agent/B-ui"));
        assert_eq!(role.lane, "B-ui");
    }

    #[test]
    fn a_layout_that_leads_astray_is_bad_configuration() {
        for (path, branch) in [
            ("{id}/../x", "{id}"),
            ("../../../../{id}", "{id}"),
            ("~/{id}", "{id}"),
            ("{id}", "-{id}"),
            ("{id}", "a//{id}"),
            ("{id}", "{id}.lock"),
            ("{id}", "/{id}"),
            ("{id}", "a b/{id}"),
        ] {
            let yaml = format!(
                "lanes:\n  default: x\n  layouts:\n    x: {{path: '{path}', branch: '{branch}'}}\n"
            );
            let failure = plan(&asked("98", None), &yaml).unwrap_err();
            assert_eq!(failure.exit(), cli::Exit::Usage, "{path} {branch}");
        }
    }

    #[test]
    fn what_a_layout_needs_must_be_given() {
        let failure = plan(&asked("98", None), "").unwrap_err();
        assert!(failure.to_string().contains("it needs a slug"), "{failure}");
        let other = args::Add { layout: Some("nope".into()), ..asked("98", None) };
        assert_eq!(plan(&other, "").unwrap_err().exit(), cli::Exit::Usage);
    }
}
