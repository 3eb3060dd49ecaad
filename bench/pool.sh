#!/usr/bin/env bash
# What many processes know of a pool whose quotas run out: 6 processes ask for 100 reviews each on 5
# projects. A project's minute is used up now and then, its day after a number of calls that the
# seed decides.
#
#   bench/pool.sh [BIN_DIR]          BIN_DIR is target/dist by default (make install builds it)
#
# It prints, and ends with 1 unless all three are 0: cool-downs that were lost (the service said 429
# and no run wrote it down, or a used-up day is not in the state afterwards); calls whose lease was
# taken after a cool-down of the same project had been recorded and before it ended; and requests
# that were neither answered nor told when to come back. Sizes: PROCESSES, REVIEWS, PROJECTS, SEED.
set -euo pipefail
cd "$(dirname "$0")/.."
. bench/lib.sh
bin=$(built "${1:-}" gemini-retry)
processes=${PROCESSES:-6} reviews=${REVIEWS:-100} projects=${PROJECTS:-5} seed=${SEED:-1}
needs jq
stub=$(realpath "${STUB:-$(helper gemini-stub)}")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
mkdir -p home/.assemblyzero
export HOME=$work/home GEMINI_RETRY_BASE_DELAY=0.01

# About seven in ten requests find a quota; the rest comes when every day is used up.
awk -v seed="$seed" -v projects="$projects" -v all="$((processes * reviews))" '
  BEGIN {
    srand(seed)
    good = "{\"verdict\":{\"verdict\":\"APPROVED\",\"critique\":\"It holds.\",\"tier_1_issues\":[]},\"delay_ms\":20}"
    for (k = 1; k <= projects; k++) {
      key = sprintf("pool-key-%d-0123456789", k)
      keys = keys sprintf("%s\"p%d\":\"%s\"", (k > 1 ? "," : ""), k, key)
      list = list sprintf("%s{\"name\":\"p%d\",\"key\":\"%s\"}", (k > 1 ? "," : ""), k, key)
      calls = int(all * 0.7 / projects * (0.6 + 0.8 * rand()))
      said = ""
      for (n = 0; n < calls; n++) {
        if (rand() < 0.05) {
          said = said sprintf("{\"status\":429,\"body\":{\"error\":{\"code\":429,\"status\":\"RESOURCE_EXHAUSTED\",\"message\":\"quota\",\"details\":[{\"@type\":\"type.googleapis.com/google.rpc.QuotaFailure\",\"violations\":[{\"quotaId\":\"GenerateRequestsPerMinutePerProjectPerModel\"}]},{\"@type\":\"type.googleapis.com/google.rpc.RetryInfo\",\"retryDelay\":\"%.1fs\"}]}}},", 1 + rand())
        }
        said = said good ","
      }
      # Joined and not formatted: some awks format no long strings.
      rules = rules (k > 1 ? "," : "") "{\"key\":\"p" k "\",\"model\":\"*\",\"responses\":[" said "{\"fixture\":\"E01\"}]}"
    }
    print "{\"keys\":{" keys "},\"rules\":[" rules "]}" > "script.json"
    printf "{\"credentials\":[%s]}", list > "credentials.json"
  }'
(umask 077; cp credentials.json home/.assemblyzero/gemini-credentials.json)
chmod 600 home/.assemblyzero/gemini-credentials.json

cat > ask <<ASK
for ((n = 0; n < $reviews; n++)); do
  code=0
  "$bin/gemini-retry" -p 'Review this.' --no-audit --deadline 60s > /dev/null 2> "err.\$1" || code=\$?
  told=\$(tail -n 1 "err.\$1" | sed -n 's/^gemini-retry: {/{/p')
  echo "{\"exit\":\$code,\"told\":\${told:-null}}"
done > "ended.\$1"
ASK
begun=$EPOCHREALTIME
"$stub" --script script.json --log seen.jsonl -- bash -c "
  for ((p = 1; p <= $processes; p++)); do bash ask \$p & done; wait"
took=$(awk "BEGIN{printf \"%.1f\", $EPOCHREALTIME - $begun}")

state=home/.assemblyzero/gemini-retry
[ -f $state/state.json ] || echo '{"scopes":{}}' > $state/state.json
cat $state/logs/* > events.jsonl
cat ended.* > ended.jsonl
lost=$(jq -n --slurpfile seen seen.jsonl --slurpfile events events.jsonl --slurpfile state $state/state.json '
  [$seen[] | select(.status == 429) | .key] as $refused
  | [$events[] | select(.event == "COOLDOWN_SET") | .scope | capture("^p:(?<p>[^|]*)").p] as $known
  | [$seen[] | select(.given | startswith("E01")) | .key] | unique as $days
  | ($refused | unique | map(. as $p | ([$refused[] | select(. == $p)] | length) - ([$known[] | select(. == $p)] | length) | fabs) | add // 0)
    + ($days | map(. as $p | select([$state[0].scopes | to_entries[] | select((.key | startswith("p:" + $p + "|")) and .value.reason == "quota_day")] == [])) | length)')
late=$(jq -n --slurpfile events events.jsonl '
  [$events[] | select(.event == "COOLDOWN_SET") | {p: (.scope | capture("^p:(?<p>[^|]*)").p), turn, until}] as $cooled
  | [$events[] | select(.event == "ATTEMPT") | . as $call
     | select(any($cooled[]; .p == $call.project and .turn < $call.turn and .until > $call.ts))] | length')
untold=$(jq -n --slurpfile ended ended.jsonl '[$ended[] | select(.exit != 0 and .told.retry_at == null)] | length')
answered=$(jq -n --slurpfile ended ended.jsonl '[$ended[] | select(.exit == 0)] | length')
asked=$(wc -l < ended.jsonl)
refused=$(jq -n --slurpfile seen seen.jsonl '[$seen[] | select(.status == 429)] | length')
echo "$processes processes, $asked requests on $projects projects: $answered answered, $((asked - answered)) told when to come back, $refused refusals of the service"
echo "lost cool-downs                              $lost"
echo "calls begun after their cool-down was known  $late"
echo "requests neither answered nor told           $untold"
echo "seed $seed; $took s; $(machine)"
[ "$asked" = $((processes * reviews)) ] && [ "$lost$late$untold" = 000 ]
