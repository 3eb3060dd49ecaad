//! `status`: every fact about a lane, and that looking changes nothing.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use testkit::{Repo, Terminal, Tool};

use crate::support::{World, commit, git, write};

impl World {
    /// The row of one lane or worktree.
    #[track_caller]
    pub(crate) fn row(&self, name: &str) -> Value {
        let ran = self.run(&["status", name]);
        let rows = ran.code(0).json_lines();
        assert_eq!(rows.len(), 1, "{}", ran.out());
        rows[0].clone()
    }
}

#[track_caller]
fn has(row: &Value, expected: &Value) {
    for (key, value) in expected.as_object().unwrap() {
        assert_eq!(&row[key], value, "{key} in {row:#}");
    }
}

#[test]
fn a_new_lane_has_no_work_and_nothing_to_tell() {
    let world = World::new();
    let lane = world.lane_98();
    has(
        &world.row("98"),
        &json!({
            "schema": "worktree-lane.status/1", "project": null, "lane": "98", "role": null,
            "owner": null, "claimed_until": null,
            "kind": "lane", "state": "whole", "path": lane.to_str(), "branch": "98-crud",
            "head": world.repo.rev("origin/main"), "base": "origin/main",
            "compared_with": "origin/main", "ahead": 0, "behind": 0, "merged": "nothing",
            "upstream": null, "upstream_ahead": null, "upstream_behind": null, "pushed": true,
            "staged": 0, "unstaged": 0, "conflicted": 0, "untracked": 0, "ignored": 0,
            "overlooked": 0, "operations": [], "locked": null, "processes": [], "stashes": 0, "saved": [],
            "problems": [],
        }),
    );
}

#[test]
fn a_worktree_among_the_state_of_the_tools_is_no_lane_and_is_left_alone() {
    let world = World::new();
    world.lane_98();
    let seen = |world: &World| {
        ["list", "status", "repair"].map(|command| {
            let ran = world.run(&[command]);
            ran.code(0);
            ran.out().to_owned()
        })
    };
    let before = seen(&world);
    // As merge-queue makes one to verify landings in.
    let slot = world.state("verify/1/merge-queue-slot-1");
    let add = "worktree add --quiet --detach --lock --reason verifying --";
    world.repo.git(add.split(' ').chain([slot.to_str().unwrap(), "HEAD"]));
    assert_eq!(seen(&world), before);
    fs::remove_dir_all(&slot).unwrap();
    assert_eq!(seen(&world), before);
    assert_eq!(world.run(&["prune", "--apply"]).code(0).json_lines().len(), 1);
    assert_eq!(world.repo.git(["worktree", "list"]).lines().count(), 3);
    let ran = world.run(&["remove", slot.to_str().unwrap()]);
    assert_ne!(ran.exit_code(), Some(0), "{ran}");
}

#[test]
fn files_count_as_git_counts_them() {
    let world = World::new();
    let lane = world.lane_98();
    write(&lane.join("staged"), "new\n");
    git(&lane, &["add", "staged"]);
    git(&lane, &["mv", "README.md", "READ.md"]);
    write(&lane.join("src/main.rs"), "fn main() { }\n");
    write(&lane.join("untracked/one"), "1");
    write(&lane.join("untracked/two"), "2");
    write(&lane.join("target/debug/a"), "built");
    write(&lane.join("target/debug/b"), "built");
    write(&lane.join("run.log"), "ran");
    let counts = json!({"staged": 2, "unstaged": 1, "conflicted": 0, "untracked": 2, "ignored": 2});
    has(&world.row("98"), &counts);
    // Whatever the configuration hides.
    world.repo.git(["config", "status.showUntrackedFiles", "no"]);
    has(&world.row("98"), &counts);
}

#[test]
fn files_that_git_was_told_not_to_look_at_are_counted() {
    let world = World::new();
    let lane = world.lane_98();
    git(&lane, &["update-index", "--assume-unchanged", "README.md"]);
    git(&lane, &["update-index", "--skip-worktree", "src/main.rs"]);
    write(&lane.join("README.md"), "changed\n");
    has(&world.row("98"), &json!({"unstaged": 0, "overlooked": 2}));
    fs::remove_file(lane.join("src/main.rs")).unwrap();
    has(&world.row("98"), &json!({"unstaged": 0, "overlooked": 1}));
}

#[test]
fn the_last_change_is_that_of_the_newest_file_that_is_not_ignored() {
    let world = World::new();
    let lane = world.lane_98();
    let set = |file: &str, at: &str| {
        let ran = Tool::program("touch").args(["-d", at, file]).dir(&lane).run();
        ran.code(0);
    };
    for file in ["README.md", "src/main.rs", ".gitignore"] {
        set(file, "2001-01-01T00:00:00Z");
    }
    has(&world.row("98"), &json!({"changed_at": "2001-01-01T00:00:00.000Z"}));
    set("new", "2002-01-01T00:00:00.250Z");
    set("run.log", "2003-01-01T00:00:00Z");
    has(&world.row("98"), &json!({"changed_at": "2002-01-01T00:00:00.250Z"}));
    has(&world.row("98"), &json!({"committed_at": "2026-01-24T12:00:00.000Z"}));
}

#[test]
fn distances_and_where_the_commits_are() {
    let world = World::new();
    let lane = world.lane_98();
    let other = world.beside("talos-99");
    world.run(&["add", "99", "x"]).code(0);
    world.land(&other, "landed");
    commit(&lane, "work");
    let far = json!({"ahead": 1, "behind": 1, "merged": "no", "pushed": false});
    has(&world.row("98"), &far);
    has(&world.row("99"), &json!({"ahead": 0, "behind": 0, "merged": "ancestor", "pushed": true}));
    git(&lane, &["push", "--quiet", "--set-upstream", "origin", "98-crud"]);
    has(
        &world.row("98"),
        &json!({"pushed": true, "upstream": "origin/98-crud", "upstream_ahead": 0, "upstream_behind": 0}),
    );
    commit(&lane, "more");
    has(&world.row("98"), &json!({"ahead": 2, "pushed": false, "upstream_ahead": 1}));
    // Without a branch the distances are the same.
    git(&lane, &["checkout", "--quiet", "--detach"]);
    let row = world.run(&["status", "98"]).code(0).json();
    has(&row, &json!({"branch": null, "ahead": 2, "behind": 1, "merged": "no", "upstream": null}));
    git(&lane, &["switch", "--quiet", "98-crud"]);
    world.repo.git(["push", "--quiet", "--delete", "origin", "98-crud"]);
    let row = world.row("98");
    has(&row, &json!({"upstream": "origin/98-crud", "upstream_ahead": null, "pushed": false}));
    assert_eq!(row["problems"][0]["code"], "upstream_gone");
}

#[test]
fn a_merge_by_content_is_told_by_its_way() {
    let world = World::new();
    let lane = world.lane_98();
    commit(&lane, "one");
    commit(&lane, "two");
    // Squashed.
    world.repo.git(["merge", "--quiet", "--squash", "98-crud"]);
    world.repo.git(["commit", "--quiet", "-m", "both"]);
    world.repo.git(["push", "--quiet", "origin", "main"]);
    has(&world.row("98"), &json!({"ahead": 2, "behind": 1, "merged": "squashed", "pushed": false}));
    // Rebased: each commit for itself, on top of something else.
    world.run(&["add", "99", "x"]).code(0);
    let other = world.beside("talos-99");
    commit(&other, "three");
    commit(&other, "four");
    world.repo.commit_file("other", "other\n", "Other");
    world.repo.git(["cherry-pick", "99-x~1", "99-x"]);
    world.repo.git(["push", "--quiet", "origin", "main"]);
    has(&world.row("99"), &json!({"ahead": 2, "behind": 3, "merged": "rebased"}));
}

#[test]
fn what_git_is_in_the_middle_of() {
    let world = World::new();
    let lane = world.lane_98();
    let base = git(&lane, &["rev-parse", "HEAD"]);
    for text in ["a\n", "b\n", "c\n"] {
        write(&lane.join("README.md"), text);
        git(&lane, &["commit", "--quiet", "--all", "-m", text]);
    }
    git(&lane, &["switch", "--quiet", "-c", "side", &base]);
    write(&lane.join("README.md"), "side\n");
    git(&lane, &["commit", "--quiet", "--all", "-m", "side"]);
    let fails = |args: &[&str]| _ = Tool::program("git").args(args).dir(&lane).run().code(1);
    let now = || world.row("98")["operations"].clone();
    let one = |kind: &str| json!([{"kind": kind, "step": null, "of": null}]);

    fails(&["merge", "98-crud"]);
    assert_eq!(now(), one("merge"));
    has(&world.row("98"), &json!({"conflicted": 1, "staged": 0, "unstaged": 0}));
    git(&lane, &["merge", "--abort"]);
    fails(&["cherry-pick", "98-crud"]);
    assert_eq!(now(), one("cherry-pick"));
    git(&lane, &["cherry-pick", "--abort"]);
    fails(&["revert", "98-crud~1"]);
    assert_eq!(now(), one("revert"));
    git(&lane, &["revert", "--abort"]);
    git(&lane, &["switch", "--quiet", "98-crud"]);
    fails(&["rebase", "side"]);
    assert_eq!(now(), json!([{"kind": "rebase", "step": 1, "of": 3}]));
    git(&lane, &["rebase", "--abort"]);
    fails(&["rebase", "--apply", "side"]);
    assert_eq!(now(), json!([{"kind": "rebase", "step": 1, "of": 3}]));
    git(&lane, &["rebase", "--abort"]);
    let patch = git(&lane, &["format-patch", "-1", "side", "-o", "../patches"]);
    Tool::program("git").args(["am", &patch]).dir(&lane).run().code(128);
    assert_eq!(now(), json!([{"kind": "am", "step": 1, "of": 1}]));
    git(&lane, &["am", "--abort"]);
    git(&lane, &["bisect", "start"]);
    assert_eq!(now(), one("bisect"));
    git(&lane, &["bisect", "reset"]);
    let admin = PathBuf::from(git(&lane, &["rev-parse", "--absolute-git-dir"]));
    write(&admin.join("index.lock"), "");
    assert_eq!(now(), one("index-lock"));
    fs::remove_file(admin.join("index.lock")).unwrap();
    assert_eq!(now(), json!([]));
}

#[test]
fn locks_stashes_saved_work_and_processes() {
    let world = World::new();
    let lane = world.lane_98();
    git(&lane, &["worktree", "lock", "--reason", "on a stick", "."]);
    write(&lane.join("README.md"), "stashed\n");
    git(&lane, &["stash", "--quiet"]);
    write(&lane.join("README.md"), "again\n");
    git(&lane, &["stash", "push", "--quiet", "-m", "with words: and a colon"]);
    git(&lane, &["update-ref", "refs/lanes/saved/98/20260124T183045", "HEAD"]);
    git(&lane, &["update-ref", "refs/lanes/saved/980/20260124T183045", "HEAD"]);
    let running = Tool::program("sleep").args(["1000"]).dir(lane.join("src")).spawn();
    let row = world.row("98");
    drop(running);
    has(
        &row,
        &json!({
            "locked": "on a stick", "stashes": 2,
            "saved": ["refs/lanes/saved/98/20260124T183045"],
        }),
    );
    assert_eq!(row["processes"].as_array().unwrap().len(), 1, "{row}");
    assert_eq!(row["processes"][0]["name"], "sleep");
    has(&world.row("98"), &json!({"processes": []}));
}

#[test]
fn the_owner_of_a_claim_and_no_lock_by_hand() {
    let world = World::new();
    world.lane_98();
    world.run(&["claim", "98", "--owner", "B ui"]).code(0);
    let row = world.row("98");
    has(&row, &json!({"owner": "B ui", "locked": null}));
    assert!(row["claimed_until"].is_string(), "{row}");
    world.run(&["status", "--format", "table"]).code(0).stdout_has("claimed by B ui");
    world.run(&["release", "98", "--owner", "B ui"]).code(0);
    has(&world.row("98"), &json!({"owner": null, "claimed_until": null}));
}

#[test]
fn what_is_not_there_as_a_whole_is_never_clean() {
    let world = World::new();
    let lane = world.lane_98();
    let unknown = json!({
        "staged": null, "unstaged": null, "conflicted": null, "untracked": null, "ignored": null,
        "operations": null, "changed_at": null, "kind": "lane", "lane": "98",
    });
    let told = |state: &str, code: &str, next: &str| {
        let row = world.row("98");
        has(&row, &unknown);
        has(&row, &json!({"state": state}));
        has(&row["problems"][0], &json!({"code": code, "next": next}));
    };
    let repair = "worktree-lane repair --dry-run 98";
    let dot_git = fs::read(lane.join(".git")).unwrap();
    fs::remove_file(lane.join(".git")).unwrap();
    told("unlinked", "mismatch", repair);
    write(&lane.join(".git"), format!("gitdir: {}\n", world.repo.path().join(".git").display()));
    told("unlinked", "mismatch", repair);
    write(&lane.join(".git"), dot_git);
    fs::rename(&lane, world.beside("elsewhere")).unwrap();
    told("missing", "missing", repair);
    // A missing one still has its commits.
    has(&world.row("98"), &json!({"ahead": 0, "branch": "98-crud"}));
    world.repo.git(["worktree", "prune"]);
    told("gone", "gone", repair);
    let all = world.run(&["status"]).code(0).json_lines();
    assert_eq!(all.last().unwrap()["state"], "gone");
}

#[test]
fn the_answer_of_a_lane_that_cannot_be_read_is_unknown() {
    let world = World::new();
    let lane = world.lane_98();
    world.run(&["add", "99", "x"]).code(0);
    let admin = PathBuf::from(git(&lane, &["rev-parse", "--absolute-git-dir"]));
    write(&admin.join("index"), "this is no index");
    let ran = world.run(&["status"]);
    let rows = ran.code(74).json_lines();
    assert_eq!(rows.len(), 3);
    let (broken, whole) = (&rows[1], &rows[2]);
    has(broken, &json!({"lane": "98", "staged": null, "untracked": null, "ahead": 0}));
    assert_eq!(broken["problems"][0]["code"], "unknown");
    has(whole, &json!({"lane": "99", "staged": 0, "problems": []}));
}

#[test]
fn rows_are_in_gits_order_and_names_choose_among_them() {
    let world = World::new();
    world.lane_98();
    world.run(&["add", "T-1"]).code(0);
    world.repo.git(["worktree", "add", "--quiet", "-b", "foreign", "../foreign"]);
    let rows = world.run(&["status"]).code(0).json_lines();
    let listed = world.run(&["list"]).code(0).json_lines();
    let paths = |rows: &[Value]| rows.iter().map(|row| row["path"].clone()).collect::<Vec<_>>();
    assert_eq!(paths(&rows), paths(&listed));
    has(&rows[0], &json!({"kind": "main", "compared_with": "origin/main"}));
    has(
        world.run(&["status", "foreign"]).code(0).json_lines().last().unwrap(),
        &json!({"kind": "foreign"}),
    );

    let ran = world.run(&["status", "T-1", "nothing", "98", "T-1"]);
    let lines = ran.code(1).json_lines();
    assert_eq!(lines.len(), 3);
    assert_eq!(lines[0]["schema"], "worktree-lane.refused/1");
    assert_eq!(lines[0]["reasons"][0]["code"], "unknown_lane");
    assert_eq!([&lines[1]["lane"], &lines[2]["lane"]], ["T-1", "98"]);
}

/// Every file below a folder with its bytes and when it was written.
fn snapshot(dir: &Path, all: &mut BTreeMap<PathBuf, (Vec<u8>, std::time::SystemTime)>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        let metadata = path.symlink_metadata().unwrap();
        let bytes = if metadata.is_file() { fs::read(&path).unwrap() } else { Vec::new() };
        all.insert(path.clone(), (bytes, metadata.modified().unwrap()));
        if metadata.is_dir() {
            snapshot(&path, all);
        }
    }
}

#[test]
fn looking_writes_nothing() {
    let world = World::new();
    let lane = world.lane_98();
    // Here git would like to refresh its index: the file was written, and is as it was.
    let text = fs::read(lane.join("README.md")).unwrap();
    write(&lane.join("README.md"), &text);
    write(&lane.join("src/main.rs"), "fn main() { }\n");
    commit(&lane, "work");
    let take = || {
        let mut all = BTreeMap::new();
        snapshot(world.repo.path().parent().unwrap(), &mut all);
        all
    };
    let before = take();
    world.run(&["status"]).code(0);
    world.run(&["status", "98"]).code(0);
    world.run(&["list", "--all"]).code(0);
    assert_eq!(take(), before);
}

#[test]
fn people_get_a_table_or_all_about_one() {
    let world = World::new();
    let lane = world.lane_98();
    write(&lane.join("README.md"), "changed\n");
    git(&lane, &["worktree", "lock", "--reason", "on a stick", "."]);
    let table = world.run(&["status", "--format", "table"]);
    let lines: Vec<&str> = table.code(0).out().lines().collect();
    assert!(lines[0].starts_with("LANE    BRANCH "), "{lines:?}");
    assert!(lines[1].starts_with("(main)  main "), "{lines:?}");
    assert!(lines[2].starts_with("98      98-crud "), "{lines:?}");
    assert!(lines[2].ends_with("locked: on a stick, no commits yet"), "{lines:?}");
    world
        .run(&["status", "98", "--format", "table"])
        .code(0)
        .stdout_has("lane 98\n")
        .stdout_has("  commits: 0 ahead of origin/main, 0 behind, no commits yet\n")
        .stdout_has("  files: 1 changed\n")
        .stdout_has("  locked: on a stick\n");
}

#[test]
fn a_narrow_terminal_has_a_line_a_lane() {
    let world = World::new();
    let lane = world.lane_98();
    write(&lane.join("README.md"), "changed\n");
    write(&lane.join("new"), "new\n");
    for columns in [80, 120] {
        let seen = Terminal::of_columns(columns)
            .run(&world.tool(&["status"]).env("NO_COLOR", "1").env("TZ", "UTC"));
        let lines: Vec<&str> = seen.lines().collect();
        assert_eq!(lines.len(), 3, "{seen}");
        assert!(lines[2].starts_with("98      98-crud "), "{seen}");
        assert_eq!(lines[2].ends_with("1 changed, 1 new, no commits yet"), columns == 80, "{seen}");
    }
}

#[test]
fn a_reader_that_goes_away_ends_it_silently() {
    let world = World::new();
    for id in ["1", "2", "3", "4"] {
        world.run(&["add", id, "x"]).code(0);
    }
    let tool = Tool::binary("worktree-lane");
    let line = format!("'{}' status; echo $? >&2", tool.display());
    let ran =
        Tool::program("sh").args(["-c", &format!("({line}) | true")]).dir(world.repo.path()).run();
    ran.code(0).stderr_is("0\n");
}

#[test]
fn every_project_and_one_that_is_broken_does_not_hide_the_others() {
    let world = World::new();
    world.lane_98();
    let clio = Repo::init(world.scratch.path("clio"));
    clio.commit_file("a", "a\n", "Begin");
    fs::create_dir(world.scratch.path("empty")).unwrap();
    world.repo.write(
        "switchyard.yaml",
        "projects:\n- {name: gone, path: ../nowhere}\n- {name: talos, path: .}\n\
         - {name: empty, path: ../empty}\n- {name: clio, path: ../clio}\n- {name: again, path: ../clio}\n",
    );
    let ran = world.run(&["status", "--all-projects"]);
    let rows = ran.code(74).json_lines();
    let seen: Vec<_> = rows.iter().map(|row| (&row["project"], &row["kind"])).collect();
    assert_eq!(
        seen,
        [
            (&json!("talos"), &json!("main")),
            (&json!("talos"), &json!("lane")),
            (&json!("clio"), &json!("main")),
        ]
    );
    for name in ["gone", "empty", "again"] {
        ran.stderr_has(&format!("worktree-lane: project {name}: "));
    }
    let table = world.run(&["status", "--all-projects", "--format", "table"]);
    table.code(74).stdout_has("\nclio  ");
    world.repo.write("switchyard.yaml", "projects: []\n");
    world.run(&["status", "--all-projects"]).code(2).stderr_has("no list of projects");
}

#[test]
fn a_bare_repository_and_one_whose_refs_are_no_files() {
    for options in [Repo::options().reftable(), Repo::options().sha256()] {
        let world = World::with("talos", options);
        let lane = world.lane_98();
        commit(&lane, "work");
        has(
            &world.row("98"),
            &json!({"ahead": 1, "merged": "no", "untracked": 0, "operations": []}),
        );
    }
    let world = World::new();
    let bare = world.scratch.path("bare.git");
    git(world.repo.path(), &["clone", "--quiet", "--bare", ".", bare.to_str().unwrap()]);
    git(&bare, &["worktree", "add", "--quiet", "../w", "-b", "w"]);
    let rows = Tool::new("worktree-lane").args(["status"]).dir(&bare).run().code(0).json_lines();
    has(&rows[0], &json!({"kind": "main", "state": "bare", "staged": null}));
    has(&rows[1], &json!({"kind": "foreign", "branch": "w", "staged": 0}));
}
