//! `lld-check coverage` over the projects of `switchyard.yaml`.

use serde_json::{Value, json};
use testkit::{Ran, Repo, Tool};

use crate::world::{DESIGN, ISSUES, SHARD, World};

const CONFIG: &str = "\
projects:
- {name: talos, path: ., repo: me/talos}
- {name: Clio, path: ../clio, repo: me/clio}
- {name: aletheia, path: ../aletheia}
";

/// Three projects and a `gh` that answers from `issues/<project>.json`, and says what it was asked.
struct Lead {
    world: World,
}

impl Lead {
    fn new() -> Self {
        let world = World::without_list();
        world.repo.write("switchyard.yaml", CONFIG);
        let lead = Self { world };
        for name in ["clio", "aletheia"] {
            let repo = Repo::init(lead.world.scratch.path(name));
            repo.commit_file("README.md", "x\n", "Begin");
        }
        lead.gh(&format!(
            "name=${{PWD##*/}}; echo \"$name $*\" >> '{root}/asked'; exec cat '{root}/issues/'$name.json",
            root = lead.world.scratch.root().display()
        ));
        lead.issues("talos", ISSUES);
        lead.issues("clio", &issues(&[(2, "Test gaps", "testing"), (7, "Refuse", "security")]));
        lead.issues("aletheia", "[]");
        lead
    }

    fn gh(&self, script: &str) {
        let path = self.world.scratch.write("bin/gh", format!("#!/bin/sh\n{script}\n"));
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(path, mode).unwrap();
    }

    fn issues(&self, project: &str, list: &str) {
        self.world.scratch.write(format!("issues/{project}.json"), list);
    }

    fn file(&self, path: &str, text: impl AsRef<[u8]>) {
        self.world.scratch.write(path, text);
    }

    fn tool<const N: usize>(&self, args: [&str; N]) -> Tool {
        self.world.tool(args).path_first(self.world.scratch.path("bin"))
    }

    fn coverage(&self) -> Ran {
        self.tool(["coverage"]).run()
    }

    fn table(&self) -> Ran {
        self.tool(["coverage", "--format", "table"]).run()
    }
}

fn issues(all: &[(u64, &str, &str)]) -> String {
    let one = |(number, title, label): &(u64, &str, &str)| json!({"number": number, "title": title, "labels": [{"name": label}], "state": "OPEN"});
    Value::from(all.iter().map(one).collect::<Vec<_>>()).to_string()
}

fn standings(ran: &Ran) -> Vec<(String, u64, String)> {
    let text = |one: &Value, key: &str| one[key].as_str().unwrap().to_owned();
    let of =
        |one: &Value| (text(one, "project"), one["issue"].as_u64().unwrap(), text(one, "standing"));
    ran.json_lines().iter().map(of).collect()
}

#[test]
fn every_project_is_asked_and_shown_in_the_order_of_the_file() {
    let lead = Lead::new();
    lead.file("clio/switchyard.yaml", "gates:\n  no_lld: [{label: testing}]\n");
    lead.world.repo.write("docs/LLDs/active/98-schema.md", DESIGN);
    let ran = lead.coverage();
    let expected = [
        ("talos", 98, "needs_review"),
        ("talos", 96, "needs_lld"),
        ("talos", 99, "needs_lld"),
        ("Clio", 7, "needs_lld"),
        ("Clio", 2, "no_lld_needed"),
    ];
    let expected = expected.map(|(p, n, s)| (p.to_owned(), n, s.to_owned()));
    assert_eq!(standings(ran.code(0)), expected);
    let clio = lead.world.scratch.path("clio").canonicalize().unwrap();
    assert_eq!(ran.json_lines()[4]["root"], clio.to_str().unwrap());
    let asked = lead.world.scratch.read("asked");
    let mut asked: Vec<&str> = asked.lines().collect();
    asked.sort_unstable();
    let command = "issue list --json number,title,labels,state,url --state open --limit 1000";
    let expected = [
        format!("aletheia {command}"),
        format!("clio {command} --repo me/clio"),
        format!("talos {command} --repo me/talos"),
    ];
    assert_eq!(asked, expected);

    // Each list is remembered where it belongs: the gate of a project knows its own.
    let gate = Tool::new("lld-check").args(["gate", "2"]).dir(&clio).run();
    assert_eq!(gate.code(0).json()["no_lld"], "gates.no_lld: label 'testing'");

    let table = lead.table();
    let out = table.code(0).out();
    let lines: Vec<&str> = out.lines().collect();
    assert!(lines.contains(&"talos") && lines.contains(&"Clio"), "{out}");
    assert!(!lines.contains(&"aletheia"), "no rows, no heading: {out}");
    let row = |name: &str| -> Vec<&str> {
        let starts = |line: &&&str| line.split_whitespace().next() == Some(name) && line.len() > 9;
        lines.iter().find(starts).unwrap().split_whitespace().collect()
    };
    assert_eq!(row("talos"), ["talos", "3", "-", "1", "2", "-", "-", "-"]);
    assert_eq!(row("Clio"), ["Clio", "2", "-", "-", "1", "1", "-", "-"]);
    assert_eq!(row("aletheia"), ["aletheia", "0", "-", "-", "-", "-", "-", "-"]);
    assert_eq!(row("all"), ["all", "5", "-", "1", "3", "1", "-", "-"]);
    table.stdout_has("\ntalos: write the LLD of #96: lld-check new 96 --title");
    table.stdout_has(&format!(
        "
Clio: write the LLD of #7 (security); start #2: (cd {} && worktree-lane add 2 test-gaps)",
        clio.display()
    ));
    table.stdout_has("aletheia: nothing is open that waits for you");
}

#[test]
fn the_command_of_another_project_works_where_it_is_printed() {
    let lead = Lead::new();
    lead.issues("talos", "[]");
    let table = lead.table();
    let out = table.code(0).out();
    let line = out.lines().find(|line| line.starts_with("Clio: write")).unwrap();
    let command = line.split_once("#7: ").unwrap().1;
    let command = command.replace("lld-check", &format!("'{}'", env!("CARGO_BIN_EXE_lld-check")));
    Tool::program("sh").args(["-c", &command]).dir(lead.world.repo.path()).run().code(0);
    assert!(lead.world.scratch.path("clio/docs/LLDs/active/7-refuse.md").is_file());
}

#[test]
fn projects_are_chosen_by_name() {
    let lead = Lead::new();
    let chosen = |args: &[&str]| {
        let tool = lead.tool(["coverage"]).args(args.iter().copied());
        let mut names: Vec<String> =
            standings(tool.run().code(0)).into_iter().map(|s| s.0).collect();
        names.dedup();
        names
    };
    assert_eq!(chosen(&["--project", "clio"]), ["Clio"]);
    assert_eq!(chosen(&["--project", "a*", "--project", "Clio"]), ["Clio"]);
    assert_eq!(chosen(&["--project", "*"]), ["talos", "Clio"]);
    let ran = lead.tool(["coverage", "--project", "klio"]).run();
    ran.code(2).stdout_is("").stderr_has("--project klio: there is no such project");
    ran.stderr_has("talos, Clio, aletheia");

    let list = issues(&[(12, "From stdin", "x")]);
    let ran = lead.tool(["coverage", "-"]).stdin(list.as_str()).run();
    ran.code(2).stdout_is("").stderr_has("that of one project").stderr_has("talos, Clio, aletheia");
    let ran = lead.tool(["coverage", "--project", "Clio", "-"]).stdin(list.as_str()).run();
    assert_eq!(standings(ran.code(0)), [("Clio".into(), 12, "needs_lld".into())]);
}

#[test]
fn a_project_that_cannot_be_looked_into_hides_no_other() {
    let lead = Lead::new();
    lead.issues("clio", "<html>");
    std::fs::remove_dir_all(lead.world.scratch.path("aletheia")).unwrap();
    let ran = lead.coverage();
    ran.code(65).stderr_has("Clio: gh issue list:1:1");
    ran.stderr_has("aletheia").stderr_has("no such folder");
    assert_eq!(standings(&ran).len(), 3);
    let table = lead.table();
    table.code(65).stdout_has("Clio      ?").stdout_has("aletheia  ?");
    table.stdout_has("Clio: its issues are not known");
}

#[test]
fn offline_each_project_uses_its_own_list_and_says_how_old_it_is() {
    let lead = Lead::new();
    lead.coverage().code(0);
    lead.gh("echo 'error connecting to api.github.com' >&2; exit 1");
    std::fs::remove_file(lead.world.scratch.path("aletheia/.git/switchyard/issues.json")).unwrap();
    let kept = lead.world.scratch.path("clio/.git/switchyard/issues.json");
    let long_ago = std::time::SystemTime::UNIX_EPOCH;
    std::fs::File::options().write(true).open(kept).unwrap().set_modified(long_ago).unwrap();
    let ran = lead.coverage();
    ran.code(74).stderr_has("talos: gh issue list: error connecting to api.github.com; using the list that was remembered a moment ago");
    ran.stderr_has("Clio: gh issue list: error connecting to api.github.com; using the list that was remembered 2");
    ran.stderr_has("days ago (1970-");
    ran.stderr_has("aletheia: no list of issues: gh issue list: error connecting");
    ran.stderr_has("--limit 1000 | lld-check coverage --project aletheia -");
    assert_eq!(standings(&ran).len(), 5);
}

#[test]
fn a_lane_shows_that_somebody_is_at_work() {
    let lead = Lead::new();
    lead.issues("talos", &issues(&[(98, "CRUD", "core"), (99, "List", "core")]));
    lead.world.repo.write("docs/LLDs/active/98-schema-backend-crud.md", DESIGN);
    lead.tool(["coverage"]).run().code(0);
    lead.world.log(SHARD, &[lead.world.entry("APPROVED", "e1")]);
    let of_98 = |ran: &Ran| ran.json_lines().into_iter().find(|one| one["issue"] == 98).unwrap();
    let found = of_98(lead.coverage().code(0));
    assert_eq!((&found["standing"], &found["lane"]), (&json!("may_start"), &Value::Null));
    assert_eq!(found["proof"]["audit_id"], "e1");
    assert!(found["proof"]["line"] == 1 && found["proof"]["log"] == SHARD, "{found}");
    lead.table().stdout_has("talos: start #98: worktree-lane add 98 schema-backend-crud");

    let lane = lead.world.repo.worktree(lead.world.scratch.path("talos-98"), "98-crud");
    let found = of_98(lead.coverage().code(0));
    assert_eq!(found["standing"], "may_start");
    assert_eq!(found["lane"], lane.path().canonicalize().unwrap().to_str().unwrap());
    let table = lead.table();
    table.stdout_has("98-schema-backend-crud.md, lane talos-98");
    table.stdout_has("talos: write the LLD of #99");

    // Two lanes of one issue: the gate says no, and so does the table.
    lead.world.repo.worktree(lead.world.scratch.path("talos-98b"), "98-again");
    let gate = lead.tool(["gate", "98"]).run().code(1).json();
    let found = of_98(lead.coverage().code(0));
    assert_eq!(found["standing"], "blocked");
    assert_eq!(found["reasons"], gate["reasons"]);
}

#[test]
fn mistakes_in_the_list_of_projects_name_their_place() {
    let lead = Lead::new();
    for (config, why) in [
        ("projects:\n  roots: [../clio]\n", "switchyard.yaml:2:3: `roots` is no longer known"),
        (
            "projects: [{name: a, path: ../clio}, {name: b, path: ../clio}]\n",
            "a and b are one repository",
        ),
        ("projects: [{name: a, path: ../clio, rep: x}]\n", "unknown field `rep`"),
    ] {
        lead.world.repo.write("switchyard.yaml", config);
        lead.coverage().code(2).stdout_is("").stderr_has(why);
    }
    // A folder inside of a checkout is not a project: its documents would be those of the whole.
    std::fs::create_dir_all(lead.world.scratch.path("clio/part")).unwrap();
    lead.world.repo.write("switchyard.yaml", "projects: [{name: a, path: ../clio/part}]\n");
    lead.coverage().code(2).stdout_is("").stderr_has("not a checkout of its own");
}

#[test]
fn what_a_lane_or_a_fork_configures_changes_nothing() {
    let lead = Lead::new();
    let lane = lead.world.repo.worktree(lead.world.scratch.path("lane"), "lane");
    lane.write("switchyard.yaml", "projects: []\n");
    let ran = Tool::new("lld-check").args(["coverage", "--project", "Clio"]);
    let ran = ran.dir(lane.path()).path_first(lead.world.scratch.path("bin")).run();
    assert_eq!(standings(ran.code(0)).len(), 2);
}
