//! File systems that are full or may not be written to, mounted in a namespace of their own.

use std::fs;

use testkit::{Ran, Scratch, Tool};

use crate::project::{entry, left_out, text};

/// How a script says that it may not mount anything.
const NOT_PERMITTED: i32 = 77;

/// Runs a script as root of a namespace, with the folder `disk`, the programs and a folder for what
/// it finds out as $DISK, $CONSOLIDATE, $VIEW and $FOUND. `None` where the system permits no
/// namespaces: the test is left out, and says so.
fn mounted(scratch: &Scratch, script: &str) -> Option<Ran> {
    for folder in ["disk", "found"] {
        fs::create_dir_all(scratch.path(folder)).unwrap();
    }
    let script = format!("mount -t tmpfs -o size=256k none \"$DISK\" || exit 77\n{script}");
    let namespace = "exec unshare --user --map-root-user --mount sh -euc \"$0\"";
    let ran = Tool::program("sh")
        .args(["-c", namespace, &script])
        .env("DISK", scratch.path("disk"))
        .env("FOUND", scratch.path("found"))
        .env("CONSOLIDATE", env!("CARGO_BIN_EXE_consolidate"))
        .env("VIEW", Tool::binary("view-audit"))
        .run();
    let denied = ran.exit_code() == Some(NOT_PERMITTED)
        || ran.err().contains("unshare: ")
        || ran.exit_code() == Some(127);
    if denied {
        left_out("nothing can be mounted here", &ran);
        return None;
    }
    Some(ran)
}

/// A log with late entries, new ones, and rubbish: everything that a run writes grows.
fn log() -> Scratch {
    let scratch = Scratch::new();
    let seconds = |from: u32, to: u32, id: &str| -> String {
        let pad = "x".repeat(400);
        let lines = (from..to).map(|n| entry(n, id).replace('}', &format!(",\"pad\":\"{pad}\"}}")));
        text(&lines.collect::<Vec<_>>())
    };
    scratch.write("log/governance_history.jsonl", seconds(0, 60, "h"));
    scratch.write("log/active/a.jsonl", seconds(20, 50, "a"));
    scratch.write("log/active/b.jsonl", seconds(50, 70, "b") + &"rubbish\n".repeat(200));
    scratch
}

#[test]
fn a_full_disk_loses_nothing_and_the_next_run_completes() {
    let scratch = log();
    let script = r#"
        mkdir "$DISK/logs" && cp -r "$FOUND/../log/." "$DISK/logs"
        "$VIEW" --all --root "$DISK" > "$FOUND/before" 2> /dev/null
        dd if=/dev/zero of="$DISK/filler" bs=4096 status=none 2> /dev/null || true
        refused=0
        while "$VIEW" --all --root "$DISK" 2> /dev/null | cmp "$FOUND/before" -; do
            code=0
            "$CONSOLIDATE" --root "$DISK" > "$FOUND/out" 2> "$FOUND/err" || code=$?
            if [ "$code" -eq 0 ]; then break; fi
            [ "$code" -eq 74 ] && [ "$(wc -l < "$FOUND/err")" -eq 1 ] || exit 1
            cat "$FOUND/err" >> "$FOUND/refusals"
            refused=$((refused + 1))
            # One page more.
            pages=$(($(stat -c %s "$DISK/filler") / 4096))
            truncate -s "$(((pages - 1) * 4096))" "$DISK/filler"
        done
        "$VIEW" --all --root "$DISK" 2> /dev/null | cmp "$FOUND/before" -
        cp "$DISK/logs/governance_history.jsonl" "$FOUND/history"
        cp "$DISK/logs/governance_history.quarantine.jsonl" "$FOUND/quarantine"
        ls "$DISK/logs/active" > "$FOUND/left"
        echo "$refused""#;
    let Some(ran) = mounted(&scratch, script) else { return };
    let refused: u32 = ran.code(0).out().trim().parse().unwrap();
    assert!(refused > 3, "the disk was full {refused} times");
    let refusals = scratch.read("found/refusals");
    assert!(refusals.lines().all(|line| line.contains("No space left on device")), "{refusals}");
    assert_eq!(scratch.read("found/history").lines().count(), 60 + 30 + 20);
    assert_eq!(scratch.read("found/quarantine").lines().count(), 200);
    assert_eq!(scratch.read("found/left"), "");
}

#[test]
fn a_file_system_that_may_only_be_read_is_refused_and_can_still_be_read() {
    let scratch = log();
    let script = r#"
        mkdir "$DISK/logs" && cp -r "$FOUND/../log/." "$DISK/logs"
        "$VIEW" --all --root "$DISK" > "$FOUND/before" 2> /dev/null
        mount -o remount,ro "$DISK"
        code=0
        "$CONSOLIDATE" --root "$DISK" > "$FOUND/out" 2> "$FOUND/err" || code=$?
        "$VIEW" --all --root "$DISK" 2> /dev/null | cmp "$FOUND/before" -
        mount -o remount,rw "$DISK"
        "$CONSOLIDATE" --root "$DISK" > "$FOUND/out"
        "$VIEW" --all --root "$DISK" 2> /dev/null | cmp "$FOUND/before" -
        echo "$code""#;
    let Some(ran) = mounted(&scratch, script) else { return };
    ran.code(0).stdout_is("74\n");
    let error = scratch.read("found/err");
    assert!(error.contains("Read-only file system"), "{error}");
    assert_eq!(error.lines().count(), 1);
}
