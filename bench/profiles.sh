#!/usr/bin/env bash
# Compares release profiles by size and start-up; docs/decisions/0003 rests on it.
#
#   bench/profiles.sh                takes some minutes: every profile is a full build
set -euo pipefail
cd "$(dirname "$0")/.."
export LC_ALL=C
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
tools=(gemini-retry view-audit consolidate lld-check worktree-lane merge-queue)
build() { # name, then settings of the profile
  local name=$1; shift
  local begun=$EPOCHREALTIME args=()
  for setting in "$@"; do args+=(--config "profile.release.$setting"); done
  CARGO_TARGET_DIR=$root/$name cargo build --locked --quiet --release "${args[@]}" "${tools[@]/#/-p}"
  local seconds; seconds=$(awk "BEGIN{printf \"%.0f\", $EPOCHREALTIME - $begun}")
  local bytes=0
  for tool in "${tools[@]}"; do bytes=$((bytes + $(stat -c %s "$root/$name/release/$tool"))); done
  printf '\n== %s: %s s to build, %d KiB in all (%s)\n' "$name" "$seconds" $((bytes / 1024)) "$*"
  bench/startup.sh "$root/$name/release" | sed -n '1p;4,9p'
  rm -rf "${root:?}/$name"
}
build plain          'strip="symbols"'
build thin-lto       'strip="symbols"' 'lto="thin"'
build fat-lto        'strip="symbols"' 'lto="fat"' 'codegen-units=1'
build fat-lto-abort  'strip="symbols"' 'lto="fat"' 'codegen-units=1' 'panic="abort"'
build small          'strip="symbols"' 'lto="fat"' 'codegen-units=1' 'panic="abort"' 'opt-level="s"'
