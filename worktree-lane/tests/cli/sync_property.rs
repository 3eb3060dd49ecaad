//! What `sync` makes is what `git merge` and `git rebase` make in a clone, over random histories.

use std::fs;
use std::path::Path;

use testkit::{Rng, Tool, rng};

use crate::support::{World, git, write};

/// Changes some files: lines of one, a new one, one less, another name.
fn change(dir: &Path, rng: &mut Rng, side: &str) {
    for _ in 0..=rng.usize(0..2) {
        let file = dir.join(format!("f{}", rng.usize(0..4)));
        let text = fs::read_to_string(&file).unwrap_or_else(|_| lines(rng, "new"));
        match rng.usize(0..8) {
            0 => write(&dir.join(format!("{side}{}", rng.usize(0..3))), lines(rng, side)),
            1 if file.exists() => fs::remove_file(&file).unwrap(),
            2 if file.exists() => {
                fs::rename(&file, dir.join(format!("f{}", rng.usize(0..6)))).unwrap();
            }
            _ => {
                // Both sides sometimes write the same.
                let word = if rng.usize(0..3) == 0 { "same" } else { side };
                let at = rng.usize(0..12);
                let edited = text.lines().enumerate().map(|(number, line)| {
                    if number == at { format!("{word} {number}\n") } else { format!("{line}\n") }
                });
                write(&file, edited.collect::<String>());
            }
        }
    }
}

fn lines(rng: &mut Rng, word: &str) -> String {
    let seed = rng.usize(0..3);
    let lines: Vec<String> = (0..12).map(|number| format!("{word} {seed} {number}")).collect();
    lines.join("\n") + "\n"
}

fn grow(dir: &Path, rng: &mut Rng, side: &str) {
    for number in 0..=rng.usize(0..3) {
        change(dir, rng, side);
        git(dir, &["add", "--all"]);
        let message = format!("{side} {number}");
        git(dir, &["commit", "--quiet", "--allow-empty", "--message", &message]);
    }
}

#[test]
fn the_result_is_what_git_makes_of_it_in_a_clone() {
    let (mut clean, mut conflicts, mut dropped) = (0, 0, 0);
    for seed in 0..24 {
        let mut rng = rng(seed);
        let world = World::new();
        for file in 0..4 {
            world.repo.write(format!("f{file}"), lines(&mut rng, "old"));
        }
        world.repo.commit_all("Files");
        world.repo.git(["push", "--quiet", "origin", "HEAD:main"]);
        let lane = world.lane_98();
        grow(&lane, &mut rng, "ours");
        let main = world.repo.path();
        grow(main, &mut rng, "theirs");
        if seed % 3 == 0 {
            // One of the lane's commits has landed.
            let picked = Tool::program("git").args(["cherry-pick", "98-crud"]).dir(main).run();
            if picked.exit_code() != Some(0) {
                git(main, &["cherry-pick", "--abort"]);
            }
        }
        git(main, &["push", "--quiet", "origin", "HEAD:main"]);
        let head = git(&lane, &["rev-parse", "HEAD"]);
        for way in ["merge", "rebase"] {
            let clone = world.beside(way);
            let (from, to) = (main.to_str().unwrap(), clone.to_str().unwrap());
            git(main, &["clone", "--quiet", "--branch", "98-crud", from, to]);
            let args: &[&str] = if way == "merge" { &["merge", "--no-edit"] } else { &["rebase"] };
            let args = [&["-c", "user.name=x", "-c", "user.email=x@x"], args, &["origin/main"]];
            let theirs = Tool::program("git").args(args.concat()).dir(&clone).run();
            let ours = world.run(&["sync", "98", &format!("--{way}")]);
            assert_eq!(
                ours.exit_code() == Some(0),
                theirs.exit_code() == Some(0),
                "{seed} {way}: {}",
                ours.out()
            );
            let answer = ours.json();
            if theirs.exit_code() != Some(0) {
                conflicts += 1;
                assert_eq!(answer["reasons"][0]["code"], "conflict", "{seed} {way}");
                assert_eq!(git(&lane, &["rev-parse", "HEAD"]), head);
                continue;
            }
            clean += 1;
            dropped += answer["dropped"].as_array().unwrap().len();
            let tree = |dir: &Path| git(dir, &["rev-parse", "HEAD^{tree}"]);
            assert_eq!(tree(&lane), tree(&clone), "{seed} {way}");
            let log = |dir: &Path| git(dir, &["log", "--format=%an %ad %s %T", "--no-merges"]);
            assert_eq!(log(&lane), log(&clone), "{seed} {way}");
            assert_eq!(git(&lane, &["status", "--porcelain"]), "", "{seed} {way}");
            git(&lane, &["reset", "--quiet", "--hard", &head]);
        }
    }
    assert!(clean >= 10, "only {clean} went together");
    assert!(conflicts >= 5, "only {conflicts} did not go together");
    assert!(dropped >= 1, "nothing was left out");
}
