#!/usr/bin/env bash
# Landing disjoint branches with `merge-queue land --ready --batch`, beside `git merge --no-ff` in a
# checkout and beside `git merge-tree`, `git commit-tree` and `git update-ref` as three processes.
#
#   bench/land.sh [BIN_DIR]          BIN_DIR is target/dist by default (make install builds it)
#
# FILES (50000), BRANCHES (200), ROUNDS (3) and DEPTH (0: commits on the base after the branches left it)
# change the sizes; SLOW=0 leaves `git merge` out, which takes most of the time. Each branch edits three files. Every way begins at the same commit and must end with the
# same tree. `land` is all of it: it looks at the checkout, judges each task as merge-ready does, makes the
# merges, checks each for what was reviewed, journals, moves the base and the checkout that has it, and
# journals again. No remote and no verification: those cost what they cost whoever asks for them. The ways
# are run in turns and a figure is the median of its rounds; CPU is user and system time together,
# children included. What `land` took off is put back between the rounds, which is not counted.
#
#   for FILES in 5000 50000 200000; do SLOW=0 FILES=$FILES bench/land.sh; done   how it grows with the tree
#   for DEPTH in 0 1000 20000; do SLOW=0 DEPTH=$DEPTH bench/land.sh; done        and with the history
set -euo pipefail
cd "$(dirname "$0")/.."
. bench/lib.sh
needs git awk
bin=$(built "${1:-}" merge-queue worktree-lane)
files=${FILES:-50000} branches=${BRANCHES:-200} rounds=${ROUNDS:-3} depth=${DEPTH:-0} slow=${SLOW:-1}
work=$(mktemp -d "${TMPDIR:-/tmp}/bench-land-XXXXXX")
trap 'rm -rf "$work"' EXIT
talos "$files" 3 50
git remote remove origin

# The definitions, in the base: a handoff is all that a task needs.
{
  echo "queue:"
  echo "  base: main"
  echo "  policy: {evidence: optional}"
  echo "  tasks:"
  for ((i = 1; i <= branches; i++)); do echo "    - {id: t$i, title: Task $i}"; done
} > switchyard.yaml
git add switchyard.yaml
git commit --quiet --message definitions

# The branches, and the commits on the base after it, as one stream.
awk -v branches="$branches" -v files="$files" -v depth="$depth" -v each=50 -v from="$(git rev-parse HEAD)" 'BEGIN {
  who = "committer bench <bench@example.org> 1790000000 +0000\ndata 5\nwork\n"
  for (i = 1; i <= branches; i++) {
    printf "commit refs/heads/t%d\n%sfrom %s\n", i, who, from
    for (j = 0; j < 3; j++) {
      n = int((i - 1 + j * branches) * files / (branches * 3))
      text = "let x = " i ";\n"
      printf "M 100644 inline src/m%d/d%d/f%d.rs\ndata %d\n%s\n", n / (each * 10), n / each, n, length(text), text
    }
  }
  for (i = 1; i <= depth; i++) {
    printf "commit refs/heads/main\n%s", who
    if (i == 1) printf "from %s\n", from
    printf "M 100644 inline log/%d.txt\ndata %d\n%s\n", i % 100, length(i), i
  }
}' | git fast-import --quiet
git reset --quiet --hard main
begin=$(git rev-parse main)
for ((i = 1; i <= branches; i++)); do
  "$bin/merge-queue" --actor bench handoff "t$i" --owner bench --branch "t$i" > /dev/null
done
state=.git/switchyard
cp -a "$state" "$work/state"
git for-each-ref --format='create %(refname) %(objectname)' refs/heads/t* refs/switchyard > "$work/refs"

# Back to where everything begins.
back() {
  git reset --quiet --hard "$begin"
  git for-each-ref --format='delete %(refname)' refs/heads/t* refs/switchyard | git update-ref --stdin
  git update-ref --stdin < "$work/refs"
  rm -rf "$state"
  cp -a "$work/state" "$state"
}

by_git() {
  local i
  for ((i = 1; i <= branches; i++)); do git merge --quiet --no-ff --message "Merge t$i" "t$i"; done
}

# Three processes each; their answers come through a file, which costs no fourth.
by_three() {
  local i tip=$begin tree commit
  git update-ref refs/heads/three "$begin"
  for ((i = 1; i <= branches; i++)); do
    git merge-tree --write-tree "$tip" "t$i" > "$work/answer"
    read -r tree < "$work/answer"
    git commit-tree "$tree" -p "$tip" -p "t$i" -m "Merge t$i" > "$work/answer"
    read -r commit < "$work/answer"
    git update-ref refs/heads/three "$commit" "$tip"
    tip=$commit
  done
}

land() { "$bin/merge-queue" --actor bench land --ready --batch > "$work/landed"; }
judge() { "$bin/merge-queue" --actor bench merge-ready --all --no-fetch > /dev/null; }

declare -A took=() cpu=() tree=()
for ((round = 0; round < rounds; round++)); do
  order=(by_git by_three judge land)
  # Every other round the other way round.
  if ((round % 2)); then order=(land judge by_three by_git); fi
  ((slow)) || order=("${order[@]/by_git}")
  for what in ${order[*]}; do
    back
    children
    before=$spent began=$(micros)
    "$what"
    took[$what]+="$(($(micros) - began)) "
    children
    cpu[$what]+="$((spent - before)) "
    case $what in
      by_three) tree[$what]=$(git rev-parse "three^{tree}") ;;
      judge) ;;
      *) tree[$what]=$(git rev-parse "main^{tree}") ;;
    esac
  done
done
[ "${tree[by_git]-${tree[by_three]}}" = "${tree[by_three]}" ] || fail "git merge and git merge-tree end with different trees"
[ "${tree[by_three]}" = "${tree[land]}" ] || fail "land ends with another tree than git merge"
[ "$(grep -c '"landed":true' "$work/landed")" = "$branches" ] || fail "not every task has landed"
git diff --quiet HEAD || fail "the checkout has not followed"

merge=$(median "${took[by_git]-0}") three=$(median "${took[by_three]}")
row() {
  local m c
  m=$(median "${took[$1]}") c=$(median "${cpu[$1]}")
  printf '%-44s %9s %9s %9s %9s\n' "$2" "$(ratio "$m" $((branches * 1000)))" "$(ratio "$c" $((branches * 1000)))" \
    "1/$(ratio "$merge" "$m")" "1/$(ratio "$three" "$m")"
}
printf '%-44s %9s %9s %9s %9s\n' "$branches branches, $files files, $depth more commits" "ms each" "CPU ms" "of merge" "of three"
((slow)) && row by_git "git merge --no-ff in the checkout"
row by_three "merge-tree, commit-tree, update-ref"
row land "merge-queue land --ready --batch"
row judge "merge-queue merge-ready --all"
echo "the same tree in the end: ${tree[land]}"
echo "median of $rounds rounds, run in turns; $(machine)"
