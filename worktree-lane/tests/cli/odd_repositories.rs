//! Every command in repositories of odd kinds and under odd settings. A kind and a command each join
//! their table with one line; every command has to give the same answer in every kind.

use std::path::{Path, PathBuf};

use serde_json::Value;
use testkit::{Ran, Repo, RepoOptions, Tool};

use crate::support::{World, git, write};

/// A kind of repository: how it is made, how it is set up, and the environment of each call.
struct Kind {
    name: &'static str,
    options: fn() -> RepoOptions,
    /// Settings, as `git config` takes them.
    settings: &'static [(&'static str, &'static str)],
    /// More of it.
    change: fn(&World),
    environment: &'static [(&'static str, &'static str)],
}

const PLAIN: Kind =
    Kind { name: "plain", options: Repo::options, settings: &[], change: |_| {}, environment: &[] };

const fn settings(name: &'static str, settings: &'static [(&'static str, &'static str)]) -> Kind {
    Kind { name, settings, ..PLAIN }
}

const fn inherited(
    name: &'static str,
    environment: &'static [(&'static str, &'static str)],
) -> Kind {
    Kind { name, environment, ..PLAIN }
}

const KINDS: &[Kind] = &[
    PLAIN,
    Kind { name: "reftable", options: || Repo::options().reftable(), ..PLAIN },
    Kind { name: "sha256", options: || Repo::options().sha256(), ..PLAIN },
    Kind { name: "both", options: || Repo::options().sha256().reftable(), ..PLAIN },
    Kind { name: "sparse checkout", change: sparse, ..PLAIN },
    Kind { name: "partial clone", change: partial, ..PLAIN },
    Kind { name: "submodule", change: submodule, ..PLAIN },
    Kind { name: "core.worktree", change: worktree_named, ..PLAIN },
    settings("worktree config", &[("extensions.worktreeConfig", "true")]),
    settings("split index", &[("core.splitIndex", "true")]),
    settings("caches", &[("core.untrackedCache", "true"), ("core.fsmonitor", "true")]),
    settings("many files", &[("feature.manyFiles", "true"), ("index.version", "4")]),
    settings("nothing untracked", &[("status.showUntrackedFiles", "no")]),
    settings(
        "case-insensitive",
        &[("core.ignoreCase", "true"), ("core.precomposeUnicode", "true")],
    ),
    settings("line ends", &[("core.autocrlf", "true"), ("core.eol", "crlf")]),
    settings(
        "colours and pager",
        &[
            ("color.ui", "always"),
            ("core.pager", "false"),
            ("pager.status", "true"),
            ("pager.worktree", "true"),
            ("core.quotePath", "false"),
        ],
    ),
    settings(
        "loud",
        &[
            ("log.showSignature", "true"),
            ("log.decorate", "full"),
            ("log.date", "relative"),
            ("status.branch", "true"),
            ("status.short", "true"),
            ("status.showStash", "true"),
            ("status.relativePaths", "false"),
            ("format.pretty", "fuller"),
            ("diff.noprefix", "true"),
            ("diff.mnemonicPrefix", "true"),
            ("diff.external", "false"),
            ("fetch.prune", "true"),
            ("fetch.output", "compact"),
            ("push.default", "nothing"),
            ("branch.autoSetupMerge", "always"),
            ("checkout.defaultRemote", "origin"),
            ("core.logAllRefUpdates", "false"),
            ("submodule.recurse", "true"),
            ("merge.conflictStyle", "diff3"),
            ("rebase.autoStash", "true"),
            ("commit.gpgSign", "true"),
        ],
    ),
    settings(
        "aliases",
        &[("alias.status", "!exit 1"), ("alias.wt", "worktree"), ("help.autoCorrect", "immediate")],
    ),
    inherited(
        "a German",
        &[("LC_ALL", "de_DE.UTF-8"), ("LANGUAGE", "de"), ("LANG", "de_DE.UTF-8")],
    ),
    inherited(
        "another repository's variables",
        &[
            ("GIT_DIR", "/nowhere"),
            ("GIT_WORK_TREE", "/nowhere"),
            ("GIT_INDEX_FILE", "/nowhere/index"),
            ("GIT_COMMON_DIR", "/nowhere"),
            ("GIT_OBJECT_DIRECTORY", "/nowhere"),
            ("GIT_NAMESPACE", "nowhere"),
            ("GIT_PREFIX", "nowhere/"),
        ],
    ),
    inherited(
        "loud variables",
        &[
            ("GIT_TRACE", "1"),
            ("GIT_PAGER", "false"),
            ("GIT_EDITOR", "false"),
            ("GIT_LITERAL_PATHSPECS", "1"),
            ("CLICOLOR_FORCE", "1"),
            ("GIT_ADVICE", "1"),
        ],
    ),
];

/// A command and what it answers in every repository: its exit status, and a word about the answer.
type Command = (&'static [&'static str], i32, fn(&Scene, &Ran));

/// In this order, in one repository.
const COMMANDS: &[Command] = &[
    (&["add", "98", "crud"], 0, |scene, ran| {
        assert_eq!(ran.json()["base"], "origin/main");
        assert_eq!(git(&scene.lane, &["rev-parse", "HEAD"]), scene.world.repo.rev("origin/main"));
    }),
    (&["add", "98", "crud"], 1, |_, ran| assert_eq!(codes(ran)[0], "lane_exists")),
    (&["list"], 0, |_, ran| assert_eq!(ran.json_lines()[1]["branch"], "98-crud")),
    (&["path", "98"], 0, |scene, ran| {
        assert_eq!(Path::new(ran.out().trim_end()), scene.lane);
    }),
    (&["claim", "98", "--owner", "a"], 0, |_, ran| assert_eq!(ran.json()["owner"], "a")),
    (&["preflight", "98"], 1, |_, ran| assert_eq!(codes(ran), ["claimed"])),
    (&["remove", "98"], 1, |_, ran| assert_eq!(codes(ran), ["claimed"])),
    (&["renew", "98", "--owner", "a"], 0, |_, ran| assert_eq!(ran.json()["done"], true)),
    (&["release", "98", "--owner", "a"], 0, |_, ran| assert_eq!(ran.json()["done"], true)),
    (&["preflight", "98"], 0, |scene, ran| {
        assert_eq!(ran.json()["behind"], 0);
        write(&scene.lane.join("it's\nnew"), "x");
    }),
    (&["preflight", "98"], 1, |_, ran| assert_eq!(codes(ran), ["untracked"])),
    (&["remove", "98"], 1, |scene, ran| {
        assert_eq!(codes(ran), ["untracked"]);
        std::fs::remove_file(scene.lane.join("it's\nnew")).unwrap();
        write(&scene.lane.join("README.md"), "changed\n");
    }),
    (&["preflight", "98"], 1, |_, ran| assert_eq!(codes(ran), ["uncommitted"])),
    (&["remove", "98"], 1, |scene, ran| {
        assert_eq!(codes(ran), ["uncommitted"]);
        git(&scene.lane, &["-c", "commit.gpgSign=false", "commit", "--quiet", "-am", "Work"]);
    }),
    (&["remove", "98"], 1, |scene, ran| {
        assert_eq!(codes(ran), ["unmerged_commits"]);
        git(&scene.lane, &["push", "--quiet", "origin", "HEAD:main"]);
    }),
    (&["prune"], 0, |_, _| {}),
    (&["remove", "98"], 0, |scene, ran| {
        assert_eq!(ran.json()["removed"], true);
        assert!(!scene.lane.exists());
    }),
    (&["trash", "list"], 0, |_, ran| assert_eq!(ran.json_lines().len(), 1)),
    (&["trash", "restore", "ENTRY"], 0, |scene, ran| {
        assert_eq!(ran.json()["restored"], true);
        assert_eq!(git(&scene.lane, &["symbolic-ref", "HEAD"]), "refs/heads/98-crud");
    }),
    (&["preflight", "98"], 0, |_, ran| assert_eq!(codes(ran), [""; 0])),
    (&["remove", "98"], 0, |_, ran| assert_eq!(ran.json()["branch_deleted"], true)),
    (&["trash", "empty", "--older", "0s"], 0, |_, _| {}),
    (&["trash", "list"], 0, |_, ran| assert_eq!(ran.json_lines(), [] as [Value; 0])),
];

struct Scene {
    world: World,
    lane: PathBuf,
}

fn codes(ran: &Ran) -> Vec<String> {
    let answer = ran.json();
    crate::support::codes(&answer).into_iter().map(str::to_owned).collect()
}

/// Plays all commands in one repository.
fn play(kind: &Kind, path: &Path) {
    let world = World::with(path, (kind.options)());
    (kind.change)(&world);
    for (key, value) in kind.settings {
        world.repo.git(["config", key, value]);
    }
    let name = world.repo.path().file_name().unwrap().to_str().unwrap().to_owned();
    let lane = world.beside(&format!("{name}-98"));
    let scene = Scene { world, lane };
    for (args, code, look) in COMMANDS {
        let args =
            args.iter().map(|arg| if *arg == "ENTRY" { entry(&scene) } else { (*arg).into() });
        let args: Vec<String> = args.collect();
        let tool = Tool::new("worktree-lane").args(&args).dir(scene.world.repo.path());
        let ran = kind.environment.iter().fold(tool, |tool, (k, v)| tool.env(k, v)).run();
        assert_eq!(ran.exit_code(), Some(*code), "{} in {}: {ran}", kind.name, path.display());
        look(&scene, &ran);
    }
    assert_eq!(scene.world.branches(), ["main"], "{}", kind.name);
}

/// The only entry in the trash.
fn entry(scene: &Scene) -> String {
    let mut names = std::fs::read_dir(scene.world.state("trash")).unwrap();
    names.next().unwrap().unwrap().file_name().into_string().unwrap()
}

#[test]
fn every_command_in_every_kind_of_repository() {
    for kind in KINDS {
        play(kind, Path::new("talos"));
    }
}

#[test]
fn every_command_in_every_odd_place() {
    for name in ["a b", "ünï cödé 漢字", "-dash", "it's \"q\" $HOME *?[x]", "a:b"] {
        play(&PLAIN, &Path::new("dir").join(name));
    }
}

fn sparse(world: &World) {
    world.repo.git(["sparse-checkout", "set", "src"]);
}

/// Objects that are not needed stay with the origin until they are.
fn partial(world: &World) {
    git(world.origin.path(), &["config", "uploadpack.allowFilter", "true"]);
    git(world.origin.path(), &["config", "uploadpack.allowAnySHA1InWant", "true"]);
    for (key, value) in [
        ("core.repositoryFormatVersion", "1"),
        ("extensions.partialClone", "origin"),
        ("remote.origin.promisor", "true"),
        ("remote.origin.partialCloneFilter", "blob:none"),
    ] {
        world.repo.git(["config", key, value]);
    }
}

/// One that nobody checks out in lanes.
fn submodule(world: &World) {
    let inner = Repo::init(world.scratch.path("inner"));
    inner.commit_file("i", "i", "Inner");
    let url = inner.path().to_str().unwrap();
    let allow = ["-c", "protocol.file.allow=always", "submodule", "--quiet", "add", url, "lib"];
    world.repo.git(allow);
    world.repo.git(["config", "submodule.lib.active", "false"]);
    world.repo.commit_all("A submodule");
    world.repo.git(["push", "--quiet"]);
}

/// The place of the main worktree is written down, where every linked one reads it too.
fn worktree_named(world: &World) {
    let path = world.repo.path().to_str().unwrap();
    world.repo.git(["config", "core.worktree", path]);
}
