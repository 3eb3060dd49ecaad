#!/usr/bin/env bash
# How long after a write `view-audit --follow` shows an entry, what it costs while nothing happens, and
# whether it misses or repeats any, beside `tail -F` of one file.
#
#   bench/follow.sh [BIN_DIR]          BIN_DIR is target/dist by default (make install builds it)
#
# First, one entry after the other is appended to one of SHARDS shards, and the time from before the write
# until the reader has the line is taken; the same line then goes to the file that `tail -F` follows.
# `consolidate` runs after every EVERY entries, while the next ones are written. Then WRITERS
# processes append BURST entries as fast as they can, while `consolidate` runs again and again.
# Sizes: ENTRIES, SHARDS, EVERY, WRITERS, BURST, IDLE (seconds).
set -euo pipefail
cd "$(dirname "$0")/.."
. bench/lib.sh
bin=$(built "${1:-}" view-audit consolidate)
entries=${ENTRIES:-2000} shards=${SHARDS:-200} every=${EVERY:-100} writers=${WRITERS:-4} burst=${BURST:-4000}
idle=${IDLE:-30}
work=$(mktemp -d)
ended() { rm -rf "$work"; }
trap ended EXIT
mkdir -p "$work/logs/active"
for ((n = 0; n < shards; n++)); do
  echo "{\"id\":\"s$n\",\"timestamp\":\"2026-01-24T18:30:45Z\"}" > "$work/logs/active/s$n.jsonl"
done
peer=$work/peer.jsonl
echo first > "$peer"
mkfifo "$work/ours" "$work/theirs"
"$bin/view-audit" --follow -n 1 --format json --root "$work" > "$work/ours" &
ours=$!
tail -n 1 -F "$peer" > "$work/theirs" 2> /dev/null &
theirs=$!
ended() { kill "$ours" "$theirs" 2> /dev/null || true; wait; rm -rf "$work"; }
exec 3< "$work/ours" 4< "$work/theirs"
read -r _ <&3
read -r _ <&4

# A line is written to FILE, and read back from descriptor FD; the microseconds in between are added to TIMES.
missed=0 repeated=0
declare -A seen=()
one() {
  local fd=$1 file=$2 id=$3 times=$4 begun=$EPOCHREALTIME shown
  echo "{\"id\":\"$id\",\"timestamp\":\"2026-01-24T18:30:46Z\"}" >> "$file"
  while read -r -t 20 shown <&"$fd"; do
    [[ $shown == *"\"$id\""* ]] && { echo $((${EPOCHREALTIME/./} - ${begun/./})) >> "$times"; return; }
    repeated=$((repeated + 1))
  done
  missed=$((missed + 1))
}
consolidations=0 running=
for ((n = 0; n < entries; n++)); do
  if ((n % every == every - 1)); then
    [ -z "$running" ] || wait "$running"
    "$bin/consolidate" --root "$work" > /dev/null &
    running=$!
    consolidations=$((consolidations + 1))
  fi
  one 3 "$work/logs/active/s$((n % shards)).jsonl" "e$n" "$work/ours.times"
  one 4 "$peer" "e$n" "$work/theirs.times"
done
[ -z "$running" ] || wait "$running"

# What an entry is worth is that it is there once: numbers are counted as they come, from any writer.
pids=()
for ((w = 0; w < writers; w++)); do
  for ((n = w; n < burst; n += writers)); do
    echo "{\"id\":\"b$n\",\"timestamp\":\"2026-01-24T18:30:47Z\"}" >> "$work/logs/active/s$((n % shards)).jsonl"
  done &
  pids+=($!)
done
while kill -0 "${pids[@]}" 2> /dev/null; do
  "$bin/consolidate" --root "$work" > /dev/null || true
  consolidations=$((consolidations + 1))
done &
folding=$!
while ((${#seen[@]} < burst)) && read -r -t 20 shown <&3; do
  id=${shown#*\"id\":\"} id=${id%%\"*}
  [ -z "${seen[$id]:-}" ] || repeated=$((repeated + 1))
  seen[$id]=1
done
missed=$((missed + burst - ${#seen[@]}))
wait "${pids[@]}" "$folding"
while read -r -t 1 _ <&3; do repeated=$((repeated + 1)); done

ticks() { awk '{ print $14 + $15 }' "/proc/$1/stat"; }
before=$(ticks "$ours") before_theirs=$(ticks "$theirs")
sleep "$idle"
used=$(($(ticks "$ours") - before)) used_theirs=$(($(ticks "$theirs") - before_theirs))

row() {
  sort -n "$2" | awk -v label="$1" -v used="$3" -v idle="$idle" -v hz="$(getconf CLK_TCK)" '{ t[NR] = $1 } END {
    printf "%-20s p50 %6.2f ms  p99 %6.2f ms  max %6.2f ms  idle CPU %.3f %%\n", label,
      t[int((NR + 1) / 2)] / 1000, t[int(NR * 0.99)] / 1000, t[NR] / 1000, 100 * used / hz / idle }'
}
echo "$entries entries in turn, $burst at once by $writers writers, idle for $idle s"
row "view-audit --follow" "$work/ours.times" "$used"
row "tail -F, one file" "$work/theirs.times" "$used_theirs"
echo "missed $missed, repeated $repeated; $consolidations times consolidated in turn"
echo "$shards shards; $(machine)"
((missed + repeated == 0))
