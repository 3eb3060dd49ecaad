//! What the options of `land` promise: rehearsals, landings that push nothing, expectations.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use testkit::Repo;

use crate::land_in_turn::{MANY, hand_over};
use crate::project::{Project, codes};

fn project() -> Project {
    Project::with(MANY, Repo::options())
}

/// Every file below a folder, with its bytes.
fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let bytes = std::fs::read(&path).unwrap();
                files.insert(path, bytes);
            }
        }
    }
    files
}

#[test]
fn a_rehearsal_tells_order_batches_and_conflicts_and_leaves_every_file_as_it_was() {
    let project = project();
    hand_over(&project, "a", "shared.txt", "a\n");
    hand_over(&project, "b", "b.txt", "b\n");
    hand_over(&project, "c", "shared.txt", "c\n");
    hand_over(&project, "d", "d.txt", "d\n");
    project.push_from_elsewhere("other.txt", "theirs\n");
    let repository = project.main.file(".git");
    let before = (files(&repository), files(project.origin.path()));
    let plan = project.run("land --ready --batch --dry-run").code(1).json_lines();
    for (folder, before) in [(&*repository, before.0), (project.origin.path(), before.1)] {
        let after = files(folder);
        let changed = |(path, bytes): &(&PathBuf, &Vec<u8>)| before.get(*path) != Some(*bytes);
        let changed: Vec<&PathBuf> = after.iter().filter(changed).map(|(path, _)| path).collect();
        assert_eq!((changed, after.len()), (Vec::new(), before.len()));
    }

    let told: Vec<(&str, &Value)> =
        plan.iter().map(|answer| (answer["task"].as_str().unwrap(), &answer["batch"])).collect();
    let (one, two) = (json!("1"), json!("2"));
    assert_eq!(told, [("c", &one), ("d", &one), ("a", &Value::Null), ("b", &two)]);
    assert_eq!(plan[2]["returned"]["against"], json!(["c"]));

    // What was told comes true.
    let landed = project.run("land --ready --batch").code(1).json_lines();
    for (told, landed) in plan.iter().zip(&landed) {
        assert_eq!((&told["task"], &told["tree"]), (&landed["task"], &landed["tree"]));
        assert_eq!(told["landed"], false);
        for field in ["why", "paths", "against"] {
            assert_eq!(told["returned"][field], landed["returned"][field]);
        }
    }
}

#[test]
fn nothing_is_pushed_where_that_is_said() {
    let project = project();
    hand_over(&project, "a", "a.txt", "text\n");
    let theirs = project.base();
    let landed = project.run("land a --no-push").code(0).json();
    assert_eq!(
        (&landed["remote"], &landed["base_after"]),
        (&Value::Null, &json!(project.main.rev("main")))
    );
    assert_eq!((project.base(), Project::dirt(&project.main)), (theirs, String::new()));
    // It must not come into the remote's base a second time.
    assert_eq!(codes(&project.run("land a").code(1).json()), ["landed_unpushed"]);
    project.main.git(["push", "-q", "origin", "main"]);
    assert_eq!(project.run("land a").code(0).json()["already"], true);
    assert_eq!(project.count("landed"), 1);

    hand_over(&project, "c", "c.txt", "text\n");
    project.push_from_elsewhere("other.txt", "theirs\n");
    assert_eq!(codes(&project.run("land c --no-push").code(1).json()), ["base_behind"]);
}

#[test]
fn a_world_that_has_moved_since_it_was_looked_at_lands_nothing() {
    let project = project();
    let lane = hand_over(&project, "a", "a.txt", "text\n");
    let seen = project.run("merge-ready a").code(0).json();
    let field = |name: &str| seen[name].as_str().unwrap().to_owned();
    let landing = |base: &str, head: &str, digest: &str| {
        let words =
            ["land", "a", "--expect-base", base, "--expect-head", head, "--expect-digest", digest];
        project.tool(words).run()
    };
    let (base, head, digest) = (field("base_commit"), field("head"), field("diff_digest"));
    project.push_from_elsewhere("other.txt", "theirs\n");
    assert_eq!(codes(&landing(&base, &head, &digest).code(1).json()), ["world_moved"]);
    assert_eq!(codes(&landing(&base, &base, "0").code(1).json()), ["world_moved"; 3]);
    landing(&project.base(), &lane.head(), &digest).code(0);
}

#[test]
fn what_somebody_merged_by_hand_is_done() {
    let project = project();
    let lane = hand_over(&project, "a", "a.txt", "text\n");
    project.main.git(["merge", "-q", "--no-ff", "-m", "By hand", "a"]);
    project.main.git(["push", "-q", "origin", "main"]);
    let answer = project.run("land --ready").code(0).json();
    assert_eq!((&answer["already"], &answer["commit"]), (&json!(true), &json!(lane.head())));
    assert_eq!((project.count("landed"), project.count("status")), (0, 1));
    let states = project.run("status").code(0).json_lines();
    assert_eq!(states.iter().find(|state| state["task"] == "a").unwrap()["state"], "done");
    assert_eq!(project.run("land --ready").code(0).json_lines(), [] as [Value; 0]);
    // Opened again, it stays open.
    project.run("set-status a todo --reopen --reason x").code(0);
    assert_eq!(codes(&project.run("land a").code(1).json()), ["nothing_to_land"]);
}
