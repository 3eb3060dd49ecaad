#!/usr/bin/env bash
# `lld-check coverage` over many projects, beside the same projects one after the other.
#
#   bench/coverage.sh [BIN_DIR]      BIN_DIR is target/dist by default (make install builds it)
#
# PROJECTS checkouts with ISSUES open issues each; a third of the issues has an LLD, of which half have
# an approval in the log. `gh` is a script that waits LATENCY milliseconds and prints the list. "serial"
# is one call a project; it is the same work without anything at once. Wall and CPU are medians of ROUNDS.
set -euo pipefail
cd "$(dirname "$0")/.."
. bench/lib.sh
needs git awk sha256sum
rounds=${ROUNDS:-5} projects=${PROJECTS:-200} issues=${ISSUES:-100} latency=${LATENCY:-300}
bin=$(built "${1:-}" lld-check worktree-lane)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

mkdir "$work/bin"
cat > "$work/bin/gh" <<SH
#!/bin/sh
sleep $(awk "BEGIN{print $latency / 1000}")
exec cat list.json
SH
chmod +x "$work/bin/gh"
export PATH="$work/bin:$PATH" GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null
export GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@b GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@b

{
  echo 'projects:'
  for ((n = 1; n <= projects; n++)); do echo "- {name: p$n, path: p$n}"; done
} > "$work/switchyard.yaml"
git init -q -b main "$work"
for ((n = 1; n <= projects; n++)); do
  dir=$work/p$n
  git init -q -b main "$dir"
  git -C "$dir" commit -q --allow-empty -m Begin
  mkdir -p "$dir/docs/LLDs/active" "$dir/logs"
  awk -v issues="$issues" -v dir="$dir" 'BEGIN {
    list = dir "/list.json"
    for (i = 1; i <= issues; i++) {
      printf "%s{\"number\":%d,\"title\":\"Issue %d\",\"labels\":[{\"name\":\"%s\"}],\"state\":\"OPEN\",\"url\":\"u\"}", \
        (i == 1 ? "[" : ","), i, i, (i % 10 ? "core" : "security") > list
      if (i % 3) continue
      file = dir "/docs/LLDs/active/" i "-some-work.md"
      printf "# %d - Feature: Some work\n\n## 1. Context & Goal\n* **Issue:** #%d\n\n", i, i > file
      for (line = 0; line < 150; line++) print "The change of part " line " is described here, in a sentence of usual length." > file
      printf "The end." > file
      close(file)
    }
    print "]" > list
  }'
  # Without a review log, the digest of the design is that of the file without its last line's end.
  for file in "$dir"/docs/LLDs/active/*.md; do
    issue=${file##*/} issue=${issue%%-*}
    [ $((issue % 2)) = 0 ] || continue
    sum=$(sha256sum < "$file") sum=${sum%% *}
    printf '{"id":"e%s","timestamp":"2026-01-24T18:30:45.000Z","node":"review_lld","issue_id":%s,"verdict":"APPROVED","outcome":"reviewed","tier_1_issues":[],"subject":{"path":"%s","sha256":"%s"},"model_verified":"m"}\n' \
      "$issue" "$issue" "${file#"$dir"/}" "$sum"
  done > "$dir/logs/governance_history.jsonl"
done

all() { "$bin/lld-check" coverage --repo "$work" --format json; }
serial() { for ((n = 1; n <= projects; n++)); do "$bin/lld-check" coverage --repo "$work/p$n" --format json; done; }

all > "$work/all"
serial > "$work/serial"
[ "$(wc -l < "$work/all")" = $((projects * issues)) ] || fail "not every issue was shown"
keys() { sed 's/"project":"[^"]*",//' "$1" | cksum; }
[ "$(keys "$work/all")" = "$(keys "$work/serial")" ] || fail "the answers differ"

declare -A wall cpu
TIMEFORMAT='%R %U %S'
for ((round = 0; round < rounds; round++)); do
  for way in all serial; do
    read -r real user system < <({ time $way > /dev/null; } 2>&1)
    wall[$way]+="$real " cpu[$way]+="$(awk "BEGIN{print $user + $system}") "
  done
done
for way in all serial; do
  printf '%-7s %8.2f s wall %8.2f s CPU\n' $way "$(median "${wall[$way]}")" "$(median "${cpu[$way]}")"
done
echo "$projects projects of $issues issues, gh takes $latency ms, $(grep -c '"may_start"' "$work/all") may start; median of $rounds rounds; $(machine)"
