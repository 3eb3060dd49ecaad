//! What lands is what `git merge --no-ff` gives in a fresh clone, conflict for conflict.

use testkit::{Repo, Rng};

use crate::project::{Project, codes};

/// No checks and no routes: a handoff is enough.
const OPEN: &str = "queue:\n  base: origin/main\n  policy: {evidence: optional}\n  tasks: [{id: schema, issue: 98, title: Schema}]\n";

/// What `git merge --no-ff` gives in a fresh clone: the tree, or `None` for a conflict.
fn in_a_fresh_clone(project: &Project) -> Option<String> {
    let fresh = project.clone_of_origin("fresh");
    fresh.git(["fetch", "--quiet", project.main.path().to_str().unwrap(), "98-schema"]);
    let merged = fresh.try_git(["merge", "--no-ff", "--quiet", "-m", "Merge", "FETCH_HEAD"]);
    let tree = (merged.exit_code() == Some(0)).then(|| fresh.git(["rev-parse", "HEAD^{tree}"]));
    std::fs::remove_dir_all(fresh.path()).unwrap();
    tree
}

/// Lands, or is refused for a conflict, as the fresh clone says. A merge that touches paths nobody
/// reviewed is refused, whatever git makes of it.
#[track_caller]
fn same_as_git(project: &Project) -> &'static str {
    project.handoff();
    let expected = in_a_fresh_clone(project);
    let ran = project.run("land 98");
    if let Some(tree) = expected {
        if ran.exit_code() == Some(1) {
            assert_eq!(codes(&ran.json()), ["merge_differs"], "{ran}");
            return "differs";
        }
        assert_eq!(ran.code(0).json()["tree"], tree.as_str());
        assert_eq!(project.origin.git(["rev-parse", "main^{tree}"]), tree);
        "clean"
    } else {
        assert_eq!(codes(&ran.code(1).json()), ["merge_conflict"], "{ran}");
        "conflict"
    }
}

/// Changes the base and the branch, each from where the project begins.
fn diverge(base: impl Fn(&Repo), branch: impl Fn(&Repo)) -> Project {
    let project = Project::with(OPEN, Repo::options());
    branch(&project.lane);
    project.lane.commit_all("Branch");
    let other = project.clone_of_origin("other");
    base(&other);
    other.commit_all("Base");
    other.git(["push", "--quiet", "origin", "HEAD:main"]);
    project
}

#[test]
fn both_edit_a_file_apart() {
    let project = diverge(
        |base| base.write("docs/guide.md", "ONE\ntwo\nthree\nfour\nfive\n"),
        |branch| branch.write("docs/guide.md", "one\ntwo\nthree\nfour\nFIVE\n"),
    );
    assert_eq!(same_as_git(&project), "clean");
}

#[test]
fn modes_links_binaries_and_deletions() {
    let project = diverge(
        |base| base.write("other.bin", b"\0\x01\xff"),
        |branch| {
            branch.write("image.bin", b"\0\xff\xfe");
            std::os::unix::fs::symlink("README.md", branch.file("link")).unwrap();
            branch.git(["rm", "--quiet", "docs/guide.md"]);
            branch.git(["update-index", "--chmod=+x", "README.md"]);
            branch.git(["checkout-index", "--force", "README.md"]);
        },
    );
    assert_eq!(same_as_git(&project), "clean");
}

#[test]
fn a_file_that_one_side_deletes_and_the_other_edits() {
    let project = diverge(
        |base| base.write("docs/guide.md", "edited\n"),
        |branch| {
            branch.git(["rm", "--quiet", "docs/guide.md"]);
        },
    );
    assert_eq!(same_as_git(&project), "conflict");
}

#[test]
fn the_attributes_are_those_of_the_base_wherever_the_call_comes_from() {
    let project = Project::with(OPEN, Repo::options());
    let log = |lines: &str| format!("# Changelog\n\n{lines}");
    project.main.write(".gitattributes", "CHANGELOG.md merge=union\n");
    project.main.write("CHANGELOG.md", log(""));
    let begun = project.main.commit_all("A changelog");
    project.main.git(["push", "--quiet", "origin", "main"]);
    project.lane.git(["merge", "--quiet", "-m", "Take main", &begun]);
    project.lane.commit_file("CHANGELOG.md", log("- mine\n"), "Mine");
    project.push_from_elsewhere("CHANGELOG.md", &log("- theirs\n"));
    // The coordinator's checkout stands where there are no attributes.
    project.main.git(["switch", "--quiet", "--detach", "HEAD~1"]);
    assert_eq!(same_as_git(&project), "clean");
    let text = project.origin.git(["show", "main:CHANGELOG.md"]);
    assert!(text.contains("- mine") && text.contains("- theirs"), "{text}");
}

#[test]
fn a_folder_that_the_base_renames() {
    let project = diverge(
        |base| {
            base.git(["mv", "docs", "handbook"]);
        },
        |branch| branch.write("docs/new.md", "new\n"),
    );
    same_as_git(&project);
}

/// Enough branches that git is asked about all of them at once.
#[test]
fn a_batch_with_a_changelog() {
    let ids = ["t1", "t2", "t3", "t4", "t5", "t6", "t7"];
    let tasks: Vec<String> = ids.iter().map(|id| format!("{{id: {id}, title: Number}}")).collect();
    let tasks = format!("tasks: [{}]\n", tasks.join(", "));
    let policy = "queue:\n  base: origin/main\n  policy: {evidence: optional}\n  ";
    let project = Project::with(&format!("{policy}{tasks}"), Repo::options());
    project.main.write(".gitattributes", "CHANGELOG.md merge=union\n");
    project.main.write("CHANGELOG.md", "# Changelog\n\n- first\n");
    project.main.commit_all("A changelog");
    project.main.git(["push", "--quiet", "origin", "main"]);
    for id in ids {
        let lane = project.main.worktree(project.scratch.path(format!("lane-{id}")), id);
        lane.write(format!("src/{id}.rs"), "new\n");
        lane.write("CHANGELOG.md", format!("# Changelog\n\n- {id}\n- first\n"));
        lane.commit_all("Work");
        project.run(&format!("handoff {id} --owner A --branch {id}")).code(0);
    }
    let fresh = project.clone_of_origin("fresh");
    let from = project.main.path().to_str().unwrap();
    fresh.git(["fetch", "--quiet", from, "+refs/heads/t*:refs/heads/t*"]);
    for id in ids {
        fresh.git(["merge", "--no-ff", "--quiet", "-m", "Merge", id]);
    }
    let begun = project.base();
    let land = project.tool(["land", "--ready", "--batch"]);
    let land = land.env("GIT_AUTHOR_NAME", "Gr\u{e4}ce").env("GIT_COMMITTER_EMAIL", "c@x.example");
    let land = land.env("GIT_AUTHOR_DATE", "1700000000 +0130");
    let answers = land.env("GIT_COMMITTER_DATE", "1700000001 -0200").run().code(0).json_lines();
    assert_eq!(answers.iter().filter(|answer| answer["landed"] == true).count(), ids.len());
    let origin = &project.origin;
    assert_eq!(origin.git(["rev-parse", "main^{tree}"]), fresh.git(["rev-parse", "HEAD^{tree}"]));
    let range = format!("{begun}..main");
    let format = "--format=%an %ad|%cn %ce %cd|%s";
    let log = origin.git(["log", "--first-parent", "--date=raw", format, &range]);
    let who = "Gr\u{e4}ce 1700000000 +0130|Test Author c@x.example 1700000001 -0200|Merge t";
    assert_eq!(log.lines().filter(|line| line.starts_with(who)).count(), ids.len(), "{log}");
    // One pack or loose objects, and nothing but the queue's own refs.
    project.main.git(["fsck", "--strict"]);
    assert_eq!(project.main.git(["for-each-ref", "refs/switchyard/foreseen"]), "");
}

/// Edits, adds, deletes and renames some of the files `f0` … `f9`.
fn scribble(repo: &Repo, rng: &mut Rng) {
    for _ in 0..rng.usize(1..6) {
        let file = format!("f{}", rng.usize(0..10));
        let there = repo.file(&file).exists();
        match rng.usize(0..8) {
            0 if there => drop(repo.git(["rm", "--quiet", "-f", &file])),
            1 if there => {
                let to = format!("g{}", rng.usize(0..10));
                drop(repo.git(["mv", "-f", &file, &to]));
            }
            _ => {
                let text = if there { repo.read(&file) } else { "a\n".repeat(20) };
                let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
                let at = rng.usize(0..lines.len().max(1));
                lines.insert(at.min(lines.len()), format!("line {}", rng.usize(0..4)));
                repo.write(&file, lines.join("\n") + "\n");
            }
        }
        repo.git(["add", "--all"]);
    }
}

#[test]
fn any_history() {
    let mut seen = std::collections::BTreeSet::new();
    for seed in 0..24 {
        let mut rng = testkit::rng(seed);
        let project = Project::with(OPEN, Repo::options());
        for file in 0..10 {
            let lines: Vec<String> = (0..20).map(|line| format!("{file} {line}")).collect();
            project.main.write(format!("f{file}"), lines.join("\n") + "\n");
        }
        let begun = project.main.commit_all("Files");
        project.main.git(["push", "--quiet", "origin", "main"]);
        project.lane.git(["merge", "--quiet", "-m", "Take main", &begun]);
        scribble(&project.lane, &mut rng);
        project.lane.commit_all("Branch");
        let other = project.clone_of_origin("other");
        scribble(&other, &mut rng);
        other.commit_all("Base");
        other.git(["push", "--quiet", "origin", "HEAD:main"]);
        seen.insert(same_as_git(&project));
    }
    assert!(seen.contains("clean") && seen.contains("conflict"), "{seen:?}");
}
