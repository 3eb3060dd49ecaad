#!/usr/bin/env bash
# What a lane costs: `worktree-lane add` of one lane beside `git worktree add`, of six at once beside six in
# series, of a sparse one, `worktree-lane reuse`, and fifty `add` at once.
#
#   bench/lanes-add.sh [BIN_DIR]     BIN_DIR is target/dist by default (make install builds it)
#
# FILES (50000), ROUNDS (5) and TOGETHER (50) change the sizes. Rows are run in turns, each in a fresh folder, and
# a figure is the median of its rounds; ×git is its ratio to `git worktree add` (for six: to six of them in
# series). Nothing is fetched. After each round the lanes are deleted, and the file system is synced.
set -euo pipefail
cd "$(dirname "$0")/.."
. bench/lib.sh
needs git awk
bin=$(built "${1:-}" worktree-lane)
files=${FILES:-50000} rounds=${ROUNDS:-5} together=${TOGETHER:-50}
work=$(mktemp -d "${TMPDIR:-/tmp}/bench-lanes-add-XXXXXX")
trap 'rm -rf "$work"' EXIT

# repository NAME FILES: with FILES files of 0.2 to 4 kB in a thousand folders, packed.
repository() {
  git init --quiet --initial-branch main "$work/$1"
  cd "$work/$1"
  git config user.name bench
  git config user.email bench@localhost
  git config gc.auto 0
  awk -v count="$2" 'BEGIN {
    srand(6)
    for (i = 0; i < count; i++) {
      dir = sprintf("d%02d/s%02d", i % 50, int(i / 50) % 20)
      if (!(dir in made)) { system("mkdir -p " dir); made[dir] = 1 }
      file = sprintf("%s/f%05d.txt", dir, i)
      lines = 5 + int(rand() * 95)
      for (n = 0; n < lines; n++) printf "%d line %d of file %d, %s\n", int(rand() * 1e9), n, i, dir > file
      close(file)
    }
  }'
  printf '/target/\n' > .gitignore
  git add --all
  git commit --quiet --message Begin
  git repack -adq
}

tool() { "$bin/worktree-lane" "$@" --format json > /dev/null; }
lane() { tool add "$1" "${@:2}" --layout task --base main --no-fetch; }
clean() {
  rm -rf .worktrees "$work"/tree-*
  rm -rf .git/worktrees .git/switchyard
  git for-each-ref --format='delete %(refname)' refs/heads refs/lanes | { grep -v 'refs/heads/main$' || true; } | git update-ref --stdin
  sync -f .
}

plain() { git worktree add --quiet -b "tree-$1" "$work/tree-$1" main; }
plain_one() { plain 1; }
plain_six() { local n; for n in 1 2 3 4 5 6; do plain "$n"; done; }
ours() { lane T-1; }
ours_six() {
  local n pids=()
  for n in 1 2 3 4 5 6; do lane "T-$n" & pids+=($!); done
  for n in "${pids[@]}"; do wait "$n"; done
}
ours_series() { local n; for n in 1 2 3 4 5 6; do lane "T-$n"; done; }
sparse() { lane T-1 --sparse d07; }
reuse() { tool reuse T-1 T-2 --layout task --base main --no-fetch; }

# once LABEL COMMAND: adds the wall time of one run in milliseconds to `LABEL.wall`, and its CPU time.
once() {
  local TIMEFORMAT='%R %U %S' took
  took=$({ time "$2" 2> /dev/null; } 2>&1)
  awk '{ print $1 * 1000 }' <<< "$took" >> "$work/$1.wall"
  awk '{ print ($2 + $3) * 1000 }' <<< "$took" >> "$work/$1.cpu"
}
middle() { median "$(tr '\n' ' ' < "$work/$1")"; }
row() {
  awk -v what="$1" -v wall="$(middle "$2.wall")" -v cpu="$(middle "$2.cpu")" -v floor="$(middle "$3.wall")" \
    'BEGIN { printf "  %-44s %7.0f ms wall  %7.0f ms CPU  ×git %.2f\n", what, wall, cpu, wall / floor }'
}

repository big "$files"
for ((round = 0; round < rounds; round++)); do
  clean; once plain plain_one
  clean; once ours ours
  clean; once sparse sparse
  clean; ours; once reuse reuse
  clean; once plain-six plain_six
  clean; once ours-six ours_six
  clean; once ours-series ours_series
done
clean
echo "one lane of $files files, $(du -sm --exclude .git . | cut -f1) MB"
row 'git worktree add' plain plain
row 'worktree-lane add' ours plain
row 'worktree-lane add --sparse, one folder of 50' sparse plain
row 'worktree-lane reuse, the same base' reuse plain
awk -v r="$(middle reuse.wall)" -v a="$(middle ours.wall)" 'BEGIN { printf "  reuse takes %.2f of the time of add\n", r / a }'
echo 'six lanes'
row 'git worktree add, in series' plain-six plain-six
row 'worktree-lane add, in series' ours-series plain-six
row 'worktree-lane add, all at once' ours-six plain-six

repository small 200
failed=0
begun=$(micros)
pids=()
for ((n = 1; n <= together; n++)); do lane "T-$n" & pids+=($!); done
for n in "${pids[@]}"; do wait "$n" || failed=$((failed + 1)); done
echo "$together at once, 200 files each: $failed failed, $((($(micros) - begun) / 1000)) ms in all"
machine
