#!/usr/bin/env bash
# Wasted calls per verdict in bad weather: gemini-retry beside a naive loop (curl, exponential
# back-off, the next key after each failure, any 200 is an answer), each against its own copy of
# the same seeded weather.
#
#   bench/waste.sh [BIN_DIR]         BIN_DIR is target/dist by default (make install builds it)
#
# PROCESSES loops run at once, each for VERDICTS verdicts. Of the requests 10 % meet 503, 5 % a 429 of the minute, 2 % an answer that is cut off, 2 % a
# reset. Once with each fault alone, and once as faults come in practice: an overload lasts LASTS ms
# for everybody, a used-up minute lasts LASTS ms for its key. Delays are scaled from minutes to
# milliseconds for both.
set -euo pipefail
cd "$(dirname "$0")/.."
. bench/lib.sh
bin=$(built "${1:-}" gemini-retry)
processes=${PROCESSES:-6} verdicts=${VERDICTS:-50} seed=${SEED:-1} lasts=${LASTS:-400} keys=${KEYS:-3}
needs curl
stub=$(helper gemini-stub)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
mkdir -p home/.assemblyzero
export HOME=$work/home
model=gemini-3.1-pro-preview
echo "Review this." > prompt.txt
printf '{"contents":[{"role":"user","parts":[{"text":"Review this."}]}]}' > body.json

list='' named=''
for ((k = 1; k <= keys; k++)); do
  list+="${list:+,}{\"name\":\"k$k\",\"key\":\"waste-key-$k-0123456789\"}"
  named+="${named:+,}\"k$k\":\"waste-key-$k-0123456789\""
  printf 'x-goog-api-key: waste-key-%s-0123456789\n' "$k" > "header$k"
done
(umask 077; printf '{"credentials":[%s]}' "$list" > home/.assemblyzero/gemini-credentials.json)

# 1,000 responses in an order that the seed decides.
weather() {
  awk -v seed="$seed" -v lasts="$1" -v delay="$(awk "BEGIN{printf \"%.3f\", $1/1000}")" '
    BEGIN {
      srand(seed)
      good = "{\"verdict\":{\"verdict\":\"APPROVED\",\"critique\":\"It holds.\",\"tier_1_issues\":[]}}"
      full = sprintf("{\"status\":503,\"lasts_ms\":%d,\"lasts_for\":\"model\",\"body\":{\"error\":{\"code\":503,\"status\":\"UNAVAILABLE\",\"message\":\"overloaded\"}}}", lasts)
      quota = sprintf("{\"status\":429,\"lasts_ms\":%d,\"body\":{\"error\":{\"code\":429,\"status\":\"RESOURCE_EXHAUSTED\",\"message\":\"quota\",\"details\":[{\"@type\":\"type.googleapis.com/google.rpc.QuotaFailure\",\"violations\":[{\"quotaId\":\"GenerateRequestsPerMinutePerProjectPerModel\"}]},{\"@type\":\"type.googleapis.com/google.rpc.RetryInfo\",\"retryDelay\":\"%ss\"}]}}}", lasts, delay)
      cut = "{\"text\":\"{\\\"verdict\\\":\\\"APPRO\",\"finish\":\"MAX_TOKENS\"}"
      for (n = 0; n < 1000; n++) {
        p = rand()
        printf "%s%s", (n ? "," : ""), p < 0.10 ? full : p < 0.15 ? quota : p < 0.17 ? cut : p < 0.19 ? "{\"reset\":true}" : good
      }
    }'
}

# The naive loop. It takes what has a candidate in it.
naive() {
  local url=$1 answer=answer$2 k=$2 got=0 wait
  for ((v = 0; v < verdicts; v++)); do
    wait=0.05
    for ((try = 0; try < 20; try++)); do
      if curl --silent --fail --max-time 10 --header "@header$((k % keys + 1))" --header 'content-type: application/json' \
          --data-binary @body.json "$url/v1beta/models/$model:generateContent" > "$answer" 2> /dev/null \
          && grep -q '"candidates"' "$answer"; then
        got=$((got + 1)); if grep -q MAX_TOKENS "$answer"; then echo cut >> accepted; fi
        break
      fi
      k=$((k + 1)); sleep "$wait"; wait=$(awk "BEGIN{w=$wait*2; print (w > 0.8 ? 0.8 : w)}")
    done
  done
  echo "$got" >> answered
}

ours() {
  local answer=answer$2 got=0
  for ((v = 0; v < verdicts; v++)); do
    GOOGLE_GEMINI_BASE_URL=$1 GEMINI_RETRY_BASE_DELAY=0.05 GEMINI_RETRY_MAX_DELAY=0.8 \
      "$bin/gemini-retry" --no-audit -f prompt.txt > "$answer" 2>> said && got=$((got + 1)) || true
    if grep -q MAX_TOKENS "$answer"; then echo cut >> accepted; fi
  done
  echo "$got" >> answered
}

printf '%-12s %-14s %9s %7s %9s %17s %14s\n' weather loop verdicts calls seconds 'wasted a verdict' 'cut, accepted'
for name in alone lasting; do
  if [ "$name" = alone ]; then each=1; else each=$lasts; fi
  printf '{"keys":{%s},"rules":[{"key":"*","model":"*","after":"cycle","responses":[%s]}]}' "$named" "$(weather "$each")" > script.json
  for loop in naive ours; do
    rm -rf in requests.jsonl ready accepted answered home/.assemblyzero/gemini-retry
    mkfifo in; : > accepted
    "$stub" --script script.json --log requests.jsonl < in > ready &
    exec 9> in
    until [ -s ready ]; do sleep 0.01; done
    t=$EPOCHREALTIME
    url=$(sed 's/.*"base_url":"\([^"]*\)".*/\1/' ready)
    running=()
    for ((p = 0; p < processes; p++)); do "$loop" "$url" "$p" & running+=($!); done
    wait "${running[@]}"
    seconds=$(awk "BEGIN{printf \"%.1f\", $EPOCHREALTIME - $t}")
    exec 9>&-
    wait
    got=$(awk '{n += $1} END{print n}' answered) calls=$(wc -l < requests.jsonl) bad=$(wc -l < accepted)
    printf '%-12s %-14s %9s %7s %9s %17s %14s\n' "$name" "${loop/ours/gemini-retry}" "$got" "$calls" "$seconds" \
      "$(awk "BEGIN{g = $got - $bad; printf \"%.3f\", (g > 0 ? ($calls - g) / g : 0)}")" "$bad"
  done
done
echo "$processes processes, $verdicts verdicts wanted of each, $keys keys, seed $seed, a fault lasts $lasts ms; $(machine)"
