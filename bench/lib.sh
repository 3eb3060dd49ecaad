# What the scripts here share. Each of them sources it from the root of the tree.
target=${CARGO_TARGET_DIR:-target}
export LC_ALL=C

# fail WHY: ends the script before it measured anything.
fail() { echo "$(basename "$0" .sh): $1" >&2; exit 2; }

# needs PROGRAM...: ends the script unless they are on PATH.
needs() {
  local program
  for program; do command -v "$program" > /dev/null || fail "$program is missing"; done
}

# built FOLDER TOOL...: prints the absolute folder that the tools are in, by default that of the release build.
built() {
  local folder=${1:-$target/dist} tool
  for tool in "${@:2}"; do
    [ -x "$folder/$tool" ] || fail "$folder/$tool is not built: cargo build --profile dist"
  done
  realpath "$folder"
}

# helper PACKAGE: builds a package of testing/ and prints the absolute path of its program.
helper() {
  cargo build --quiet --locked --release -p "$1" && realpath "$target/release/$1"
}

# Microseconds since 1970.
micros() { local t=$EPOCHREALTIME; echo "${t/./}"; }

# median NUMBERS: the middle one of a list between blanks.
median() { tr ' ' '\n' <<< "$1" | grep . | sort -g | awk '{ t[NR] = $1 } END { print t[int((NR + 1) / 2)] }'; }

# ratio A B: A / B, with two digits.
ratio() { awk "BEGIN { printf \"%.2f\", $1 / $2 }"; }

# children: sets `spent` to the microseconds of CPU time that the ended children of this shell have taken. Uses
# the folder $work. `times` has to run in this shell: every other one begins anew.
children() {
  times > "$work/times"
  spent=$(awk 'NR == 2 { split($1, u, /[ms]/); split($2, s, /[ms]/); printf "%d", ((u[1] + s[1]) * 60 + u[2] + s[2]) * 1000000 }' "$work/times")
}

# talos FILES LINES FOLDER: makes the repository $work/talos, with as many files of so many lines, FOLDER of them in
# a folder, and an origin that was fetched from; stays in it.
talos() {
  local who
  export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null
  for who in AUTHOR COMMITTER; do export "GIT_${who}_NAME=bench" "GIT_${who}_EMAIL=bench@example.org"; done
  git init --quiet --initial-branch=main "$work/talos"
  cd "$work/talos"
  awk -v files="$1" -v lines="$2" -v each="$3" 'BEGIN {
    for (i = 0; i < files; i++) {
      folder = sprintf("src/m%d/d%d", i / (each * 10), i / each)
      if (i % each == 0) system("mkdir -p " folder)
      file = folder "/f" i ".rs"
      for (line = 0; line < lines; line++) printf "let x = %d;\n", i * line > file
      close(file)
    }
  }'
  printf '/target/\n*.log\n' > .gitignore
  git add --all
  git commit --quiet --message begin
  git clone --quiet --bare . ../origin.git
  git remote add origin ../origin.git
  git fetch --quiet
}

# The machine, as the last line of each script names it.
machine() { echo "$(nproc) cores; $(uname -sm)"; }
