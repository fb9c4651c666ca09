#!/bin/sh
# Fuzzes every constructor and every state decoder: run.sh SECONDS (of each target). Needs a C++ compiler.
set -eu
cd "$(dirname "$0")"
seconds=${1:-600}
host=$(rustc -vV | sed -n 's/^host: //p')
target=${CARGO_TARGET_DIR:-target}
coverage="-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4"
coverage="$coverage -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table"
# A target of its own keeps the flags from the build scripts.
RUSTFLAGS="$coverage --cfg fuzzing" cargo build --quiet --locked --release --target "$host"
for name in constructors states; do
    mkdir -p "corpus/$name" artifacts
    "$target/$host/release/$name" "corpus/$name" -max_total_time="$seconds" -max_len=2048 \
        -artifact_prefix="artifacts/$name-" -print_final_stats=1 -verbosity=0
done
