#!/usr/bin/env bash
# What `worktree-lane remove` costs whoever calls it, beside `git worktree remove`, and what is put off
# until `worktree-lane trash empty`.
#
#   bench/lanes-remove.sh [BIN_DIR]  BIN_DIR is target/dist by default (make install builds it)
#
# FILES (50000) and ROUNDS (7) change the sizes. Each round makes three worktrees anew, which is not counted:
# one for git, one for `remove`, and one for `remove` in which a build has left BUILT (2000) ignored files. Git
# writes its indexes anew before anything is timed, as it does in every worktree that somebody works in.
# Commands are run in turns and a figure is the median of its rounds, so that other work on the machine falls
# on all of them alike. CPU is user and system time together, children included. `git status` is shown
# because it is the least that looking before removing can cost git; and a rename because it is the least
# that moving a lane away can cost.
set -euo pipefail
cd "$(dirname "$0")/.."
. bench/lib.sh
needs git awk mv
bin=$(built "${1:-}" worktree-lane)
files=${FILES:-50000} rounds=${ROUNDS:-7} built=${BUILT:-2000}
work=$(mktemp -d "${TMPDIR:-/tmp}/bench-lanes-remove-XXXXXX")
trap 'rm -rf "$work"' EXIT
talos "$files" 30 50

# Three worktrees. A file that was written in the second in which git wrote its index is read by every git
# until the index is written again, so that is done in a later one.
prepare() {
  local lane
  git worktree add --quiet -b by-git ../by-git origin/main
  "$bin/worktree-lane" add 1 x --no-fetch > /dev/null
  "$bin/worktree-lane" add 2 x --no-fetch > /dev/null
  mkdir -p ../talos-2/target/debug/deps
  (cd ../talos-2/target/debug/deps && awk -v built="$built" 'BEGIN { for (i = 0; i < built; i++) { file = "lib" i ".rlib"; print i > file; close(file) } }')
  for lane in by-git talos-1 talos-2; do
    while [ "$(stat -c %Y "$(git -C "../$lane" rev-parse --git-path index)")" -ge "$(date +%s)" ]; do :; done
    touch "../$lane/.gitignore"
    git -C "../$lane" status --porcelain > /dev/null
  done
}

status() { git -C ../by-git status --porcelain > /dev/null; }
by_git() { git worktree remove ../by-git; }
remove() { "$bin/worktree-lane" remove 1 > /dev/null; }
remove_built() { "$bin/worktree-lane" remove 2 > /dev/null; }
empty() { "$bin/worktree-lane" trash empty --older 0s > /dev/null; }
rename() { mv "$work/from" "$work/to"; }

declare -A took=() cpu=()
for ((round = 0; round < rounds; round++)); do
  prepare
  mkdir "$work/from"
  order=(status by_git remove remove_built)
  # Half of the rounds the other way round.
  if ((round % 2)); then order=(remove_built remove status by_git); fi
  for what in "${order[@]}" rename empty; do
    children
    before=$spent begun=$(micros)
    "$what"
    took[$what]+="$(($(micros) - begun)) "
    children
    cpu[$what]+="$((spent - before)) "
  done
  rmdir "$work/to"
  git branch --quiet -D by-git
done

base=$(median "${took[by_git]}")
row() {
  local m c
  m=$(median "${took[$1]}") c=$(median "${cpu[$1]}")
  printf '%-52s %9s %9s %9s\n' "$2" "$(ratio "$m" 1000)" "$((c / 1000))" "1/$(ratio "$base" "$m")"
}
printf '%-52s %9s %9s %9s\n' "a worktree of $files files" ms "CPU ms" "of git's"
row by_git "git worktree remove"
row status "git status in it"
row remove "worktree-lane remove"
row remove_built "the same, with $built ignored files of a build"
row rename "mv of a folder"
row empty "worktree-lane trash empty, of those two lanes"
echo "median of $rounds rounds, run in turns; $(machine)"
