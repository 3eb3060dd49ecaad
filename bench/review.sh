#!/usr/bin/env bash
# One successful review: the whole process's wall time as a ratio to `curl` sending the same body
# over the same loopback, and its peak memory.
#
#   bench/review.sh [BIN_DIR]        BIN_DIR is target/dist by default (make install builds it)
#
# Both are run in turns, RUNS times a round; a figure is the median of ROUNDS rounds. The server is
# the scripted one of testing/gemini-stub. gemini-retry does all that it does for a user: it reads
# the credentials, takes its turn in the shared state, verifies the answer, writes its run log and
# its audit entry (with fdatasync).
set -euo pipefail
cd "$(dirname "$0")/.."
. bench/lib.sh
bin=$(built "${1:-}" gemini-retry)
rounds=${ROUNDS:-21} runs=${RUNS:-20} size=${SIZE:-20000}
needs curl
stub=$(helper gemini-stub)

work=$(mktemp -d)
trap 'exec 9>&-; rm -rf "$work"' EXIT
cd "$work"
mkdir -p home/.assemblyzero project
export HOME=$work/home
git -C project init --quiet
key=bench-key-0123456789
(umask 077; printf '{"credentials":[{"name":"bench","key":"%s"}]}' "$key" > home/.assemblyzero/gemini-credentials.json)
answer='{"verdict":"APPROVED","critique":"The design holds.","tier_1_issues":[]}'
printf '{"keys":{"bench":"%s"},"rules":[{"key":"*","model":"*","responses":[{"verdict":%s}]}]}' "$key" "$answer" > script.json
head -c "$size" /dev/zero | tr '\0' 'x' > prompt.txt

# A server that lives as long as its stdin is open, and that keeps what it is sent.
mkfifo in
"$stub" --script script.json --log requests.jsonl < in > ready &
exec 9> in
until [ -s ready ]; do sleep 0.01; done
url=$(sed 's/.*"base_url":"\([^"]*\)".*/\1/' ready)
export GOOGLE_GEMINI_BASE_URL=$url
cd project
model=gemini-3.1-pro-preview
# The body that gemini-retry sends, with the same prompt: what is compared is the same work.
printf '{"systemInstruction":{"parts":[{"text":"Review."}]},"contents":[{"role":"user","parts":[{"text":"%s"}]}],"generationConfig":{"candidateCount":1}}' "$(cat ../prompt.txt)" > ../body.json
printf 'x-goog-api-key: %s\ncontent-type: application/json\n' "$key" > ../headers

by_curl() { curl --silent --fail --output /dev/null --header @../headers --data-binary @../body.json "$url/v1beta/models/$model:generateContent"; }
by_tool() { "$bin/gemini-retry" --issue 1 --node review_lld -f ../prompt.txt > /dev/null; }
by_curl; by_tool
curl_took='' tool_took=''
for ((round = 0; round < rounds; round++)); do
  t=$(micros); for ((i = 0; i < runs; i++)); do by_curl; done; curl_took+="$((($(micros) - t) / runs)) "
  t=$(micros); for ((i = 0; i < runs; i++)); do by_tool; done; tool_took+="$((($(micros) - t) / runs)) "
done
c=$(median "$curl_took") g=$(median "$tool_took")
printf 'curl %s µs, gemini-retry %s µs: ratio %s (prompt of %s bytes)\n' "$c" "$g" "$(awk "BEGIN{printf \"%.2f\", $g/$c}")" "$size"

if [ -x /usr/bin/time ]; then
  /usr/bin/time -f %M -o ../memory "$bin/gemini-retry" --issue 1 --node review_lld -f ../prompt.txt > /dev/null
  /usr/bin/time -f %M -o ../curl-memory curl --silent --output /dev/null --header @../headers --data-binary @../body.json "$url/v1beta/models/$model:generateContent"
  printf 'peak memory: gemini-retry %s MiB, curl %s MiB\n' "$(awk '{printf "%.1f", $1/1024}' ../memory)" "$(awk '{printf "%.1f", $1/1024}' ../curl-memory)"
else
  echo "peak memory: not measured, /usr/bin/time is missing"
fi
echo "median of $rounds rounds of $runs runs; $(machine)"
