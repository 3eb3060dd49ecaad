#!/usr/bin/env bash
# What `worktree-lane status` costs for many lanes, beside git: `git worktree list` and a `git status` a
# worktree, one after the other and with `xargs -P2`.
#
#   bench/lanes-status.sh [BIN_DIR]  BIN_DIR is target/dist by default (make install builds it)
#
# LANES (100), FILES (2000) and ROUNDS (9) change the sizes. Two states are measured: every lane as it was
# committed; and each worked in, with two changed and two untracked files, one staged, a folder that is ignored
# and a commit of its own, while the base has moved on. The first `git status` of all, which writes git's
# indexes anew, is not counted. Commands are run in turns and a figure is the median of its rounds, so that
# other work on the machine falls on all of them alike. CPU is user and system time together, children
# included. The first row is what passes until the first line can be read from a pipe.
set -euo pipefail
cd "$(dirname "$0")/.."
. bench/lib.sh
needs git xargs awk
bin=$(built "${1:-}" worktree-lane)
lanes=${LANES:-100} files=${FILES:-2000} rounds=${ROUNDS:-9}
work=$(mktemp -d "${TMPDIR:-/tmp}/bench-lanes-status-XXXXXX")
trap 'rm -rf "$work"' EXIT
talos "$files" 60 20
for ((lane = 1; lane <= lanes; lane++)); do
  "$bin/worktree-lane" add "$lane" x --no-fetch > /dev/null
done
paths=$work/paths
git worktree list --porcelain -z | tr '\0' '\n' | sed -n 's/^worktree //p' > "$paths"

list() { git worktree list --porcelain -z > "$work/out"; }
serial() { list; while read -r path; do git -C "$path" status --porcelain=v2 --branch; done < "$paths" > "$work/out"; }
# Each worktree's answer is kept apart, or two would be mixed.
parallel() { list; xargs -P2 -I{} sh -c 'git -C "$1" status --porcelain=v2 --branch > "$1.out"' - {} < "$paths"; }
bare_parallel() { list; xargs -P2 -I{} git -C {} status --porcelain=v2 --branch < "$paths" > "$work/out"; }
ours() { "$bin/worktree-lane" status --format json > "$work/out"; }
first_row() { "$bin/worktree-lane" status --format json | { read -r _; echo $(($(micros) - begun)) > "$work/first"; cat > /dev/null; }; }
one() { "$bin/worktree-lane" status 1 --format json > "$work/out"; }
one_git() { git -C ../talos-1 status --porcelain=v2 --branch > "$work/out"; }

measured=(serial parallel bare_parallel ours first_row one one_git)
measure() {
  local round what before
  declare -gA took=() cpu=()
  for what in serial ours; do "$what"; done
  for ((round = 0; round < rounds; round++)); do
    for what in "${measured[@]}"; do
      children
      before=$spent begun=$(micros)
      "$what"
      took[$what]+="$(($(micros) - begun)) "
      children
      cpu[$what]+="$((spent - before)) "
      if [ "$what" = first_row ]; then took[shown]+="$(< "$work/first") "; fi
    done
  done
}

show() {
  local what base half
  base=$(median "${took[serial]}") half=$(median "${took[bare_parallel]}")
  printf '%s\n%-44s %8s %8s %9s %7s\n' "$1" "" ms "CPU ms" "×serial" "×-P2"
  row() {
    local m=$(median "${took[$1]}")
    printf '%-44s %8s %8s %9s %7s\n' "$2" "$((m / 1000))" "$(($(median "${cpu[$1]}") / 1000))" "$(ratio "$m" "$base")" "$(ratio "$m" "$half")"
  }
  row serial "git worktree list, git status a lane"
  row bare_parallel "the same, xargs -P2"
  row parallel "the same, xargs -P2, answers kept apart"
  row ours "worktree-lane status"
  printf '%-44s %8s\n' "  its first row" "$(ratio "$(median "${took[shown]}")" 1000)"
  printf '%-44s %8s\n' "git status of one lane" "$(ratio "$(median "${took[one_git]}")" 1000)"
  printf '%-44s %8s\n' "worktree-lane status of one lane" "$(ratio "$(median "${took[one]}")" 1000)"
}

measure
show "$lanes lanes of $files files, as committed"

for ((lane = 1; lane <= lanes; lane++)); do
  (
    cd "../talos-$lane"
    echo "// lane $lane" >> "src/m0/d0/f$((lane % 20)).rs"
    git commit --quiet --all --message "lane $lane"
    echo changed >> src/m0/d1/f20.rs
    echo changed >> src/m0/d2/f40.rs
    echo staged >> src/m0/d3/f60.rs
    git add src/m0/d3/f60.rs
    mkdir -p target/debug
    touch one two target/debug/{a,b,c}
  )
done
echo moved >> .gitignore
git commit --quiet --all --message moved
git push --quiet origin main
measure
show "$lanes lanes of $files files, worked in, the base has moved"
echo "median of $rounds rounds, run in turns; $(machine)"
