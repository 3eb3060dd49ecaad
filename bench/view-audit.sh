#!/usr/bin/env bash
# What `view-audit` costs on a long history: the last ten entries, filters, stats and a span of time,
# without and with the index, beside a scan for newlines of the same bytes and beside other tools.
#
#   bench/view-audit.sh [BIN_DIR]    BIN_DIR is target/dist by default (make install builds it)
#
# HISTORY_MB (2000), SHARDS (200), SMALL_MB (20), PREFIX_MB (200), ROUNDS (5) and PEER_ROUNDS (3) change the
# sizes; LOG is a folder made by log-maker, and kept, instead of a new one in /tmp. All rows are run in turns,
# and a figure is the median of its rounds, so that other work on the machine falls on all of them
# alike. The files are read once before, so all of them are in memory; the history's size and a half
# should fit.
#
# CPU is user and system time together; ×scan is its ratio to `newline-scan` of as many bytes; MiB is the
# peak of the largest process. `lines` shows whether two tools gave the same answer. Peers (jq, jaq,
# rg, hl, duckdb) are looked for in the folder PEERS, then on PATH. Those that take minutes for the whole
# history get its first PREFIX_MB; their times are then scaled to its size and marked with a tilde.
set -euo pipefail
cd "$(dirname "$0")/.."
. bench/lib.sh
bin=$(built "${1:-}" view-audit)
history_mb=${HISTORY_MB:-2000} shards=${SHARDS:-200} small_mb=${SMALL_MB:-20} prefix_mb=${PREFIX_MB:-200}
rounds=${ROUNDS:-5} peer_rounds=${PEER_ROUNDS:-3}
export PATH=$bin:${PEERS:+$PEERS:}$PATH
maker=$(helper log-maker)
work=$(mktemp -d /tmp/bench-view-audit-XXXXXX)
trap 'rm -rf "$work"' EXIT

# The index of a log outside of a repository is there.
export XDG_CACHE_HOME=$work/cache
export log=${LOG:-$work/log} small=$work/small prefix=$work/prefix
make_log() { "$maker" --bytes "$1MB" --shards "$shards" "$2" > /dev/null; }
[ -d "$log" ] || make_log "$history_mb" "$log"
make_log "$small_mb" "$small"
export history=$log/logs/governance_history.jsonl part=$prefix/logs/governance_history.jsonl
mkdir -p "$prefix/logs"
size=$(stat -c %s "$history")
head -c "$((prefix_mb * 1000000))" "$history" > "$work/cut"
# The cut went through a line.
head -c "$(($(stat -c %s "$work/cut") - $(tail -n 1 "$work/cut" | wc -c)))" "$work/cut" > "$part"
rm "$work/cut"
cat "$history" "$part" "$log"/logs/active/* > /dev/null

# An hour in the middle of the history, and an issue that was worked on in the middle of the prefix.
middle_of() {
  dd if="$1" bs=65536 skip="$(($(stat -c %s "$1") / 131072))" count=2 status=none |
    sed -n 's/.*"timestamp":"\([^"]*\)","session_id":"[^"]*","project":"[^"]*","node":"[^"]*","issue_id":\([0-9]*\),.*/\1 \2/p' |
    awk 'NR == 1'
}
stamp=$(middle_of "$history") issue=$(middle_of "$part")
export hour=${stamp:0:13} issue=${issue#* }

# row ROUNDS RUNS FILE LABEL COMMAND [PEERS]: a command that is timed RUNS times a round, and the file whose
# bytes it is about: its time is scaled from that size to the history's. `-` where it is about no
# bytes in particular. Where one of PEERS is absent, the row says so.
rows=0
declare -a of_rounds of_runs of_file of_label of_command of_absent of_walls of_cpus of_memory of_lines
row() {
  of_rounds[rows]=$1 of_runs[rows]=$2 of_file[rows]=$3 of_label[rows]=$4 of_command[rows]=$5
  for tool in ${6:-}; do command -v "$tool" > /dev/null || of_absent[rows]=$tool; done
  rows=$((rows + 1))
}
heading() { of_label[rows]=$1 of_command[rows]=''; rows=$((rows + 1)); }

scan=$(dirname "$maker")/newline-scan
export scan
row "$rounds" 5 "$history" 'newline-scan' '"$scan" "$history"'

heading "last 10, with $shards shards"
last='--format json -n 10'
row "$rounds" 20 - 'true (what any process costs)' '/bin/true'
row "$rounds" 20 - 'view-audit' "view-audit $last --root \"\$log\""
row "$rounds" 20 - "view-audit, history of $small_mb MB" "view-audit $last --root \"\$small\""
row "$rounds" 20 - 'tail | jq (history alone)' 'tail -n 10 "$history" | jq -c .' jq
row "$rounds" 20 - 'tail | sort (as bytes)' 'tail -q -n 10 "$history" "$log"/logs/active/* | sort -t, -k2,2 | tail -n 10'
objects='maximum_object_size = 134217728, ignore_errors = true'
row "$peer_rounds" 1 "$history" 'duckdb' "duckdb -noheader -list -c \"SELECT json FROM read_json(['\$history', '\$log/logs/active/*'], format = 'newline_delimited', records = false, columns = {json: 'JSON'}, $objects) ORDER BY json->>'timestamp' DESC LIMIT 10\"" duckdb

heading "issue $issue, verdict BLOCKED, no index"
wanted="--no-index --format json --all --issue $issue --verdict BLOCKED"
says='select((.issue_id | tostring) == $issue and .outcome != "failed" and (.verdict // "" | ascii_upcase | . == "BLOCK" or . == "BLOCKED" or . == "REJECTED"))'
search='"issue_id": ?"?'$issue'[",}]'
export says search
entry="format = 'newline_delimited', columns = {issue_id: 'VARCHAR', verdict: 'VARCHAR', outcome: 'VARCHAR', duration_ms: 'BIGINT', timestamp: 'VARCHAR'}, $objects"
row "$rounds" 1 "$history" 'view-audit' "view-audit $wanted --root \"\$log\""
row "$peer_rounds" 1 "$history" 'duckdb (columns, not lines)' "duckdb -noheader -list -c \"SELECT * FROM read_json(['\$history', '\$log/logs/active/*'], $entry) WHERE issue_id = '\$issue' AND outcome IS DISTINCT FROM 'failed' AND upper(verdict) IN ('BLOCK', 'BLOCKED', 'REJECTED')\"" duckdb
row "$rounds" 1 "$history" 'rg | jq (misses respelt keys)' 'rg --no-ignore -IN "$search" "$history" "$log/logs/active" | jq -c --arg issue "$issue" "$says"' 'rg jq'
row "$rounds" 1 "$history" 'grep | jq (misses respelt keys)' 'grep -hE "$search" "$history" "$log"/logs/active/* | jq -c --arg issue "$issue" "$says"' jq
row "$peer_rounds" 1 "$part" 'hl' 'hl -P --raw -f issue_id="$issue" -f verdict=BLOCKED "$part"' hl
row "$rounds" 1 "$part" 'view-audit' "view-audit $wanted --root \"\$prefix\""
row "$peer_rounds" 1 "$part" 'jaq' 'jaq -c --arg issue "$issue" "$says" "$part"' jaq
row "$peer_rounds" 1 "$part" 'jq' 'jq -c --arg issue "$issue" "$says" "$part"' jq

heading 'exact p50 and p95 of the duration by verdict, no index'
pairs='[.verdict // "none", .duration_ms // 0] | @tsv'
export pairs
ranks='awk -F"\t" '\''function ranks() { if (n) print word, n, t[int((n + 1) / 2)], t[int(n * 0.95 + 0.999)] } $1 != word { ranks(); word = $1; n = 0 } { t[++n] = $2 } END { ranks() }'\'
row "$rounds" 1 "$history" 'view-audit stats' 'view-audit stats --no-index --by verdict --format json --root "$log"'
row "$peer_rounds" 1 "$history" 'duckdb' "duckdb -noheader -list -c \"SELECT verdict, count(*), quantile_disc(duration_ms, [0.5, 0.95, 0.99]) FROM read_json(['\$history', '\$log/logs/active/*'], $entry) GROUP BY verdict\"" duckdb
row "$rounds" 1 "$part" 'view-audit stats' 'view-audit stats --no-index --by verdict --format json --root "$prefix"'
row "$peer_rounds" 1 "$part" 'jaq | sort | awk' "jaq -r \"\$pairs\" \"\$part\" | sort -k1,1 -k2,2n | $ranks" jaq
row "$peer_rounds" 1 "$part" 'jq | sort | awk' "jq -r \"\$pairs\" \"\$part\" | sort -k1,1 -k2,2n | $ranks" jq

heading "the hour from $hour:00Z, no index"
row "$rounds" 5 - 'view-audit --since --until' 'view-audit --no-index --format json --all --since "$hour:00:00Z" --until "$hour:59:59.999Z" --root "$log"'
row "$peer_rounds" 1 "$history" 'duckdb (columns, stamps as text)' "duckdb -noheader -list -c \"SELECT * FROM read_json(['\$history', '\$log/logs/active/*'], $entry) WHERE timestamp BETWEEN '\$hour:00:00' AND '\$hour:59:59.999Z'\"" duckdb
row "$rounds" 1 "$history" 'rg (stamps as text)' 'rg --no-ignore -IN "\"timestamp\": ?\"$hour" "$history" "$log/logs/active"' rg
row "$rounds" 1 "$history" 'grep (stamps as text)' 'grep -hE "\"timestamp\": ?\"$hour" "$history" "$log"/logs/active/*'

heading 'the same with the index'
row "$rounds" 1 "$history" 'view-audit, making it' 'rm -rf "$XDG_CACHE_HOME/switchyard"; view-audit --index '"${wanted#--no-index }"' --root "$log"'
row "$rounds" 5 - 'view-audit (issue and verdict)' "view-audit --index ${wanted#--no-index } --root \"\$log\""
row "$rounds" 5 - 'view-audit stats' 'view-audit stats --index --by verdict --format json --root "$log"'
row "$rounds" 5 - 'view-audit --since --until' 'view-audit --index --format json --all --since "$hour:00:00Z" --until "$hour:59:59.999Z" --root "$log"'

# Once for memory and lines, and so that nothing is timed that fails.
for ((n = 0; n < rows; n++)); do
  [ -n "${of_command[n]}" ] && [ -z "${of_absent[n]:-}" ] || continue
  measure=(); [ -x /usr/bin/time ] && measure=(/usr/bin/time -o "$work/memory" -f %M)
  "${measure[@]}" bash -o pipefail -c "${of_command[n]}" > "$work/out" 2> "$work/err" ||
    { echo "view-audit: ${of_label[n]} failed: $(head -n 3 "$work/err")" >&2; exit 1; }
  of_lines[$n]=$(wc -l < "$work/out")
  [ ! -s "$work/memory" ] || of_memory[$n]=$(tail -n 1 "$work/memory")
done

TIMEFORMAT='%3R %3U %3S'
for ((round = 0; round < rounds; round++)); do
  for ((n = 0; n < rows; n++)); do
    [ -n "${of_command[n]}" ] && [ -z "${of_absent[n]:-}" ] && [ "$round" -lt "${of_rounds[n]}" ] || continue
    { time for ((run = 0; run < of_runs[n]; run++)); do
      eval "${of_command[n]}" > /dev/null 2> "$work/err"
    done; } 2> "$work/time"
    read -r wall cpu < <(awk -v runs="${of_runs[n]}" '{ print $1 * 1000 / runs, ($2 + $3) * 1000 / runs }' "$work/time")
    [ ! -t 2 ] || printf '\rround %d of %d, row %d of %d ' "$((round + 1))" "$rounds" "$((n + 1))" "$rows" >&2
    of_walls[$n]+="$wall " of_cpus[$n]+="$cpu "
  done
done

[ ! -t 2 ] || printf '\r\033[K' >&2

scan_cpu=$(median "${of_cpus[0]}")
echo "history of $((size / 1000000)) MB, $shards shards of $(($(cat "$log"/logs/active/* | wc -c) / 1000000)) MB in all; $(machine)"
echo "medians of $rounds rounds in turns ($peer_rounds for slow peers); ~ marks times scaled from the first $prefix_mb MB"
printf '%-36s %10s %10s %8s %8s %7s\n' '' 'wall ms' 'CPU ms' '×scan' MiB lines
for ((n = 0; n < rows; n++)); do
  if [ -z "${of_command[n]}" ]; then echo "${of_label[n]}"; continue; fi
  if [ -n "${of_absent[n]:-}" ]; then printf '  %-34s %s\n' "${of_label[n]}" "absent: ${of_absent[n]}"; continue; fi
  bytes=$([ "${of_file[n]}" = - ] || stat -c %s "${of_file[n]}")
  awk -v label="${of_label[n]}" -v wall="$(median "${of_walls[n]}")" -v cpu="$(median "${of_cpus[n]}")" \
    -v bytes="$bytes" -v size="$size" -v scan="$scan_cpu" -v memory="${of_memory[n]:-}" -v lines="${of_lines[n]}" 'BEGIN {
    factor = bytes ? size / bytes : 1
    tilde = factor > 1 ? "~" : ""
    form = wall < 100 ? "%s%.1f" : "%s%.0f"
    printf "  %-34s %10s %10s %8s %8s %7d\n", label, sprintf(form, tilde, wall * factor),
      sprintf(cpu < 100 ? "%s%.1f" : "%s%.0f", tilde, cpu * factor), bytes ? sprintf("%.2f", cpu * factor / scan) : "",
      memory == "" ? "-" : sprintf("%.1f", memory / 1024), lines }'
done
index=$(find "$XDG_CACHE_HOME/switchyard" -name '*.index' -exec stat -c %s {} + | awk '{ all += $1 } END { print all + 0 }')
awk -v index_size="$index" -v size="$size" 'BEGIN { printf "index: %.1f MB, %.2f %% of the history\n", index_size / 1e6, 100 * index_size / size }'
