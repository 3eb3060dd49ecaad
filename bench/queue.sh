#!/usr/bin/env bash
# What `merge-queue status`, `ready` and `merge-ready` cost with the index and without, beside sqlite3 reading
# the same rows; how fast the index is made anew; and 32 processes that claim at once, beside 32 that
# take rows with SQLite's `UPDATE … RETURNING`.
#
#   bench/queue.sh [BIN_DIR]         BIN_DIR is target/dist by default (make install builds it)
#
# SIZES ("2000:6000 100000:1000000") are queues of so many tasks and events, ROUNDS (9) and PLAIN (3) how often
# each command is run with the index and without. Up to 2,000 tasks are defined in switchyard.yaml, more are
# imported. Six in ten tasks have landed, each by a commit of its own; the others have a lease that is over. CLAIMS
# (320) is how often 32 processes at once claim a task; two of them want each.
#
# Commands are run in turns and a figure is the median of its rounds, so that other work on the machine falls
# on all of them alike; CPU is user and system time together, children included. Without the index the file
# has a folder in its place. Everything was read once before, and lies in memory.
set -euo pipefail
cd "$(dirname "$0")/.."
. bench/lib.sh
needs git awk sqlite3
[ -x /usr/bin/time ] || fail "/usr/bin/time is missing"
bin=$(built "${1:-}" merge-queue)
sizes=${SIZES:-2000:6000 100000:1000000} rounds=${ROUNDS:-9} plain=${PLAIN:-3} claims=${CLAIMS:-320}
work=$(mktemp -d "${TMPDIR:-/tmp}/bench-queue-XXXXXX")
trap 'rm -rf "$work"' EXIT
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null USER=bench
for who in AUTHOR COMMITTER; do export "GIT_${who}_NAME=bench" "GIT_${who}_EMAIL=bench@example.org"; done

# definitions TASKS: prints a section that defines them, or none when they are too many.
definitions() {
  awk -v tasks="$1" 'BEGIN {
    print "queue:\n  base: main\n  roles:\n    A-backend: {}\n    B-frontend: {}\n    D-arch: {reviewer: true}"
    if (tasks <= 2000) print "  tasks:"
    for (i = 0; tasks <= 2000 && i < tasks; i++) printf "    - {id: task-%06d, title: Make part %d do what it should, role: %s, priority: %d, acceptance_checks: [make test]%s}\n", i, i, i % 2 ? "B-frontend" : "A-backend", 1 + i % 9, i % 5 || i < 10 ? "" : sprintf(", depends_on: [task-%06d]", i - 7)
    print "  routes:\n    - {globs: [\"src/**\"], roles: [D-arch]}"
  }'
}

# queue TASKS EVENTS FOLDER: makes a repository with a commit for each task that has landed, and its journal.
queue() {
  local tasks=$1 events=$2 landed=$(($1 * 6 / 10))
  git init --quiet --initial-branch=main "$3"
  cd "$3"
  definitions "$tasks" > switchyard.yaml
  {
    printf 'blob\nmark :1\ndata %d\n' "$(stat -c %s switchyard.yaml)"
    cat switchyard.yaml
    awk -v landed="$landed" 'BEGIN {
      for (i = 0; i <= landed; i++) {
        printf "\ncommit refs/heads/main\nmark :%d\ncommitter bench <bench@example.org> %d +0000\ndata 1\nx\n", i + 2, 1700000000 + i
        if (i) printf "from :%d\n", i + 1; else print "M 100644 :1 switchyard.yaml"
      }
    }'
  } | git fast-import --quiet --export-marks="$work/marks"
  git reset --quiet --hard
  mkdir -p .git/switchyard
  awk -v tasks="$tasks" -v events="$events" -v landed="$landed" '
    function open(task, kind) {
      seq++
      return sprintf("{\"seq\":%d,\"at\":\"2026-%02d-%02dT%02d:%02d:%02d.%03dZ\",\"actor\":\"bench\",\"task\":\"task-%06d\",\"kind\":\"%s\"", seq, 1 + int(seq / 2419200) % 9, 1 + int(seq / 86400) % 28, int(seq / 3600) % 24, int(seq / 60) % 60, seq % 60, seq % 1000, task, kind)
    }
    function evidence(task, commit, passed) {
      printf "%s,\"evidence\":{\"command\":\"make test\",\"exit_status\":%d,\"result\":\"%s\",\"commit\":\"%s\",\"tree\":\"%s\",\"started_at\":\"2026-01-24T18:30:45.000Z\",\"duration_ms\":1234,\"output_tail\":\"test result: 120 passed\\n\",\"source\":\"ran\"}}\n", open(task, "evidence"), !passed, passed ? "pass" : "fail", commit, commit
    }
    { split($1, mark, ":"); commits[mark[2]] = $2 }
    END {
      for (from = 0; tasks > 2000 && from < tasks; from += 50000) {
        printf "%s,\"added\":[", open(from, "added")
        for (i = from; i < tasks && i < from + 50000; i++) printf "%s{\"id\":\"task-%06d\",\"title\":\"Make part %d do what it should\",\"role\":\"%s\",\"priority\":%d,\"acceptance_checks\":[\"make test\"],\"depends_on\":[%s]}", (i > from ? "," : ""), i, i, i % 2 ? "B-frontend" : "A-backend", 1 + i % 9, i % 5 || i < 10 ? "" : sprintf("\"task-%06d\"", i - 7)
        print "]}"
      }
      for (i = 0; i < tasks; i++) {
        last = seq + int((events - seq) / (tasks - i))
        commit = commits[(i < landed ? i : landed) + 2]; before = commits[(i < landed ? i : landed) + 1]
        printf "%s,\"claim\":{\"role\":\"%s\",\"owner\":\"agent-%d\",\"since\":\"2026-01-24T18:30:45.000Z\",\"until\":\"2026-01-24T20:30:45.000Z\"}}\n", open(i, "claimed"), i % 2 ? "B-frontend" : "A-backend", i % 40
        while (i < landed && seq < last - 4) evidence(i, commit, 1)
        if (i < landed && seq < last - 3) printf "%s,\"handoff\":{\"owner\":\"A\",\"branch\":\"b%d\",\"commit\":\"%s\",\"changed_files\":[\"src/a.rs\"]}}\n", open(i, "handoff"), i, commit
        if (i < landed && seq < last - 2) printf "%s,\"review\":{\"role\":\"D-arch\",\"reviewer\":\"D\",\"status\":\"approved\",\"commit\":\"%s\",\"diff_digest\":\"sha256:%s\"}}\n", open(i, "review"), commit, commit
        for (kind = 0; i < landed && kind < 2; kind++) printf "%s,\"landed\":{\"commit\":\"%s\",\"branch\":\"b%d\",\"base\":\"main\",\"base_before\":\"%s\",\"base_after\":\"%s\",\"strategy\":\"ff-only\",\"remote\":null}}\n", open(i, kind ? "landed" : "landing"), commit, i, before, commit
        while (seq < last) evidence(i, commit, 0)
      }
    }' "$work/marks" > .git/switchyard/queue.jsonl
  cd - > /dev/null
}

# once LABEL COMMAND...: adds wall and CPU milliseconds and the peak memory of one run to `LABEL`.
once() {
  local label=$1 begun
  shift
  begun=$(micros)
  /usr/bin/time -o "$work/time" -f '%U %S %M' "$@" > "$work/out" 2> "$work/err" || true
  awk -v wall="$(($(micros) - begun))" 'END { printf "%.2f %.0f %.1f\n", wall / 1000, ($1 + $2) * 1000, $3 / 1024 }' "$work/time" >> "$work/$label"
}
figure() { median "$(cut -d' ' -f"$2" "$work/$1" | tr '\n' ' ')"; }

measure() {
  local tasks=$1 events=$2 q=$work/queue round state db label
  rm -rf "$q" "$work"/f-*
  queue "$tasks" "$events" "$q"
  state=$q/.git/switchyard db=$q/.git/switchyard/queue.db
  # The last one is about to land: what it lacks is told.
  declare -A ours=([status]="status" [ready]="ready" [merge-ready]="merge-ready task-$(printf %06d $((tasks - 1))) --no-fetch")
  for ((round = 0; round < 3; round++)); do
    rm -f "$db"; once f-make "$bin/merge-queue" --repo "$q" status
  done
  sleep 0.1
  once f-warm "$bin/merge-queue" --repo "$q" status
  for ((round = 0; round < rounds; round++)); do
    for label in status ready merge-ready; do once "f-$label" "$bin/merge-queue" --repo "$q" ${ours[$label]}; done
    once f-sqlite sqlite3 -readonly -json "$db" 'SELECT * FROM tasks'
    once f-git git -C "$q" status --short
  done
  size=$(stat -c %s "$db")
  mv "$db" "$work/db"; mkdir "$db"
  for ((round = 0; round < plain; round++)); do
    for label in status ready merge-ready; do once "f-plain-$label" "$bin/merge-queue" --repo "$q" ${ours[$label]}; done
  done
  rmdir "$db"; mv "$work/db" "$db"
  printf '%s tasks, %s events: journal %.1f MB, index %.1f MB\n' "$tasks" "$(wc -l < "$state/queue.jsonl")" "$(stat -c %s "$state/queue.jsonl" | awk '{ print $1 / 1e6 }')" "$(awk "BEGIN { print $size / 1e6 }")"
  printf '  %-34s %9s %9s %9s %9s\n' "" ms "CPU ms" "MiB" "×without"
  for label in status ready merge-ready; do
    printf '  %-34s %9s %9s %9s %9s\n' "merge-queue $label" "$(figure "f-$label" 1)" "$(figure "f-$label" 2)" "$(figure "f-$label" 3)" "$(ratio "$(figure "f-$label" 1)" "$(figure "f-plain-$label" 1)")"
    printf '  %-34s %9s %9s %9s\n' "  without the index" "$(figure "f-plain-$label" 1)" "$(figure "f-plain-$label" 2)" "$(figure "f-plain-$label" 3)"
  done
  printf '  %-34s %9s %9s %9s\n' "sqlite3 -json 'SELECT * FROM tasks'" "$(figure f-sqlite 1)" "$(figure f-sqlite 2)" "$(figure f-sqlite 3)"
  printf '  %-34s %9s %9s %9s\n' "git status" "$(figure f-git 1)" "$(figure f-git 2)" "$(figure f-git 3)"
  awk -v events="$events" -v make="$(figure f-make 1)" -v cpu="$(figure f-make 2)" -v warm="$(figure f-status 1)" -v warm_cpu="$(figure f-status 2)" -v mib="$(figure f-make 3)" 'BEGIN {
    printf "  index made anew: %.0f events/s, %.0f events per CPU second, %.0f MiB\n", events / (make - warm) * 1000, events / (cpu - warm_cpu) * 1000, mib }'
}

# storm: 32 processes claim at once; two of them want each task, and one gets it.
storm() {
  local q=$work/storm begun took peer each=$((claims / 32)) tasks=$((claims / 2)) won p i
  mkdir -p "$q"
  git init --quiet --initial-branch=main "$q/r"
  {
    printf 'queue:\n  base: main\n  roles: {A: {}}\n  tasks:\n'
    for ((i = 0; i < tasks; i++)); do printf '    - {id: t%d, title: T, role: A}\n' "$i"; done
  } > "$q/r/switchyard.yaml"
  git -C "$q/r" add . && git -C "$q/r" commit --quiet --message begin
  begun=$(micros)
  for ((p = 0; p < 32; p++)); do
    (for ((i = 0; i < each; i++)); do "$bin/merge-queue" --repo "$q/r" claim "t$((i * 16 + p / 2))" --role A --owner "o$p" > /dev/null 2>> "$q/err" || true; done) &
  done
  wait
  took=$(($(micros) - begun))
  won=$(wc -l < "$q/r/.git/switchyard/queue.jsonl")
  "$bin/merge-queue" --repo "$q/r" validate > /dev/null || fail "the journal of the storm is damaged: $(head -1 "$q/err")"
  [ "$won" = "$tasks" ] || fail "$tasks tasks have $won winners: $(head -1 "$q/err")"
  {
    echo 'PRAGMA journal_mode = WAL; CREATE TABLE tasks (id TEXT PRIMARY KEY, owner TEXT); BEGIN;'
    for ((i = 0; i < tasks; i++)); do echo "INSERT INTO tasks (id) VALUES ('t$i');"; done
    echo 'COMMIT;'
  } | sqlite3 "$q/peer.db" > /dev/null
  begun=$(micros)
  for ((p = 0; p < 32; p++)); do
    (for ((i = 0; i < each; i++)); do sqlite3 -cmd '.timeout 60000' "$q/peer.db" "PRAGMA synchronous = FULL; UPDATE tasks SET owner = 'o$p' WHERE id = 't$((i * 16 + p / 2))' AND owner IS NULL RETURNING id" > /dev/null; done) &
  done
  wait
  peer=$(($(micros) - begun))
  awk -v claims="$claims" -v won="$won" -v took="$took" -v peer="$peer" 'BEGIN {
    printf "%d claims of %d tasks by 32 processes: %d winners; merge-queue %.0f claims/s, sqlite3 UPDATE … RETURNING %.0f claims/s (×%.2f)\n", claims, won, won, claims / took * 1e6, claims / peer * 1e6, peer / took }'
}

for size in $sizes; do measure "${size%:*}" "${size#*:}"; done
storm
echo "load $(cut -d' ' -f1 /proc/loadavg); $(machine)"
