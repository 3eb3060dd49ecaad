//! Landing where the disk is full: small file systems, mounted in a namespace of their own.

use testkit::{Ran, Tool};

use crate::land_world::Queue;
use crate::project::codes;

/// How a script says that it may not mount anything.
const NOT_PERMITTED: i32 = 77;

/// Runs a script in the main worktree that may mount things; it ends with 77 when it may not. `land` is a
/// landing of whatever is ready. `None` where the system permits no namespaces: the test is left
/// out, and says so.
#[expect(clippy::print_stderr, reason = "a test that is left out says so")]
fn with_mounts(queue: &Queue, script: &str) -> Option<Ran> {
    let namespace = "exec unshare --user --map-root-user --mount sh -euc \"$0\"";
    let land = "land() { \"$LAND\" --actor lead land --format json \"$@\" --verify \"$VERIFY\"; }";
    let script = format!("{land}\n{script}");
    let tool = Tool::program("sh").args(["-c", namespace, &script]);
    let ran = queue
        .place(tool)
        .env("LAND", Tool::binary("merge-queue"))
        .env("VERIFY", queue.verify())
        .run();
    let forbidden = ran.err().contains("unshare: ") || ran.exit_code() == Some(127);
    if ran.exit_code() == Some(NOT_PERMITTED) || forbidden {
        eprintln!("left out: this system permits no namespaces with mounts of their own");
        return None;
    }
    Some(ran)
}

fn mount(options: &str, place: &str) -> String {
    format!("mkdir -p {place}\nmount -t tmpfs -o {options} none {place} || exit {NOT_PERMITTED}\n")
}

#[track_caller]
fn nothing_has_happened(queue: &Queue) {
    assert_eq!(queue.project.base(), queue.begun);
    for kind in ["landed", "returned", "frozen"] {
        assert_eq!(queue.project.count(kind), 0, "{kind}");
    }
    assert_eq!(queue.sound(), Ok(()));
}

#[test]
fn no_room_to_check_out_what_is_verified_blames_nobody() {
    for options in ["size=300k", "size=50m,nr_inodes=8"] {
        let mut queue = Queue::new(&[]);
        queue.hand_over("a", "a", &"0123456789\n".repeat(50_000));
        let script = mount(options, ".git/switchyard/verify");
        let Some(ran) = with_mounts(&queue, &format!("{script}land a")) else { return };
        assert!(matches!(ran.exit_code(), Some(74 | 75)), "{ran}");
        nothing_has_happened(&queue);
        queue.again("--ready", 0).unwrap();
        assert_eq!(queue.whole(), Ok(()));
    }
}

#[test]
fn a_command_that_fails_on_a_full_disk_blames_nobody() {
    let queue = Queue::new(&["a", "b"]);
    queue.verify_with("cat /dev/zero > filler || exit 1");
    let script = mount("size=40m", ".git/switchyard/verify");
    for words in ["--ready", "--ready --batch"] {
        let Some(ran) = with_mounts(&queue, &format!("{script}land {words}")) else { return };
        ran.code(75).stderr_has("there is hardly any room on the disk");
        nothing_has_happened(&queue);
    }
    queue.verify_with("");
    queue.again("--ready", 0).unwrap();
    assert_eq!(queue.whole(), Ok(()));
}

#[test]
fn no_room_to_record_a_landing_moves_nothing() {
    let queue = Queue::new(&["a", "b"]);
    // The last page of the journal is full, so that one more line needs room.
    let size = || std::fs::metadata(queue.project.journal()).unwrap().len();
    let add = |id: &str, title: usize| {
        queue.project.run(&format!("add {id} --title {}", "x".repeat(title))).code(0);
    };
    let before = size();
    add("one", 1);
    let overhead = size() - before;
    let room = (2 * 4096 - size() % 4096 - overhead - 8) % 4096;
    add("two", usize::try_from(room).unwrap());
    assert!(size() % 4096 > 4000, "{}", size());
    // The verify command is the last to find room.
    queue.verify_with("cat /dev/zero > ../../../filler 2> /dev/null || true");
    let script = format!(
        "cp -a .git/switchyard ../state\n{}cp -a ../state/. .git/switchyard/\n\
         set +e\nland --ready --batch; code=$?\nrm .git/switchyard/filler\n\
         cat .git/switchyard/queue.jsonl > ../journal\nexit $code",
        mount("size=24m", ".git/switchyard")
    );
    let Some(ran) = with_mounts(&queue, &script) else { return };
    assert!(matches!(ran.exit_code(), Some(74 | 75)), "{ran}");
    // Neither is it recorded in the journal that lay on the full disk.
    let journal = queue.lines("journal").concat();
    assert!(!journal.contains("\"landed\",") && !journal.contains("returned"), "{journal}");
    nothing_has_happened(&queue);
    queue.verify_with("");
    queue.again("--ready", 0).unwrap();
    assert_eq!(queue.whole(), Ok(()));
}

#[test]
fn a_remote_without_room_is_quoted() {
    let queue = Queue::new(&["a"]);
    let script = format!(
        "cp -a ../talos.origin.git ../kept\n{}cp -a ../kept/. ../talos.origin.git/\n\
         cat /dev/zero > ../talos.origin.git/filler 2> /dev/null || true\nland a",
        mount("size=2m", "../talos.origin.git")
    );
    let Some(ran) = with_mounts(&queue, &script) else { return };
    ran.code(74).stderr_has("No space left on device");
    assert_eq!(codes(&ran.json()), ["not_tried"]);
    nothing_has_happened(&queue);
    queue.again("a", 0).unwrap();
    assert_eq!(queue.whole(), Ok(()));
}
