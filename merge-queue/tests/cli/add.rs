//! Tasks that come while the queue runs, and the whole state as JSON.

use serde_json::{Value, json};

use crate::project::{DEFINITIONS, Project, codes};

fn tasks(project: &Project) -> Vec<String> {
    let lines = project.run("status").code(0).json_lines();
    lines.iter().map(|line| line["task"].as_str().unwrap().to_owned()).collect()
}

#[track_caller]
fn import(project: &Project, text: &str, code: i32) -> Value {
    project.tool(["import", "-"]).stdin(text).run().code(code).json()
}

#[test]
fn a_task_that_is_added_is_a_task_like_the_others() {
    let project = Project::new();
    let args = [
        "add",
        "hotfix",
        "--title",
        "Mend the  upload",
        "--role",
        "A-backend",
        "--priority",
        "1",
        "--issue",
        "100",
        "--depends-on",
        "schema",
        "--check",
        "git --version",
        "--path",
        "src/**",
    ];
    let added = project.tool(args).run().code(0).json();
    assert_eq!((&added["added"], &added["event"]), (&json!(["hotfix"]), &json!(1)));
    assert_eq!(tasks(&project), ["schema", "hotfix", "later"]);
    let again = project.tool(args).run().code(0).json();
    assert_eq!((&again["added"], &again["present"]), (&json!([]), &json!(["hotfix"])));
    assert_eq!(project.events().len(), 1);
    let answer = project.run("claim 100 --role A-backend --owner B").code(1).json();
    assert_eq!(codes(&answer), ["dependency_open"]);
    project.run("validate").code(0);
    assert_eq!(
        project.run("log 100").code(0).json_lines()[0]["added"][0]["title"],
        "Mend the upload"
    );

    // In the file, it is the file's.
    let text = DEFINITIONS
        .replace("  routes:", "    - {id: hotfix, title: Other, role: A-backend}\n  routes:");
    project.main.write("switchyard.yaml", &text);
    project.run("claim hotfix --role A-backend --owner B").code(0);
    project.run("validate").code(0);
    // Where its role is gone, nobody guesses.
    project.main.write("switchyard.yaml", DEFINITIONS.replace("A-backend", "B-ui"));
    let answer = project.run("validate").code(2).json();
    assert_eq!(answer["mistakes"][0]["code"], "unknown_role");
    assert!(answer["mistakes"][0]["file"].as_str().unwrap().ends_with("queue.jsonl"));
}

#[test]
fn an_import_is_taken_whole_or_not_at_all_and_names_every_bad_line() {
    let project = Project::new();
    let bad = r#"{"id":"one","title":"One","role":"A-backend","depends_on":["two"]}
{"id":"two","title":"Two","depends_on":["three"]}

{"id":"three","title":"Three","depends_on":["two"]}
{"id":"schema","title":"Another"}
{"id":"four","title":" ","role":"nobody","issue":98,"depends_on":["none"],"acceptance_checks":[""],"paths":["/x"],"prio":1}
{"id":"one","title":"One"}
"#;
    let refused = import(&project, bad, 1);
    assert_eq!(
        codes(&refused),
        [
            "dependency_cycle",
            "dependency_cycle",
            "duplicate_id",
            "empty_title",
            "unknown_role",
            "duplicate_issue",
            "unknown_dependency",
            "bad_check",
            "bad_glob",
            "unknown_key",
            "duplicate_id"
        ]
    );
    let lines: Vec<&str> = refused["reasons"]
        .as_array()
        .unwrap()
        .iter()
        .map(|reason| reason["message"].as_str().unwrap().split(':').next().unwrap())
        .collect();
    assert_eq!(lines[..4], ["line 2", "line 4", "line 5", "line 6"]);
    assert_eq!(lines.last(), Some(&"line 7"));
    let broken = "{\"id\":\"one\",\"title\":\"One\"}\n{\"id\":\"9\",\"title\":\"x\"}\nnot json\n";
    assert_eq!(codes(&import(&project, broken, 65)), ["bad_line", "bad_line"]);
    assert!(project.events().is_empty());
    assert_eq!(tasks(&project), ["schema", "later"]);

    let good = "{\"id\":\"one\",\"title\":\"One\",\"depends_on\":[\"two\"]}\n{\"id\":\"two\",\"title\":\"Two\",\"priority\":2}\n";
    assert_eq!(import(&project, good, 0)["added"], json!(["one", "two"]));
    assert_eq!(tasks(&project), ["schema", "two", "later", "one"]);
    assert_eq!(import(&project, good, 0)["present"], json!(["one", "two"]));
    assert_eq!(project.events().len(), 1);
    assert_eq!(project.run("log two").code(0).json_lines().len(), 1);
    project.run("import nowhere.jsonl").code(74).stderr_has("nowhere.jsonl");
}

#[test]
fn of_processes_that_add_the_same_id_one_does() {
    let project = Project::new();
    let running: Vec<_> = (0..8)
        .map(|n| project.tool(["add", "new", "--title", &format!("Number {n}")]).spawn())
        .collect();
    let ran: Vec<_> = running.into_iter().map(testkit::Running::wait).collect();
    assert_eq!(ran.iter().filter(|ran| ran.exit_code() == Some(0)).count(), 1);
    for loser in ran.iter().filter(|ran| ran.exit_code() != Some(0)) {
        assert!(matches!(loser.exit_code(), Some(1 | 75)), "{}", loser.err());
    }
    assert_eq!(project.events().len(), 1);
}

#[test]
fn what_is_exported_can_be_imported_elsewhere() {
    let project = Project::new();
    project.run("add more --title More --depends-on schema").code(0);
    project.run("claim 98 --role A-backend --owner B").code(0);
    let export = project.run("export").code(0).json();
    assert_eq!(export["base_commit"], project.base());
    assert_eq!(export["events"].as_array().map(Vec::len), Some(2));
    assert_eq!(export["events"][1], project.events()[1]);
    assert_eq!(export["roles"]["D-arch"]["reviewer"], true);
    assert_eq!(export["routes"][0]["globs"], json!(["docs/**", "src/api/**"]));
    let exported = export["tasks"].as_array().unwrap();
    let added: Vec<&Value> = exported.iter().map(|task| &task["added_by"]).collect();
    assert_eq!(added, [&Value::Null, &Value::Null, &json!(1)]);
    assert_eq!(exported[0]["status"]["claim"]["owner"], "B");

    let other = Project::with(
        "queue:\n  base: origin/main\n  roles: {A-backend: }\n  tasks: []\n",
        testkit::Repo::options(),
    );
    let lines: Vec<String> =
        exported.iter().map(|task| format!("{}\n", task["definition"])).collect();
    let answer = import(&other, &lines.concat(), 0);
    assert_eq!(answer["added"], json!(["schema", "later", "more"]));
    let again = other.run("export").code(0).json();
    for (one, other) in exported.iter().zip(again["tasks"].as_array().unwrap()) {
        assert_eq!(one["definition"], other["definition"]);
    }
}
