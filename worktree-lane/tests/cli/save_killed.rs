//! `save` killed at any point.
//!
//! | killed | what is there | the next save |
//! |---|---|---|
//! | before or while objects and scratch indexes are written | the lane as it was; scratch files | removes them, makes the ref |
//! | after the ref, before the event | a whole save | gives that ref, writes the event |
//! | after the event | a whole save | gives that ref |
//! | while the patch is written | a whole save; no patch, or a file that nobody reads beside it | writes the patch |

use std::fs;

use testkit::{crash, rng};

use crate::kept::{files, staged};
use crate::support::{World, git, write};

#[test]
fn a_killed_save_leaves_the_lane_as_it_was_and_a_whole_save_or_none() {
    let world = World::new();
    let lane = world.lane_98();
    write(&lane.join("staged"), "1");
    git(&lane, &["add", "staged"]);
    write(&lane.join("staged"), "2");
    let (mut rng, mut killed, mut made) = (rng(31), 0, 0);
    let refs = world.repo.path().join(".git/refs/lanes/saved/98");
    let count = || fs::read_dir(&refs).map_or(0, Iterator::count);
    let out = world.beside("out.patch");
    for round in 0..40 {
        write(&lane.join("src/main.rs"), format!("work of round {round}"));
        write(&lane.join("new/file"), format!("{round}").repeat(1000));
        let (before, held) = (world.untouched(&lane), count());
        let journal = || world.state("lanes.jsonl").metadata().unwrap().len();
        let length = journal();
        let args = ["save", "98", "--as", "patch", "--output", out.to_str().unwrap()];
        let running = world.tool(&args).spawn();
        let crash = match round % 4 {
            0 => crash::when(running, || world.state("scratch/98").exists()),
            1 => crash::when(running, || count() > held),
            2 => crash::when(running, || journal() > length),
            _ => crash::after_turns(running, &mut rng, 20_000),
        };
        killed += usize::from(crash.was_killed());
        world.wait_for_orphans("98");
        assert_eq!(world.untouched(&lane), before, "round {round}");
        let after = count();
        made += after - held;
        if out.exists() {
            fs::remove_file(&out).unwrap();
        }
        let answer = world.save(&lane, &[], 0);
        assert_eq!(answer["repeated"], after > held, "round {round}: {answer}");
        assert_eq!(count(), held + 1, "round {round}");
        let name = answer["ref"].as_str().unwrap();
        world.repo.git(["rev-list", "--objects", "--quiet", name]);
        let recorded = fs::read_to_string(world.state("lanes.jsonl")).unwrap();
        assert!(recorded.contains(name), "round {round}: {name} is not in the journal");
        if round % 10 == 9 {
            let back = world.restored(&answer);
            assert_eq!((files(&back), staged(&back)), (files(&lane), staged(&lane)));
        }
    }
    assert!(killed > 15, "only {killed} of 40 were killed");
    assert!(made > 0 && made < 40, "{made} of 40 had made the ref");
}
