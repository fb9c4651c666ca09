#!/bin/sh
# What the tests of plant data in PostgreSQL need: its server, as root from the distribution when absent. No service is
# started; each test run makes a cluster of its own in a temporary directory. Leaves without an error where it may
# not install.
set -eu
PATH="$PATH:$(echo /usr/lib/postgresql/*/bin | tr ' ' ':')"
if ! command -v initdb >/dev/null; then
    if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
        echo "plant data in PostgreSQL is not tested: no initdb, and not root on Debian" >&2
        exit 0
    fi
    export DEBIAN_FRONTEND=noninteractive RUNLEVEL=1  # no service is started
    apt-get install -qq -y --no-install-recommends postgresql >/dev/null ||
        { apt-get update -qq && apt-get install -qq -y --no-install-recommends postgresql >/dev/null; }
fi
