#!/usr/bin/env bash
# What a fold costs: a shard of three lines into a long history, one with a line of 100 MB, and many shards,
# beside `sort -m`.
#
#   bench/consolidate.sh [BIN_DIR]   BIN_DIR is target/dist by default (make install builds it)
#
# HISTORY_MB (2000), SHARDS (5000), SHARD_KB (40) and ROUNDS (7) change the sizes. The files are made by a
# seeded generator below WORK (a new folder in /tmp by default, removed at the end; about 3.3 times
# the history's size) and read once before anything is measured, so all of them are in memory.
set -euo pipefail
cd "$(dirname "$0")/.."
. bench/lib.sh
bin=$(built "${1:-}" consolidate)
history_mb=${HISTORY_MB:-2000} shards=${SHARDS:-5000} shard_kb=${SHARD_KB:-40} rounds=${ROUNDS:-7}
if [ -n "${WORK:-}" ]; then mkdir -p "$WORK"; work=$WORK; else
  work=$(mktemp -d /tmp/bench-consolidate-XXXXXX)
  trap 'rm -rf "$work"' EXIT
fi

# entries BYTES FIRST STEP SESSION: so many bytes of entries, the first at this second, the next STEP
# seconds later. About 4 KB each, as a review with its answer is.
entries() {
  awk -v bytes="$1" -v at="$2" -v step="$3" -v session="$4" 'BEGIN {
    srand(at)
    split("the design states each limit and shows how a failure is handled but leaves open what a reader sees when", words, " ")
    for (i = 0; i < 4000; i++) text = text words[int(rand() * 20) + 1] " "
    split("APPROVED REVISE BLOCKED APPROVED", verdicts, " ")
    for (n = 0; size < bytes; n++) {
      stamp = strftime("%Y-%m-%dT%H:%M:%S", at, 1)
      line = sprintf("{\"id\":\"%08x-%04x-7%03x-%04x-%08x\",\"timestamp\":\"%s.%03dZ\",\"session_id\":\"%s\",\"node\":\"review_lld\",\"issue_id\":%d,\"verdict\":\"%s\",\"critique\":\"%s\",\"model\":\"gemini-3-pro-preview\",\"duration_ms\":%d,\"raw_response\":\"{\\\"verdict\\\":\\\"%s\\\"}\"}", at, n % 65536, rand() * 4096, rand() * 65536, rand() * 4294967295, stamp, rand() * 1000, session, rand() * 400, verdicts[int(rand() * 4) + 1], substr(text, int(rand() * 15000) + 1, 2500 + int(rand() * 2400)), rand() * 90000, "REVISE")
      print line
      size += length(line) + 1
      at += step
    }
  }'
}

history=$work/logs/governance_history.jsonl
mkdir -p "$work/logs/active"
if [ ! -s "$history" ]; then
  entries "$((history_mb * 1000000))" 1700000000 60 seed > "$history"
fi
size=$(stat -c %s "$history")
cat "$history" > /dev/null

# Before and after every run, the history is cut back to what it was.
back() {
  rm -rf "$work/logs/active" "$work"/logs/.governance_history.*
  mkdir -p "$work/logs/active"
  truncate -s "$size" "$history"
}
# measured FILE COMMAND...: wall s, user s, system s and KiB at most, added to FILE.
measured() { /usr/bin/time -a -o "$1" -f '%e %U %S %M' "${@:2}" > "$work/out"; }
column() { median "$(awk -v n="$2" '{ print n == 2 ? $2 + $3 : n == 1 ? $1 : $4 }' "$1")"; }
report() { printf '%-34s %8s %8s %9s\n' "$2" "$(column "$1" 1)" "$(column "$1" 2)" "$(column "$1" 4)"; }

echo "history $((size / 1000000)) MB, $(machine), median of $rounds rounds"
printf '%-34s %8s %8s %9s\n' '' 'wall s' 'CPU s' 'KiB'
rm -f "$work"/*.times
after=$((1700000000 + size / 3700 * 60 + 86400))
stamp() { date -u -d "@$1" +%Y%m%dT%H%M%S; }
for ((round = 0; round < rounds; round++)); do
  back
  entries 9000 "$after" 60 aaaaaaaa > "$work/logs/active/$(stamp "$after")_aaaaaaaa.jsonl"
  measured "$work/three.times" "$bin/consolidate" --format json --root "$work"
  cp "$work/out" "$work/three.out"
done
report "$work/three.times" "one shard of three entries"
back
strace -f -e trace=write,pwrite64 -o "$work/trace" true 2> /dev/null && {
  entries 9000 "$after" 60 aaaaaaaa > "$work/logs/active/$(stamp "$after")_aaaaaaaa.jsonl"
  strace -f -y -e trace=write,pwrite64 -o "$work/trace" "$bin/consolidate" --format json --root "$work" > /dev/null
  awk -F' = ' '!/pipe:|<\/dev/ && /logs/ { sum += $NF } END { printf "bytes written to the log and the intent: %d\n", sum }' "$work/trace"
}

# A line of 100 MB, which is an entry, and one that nobody can read.
for kind in entry rubbish; do
  for ((round = 0; round < rounds; round++)); do
    back
    rm -f "$work"/logs/governance_history.quarantine.jsonl
    {
      [ "$kind" = rubbish ] || printf '{"id":"long","timestamp":"%s","critique":"' "$(date -u -d "@$after" +%FT%TZ)"
      head -c 100000000 /dev/zero | tr '\0' x
      [ "$kind" = rubbish ] || printf '"}'
      echo
    } > "$work/logs/active/$(stamp "$after")_aaaaaaaa.jsonl"
    measured "$work/$kind.times" "$bin/consolidate" --format json --root "$work"
  done
  report "$work/$kind.times" "one line of 100 MB, $([ "$kind" = entry ] && echo an entry || echo unreadable)"
done
rm -f "$work"/logs/governance_history.quarantine.jsonl

# Sessions that begin one after the other and overlap; each is its own shard.
if [ "$(ls "$work/shards" 2> /dev/null | wc -l)" != "$shards" ]; then
  rm -rf "$work/shards" && mkdir "$work/shards"
  for ((n = 0; n < shards; n++)); do
    at=$((after + n * 300))
    entries "$((shard_kb * 1000))" "$at" 120 "$(printf %08x "$n")" > "$work/shards/$(stamp "$at")_$(printf %08x "$n").jsonl"
  done
fi
new=$(cat "$work"/shards/* | wc -c)
for ((round = 0; round < rounds; round++)); do
  back
  cp "$work"/shards/* "$work/logs/active"
  measured "$work/many.times" "$bin/consolidate" --format json --root "$work"
  cp "$work/out" "$work/many.out"
  # The time is the second field of every entry, so bytes compare as instants do.
  (cd "$work/shards" && measured "$work/sort.times" sort --batch-size=1000 -m -t, -k2,2 -o "$work/merged" ./*)
done
report "$work/many.times" "$shards shards, $((new / 1000000)) MB"
report "$work/sort.times" "sort -m of the same"
awk -v new="$new" 'match($0, /"bytes_written":[0-9]+/) { printf "written to the history: %.3f of the new bytes\n", substr($0, RSTART + 16, RLENGTH - 16) / new }' "$work/many.out"
back
