//! Repositories in odd places, of odd kinds, reached in odd ways.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::symlink;
use std::path::Path;

use testkit::{Repo, Scratch, Tool};

use crate::support::{World, codes, git, write};

/// Makes a lane of each layout, looks at them, and takes them away again.
fn round(world: &World) {
    world.lane_98_at_any_name();
    world.run(&["add", "T-1"]).code(0);
    for id in ["98", "T-1"] {
        let path = world.path_of(id);
        assert_eq!(git(&path, &["status", "--porcelain"]), "");
        assert_eq!(git(&path, &["rev-parse", "HEAD"]), world.repo.rev("origin/main"));
    }
    assert_eq!(world.repo.git(["status", "--porcelain"]), "");
    let lanes = world.run(&["list"]).code(0).json_lines();
    assert_eq!(lanes.iter().filter(|l| l["kind"] == "lane").count(), 2);
    let removed = world.run(&["remove", "98", "T-1"]);
    assert!(removed.code(0).json_lines().iter().all(|r| r["branch_deleted"] == true));
    let name = removed.json_lines()[0]["trash"].as_str().unwrap().to_owned();
    world.run(&["trash", "restore", &name]).code(0);
    assert_eq!(git(&world.path_of("98"), &["status", "--porcelain"]), "");
    world.run(&["remove", "98"]).code(0);
    assert_eq!(world.branches(), ["main"]);
}

impl World {
    fn lane_98_at_any_name(&self) {
        self.run(&["add", "98", "crud"]).code(0);
    }

    /// The path that `path` prints, byte for byte.
    fn path_of(&self, lane: &str) -> std::path::PathBuf {
        let ran = self.run(&["path", lane]);
        ran.code(0);
        let bytes = ran.stdout.strip_suffix(b"\n").unwrap();
        Path::new(OsStr::from_bytes(bytes)).to_path_buf()
    }
}

#[test]
fn names_with_spaces_signs_and_line_breaks() {
    for name in
        ["a b", "ünï cödé 漢字", "with\nline\nbreak", "-dash", "it's \"quoted\" $HOME *?[x]", "a:b"]
    {
        round(&World::with(Path::new("dir").join(name), Repo::options()));
    }
}

#[test]
fn a_path_that_is_not_utf_8_is_refused_and_not_mangled() {
    let name = OsStr::from_bytes(b"caf\xe9");
    let world = World::with(Path::new("dir").join(name), Repo::options());
    let before = world.traces();
    let refused = world.run(&["add", "T-1"]).code(1).json();
    assert_eq!(codes(&refused), ["path_not_safe"]);
    assert_eq!(world.traces(), before);
    world.run(&["list"]).code(0);
}

#[test]
fn reftables_and_sha256() {
    round(&World::with("talos", Repo::options().reftable()));
    round(&World::with("talos", Repo::options().sha256()));
    round(&World::with("talos", Repo::options().sha256().reftable()));
}

#[test]
fn worktree_config_and_relative_paths() {
    let world = World::new();
    world.repo.git(["config", "extensions.worktreeConfig", "true"]);
    world.repo.git(["config", "core.logAllRefUpdates", "false"]);
    world.repo.git(["config", "core.fsmonitor", "true"]);
    round(&world);
}

#[test]
fn a_repository_reached_through_a_link() {
    let world = World::new();
    let link = world.scratch.path("link");
    symlink(world.repo.path(), &link).unwrap();
    let ran = Tool::new("worktree-lane").args(["add", "98", "crud"]).dir(&link).run();
    // Git records the real path, and so do we.
    assert_eq!(ran.code(0).json()["path"], world.beside("talos-98").to_str().unwrap());
    let by_flag = ["path", "98", "--repo", link.to_str().unwrap()];
    Tool::new("worktree-lane").args(by_flag).run().code(0);
    Tool::new("worktree-lane").args(["remove", "98"]).dir(&link).run().code(0);
}

#[test]
fn from_inside_a_lane_and_from_gits_own_folder() {
    let world = World::new();
    let lane = world.lane_98();
    for (dir, id) in [(lane.join("src"), "1"), (world.repo.path().join(".git"), "2")] {
        let ran = Tool::new("worktree-lane").args(["add", id, "x"]).dir(&dir).run();
        let path = world.beside(&format!("talos-{id}"));
        assert_eq!(ran.code(0).json()["path"], path.to_str().unwrap());
    }
    let task = Tool::new("worktree-lane").args(["add", "T-1"]).dir(&lane).run();
    let path = world.repo.path().join(".worktrees/T-1");
    assert_eq!(task.code(0).json()["path"], path.to_str().unwrap(), "nested in the lane");
    // The lane that the command stands in is somebody's working directory: its own.
    let ran = Tool::new("worktree-lane").args(["remove", "98", "1"]).dir(lane.join("src")).run();
    let answers = ran.code(1).json_lines();
    assert_eq!(codes(&answers[0]), ["process_inside"]);
    assert_eq!(answers[1]["removed"], true);
}

#[test]
fn variables_of_git_do_not_lead_astray() {
    let world = World::new();
    let other = Repo::init(world.scratch.path("other"));
    other.commit_file("f", "f", "Other");
    let tool = |args: &[&str]| {
        world
            .tool(args)
            .env("GIT_DIR", other.path().join(".git"))
            .env("GIT_WORK_TREE", other.path())
            .env("GIT_INDEX_FILE", other.path().join(".git/index"))
            .env("GIT_COMMON_DIR", other.path().join(".git"))
            .run()
    };
    tool(&["add", "98", "x"]).code(0);
    assert_eq!(git(&world.beside("talos-98"), &["log", "--format=%s"]), "Begin");
    tool(&["remove", "98"]).code(0);
    assert_eq!(other.git(["worktree", "list"]).lines().count(), 1);
    assert_eq!(other.git(["for-each-ref"]).lines().count(), 1);
}

#[test]
fn a_bare_repository_has_its_lanes_beside_it() {
    let scratch = Scratch::new();
    let repo = Repo::init(scratch.path("seed"));
    repo.commit_file("f", "f\n", "Begin");
    let bare = scratch.path("talos.git");
    repo.git(["clone", "--quiet", "--bare", ".", bare.to_str().unwrap()]);
    let run = |args: &[&str], dir: &Path| Tool::new("worktree-lane").args(args).dir(dir).run();
    let lane = run(&["add", "98", "crud"], &bare).code(0).json();
    assert_eq!(lane["path"], scratch.path("talos-98").to_str().unwrap());
    assert_eq!(lane["base"], "main");
    let task = run(&["add", "T-1"], &scratch.path("talos-98")).code(0).json();
    assert_eq!(task["path"], scratch.path("talos.lanes/.worktrees/T-1").to_str().unwrap());
    let lanes = run(&["list"], &bare).code(0).json_lines();
    assert_eq!(lanes.len(), 3);
    assert_eq!(lanes[0]["kind"], "main");
    let removed = run(&["remove", "98", "T-1"], &bare);
    let name = removed.code(0).json_lines()[0]["trash"].as_str().unwrap().to_owned();
    run(&["trash", "restore", &name], &bare).code(0);
    assert_eq!(git(&scratch.path("talos-98"), &["status", "--porcelain"]), "");
}

#[test]
fn a_layout_may_name_another_file_system() {
    use std::os::unix::fs::MetadataExt as _;
    let world = World::new();
    let elsewhere = tempfile_in("/dev/shm");
    let device = |path: &Path| path.metadata().unwrap().dev();
    assert_ne!(device(&elsewhere.0), device(world.repo.path()), "the test needs two file systems");
    let yaml = format!(
        "lanes:\n  layouts:\n    shm: {{path: '{}/{{id}}', branch: '{{id}}'}}\n",
        elsewhere.0.display()
    );
    world.repo.write("switchyard.yaml", yaml);
    world.run(&["add", "T-1", "--layout", "shm"]).code(0);
    let path = elsewhere.0.join("T-1");
    write(&path.join("target/out"), "built");
    let removed = world.run(&["remove", "T-1"]).code(0).json();
    assert!(!path.exists());
    let name = removed["trash"].as_str().unwrap();
    let kept = elsewhere.0.join(".worktree-lane-trash").join(name);
    assert_eq!(std::fs::read_to_string(kept.join("target/out")).unwrap(), "built");
    world.run(&["trash", "restore", name]).code(0);
    assert_eq!(std::fs::read_to_string(path.join("target/out")).unwrap(), "built");
    assert_eq!(git(&path, &["status", "--porcelain"]), "");
    let beside = elsewhere.0.join(".worktree-lane-trash");
    assert!(!beside.exists());

    // What lies on a file system that is not there just now is not deleted for good.
    let removed = world.run(&["remove", "T-1"]).code(0).json();
    let name = removed["trash"].as_str().unwrap();
    let away = elsewhere.0.join("away");
    std::fs::rename(&beside, &away).unwrap();
    let answer = world.run(&["trash", "empty", name]).code(1).json();
    assert_eq!(codes(&answer), ["files_missing"]);
    std::fs::rename(&away, &beside).unwrap();
    world.run(&["trash", "empty", name]).code(0);
    assert!(!beside.exists());
}

/// A folder on another file system, removed on drop.
struct Elsewhere(std::path::PathBuf);

fn tempfile_in(root: &str) -> Elsewhere {
    let name = format!("switchyard-test-{}", std::process::id());
    let dir = Path::new(root).join(name);
    std::fs::create_dir(&dir).unwrap();
    Elsewhere(dir)
}

impl Drop for Elsewhere {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).unwrap();
    }
}

#[test]
fn a_folder_that_points_at_a_bare_repository_is_no_other_place_than_its_worktrees() {
    let world = World::new();
    let project = world.scratch.path("project");
    write(&project.join(".git"), "gitdir: ./.bare\n");
    let origin = world.origin.path().to_str().unwrap();
    let bare = project.join(".bare");
    git(world.scratch.root(), &["clone", "--quiet", "--bare", origin, bare.to_str().unwrap()]);
    git(&project, &["worktree", "add", "--quiet", "trunk", "main"]);
    let real = project.canonicalize().unwrap();
    for (id, dir) in [("1", project.clone()), ("2", project.join("trunk")), ("3", bare)] {
        let ran = Tool::new("worktree-lane").args(["add", id, "x"]).dir(&dir).run();
        let expected = real.join(format!("project-{id}"));
        assert_eq!(ran.code(0).json()["path"], expected.to_str().unwrap());
    }
    let lanes = Tool::new("worktree-lane").args(["list"]).dir(&project).run();
    assert_eq!(lanes.code(0).json_lines()[0]["kind"], "main");
}
