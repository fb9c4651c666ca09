#!/bin/sh
# The locked packages of the station; zeromq comes with its library built. Leaves without an error where there is no npm.
set -eu
cd "$(dirname "$0")"
command -v npm >/dev/null || { echo "the JavaScript station is not tested: npm is absent" >&2; exit 0; }
[ node_modules/.package-lock.json -nt package-lock.json ] ||
    npm ci --silent --no-audit --no-fund --ignore-scripts
