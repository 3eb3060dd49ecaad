//! Definitions in several files.

use serde_json::{Value, json};
use testkit::Repo;

use crate::project::{DEFINITIONS, Project, codes};

/// [`DEFINITIONS`] in three files.
fn parts() -> [(&'static str, String); 3] {
    let at = |key: &str| DEFINITIONS.find(&format!("  {key}:\n")).unwrap();
    let unindented = |text: &str| text.replace("\n  ", "\n").trim_start().to_owned();
    let first = DEFINITIONS.get(..at("tasks")).unwrap();
    let files = "  files: [queue/tasks.yaml, ./queue/routes.yaml]\n";
    [
        ("switchyard.yaml", format!("{first}{files}")),
        ("queue/tasks.yaml", unindented(DEFINITIONS.get(at("tasks")..at("routes")).unwrap())),
        ("queue/routes.yaml", unindented(DEFINITIONS.get(at("routes")..).unwrap())),
    ]
}

fn in_parts() -> Project {
    let project = Project::with("queue: {}\n", Repo::options());
    for (path, text) in parts() {
        project.main.write(path, text);
    }
    project.main.commit_all("Split the definitions");
    project.main.git(["push", "--quiet", "origin", "main"]);
    let base = project.main.head();
    project.lane.git(["merge", "--quiet", "-m", "Take main", &base]);
    project
}

#[test]
fn files_that_are_named_hold_together() {
    let project = in_parts();
    let answer = project.run("validate").code(0).json();
    let names = ["switchyard.yaml", "queue/tasks.yaml", "queue/routes.yaml"];
    assert_eq!(answer["files"], json!(names));
    let counts = [&answer["tasks"], &answer["roles"], &answer["routes"]];
    assert_eq!(counts, [&json!(2), &json!(3), &json!(2)]);
    let lines = project.run("--show-config").code(0).json_lines();
    let of = |key: &str| lines.iter().find(|line| line["key"] == key).unwrap().clone();
    assert_eq!(of("queue.tasks")["source"], "queue/tasks.yaml");
    assert_eq!(of("queue.tasks")["value"][1]["id"], "later");
    assert!(of("queue.roles")["source"].as_str().unwrap().ends_with("/switchyard.yaml"));
    project.make_ready();
    // The same from a lane, whose own files do not count.
    project.lane.write("queue/tasks.yaml", "tasks: []\n");
    let lane = project.tool(["--repo"]).arg(project.lane.path()).args(["validate"]).run();
    assert_eq!(lane.code(0).json()["files"], json!(names));
    project.lane.git(["checkout", "--quiet", "queue/tasks.yaml"]);
    project.run("land 98").code(0);
}

#[test]
fn a_mistake_names_the_file_that_it_is_in() {
    let project = in_parts();
    let [_, (tasks, text), (routes, routes_text)] = parts();
    project.main.write(tasks, text.replace("[schema]", "[shcema]"));
    let again = "tasks:\n- {id: later, issue: 98, title: Again, role: nobody}\n";
    let roles = "roles:\n  D-arch: {}\npolicy: {lease: never}\n";
    project.main.write(routes, format!("{routes_text}{again}{roles}"));
    let answer = project.run("validate").code(2).json();
    let found: Vec<String> = answer["mistakes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|m| {
            format!("{}:{}:{} {}", text_of(&m["file"]), m["line"], m["column"], text_of(&m["code"]))
        })
        .collect();
    assert_eq!(
        found,
        [
            "queue/tasks.yaml:11:18 unknown_dependency",
            "queue/routes.yaml:7:8 duplicate_id",
            "queue/routes.yaml:7:22 duplicate_issue",
            "queue/routes.yaml:7:46 unknown_role",
            "queue/routes.yaml:9:3 duplicate_role",
            "queue/routes.yaml:10:17 bad_lease",
        ]
    );
    let messages = answer["mistakes"].to_string();
    for place in ["queue/tasks.yaml:8", "queue/tasks.yaml:3", "switchyard.yaml:5"] {
        assert!(messages.contains(&format!("already in {place}")), "{place}: {messages}");
    }
    // Nothing else is done meanwhile.
    project.run("claim 98 --role A-backend --owner A").code(2).stderr_has("queue/tasks.yaml:11:18");
}

fn text_of(value: &Value) -> &str {
    value.as_str().unwrap()
}

#[test]
fn a_file_that_does_not_parse_is_named_with_its_line() {
    let project = in_parts();
    project.main.write("queue/routes.yaml", "routes: []\ntask: []\n");
    let ran = project.run("validate");
    ran.code(2).stderr_has("queue/routes.yaml:2:1: unknown field `task`");
    ran.stderr_has("did you mean 'tasks'?");
    // It is no place for the section's other keys.
    project.main.write("queue/routes.yaml", "queue: {routes: []}\n");
    project.run("status").code(2).stderr_has("queue/routes.yaml:1:1: unknown field `queue`");
    project.main.write("queue/routes.yaml", "# nothing yet\n");
    assert_eq!(project.run("validate").code(0).json()["routes"], 0);
}

#[test]
fn only_one_file_has_the_policy() {
    let project = in_parts();
    let [(first, text), (tasks, tasks_text), _] = parts();
    // What is written there is a policy although it says what holds anyway.
    project.main.write(first, format!("{text}  policy: {{declared: ignored}}\n"));
    project.main.write(tasks, format!("{tasks_text}policy: {{declared: counts}}\n"));
    let answer = project.run("validate").code(2).json();
    assert_eq!(answer["mistakes"][0]["code"], "duplicate_policy");
    assert_eq!(answer["mistakes"][0]["file"], "queue/tasks.yaml");
    project.main.write(first, text);
    project.run("validate").code(0);
    let lines = project.run("--show-config").code(0).json_lines();
    let policy = lines.iter().find(|line| line["key"] == "queue.policy").unwrap();
    assert_eq!(
        (text_of(&policy["source"]), text_of(&policy["value"]["declared"])),
        (tasks, "counts")
    );
}

#[test]
fn a_file_elsewhere_or_none_at_all_is_refused_where_it_is_named() {
    let project = in_parts();
    let outside = project.scratch.write("outside.yaml", "tasks: []\n");
    std::os::unix::fs::symlink(&outside, project.main.file("link.yaml")).unwrap();
    let folder = project.scratch.path("folder");
    std::fs::create_dir(&folder).unwrap();
    std::fs::rename(&outside, folder.join("outside.yaml")).unwrap();
    std::os::unix::fs::symlink(&folder, project.main.file("linked")).unwrap();
    let other = Repo::options().init(project.main.file("other"));
    other.write("tasks.yaml", "tasks: []\n");
    for (file, why) in [
        ("queue/none.yaml", "there is no file 'queue/none.yaml'"),
        ("../outside.yaml", "is no path of a file in the repository"),
        ("queue/../../outside.yaml", "is no path of a file in the repository"),
        ("/etc/hostname", "is no path of a file in the repository"),
        (".git/config", "is no path of a file in the repository"),
        ("queue/", "is no path of a file in the repository"),
        ("''", "is no path of a file in the repository"),
        ("queue", "'queue' is no file"),
        ("link.yaml", "leads through a symbolic link"),
        ("linked/outside.yaml", "leads through a symbolic link"),
        ("other/tasks.yaml", "lies in another repository"),
        ("switchyard.yaml", "'switchyard.yaml' is read already"),
        ("queue//tasks.yaml, queue/./tasks.yaml", "'queue/tasks.yaml' is read already"),
    ] {
        project.main.write("switchyard.yaml", format!("queue:\n  files: [{file}]\n"));
        let column = if file.contains(", ") { 30 } else { 11 };
        let ran = project.run("validate");
        ran.code(2).stderr_has(why).stderr_has(&format!("/talos/switchyard.yaml:2:{column}: "));
        project.run("merge-ready 98").code(2);
        project.run("ready").code(2).stdout_is("");
    }
}

#[test]
fn a_pipe_is_not_waited_for() {
    let project = in_parts();
    let make = |path: &str| {
        std::fs::remove_file(project.main.file(path)).unwrap();
        testkit::Tool::program("mkfifo").arg(project.main.file(path)).run().code(0);
    };
    make("queue/tasks.yaml");
    project.run("status").code(2).stderr_has("'queue/tasks.yaml' is no file");
    make("switchyard.yaml");
    project.run("status").code(74).stderr_has("switchyard.yaml: no file");
}

#[test]
fn every_file_must_be_the_bases() {
    let project = in_parts();
    project.make_ready();
    let [_, (tasks, tasks_text), (routes, routes_text)] = parts();
    let messages = || {
        let answer = project.run("merge-ready 98").code(1).json();
        (codes(&answer), answer["reasons"].to_string())
    };
    // Hidden from git, one or both.
    project.main.git(["update-index", "--skip-worktree", tasks, routes]);
    project.main.write(tasks, tasks_text.replace("git --version", "true"));
    let (found, message) = messages();
    assert_eq!(found[0], "definitions_not_of_base");
    assert!(message.contains("queue/tasks.yaml in the coordinator's checkout is not"), "{message}");
    project.main.write(routes, routes_text.replace("src/**", "source/**"));
    let (found, _) = messages();
    assert_eq!(found[..2], ["definitions_not_of_base", "definitions_not_of_base"]);
    let check = project.run("git-check").code(1).json();
    assert!(codes(&check).contains(&"definitions_not_of_base".into()), "{check}");
    project.main.write(tasks, &tasks_text);
    project.main.write(routes, &routes_text);
    project.main.git(["update-index", "--no-skip-worktree", tasks, routes]);
    project.run("merge-ready 98").code(0);
    // The base has a newer one.
    let stricter = routes_text.replace("\"docs/**\"", "\"**\"");
    project.push_from_elsewhere(routes, &stricter);
    assert_eq!(messages().0, ["definitions_not_of_base"]);
    project.main.git(["merge", "--quiet", "--ff-only", "origin/main"]);
    project.run("merge-ready 98").code(0);
}

#[test]
fn a_file_that_git_does_not_track_holds_as_it_is_and_the_answer_says_so() {
    let project = in_parts();
    let [_, (tasks, _), _] = parts();
    project.main.git(["rm", "--quiet", "--cached", tasks]);
    project.main.write(".git/info/exclude", format!("/{tasks}\n"));
    project.main.git(["commit", "--quiet", "-m", "Keep the tasks to ourselves"]);
    project.main.git(["push", "--quiet", "origin", "main"]);
    let base = project.main.head();
    project.lane.git(["merge", "--quiet", "-m", "Take main", &base]);
    project.make_ready();
    let answer = project.run("merge-ready 98").code(0).json();
    let detail = answer["conditions"][0]["detail"].as_str().unwrap();
    assert!(detail.starts_with("switchyard.yaml (not in git: queue/tasks.yaml): "), "{detail}");
    // As long as nobody else brings one: then the base's holds.
    project.push_from_elsewhere(tasks, "tasks: []\n");
    assert_eq!(codes(&project.run("merge-ready 98").code(1).json()), ["definitions_not_of_base"]);
}
