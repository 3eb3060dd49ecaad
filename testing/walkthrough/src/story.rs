//! The path, step by step (runbook 0801, with the pieces of runbook v2 that it meets).

use serde_json::Value;

use crate::{Outcome, Step, World};

const LLD: &str = "talos/docs/LLDs/active/98-schema-backend-crud.md";
const DONE: &str = "talos/docs/LLDs/done/98-schema-backend-crud.md";

/// Every step in order.
pub fn story() -> Vec<Step> {
    let mut steps = design();
    steps.extend(implementation());
    steps.extend(landing());
    steps.extend(tidying());
    steps
}

/// From the issue list to an approved LLD.
fn design() -> Vec<Step> {
    vec![
        Step::new("Which issues may be coded?", "lld-check coverage - < issues.json")
            .prints("Refuse unsigned schema uploads")
            .check(|_, outcome| expect(outcome, |o| o["issue"] == 98 && o["standing"] == "needs_lld"))
            .shows("None of the three: no issue has an LLD. The security issue comes first."),
        Step::new(
            "Start the LLD for issue 98",
            "lld-check new 98 --title \"Schema backend CRUD\"",
        )
        .check(|world, _| contains(world, LLD, "## 6. Verification & Testing"))
        .shows("The scaffold has every section of the 0102 template, with placeholders to fill in."),
        Step::new("May it be coded now?", "lld-check gate 98")
            .exits(1)
            .prints("lld_unfilled")
            .prints("lld_not_reviewed")
            .shows("No, with every reason at once and the next step for each."),
        Step::new(
            "The author writes the design and commits it",
            "cp ../drafts/98.md docs/LLDs/active/98-schema-backend-crud.md
git add docs && git commit -q -m \"LLD for #98\" && git push -q && git log --oneline -1",
        )
        .shows("The document is filled in; nobody has reviewed it yet."),
        Step::new(
            "Get it reviewed",
            "lld-check prompt 98 | gemini-retry --issue 98 --node review_lld - | lld-check record 98",
        )
        .check(|world, _| calls(world, "team-a", 1))
        .check(|world, _| calls(world, "team-b", 2))
        .check(|world, _| contains(world, LLD, "## Appendix: Review Log"))
        .check(|world, _| shard(world).map(|_| ()))
        .shows(
            "Team A's quota for the day was used up, so team B was asked; its first try met an \
             overloaded model, its second gave the verdict. The audit log has one entry, the LLD one row.",
        ),
        Step::new("May it be coded now?", "lld-check gate 98")
            .prints("lld_approved")
            .check(|world, outcome| outcome.has(shard(world)?["id"].as_str().unwrap_or("no id")))
            .check(|world, outcome| {
                outcome.has(shard(world)?["subject"]["sha256"].as_str().unwrap_or("no digest"))
            })
            .shows("Yes. The answer names the audit entry and the digest that prove it."),
        Step::new(
            "What if somebody changes one character of the design?",
            "sed -i 's/for 30 days/for 31 days/' docs/LLDs/active/98-schema-backend-crud.md
lld-check gate 98",
        )
        .exits(1)
        .prints("approval_stale")
        .shows("The approval was for other bytes, so it no longer counts."),
        Step::new(
            "Undo the change; commit the review",
            "sed -i 's/for 31 days/for 30 days/' docs/LLDs/active/98-schema-backend-crud.md
lld-check gate 98 > /dev/null && git commit -q -am \"Review of the LLD for #98\" && git push -q && git status --short",
        )
        .check(|world, _| same("git status", &world.git(&["status", "--porcelain"]), ""))
        .shows("The same bytes, the same approval. The logs never make the checkout dirty."),
    ]
}

/// A lane with a commit in it.
fn implementation() -> Vec<Step> {
    vec![
        Step::new("Make a lane for the agent", "worktree-lane add 98 schema-backend-crud")
            .check(|world, _| contains(world, "talos-98/README.md", "Talos"))
            .prints("98-schema-backend-crud")
            .shows("A worktree of its own beside the project, on a branch from the fetched base."),
        Step::new(
            "The agent implements and commits in its lane",
            "cd \"$(worktree-lane path 98)\"
mkdir -p src/api && echo 'pub fn create() {}' > src/api/schema.rs
git add src && git -c user.name=\"Agent A\" -c user.email=a@example.invalid commit -q -m \"Schema backend CRUD (#98)\"
git log --oneline -1",
        )
        .shows("The main checkout is not touched."),
        Step::new("Run the acceptance check in the lane", "merge-queue evidence 98 -- cargo --version")
            .prints("cargo --version")
            .prints("pass")
            .shows("The queue ran the command itself and recorded the commit, the status and the output."),
        Step::new(
            "Hand the work over",
            "merge-queue handoff 98 --owner A --next-step \"review the conflict rule\"",
        )
        .prints("src/api/schema.rs")
        .shows("Owner, branch, commit and the changed files, computed from the diff."),
    ]
}

/// Review, readiness and the landing.
fn landing() -> Vec<Step> {
    vec![
        Step::new("Who must review it?", "merge-queue route-review 98")
            .prints("D-arch")
            .shows("src/api/** is routed to D-arch, as switchyard.yaml says."),
        Step::new("May it land?", "merge-queue merge-ready 98")
            .exits(1)
            .prints("review_missing")
            .shows("Not yet: evidence and handoff are there, the review is not."),
        Step::new(
            "D reviews and approves",
            "merge-queue review 98 --role D-arch --reviewer D --status approved --note \"No findings.\"",
        )
        .check(|_, outcome| outcome.has("approves").or_else(|_| outcome.has("approved")))
        .shows("The approval is bound to the digest of the diff, not to the branch's name."),
        Step::new("May it land now?", "merge-queue merge-ready 98")
            .prints("reviews_approved")
            .shows("Yes; each condition names the journal entry that satisfies it."),
        Step::new("Land it", "merge-queue land 98 --keep-lane")
            .check(|world, _| {
                let tip = world.git(&["--git-dir=../talos.git", "rev-parse", "main"]);
                same("main and origin", &world.git(&["rev-parse", "main"]), &tip)
            })
            .check(|world, _| {
                let lane = world.git(&["rev-parse", "98-schema-backend-crud"]);
                let merged = world.git(&["merge-base", "origin/main", "98-schema-backend-crud"]);
                same("the lane's commit", &merged, &lane)
            })
            .check(|world, _| contains(world, "talos/src/api/schema.rs", "create"))
            .check(|world, _| same("git status", &world.git(&["status", "--porcelain"]), ""))
            .shows("One atomic push moved origin/main; the checkout of main moved along and is clean."),
    ]
}

/// Archive, lane and logs.
fn tidying() -> Vec<Step> {
    vec![
        Step::new("Archive the LLD", "lld-check archive 98 && git push -q && git log --oneline -1")
            .check(|world, _| contains(world, DONE, "Schema backend CRUD"))
            .check(|world, _| gone(world, LLD))
            .shows("Moved to done/ in one commit, because the work has landed."),
        Step::new("Retire the lane", "worktree-lane remove 98")
            .check(|world, _| gone(world, "talos-98"))
            .check(|world, _| same("branches", &world.git(&["branch", "--list", "98-*"]), ""))
            .shows("Nothing in it was unsaved, so it went; its files can be brought back from the trash."),
        Step::new(
            "Who reviewed what?",
            "view-audit --issue 98; view-audit --issue 98 --format json > ../before.jsonl",
        )
        .prints("APPROVED")
        .prints("team-b")
        .shows("The review survived the lane: logs live in the main worktree."),
        Step::new("Fold the session's shard into the history", "consolidate")
            .check(|world, _| contains(world, "talos/logs/governance_history.jsonl", "review_lld"))
            .shows("One entry moved, none lost, none doubled."),
        Step::new(
            "The same view as before?",
            "view-audit --issue 98; view-audit --issue 98 --format json | cmp - ../before.jsonl && echo identical",
        )
        .prints("APPROVED")
        .prints("identical")
        .check(|world, _| {
            let lines = world.read("before.jsonl")?.lines().count();
            if lines == 1 { Ok(()) } else { Err(format!("{lines} entries were shown, expected 1")) }
        })
        .shows("Byte for byte."),
    ]
}

fn same(what: &str, got: &str, expected: &str) -> Result<(), String> {
    if got == expected { Ok(()) } else { Err(format!("{what}: '{got}', expected '{expected}'")) }
}

fn contains(world: &World, rel: &str, needle: &str) -> Result<(), String> {
    if world.read(rel)?.contains(needle) { Ok(()) } else { Err(format!("{rel} lacks '{needle}'")) }
}

fn gone(world: &World, rel: &str) -> Result<(), String> {
    if world.path(rel).exists() { Err(format!("{rel} is still there")) } else { Ok(()) }
}

fn calls(world: &World, key: &str, expected: usize) -> Result<(), String> {
    let got = world.calls(key);
    if got == expected { Ok(()) } else { Err(format!("{key}: {got} calls, expected {expected}")) }
}

/// Demands an object of that kind among those printed, when objects are printed.
fn expect(outcome: &Outcome, wanted: impl Fn(&Value) -> bool) -> Result<(), String> {
    match outcome.objects() {
        Some(objects) if !objects.iter().any(wanted) => {
            Err("the expected object is missing".into())
        }
        _ => Ok(()),
    }
}

/// The one entry of the one live shard, whose name must have the runbook's form.
fn shard(world: &World) -> Result<Value, String> {
    let dir = world.path("talos/logs/active");
    let files: Vec<_> = std::fs::read_dir(&dir)
        .map_err(|error| format!("{}: {error}", dir.display()))?
        .filter_map(Result::ok)
        .map(|file| file.file_name().to_string_lossy().into_owned())
        .filter(|name| !name.starts_with('.'))
        .collect();
    let [name] = files.as_slice() else { return Err(format!("shards: {files:?}, expected one")) };
    if !is_shard_name(name) {
        return Err(format!("the shard is called {name}"));
    }
    let text = world.read(&format!("talos/logs/active/{name}"))?;
    serde_json::from_str(text.trim_end()).map_err(|error| format!("{name}: {error}"))
}

/// `{YYYYMMDDTHHMMSS}_{8 hex}.jsonl`.
fn is_shard_name(name: &str) -> bool {
    let pattern = "ddddddddTdddddd_xxxxxxxx.jsonl";
    name.len() == pattern.len()
        && name.chars().zip(pattern.chars()).all(|(c, p)| match p {
            'd' => c.is_ascii_digit(),
            'x' => matches!(c, '0'..='9' | 'a'..='f'),
            _ => c == p,
        })
}
