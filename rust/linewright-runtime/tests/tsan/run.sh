#!/bin/sh
# The threads of a live core, its rings and the worst cycle's frame under ThreadSanitizer. It fails at the first report.
set -eu
cd "$(dirname "$0")"
host=$(rustc -vV | sed -n 's/^host: //p')
# The sanitizer's runtime comes with the stable compiler, its switch does not.
export RUSTC_BOOTSTRAP=1
export RUSTFLAGS="-Zsanitizer=thread -Cunsafe-allow-abi-mismatch=sanitizer"
export CARGO_PROFILE_QUICK_DEBUG=line-tables-only  # a report names its lines
export TSAN_OPTIONS="suppressions=$PWD/standard_library.supp"
cargo test --quiet --locked --profile quick --target "$host" --package linewright-runtime --lib --test live_process
