//! Work on issue 98 in a lane, with lanes by `worktree-lane` and evidence by `merge-queue`.

use serde_json::{Value, json};
use testkit::{Ran, Tool};

use crate::world::{DESIGN, DOCUMENT, SHARD, World};

pub(crate) const BRANCH: &str = "98-schema-backend-crud";
pub(crate) const IMPLEMENTATION: &str = "docs/reports/active/98-implementation-report.md";
pub(crate) const TEST: &str = "docs/reports/active/98-test-report.md";

pub(crate) const QUEUE: &str = "queue:\n  tasks:\n  - {id: schema, issue: 98, title: Schema, acceptance_checks: ['test -f src/a.rs']}\n";

pub(crate) const IMPLEMENTATION_REPORT: &str = "\
# Implementation report

**Issue:** #98

## Files changed

| File | Change |
|------|--------|
| src/a.rs | new |

## Decisions

One table a resource.

## Known limitations

None.
";

pub(crate) const TEST_REPORT: &str = "\
# Test report

**Command:** `test -f src/a.rs`

```
3 passed; 0 failed; 0 ignored
```

**Coverage:** 91 %
";

impl World {
    /// A repository with the LLD, a lane, work, both reports, a run of the check and an approval of the
    /// diff.
    pub(crate) fn proposed() -> Self {
        let world = Self::in_lane();
        world.in_lane_commit("src/a.rs", "pub fn create() {}\n");
        world.in_lane_commit(IMPLEMENTATION, IMPLEMENTATION_REPORT);
        world.in_lane_commit(TEST, TEST_REPORT);
        world.queue(&["evidence", "98", "--", "test", "-f", "src/a.rs"]).code(0);
        world.log(SHARD, &[Self::implementation_entry("APPROVED", "i1", &world.diff_digest())]);
        world
    }

    /// A repository with the LLD, an origin and an empty lane.
    pub(crate) fn in_lane() -> Self {
        let world = Self::with_document(DESIGN);
        world.repo.commit_file("switchyard.yaml", QUEUE, "Tasks");
        world.repo.bare_origin();
        let add = ["add", "98", "schema-backend-crud"];
        Tool::new("worktree-lane").args(add).dir(world.repo.path()).run().code(0);
        world
    }

    pub(crate) fn in_lane_write(&self, path: &str, text: &str) {
        self.scratch.write(format!("talos-98/{path}"), text);
    }

    pub(crate) fn in_lane_commit(&self, path: &str, text: &str) {
        self.in_lane_write(path, text);
        self.repo.git(["-C", "../talos-98", "add", "--all"]);
        self.repo.git(["-C", "../talos-98", "commit", "--quiet", "-m", path]);
    }

    pub(crate) fn queue(&self, args: &[&str]) -> Ran {
        Tool::new("merge-queue").args(args).dir(self.repo.path()).env("USER", "lead").run()
    }

    pub(crate) fn phase(&self, phase: &str) -> Ran {
        self.tool(["gate", "98", "--phase", phase]).run()
    }

    /// The digest of the branch's diff, as `git` itself has it (docs/decisions/0008).
    pub(crate) fn diff_digest(&self) -> String {
        let base = self.repo.git(["merge-base", "origin/main", BRANCH]);
        let diff = ["diff-tree", "-r", "-z", "--no-renames", "--no-abbrev", &base, BRANCH];
        records::sha256_hex(self.repo.command().args(diff).run().code(0).out().as_bytes())
    }

    pub(crate) fn implementation_entry(verdict: &str, id: &str, digest: &str) -> Value {
        let mut entry = crate::world::entry(verdict, id, "2026-01-25T08:00:00.000Z", digest);
        entry["node"] = json!("review_implementation");
        entry["subject"]["path"] = json!(BRANCH);
        entry
    }

    /// Moves LLD and reports as `archive` does, by hand.
    pub(crate) fn put_away(&self) {
        for path in [DOCUMENT, IMPLEMENTATION, TEST] {
            let done = path.replace("/active/", "/done/");
            std::fs::create_dir_all(self.repo.file(&done).parent().unwrap()).unwrap();
            self.repo.git(["mv", path, &done]);
        }
        self.repo.commit_all("Put away");
    }
}
