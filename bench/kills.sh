#!/usr/bin/env bash
# Kills a fold at every one of its system calls, and looks at what is left.
#
#   bench/kills.sh [BIN_DIR]         BIN_DIR is target/dist by default (make install builds it)
#
# 1. The run is killed at each of its calls. view-audit must show what it showed before; the next run
#    must complete the fold: each entry in the history once, each line that nobody can read in the
#    quarantine once.
# 2. The same twice: from every state that a kill left, the run that recovers is killed at every EVERY-th
#    of its calls (20; 1 for all of them).
# 3. The run is stopped after each of its calls, and meanwhile a writer appends to a shard, a reader reads,
#    and another run starts, which must say that one is at work, or find nothing to do.
#
# Prints how many cases there were and how many failed; ends with 1 if any did. Needs strace.
set -euo pipefail
cd "$(dirname "$0")/.."
bin=$(realpath -m "${1:-${CARGO_TARGET_DIR:-target}/dist}")
every=${EVERY:-20}
export LC_ALL=C
command -v strace > /dev/null || { echo "kills: strace is not installed: apt-get install strace" >&2; exit 2; }
for tool in consolidate view-audit; do
  [ -x "$bin/$tool" ] || { echo "kills: $bin/$tool is not built: cargo build --profile dist" >&2; exit 2; }
done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
strace -o "$work/trace" true 2> /dev/null || { echo "kills: this system does not permit strace" >&2; exit 2; }
cd "$work"

entry() { printf '{"id":"%s","timestamp":"2026-01-24T18:%02d:00Z","verdict":"APPROVED"}\n' "$2" "$1"; }
bare() { printf '{"timestamp":"2026-01-24T18:%02d:00Z","n":"%s"}\n' "$1" "$2"; }
# A history; three shards that overlap with it and hold an entry of it, entries without an id, rubbish, and
# a last line that is cut off; and a shard that has grown since it was folded.
mkdir -p scene/logs/active/.retired
{ for n in 1 3 5 7 9; do entry "$n" "h$n"; done; bare 9 old; } > scene/logs/governance_history.jsonl
{ entry 4 a4; echo 7; entry 5 h5; bare 8 a8; } > scene/logs/active/20260124T183000_aaaaaaaa.jsonl
{ entry 10 b10; bare 2 b2; printf '\xff\xfe\n'; entry 6 b6; } > scene/logs/active/20260124T183100_bbbbbbbb.jsonl
{ entry 11 c11; printf '{"id":"cut'; } > scene/logs/active/20260124T183200_cccccccc.jsonl
{ bare 9 old; bare 6 grown; } > scene/logs/active/.retired/20260124T183000_dddddddd.claim-1.$(bare 9 old | wc -c)
touch -d '1 hour ago' scene/logs/active/*.jsonl scene/logs/active/.retired/*
rubbish=3

fold() { "$bin/consolidate" --root log > fold.out 2> fold.err; }
# A log is not copied in the midst of a run: the intent knows files by their inodes.
reset() { rm -rf log && cp -a scene log; }
see() { "$bin/view-audit" --all --format json --root log 2> /dev/null; }
cases=0 failed=0
wrong() { failed=$((failed + 1)); echo "FAILED: $*"; }

# What is left in the end: the same for the reader, and everything where it belongs.
whole() { # EXPECTED WHAT...
  local expected=$1 history=log/logs/governance_history.jsonl
  fold || { wrong "${@:2}: the last run: $(cat fold.err)"; return; }
  fold || { wrong "${@:2}: the run after the last: $(cat fold.err)"; return; }
  see > seen
  cmp -s "$expected" seen || wrong "${@:2}: view-audit shows something else in the end"
  [ "$(wc -l < "$history")" -eq "$(wc -l < "$expected")" ] || wrong "${@:2}: the history has another number of lines"
  [ "$(wc -l < log/logs/governance_history.quarantine.jsonl)" -eq "$rubbish" ] || wrong "${@:2}: the quarantine has another number of lines"
  [ -z "$(ls log/logs/active)" ] || wrong "${@:2}: a shard is left"
  [ ! -s log/logs/.governance_history.intent ] || wrong "${@:2}: the intent is left"
}

# The calls that a run makes, one a line: its name and which call of that name it is.
calls() {
  strace -f -qq -o trace "$bin/consolidate" --root log > /dev/null 2>&1
  awk '{ sub(/^[0-9]+ +/, "") } match($0, /^[a-z0-9_]+\(/) { name = substr($0, 1, RLENGTH - 1); if (name != "execve" && name !~ /^exit/) print name, ++count[name] }' trace
}
# killed NAME NUMBER: a run that is killed at that call; 0 if it was.
killed() {
  local status=0
  { strace -f -qq -o /dev/null -e "inject=$1:signal=KILL:when=$2" "$bin/consolidate" --root log > /dev/null; } 2> /dev/null || status=$?
  [ "$status" -eq 137 ]
}
# The names and bytes of a log, whatever it is called.
state() { (cd log && find . -type f | sort | xargs sha256sum) | sha256sum | cut -c 1-16; }

reset
see > before
begun=$SECONDS
: > states
reset
calls > once
while read -r name number; do
  reset
  killed "$name" "$number" || { wrong "call $name $number was not reached"; continue; }
  cases=$((cases + 1))
  see > seen
  cmp -s before seen || wrong "killed at $name $number: view-audit shows something else"
  left=$(state)
  grep -q "^$left " states || echo "$left $name $number" >> states
  whole before "killed at $name $number"
done < once
echo "killed once: $cases cases, $(wc -l < states) different states, $failed failed"

single=$cases turn=0
while read -r _ first nth <&3; do
  reset
  killed "$first" "$nth"
  calls > twice
  turn=$(((turn + 1) % every))
  while read -r name number; do
    reset
    killed "$first" "$nth"
    killed "$name" "$number" || { wrong "killed at $first $nth: call $name $number was not reached"; continue; }
    cases=$((cases + 1))
    see > seen
    cmp -s before seen || wrong "killed at $first $nth and $name $number: view-audit shows something else"
    whole before "killed at $first $nth and $name $number"
  done < <(awk -v every="$every" -v turn="$turn" 'NR % every == turn' twice)
done 3< states
echo "killed twice: $((cases - single)) cases, $failed failed so far"

double=$cases
while read -r name number; do
  reset
  shard=log/logs/active/20260124T183000_aaaaaaaa.jsonl
  : > trace
  strace -f -q -o trace -e "trace=$name" -e "inject=$name:signal=STOP:when=$number" "$bin/consolidate" --root log > /dev/null 2>&1 &
  tracer=$!
  until grep -q 'stopped by SIGSTOP' trace || ! kill -0 "$tracer" 2> /dev/null; do sleep 0.002; done
  child=$(pgrep -P "$tracer") || { wrong "call $name $number was not reached"; continue; }
  cases=$((cases + 1))
  bare 5 late >> "$shard"
  see > seen
  status=0
  "$bin/consolidate" --root log > fold.out 2> fold.err || status=$?
  see > again
  kill -CONT "$child"
  wait "$tracer" || wrong "stopped at $name $number: the run failed"
  # With the new line in its place, the reader sees what it will see in the end.
  see > after
  cmp -s seen after && cmp -s seen again || wrong "stopped at $name $number: view-audit shows something else"
  [ "$(grep -c '"late"' seen)" -eq 1 ] || wrong "stopped at $name $number: the new line is not there once"
  [ "$(grep -v '"late"' seen | cmp - before 2>&1)" = '' ] || wrong "stopped at $name $number: the others are not what they were"
  case $status in 0 | 75) ;; *) wrong "stopped at $name $number: another run ended with $status: $(cat fold.err)" ;; esac
  whole seen "stopped at $name $number"
done < once
echo "stopped for a writer, a reader and another run: $((cases - double)) cases"
echo "$cases cases, $failed failed, $((SECONDS - begun)) s"
[ "$failed" -eq 0 ]
