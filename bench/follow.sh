#!/usr/bin/env bash
# How long after a write `view-audit --follow` shows an entry, and what it costs while nothing happens.
#
#   bench/follow.sh [BIN_DIR]          BIN_DIR is target/dist by default (make install builds it)
#
# One entry after the other is appended to one of SHARDS shards, and the time from before the write until
# the reader has the line is taken. Sizes: ENTRIES, SHARDS, IDLE (seconds).
set -euo pipefail
cd "$(dirname "$0")/.."
. bench/lib.sh
bin=$(built "${1:-}" view-audit)
entries=${ENTRIES:-1000} shards=${SHARDS:-200} idle=${IDLE:-20}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/logs/active"
for ((n = 0; n < shards; n++)); do
  echo "{\"id\":\"s$n\",\"timestamp\":\"2026-01-24T18:30:45Z\"}" > "$work/logs/active/s$n.jsonl"
done
coproc FOLLOW { exec "$bin/view-audit" --follow -n 1 --format json --root "$work"; }
pid=$FOLLOW_PID
read -r _ <&"${FOLLOW[0]}"
for ((n = 0; n < entries; n++)); do
  line="{\"id\":\"e$n\",\"timestamp\":\"2026-01-24T18:30:46Z\"}"
  begun=$EPOCHREALTIME
  echo "$line" >> "$work/logs/active/s$((n % shards)).jsonl"
  read -r shown <&"${FOLLOW[0]}"
  ended=$EPOCHREALTIME
  [[ $shown == *"\"e$n\""* ]] || { echo "follow: expected e$n, got $shown" >&2; exit 1; }
  echo $((${ended/./} - ${begun/./}))
done > "$work/taken"
sort -n "$work/taken" > "$work/times"
ticks() { awk '{ print $14 + $15 }' "/proc/$pid/stat"; }
before=$(ticks)
sleep "$idle"
used=$(($(ticks) - before))
awk -v n="$entries" '{ t[NR] = $1 } END {
  printf "latency over %d entries  p50 %.2f ms  p99 %.2f ms  max %.2f ms\n", n,
    t[int((n + 1) / 2)] / 1000, t[int(n * 0.99)] / 1000, t[n] / 1000 }' "$work/times"
awk -v used="$used" -v idle="$idle" -v hz="$(getconf CLK_TCK)" 'BEGIN {
  printf "idle CPU over %d s         %.3f %%\n", idle, 100 * used / hz / idle }'
echo "$shards shards; $(machine)"
kill "$pid"
