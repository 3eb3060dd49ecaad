#!/usr/bin/env bash
# What `lld-check status` costs over ten thousand documents and a long audit log, beside `cat` of the
# documents and a scan for newlines of the log.
#
#   bench/status.sh [BIN_DIR]        BIN_DIR is target/dist by default (make install builds it)
#
# DOCUMENTS (10000), HISTORY_MB (1000) and ROUNDS (5) change the sizes. Two logs are measured: as it is, and
# with an approval of every sixth document at its end, which makes the tool look for damage behind it.
# Rows are run in turns and a figure is the median of its rounds. CPU is user and system time together,
# ×floor its ratio to `cat` and the scan. Cold is one run after the files were dropped from memory, where the
# file system does so; dropping ten thousand files takes a minute, and COLD=0 leaves it out.
set -euo pipefail
cd "$(dirname "$0")/.."
. bench/lib.sh
needs git awk sha256sum
bin=$(built "${1:-}" lld-check)
documents=${DOCUMENTS:-10000} history_mb=${HISTORY_MB:-1000} rounds=${ROUNDS:-5}
maker=$(helper log-maker)
scan=$(dirname "$maker")/newline-scan
work=$(mktemp -d /tmp/bench-status-XXXXXX)
trap 'rm -rf "$work"' EXIT
cd "$work"
git init --quiet .
mkdir -p docs/lld/active
"$maker" --bytes "${history_mb}MB" . > /dev/null
history=logs/governance_history.jsonl

# Documents of about 5 kB with their logs in five shapes; every sixth has none.
awk -v count="$documents" '
function text(n,   i, s) { s = word[int(rand() * words) + 1]; for (i = 1; i < n; i++) s = s " " word[int(rand() * words) + 1]; return s }
BEGIN {
  srand(305)
  words = split("adapter audit backlog branch budget cache claim commit cursor deadline digest entry error gate handoff journal lane limit lock merge module offset owner parser payload policy queue record report review schema session", word, " ")
  table = "\n## Appendix: Review Log\n\n### Review Summary\n\n| Review | Date | Verdict | Key Issue |\n|--------|------|---------|-----------|\n"
  for (issue = 1; issue <= count; issue++) {
    file = sprintf("docs/lld/active/LLD-%03d.md", issue)
    shape = issue % 6
    printf "# %d - Feature: %s\n\n## 1. Context & Goal\n* **Issue:** #%d\n* **Status:** %s\n\n## 2. Proposed Changes\n\n| File | Change Type | Description |\n|------|-------------|-------------|\n", issue, text(4), issue, shape < 3 ? "Approved (gemini-3-pro-preview, 2026-02-02)" : "Draft" > file
    for (i = 0; i < 8; i++) printf "| `src/%s.py` | Modify | %s |\n", word[i + 1], text(6) > file
    printf "\n```python\n" > file
    for (i = 0; i < 10; i++) printf "def f%d(state: State) -> State: ...\n", i > file
    printf "```\n\n" > file
    for (i = 0; i < 12; i++) printf "%s.\n%s.\n\n", text(20), text(20) > file
    printf "## 7. Definition of Done\n" > file
    for (i = 0; i < 6; i++) printf "- [ ] %s\n", text(8) > file
    if (shape == 0) printf "%s| 2 | 2026-02-02 | APPROVED | None |\n| Gemini #1 | 2026-02-01 | REVISE | %s |\n\n**Final Status:** APPROVED\n", table, text(5) > file
    if (shape == 1) printf "%s| Gemini #1 | 2026-02-01 | REVISE | %s |\n| Gemini #2 | 2026-02-02 | APPROVED | None |\n\n**Final Status:** APPROVED\n", table, text(5) > file
    if (shape == 2) printf "%s| 1 | 2026-02-02 | APPROVED | None |\n\n**Final Status:** APPROVED\n", table > file
    if (shape == 3) printf "%s| Gemini #1 | 2026-02-01 | REVISE | %s |\n\n**Final Status:** PENDING\n", table, text(5) > file
    if (shape == 4) printf "%s| 1 | (auto) | PENDING | - |\n\n**Final Status:** PENDING\n", table > file
    close(file)
  }
}'

# What the approvals need: the digests of the documents without a log, which end before their last newline.
digests() {
  local issue
  for ((issue = 5; issue <= documents; issue += 6)); do
    printf '%s %s\n' "$issue" "$(head -c -1 "docs/lld/active/LLD-$(printf %03d "$issue").md" | sha256sum)"
  done
}
approvals() {
  digests | awk '{ printf "{\"id\":\"p%d\",\"timestamp\":\"2026-10-01T00:00:00.000Z\",\"node\":\"review_lld\",\"issue_id\":%d,\"verdict\":\"APPROVED\",\"outcome\":\"reviewed\",\"tier_1_issues\":[],\"subject\":{\"path\":\"-\",\"sha256\":\"%s\"},\"model\":\"gemini-3-pro-preview\",\"model_verified\":\"gemini-3-pro-preview\"}\n", $1, $1, $2 }'
}

floor() { find docs/lld/active -name '*.md' -print0 | xargs -0 cat > /dev/null; "$scan" "$history" > /dev/null; }
status() { "$bin/lld-check" status --format json > answers; }

# once LABEL COMMAND: adds the wall and CPU time of one run in milliseconds to `LABEL.wall` and `LABEL.cpu`.
once() {
  local TIMEFORMAT='%R %U %S' took
  took=$({ time "$2" 2> /dev/null; } 2>&1)
  awk '{ print $1 * 1000 }' <<< "$took" >> "$1.wall"
  awk '{ print ($2 + $3) * 1000 }' <<< "$took" >> "$1.cpu"
}
drop() { find docs logs -type f -print0 | xargs -0 -I{} dd of={} oflag=nocache conv=notrunc,fdatasync count=0 status=none; }
middle() { median "$(tr '\n' ' ' < "$1")"; }

measure() {
  local round
  rm -f ./*.wall ./*.cpu
  floor; status
  for ((round = 0; round < rounds; round++)); do once floor floor; once status status; done
  [ "${COLD:-1}" = 0 ] || { drop; once cold-floor floor; drop; once cold status; }
  awk -v label="$1" -v fw="$(middle floor.wall)" -v fc="$(middle floor.cpu)" -v w="$(middle status.wall)" -v c="$(middle status.cpu)" 'BEGIN {
    printf "%s\n", label
    printf "  warm  cat and scan %5.0f ms CPU %5.0f ms wall   status %5.0f ms CPU (×floor %.1f) %5.0f ms wall (×floor %.1f)\n", fc, fw, c, c / fc, w, w / fw }'
  [ ! -e cold.wall ] || awk -v cf="$(middle cold-floor.wall)" -v cw="$(middle cold.wall)" 'BEGIN {
    printf "  cold  cat and scan %5.0f ms wall                status %5.0f ms wall (×floor %.1f)\n", cf, cw, cw / cf }'
  printf '  %s proven approved of %s\n' "$(grep -c '"evidence":"approved"' answers || true)" "$(wc -l < answers)"
}

measure "$documents documents of $(du -sb docs | awk '{ printf "%.0f", $1 / 1e6 }') MB, a log of $(stat -c %s "$history" | awk '{ printf "%.0f", $1 / 1e6 }') MB"
approvals >> "$history"
measure "the same with approvals at the end of the log"
machine
