#!/bin/sh
# Fuzzes the targets: run.sh SECONDS (of each) [TARGET...]; all of them when none is named. Needs a C++ compiler. What is
# found stays in `corpus` from run to run; `seeds` are those that every test run tries.
set -eu
cd "$(dirname "$0")"
seconds=${1:-600}
[ $# -gt 0 ] && shift
host=$(rustc -vV | sed -n 's/^host: //p')
target=${CARGO_TARGET_DIR:-../../target}
coverage="-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4"
coverage="$coverage -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table"
# A target of its own keeps the flags from the build scripts.
RUSTFLAGS="$coverage --cfg fuzzing" cargo build --quiet --locked --profile fuzz --package linewright-fuzz \
    --features libfuzzer --target "$host" --target-dir "$target"
fuzz="$target/$host/fuzz/fuzz"
FUZZ_EXAMPLES=corpus "$fuzz"
[ $# -gt 0 ] || set -- $("$fuzz")
mkdir -p artifacts
for name in "$@"; do
    mkdir -p "seeds/$name"
    FUZZ_TARGET="$name" "$fuzz" "corpus/$name" "seeds/$name" -max_total_time="$seconds" -max_len=4096 -timeout=20 \
        -artifact_prefix="artifacts/$name-" -print_final_stats=1 -print_funcs=0 -verbosity=0 2>&1 | sed "s/^/$name: /"
    if ls "artifacts/$name-"* 2>/dev/null; then exit 1; fi
done
