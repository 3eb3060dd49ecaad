//! What is certain is what asking about each alone gives.

use proptest::collection::vec;
use proptest::prelude::*;
use records::worktree_lane::Merged;
use testkit::{Repo, Scratch};

use super::super::merged;
use super::*;

const LANES: usize = 3;
const FILES: [&str; 6] = ["a", "b c", "dir/a", "dir/b", "\u{e4}\t\"q\"", "new/x"];

/// A base, and lanes that begin at its first commit.
struct World {
    _scratch: Scratch,
    repo: Repo,
}

impl World {
    fn new(sha256: bool) -> Self {
        let scratch = Scratch::new();
        let options = if sha256 { Repo::options().sha256() } else { Repo::options() };
        let repo = options.init(scratch.path("w"));
        for name in &FILES[..5] {
            repo.write(name, "one\ntwo\nthree\nfour\nfive\n");
        }
        repo.commit_all("Begin");
        for lane in 0..LANES {
            repo.git(["branch", &format!("lane-{lane}")]);
        }
        Self { _scratch: scratch, repo }
    }

    /// Does one thing on `branch`. What makes no sense just now is undone.
    fn step(&self, branch: &str, other: &str, (step, file, text): (u8, usize, u8)) {
        let name = FILES[file];
        let git = |args: &[&str]| self.repo.try_git(args).status().success();
        git(&["switch", "--quiet", branch]);
        let commit = || git(&["commit", "--quiet", "--allow-empty", "-m", "step"]);
        let done = match step {
            // The same few texts come again and again, so that changes meet and are taken back.
            0..=5 => {
                self.repo.write(name, format!("one\n{text}\nthree\nfour\nfive\n"));
                git(&["add", "--all"]) && commit()
            }
            6 => {
                self.repo.write(name, format!("one\ntwo\nthree\nfour\n{text}\n"));
                git(&["add", "--all"]) && commit()
            }
            7 => git(&["rm", "--quiet", "--", name]) && commit(),
            8 => git(&["mv", name, "moved"]) && commit(),
            9 => git(&["mv", "dir", "elsewhere"]) && commit(),
            10 => commit(),
            11 => git(&["cherry-pick", other]),
            12 => git(&["merge", "--quiet", "--squash", other]) && commit(),
            13 => git(&["merge", "--quiet", "--no-edit", other]),
            14 => git(&["rebase", "--quiet", other]),
            15 => git(&["revert", "--no-edit", "HEAD"]),
            16 => git(&["mv", "moved", name]) && commit(),
            _ => git(&["update-index", "--chmod=+x", name]) && commit(),
        };
        if !done {
            for operation in ["cherry-pick", "merge", "rebase", "revert"] {
                git(&[operation, "--abort"]);
            }
            git(&["reset", "--quiet", "--hard"]);
            git(&["clean", "--quiet", "-fd"]);
        }
    }

    /// Compares the answers. Gives how many are certain.
    fn check(&self, steps: &dyn std::fmt::Debug) -> usize {
        let git = Git::new(self.repo.path());
        let base = self.repo.git(["rev-parse", "main"]);
        let heads = (0..LANES).map(|lane| {
            let head = self.repo.git(["rev-parse", &format!("lane-{lane}")]);
            let (ahead, _) = super::super::distance(&git, &head, &base).unwrap();
            (head, ahead)
        });
        let heads = heads.filter(|(_, ahead)| *ahead > 0).collect();
        let surely = unmerged(&git, &base, &heads).unwrap();
        for head in &surely {
            let alone = merged(&git, &self.repo.path().join(".git"), &base, head).unwrap();
            assert_eq!(alone, Merged::No, "{head} after {steps:?}");
        }
        surely.len()
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 10, max_shrink_iters: 100, ..ProptestConfig::default() })]

    #[test]
    fn nothing_is_certain_that_asking_alone_denies(
        sha256: bool,
        directory_renames: bool,
        steps in vec((0..=LANES, 0..LANES, (0_u8..18, 0..FILES.len(), 0_u8..3)), 3..25),
    ) {
        let world = World::new(sha256);
        world.repo.git(["config", "merge.directoryRenames", &directory_renames.to_string()]);
        for (number, (on, with, step)) in steps.iter().enumerate() {
            // What lands is worth most: in the base, and from a lane.
            let (branch, other) = match on {
                &LANES => ("main".to_owned(), format!("lane-{with}")),
                lane => (format!("lane-{lane}"), "main".to_owned()),
            };
            world.step(&branch, &other, *step);
            if number % 4 == 3 {
                world.check(&&steps[..=number]);
            }
        }
        world.check(&steps);
    }
}

#[test]
fn lanes_at_work_are_certain_and_landed_ones_are_not() {
    let world = World::new(false);
    let work = |branch: &str, file: usize, text: u8| world.step(branch, "", (0, file, text));
    work("lane-0", 0, 1);
    work("lane-1", 1, 1);
    work("lane-1", 2, 1);
    work("lane-2", 3, 1);
    work("main", 4, 1);
    assert_eq!(world.check(&"work"), 3);
    // Squashed; rebased; and the base brought in.
    world.step("main", "lane-1", (12, 0, 0));
    assert_eq!(world.check(&"squashed"), 2);
    world.step("main", "lane-0", (11, 0, 0));
    assert_eq!(world.check(&"rebased"), 1);
    world.step("lane-2", "main", (13, 0, 0));
    work("main", 0, 2);
    assert_eq!(world.check(&"merged the base"), 1);
    // Taken back: the names alone do not tell.
    world.step("main", "lane-2", (12, 0, 0));
    world.step("main", "", (15, 0, 0));
    assert_eq!(world.check(&"taken back"), 0);
}
