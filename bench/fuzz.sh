#!/usr/bin/env bash
# Fuzzes what gemini-retry reads: whole replies, and verdicts in answers.
#
#   bench/fuzz.sh [SECONDS]          each target so long, at the lowest priority; 600 by default
#
# Starts from every known shape of a reply. Prints executions, coverage and what was found; inputs
# that break a promise stay in gemini-retry/fuzz/artifacts. Needs `cargo install cargo-fuzz` and a
# C++ compiler. A stable compiler is told to take the flags of a nightly one.
set -euo pipefail
cd "$(dirname "$0")/../gemini-retry/fuzz"
seconds=${1:-600}
command -v cargo-fuzz > /dev/null || { echo "fuzz: cargo install cargo-fuzz" >&2; exit 2; }
export RUSTC_BOOTSTRAP=1
cargo run --quiet --bin seed
nice -n 19 cargo fuzz build --fuzz-dir .
found=0
for target in body verdict; do
    log=$(mktemp)
    nice -n 19 cargo fuzz run --fuzz-dir . "$target" -- -max_total_time="$seconds" -max_len=4096 \
        -print_final_stats=1 > "$log" 2>&1 || found=1
    echo "$target: $(grep -a 'stat::number_of_executed_units' "$log" | tail -n 1 | grep -o '[0-9]*$') executions," \
        "$(grep -ao 'cov: [0-9]*' "$log" | tail -n 1), $(grep -ac '^SUMMARY' "$log" || true) findings"
    grep -a '^SUMMARY\|panicked at\|Test unit written' "$log" || true
    rm -f "$log"
done
exit "$found"
