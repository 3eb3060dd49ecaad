//! What `init` proposes, and what `--apply` changes.

use serde_json::{Value, json};

use crate::project::Project;

fn codes(init: &Value) -> Vec<&str> {
    let warnings = init["warnings"].as_array().unwrap();
    warnings.iter().map(|warning| warning["code"].as_str().unwrap()).collect()
}

fn project_with(files: &[(&str, &str)]) -> Project {
    let project = Project::new();
    for (path, text) in files {
        project.main.write(path, text);
    }
    project.main.commit_all("Files");
    project.main.git(["push", "--quiet", "origin", "main"]);
    project
}

#[test]
fn a_changelog_is_united_by_a_line_that_is_added_once() {
    let project =
        project_with(&[("CHANGELOG.md", "# Changes\n"), (".gitattributes", "*.png -text")]);
    let proposed = project.run("init");
    proposed.code(0).stderr_has("--apply");
    let proposed = proposed.json();
    assert_eq!(
        proposed["lines"],
        json!([{
            "line": "CHANGELOG.md merge=union",
            "paths": ["CHANGELOG.md"],
            "in_base": false,
            "in_checkout": false,
        }])
    );
    assert_eq!(proposed["base"], "origin/main");
    assert_eq!(codes(&proposed), ["union_keeps_both"]);
    assert_eq!(Project::dirt(&project.main), "");

    let applied = project.run("init --apply").code(0).json();
    assert_eq!(applied["applied"], true);
    let text = "*.png -text\nCHANGELOG.md merge=union\n";
    assert_eq!(project.main.read(".gitattributes"), text);
    let again = project.run("init --apply").code(0).json();
    assert_eq!(again["applied"], false);
    assert_eq!(again["lines"][0]["in_checkout"], true);
    assert_eq!(again["lines"][0]["in_base"], false);
    assert_eq!(project.main.read(".gitattributes"), text);

    // It counts once the base has it, whatever the checkout has.
    project.main.commit_all("Unite the changelog");
    project.main.git(["push", "--quiet", "origin", "main"]);
    project.main.git(["rm", "--quiet", "--cached", ".gitattributes"]);
    std::fs::remove_file(project.main.file(".gitattributes")).unwrap();
    let landed = project.run("init").code(0).json();
    assert_eq!(landed["lines"][0]["in_base"], true);
    assert_eq!(landed["lines"][0]["in_checkout"], false);
}

#[test]
fn line_ends_stay_as_they_are_and_a_link_is_refused() {
    let project =
        project_with(&[("CHANGELOG.md", "# Changes\n"), (".gitattributes", "*.txt text\r\n")]);
    project.run("init --apply").code(0);
    let text = "*.txt text\r\nCHANGELOG.md merge=union\r\n";
    assert_eq!(project.main.read(".gitattributes"), text);

    let linked = project_with(&[("CHANGELOG.md", "# Changes\n"), ("elsewhere", "")]);
    std::os::unix::fs::symlink("elsewhere", linked.main.file(".gitattributes")).unwrap();
    linked.run("init --apply").code(2).stderr_has("symbolic link");
    assert_eq!(linked.main.read("elsewhere"), "");
}

#[test]
fn drivers_that_git_does_not_have_are_told() {
    let attributes = "CHANGELOG.md merge=ours\nCargo.lock merge=union\n";
    let project = project_with(&[
        ("CHANGELOG.md", "# Changes\n"),
        ("Cargo.lock", "1\n"),
        (".gitattributes", attributes),
    ]);
    let init = project.run("init").code(0).json();
    assert_eq!(init["lines"], json!([]));
    assert_eq!(codes(&init), ["union_keeps_both", "union_of_generated", "no_such_driver"]);
    let driver = |init: &Value| init["warnings"][2]["message"].as_str().unwrap().to_owned();
    assert!(driver(&init).contains("merge=ours of CHANGELOG.md"), "{}", driver(&init));
    assert!(driver(&init).contains("has configured none"), "{}", driver(&init));
    project.main.git(["config", "merge.ours.driver", "true"]);
    assert!(driver(&project.run("init").code(0).json()).contains("has configured one"));
}

#[test]
fn a_project_without_a_changelog_needs_nothing() {
    let project = Project::new();
    let init = project.run("init --apply").code(0).json();
    assert_eq!((&init["lines"], &init["warnings"]), (&json!([]), &json!([])));
    assert_eq!(Project::dirt(&project.main), "");
    project.run("init --format table").code(0).stdout_has("no changelog");
}
