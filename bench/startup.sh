#!/usr/bin/env bash
# Start-up of each tool, as a ratio to /bin/true and to `git --version`.
#
#   bench/startup.sh [BIN_DIR]       BIN_DIR is target/dist by default (make install builds it)
#
# Every command is run in turns, RUNS times a round; a figure is the median of ROUNDS rounds, so
# that other work on the machine falls on all of them alike.
set -euo pipefail
cd "$(dirname "$0")/.."
. bench/lib.sh
rounds=${ROUNDS:-21} runs=${RUNS:-20}
tools=(gemini-retry view-audit consolidate lld-check worktree-lane merge-queue)
bin=$(built "${1:-}" "${tools[@]}")

commands=("/bin/true" "git --version")
for tool in "${tools[@]}"; do commands+=("$bin/$tool --version"); done

declare -A took
for ((round = 0; round < rounds; round++)); do
  for command in "${commands[@]}"; do
    begun=$(micros)
    for ((run = 0; run < runs; run++)); do $command > /dev/null; done
    took[$command]+="$((($(micros) - begun) / runs)) "
  done
done

base=$(median "${took[/bin/true]}")
git=$(median "${took[git --version]}")
printf '%-28s %9s %9s %9s\n' command µs '×true' '×git'
for command in "${commands[@]}"; do
  m=$(median "${took[$command]}")
  printf '%-28s %8s %9s %9s\n' "${command#"$bin"/}" "$m" \
    "$(awk "BEGIN{printf \"%.2f\", $m/$base}")" "$(awk "BEGIN{printf \"%.2f\", $m/$git}")"
done
echo "median of $rounds rounds of $runs runs; $(machine)"
