#!/usr/bin/env bash
# Verification runs per branch, and innocents sent back: the queue's own rules with a verification that only pretends,
# beside both halves (bors-ng) and one by one, on the same made-up branches. No time is measured, and the same
# numbers come out on every machine.
#
#   bench/landing-runs.sh
#
# BRANCHES branches a line, batches of SIZE, and each of SEEDS; the medians of runs per branch over the seeds come last.
set -euo pipefail
cd "$(dirname "$0")/.."
. bench/lib.sh
branches=${BRANCHES:-4000000} size=${SIZE:-8} seeds=${SEEDS:-1 2 3}
sim=$(helper landing-sim)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# bad, flaky, not carried out: percent each
while read -r bad flaky infra; do
  for seed in $seeds; do
    "$sim" --branches "$branches" --size "$size" --seed "$seed" --bad "$bad" --flaky "$flaky" --infra "$infra" \
      > "$work/out"
    [ "$seed" = 1 ] && cat "$work/out" && echo
    grep '^merge-queue' "$work/out" >> "$work/ours"
  done
  runs=$(median "$(awk '{ print $2 }' "$work/ours")") innocent=$(median "$(awk '{ print $3 }' "$work/ours")")
  echo "$bad % bad, $flaky % flaky, $infra % not carried out: $runs runs a branch, $innocent % innocents sent back" >> "$work/medians"
  rm "$work/ours"
done << 'ODDS'
5 0 0
5 5 0
5 5 5
1 5 0
15 0 0
30 0 0
ODDS
echo "merge-queue, medians over the seeds $seeds, $branches branches each, batches of $size:"
cat "$work/medians"
