#!/usr/bin/env bash
# Many reviews at once: wall time of `gemini-retry batch` as a ratio to the ideal, in which the server
# is never waited for by more or fewer than JOBS requests, and peak memory.
#
#   bench/batch.sh [BIN_DIR]         BIN_DIR is target/dist by default (make install builds it)
#
# COUNT reviews with --jobs JOBS over PROJECTS projects against the scripted server of
# testing/gemini-stub, which waits LATENCY milliseconds before each answer: the ideal is
# COUNT × LATENCY / JOBS. Everything is done that a user gets: turns in the shared state, verified
# answers, the run log, one durable audit entry a call. The figure is the median of ROUNDS rounds.
set -euo pipefail
cd "$(dirname "$0")/.."
. bench/lib.sh
bin=$(built "${1:-}" gemini-retry)
rounds=${ROUNDS:-5} count=${COUNT:-1000} jobs=${JOBS:-8} latency=${LATENCY:-50} projects=${PROJECTS:-5} size=${SIZE:-2000}
stub=$(helper gemini-stub)

work=$(mktemp -d)
trap 'exec 9>&-; rm -rf "$work"' EXIT
cd "$work"
mkdir -p home/.assemblyzero project
export HOME=$work/home
git -C project init --quiet
keys='' credentials=''
for ((n = 1; n <= projects; n++)); do
  keys+=",\"c$n\":\"bench-key-0123456789-$n\""
  credentials+=",{\"name\":\"c$n\",\"key\":\"bench-key-0123456789-$n\",\"project\":\"p$n\"}"
done
(umask 077; printf '{"credentials":[%s]}' "${credentials#,}" > home/.assemblyzero/gemini-credentials.json)
answer='{"verdict":"APPROVED","critique":"The design holds.","tier_1_issues":[]}'
printf '{"keys":{%s},"rules":[{"key":"*","model":"*","responses":[{"verdict":%s,"delay_ms":%s}]}]}' \
  "${keys#,}" "$answer" "$latency" > script.json
prompt=$(head -c "$size" /dev/zero | tr '\0' 'x')
for ((n = 1; n <= count; n++)); do printf '{"id":%d,"prompt":"%s"}\n' "$n" "$prompt"; done > requests.jsonl

# A server that lives as long as its stdin is open.
mkfifo in
"$stub" --script script.json < in > ready &
exec 9> in
until [ -s ready ]; do sleep 0.01; done
GOOGLE_GEMINI_BASE_URL=$(sed 's/.*"base_url":"\([^"]*\)".*/\1/' ready)
export GOOGLE_GEMINI_BASE_URL
cd project
took='' peak=0
for ((round = 0; round < rounds; round++)); do
  begun=$(micros)
  "$bin/gemini-retry" batch --jobs "$jobs" --issue 1 --node review_lld < ../requests.jsonl > ../results.jsonl 9>&- &
  pid=$!
  # The high-water mark only grows, so the last look has it but for what the last moments added.
  (while mark=$(awk '/VmHWM/ {print $2}' "/proc/$pid/status" 2> /dev/null) && [ -n "$mark" ]; do
    echo "$mark" > ../peak; sleep 0.2
  done) &
  wait "$pid"
  took+="$(($(micros) - begun)) "
  wait %% 2> /dev/null || true
  [ "$(cat ../peak)" -le "$peak" ] || peak=$(cat ../peak)
  reviewed=$(grep -c '"outcome":"reviewed"' ../results.jsonl)
  [ "$reviewed" -eq "$count" ] || { echo "batch: $reviewed of $count are reviewed" >&2; exit 1; }
done
entries=$(cat logs/active/*.jsonl | wc -l)
[ "$entries" -eq $((rounds * count)) ] || { echo "batch: $entries audit entries" >&2; exit 1; }
median=$(median "$took")
awk "BEGIN {
  ideal = $count * $latency / $jobs / 1000
  printf \"%d reviews, --jobs %d, %d ms, %d projects, prompts of %d bytes: %.2f s, ideal %.2f s: ratio %.3f\\n\",
    $count, $jobs, $latency, $projects, $size, $median / 1e6, ideal, $median / 1e6 / ideal
  printf \"peak memory: %.1f MiB\\n\", $peak / 1024
}"
echo "median of $rounds rounds; $(machine)"
