#!/bin/sh
# What the tests of the operator page need: Debian's chromium, node's npm (as root from the distribution, when
# absent) and the locked axe-core. Leaves without an error where it may not install.
set -eu
cd "$(dirname "$0")"
missing=""
command -v chromium >/dev/null || missing="$missing chromium fonts-dejavu-core"
command -v npm >/dev/null || missing="$missing npm"
if [ -n "$missing" ]; then
    if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
        echo "the operator page is not tested in a browser: absent$missing, and not root on Debian" >&2
        exit 0
    fi
    export DEBIAN_FRONTEND=noninteractive RUNLEVEL=1  # no service is started
    # shellcheck disable=SC2086
    apt-get install -qq -y --no-install-recommends $missing >/dev/null ||
        { apt-get update -qq && apt-get install -qq -y --no-install-recommends $missing >/dev/null; }
fi
[ node_modules/.package-lock.json -nt package-lock.json ] ||
    npm ci --silent --no-audit --no-fund --ignore-scripts
