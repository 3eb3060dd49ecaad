#!/usr/bin/env bash
# Clean build times and the size of each stripped binary.
#
#   bench/build.sh [PROFILE…]        dev and dist by default
#
# Builds into a temporary folder, so nothing of yours is cleaned. Downloads are not counted.
set -euo pipefail
cd "$(dirname "$0")/.."
export LC_ALL=C
target=$(mktemp -d)
trap 'rm -rf "$target"' EXIT
cargo fetch --locked --quiet
for profile in "${@:-dev dist}"; do
  for name in $profile; do
    begun=$EPOCHREALTIME
    CARGO_TARGET_DIR=$target cargo build --locked --quiet --profile "$name" \
      -p gemini-retry -p view-audit -p consolidate -p lld-check -p worktree-lane -p merge-queue
    awk "BEGIN{printf \"profile %s: %.0f s on %d cores\n\", \"$name\", $EPOCHREALTIME - $begun, $(nproc)}"
    folder=$target/$([ "$name" = dev ] && echo debug || echo "$name")
    for tool in gemini-retry view-audit consolidate lld-check worktree-lane merge-queue; do
      cp "$folder/$tool" "$target/stripped" && strip "$target/stripped"
      printf '  %-14s %6d KiB stripped\n' "$tool" "$(($(stat -c %s "$target/stripped") / 1024))"
    done
  done
done
