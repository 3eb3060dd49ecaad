#!/usr/bin/env bash
# No time: merges of made-up histories by merge-queue, tree for tree and conflict for conflict beside
# `git merge` in a fresh clone.
#
#   bench/merges.sh [FORKS [SEED]]   FORKS (5000) bases with one to four branches each; SEED (1)
#
# The tests do the same with 160 forks. Prints how many merges there were of which sort; ends with 1 at the
# first that differs, and keeps its repository.
set -euo pipefail
cd "$(dirname "$0")/.."
FORKS=${1:-5000} SEED=${2:-1} cargo test --quiet --locked -p merge-queue --bin merge-queue -- --nocapture like_git
