#!/usr/bin/env bash
# Kills every command of worktree-lane that changes something at every one of its system calls that
# changes a file, and at those of each git that it starts, and looks at what is left.
#
#   bench/lane-kills.sh [COMMAND]    only one of: add add_adopt save remove restore empty repair_moved
#                                    repair_gone reuse lock
#
# After each kill nothing that was written may be lost, `list` must work, and the same command once more
# must leave exactly what a run leaves that nobody killed. The tests play some of these kills
# (worktree-lane/tests/cli/killed.rs); here they are all played, which takes about half an hour.
#
# Prints for each command how many kills there were; ends with 1 if any left something wrong. Needs strace.
set -euo pipefail
cd "$(dirname "$0")/.."
command -v strace > /dev/null || { echo "lane-kills: strace is not installed: apt-get install strace" >&2; exit 2; }
strace -o /dev/null true 2> /dev/null || { echo "lane-kills: this system does not permit strace" >&2; exit 2; }
KILLS=all cargo test --quiet -p worktree-lane --test cli -- --nocapture "killed::${1:-}"
