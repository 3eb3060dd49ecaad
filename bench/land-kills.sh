#!/usr/bin/env bash
# Kills `merge-queue land` at every one of its system calls that changes a file, and at those of each git that
# it starts, here and at the remote, and looks at what is left.
#
#   bench/land-kills.sh [SCENE [EVERY]]   SCENE is one of: one_after_the_other a_batch a_batch_with_a_bad_one
#                                         without_a_remote at_each_step at_any_moment; EVERY plays each so
#                                         manieth kill [default: 1]
#
# After each kill the base must only ever have held what the verify command has passed, what is recorded as
# landed must be reachable from it, nothing may be in it twice, and no work may be lost. The same command once
# more must land the rest and leave nothing behind. The tests play some of these kills
# (merge-queue/tests/cli/land_killed.rs); here they are all played, which takes about an hour and a half.
#
# `at_each_step` stops it at six steps, five times each, and `at_any_moment` kills it 300 times at a moment of
# chance.
#
# Prints for each scene how many kills there were, and the time from the restart to its end: the median and
# the longest. Ends with 1 if any kill left something wrong. Needs strace.
set -euo pipefail
cd "$(dirname "$0")/.."
command -v strace > /dev/null || { echo "land-kills: strace is not installed: apt-get install strace" >&2; exit 2; }
strace -o /dev/null true 2> /dev/null || { echo "land-kills: this system does not permit strace" >&2; exit 2; }
KILLS="${2:-1}" STEP_RUNS=5 RANDOM_KILLS=300 cargo test --quiet -p merge-queue --test cli -- --nocapture --test-threads 1 "land_killed::${1:-}"
