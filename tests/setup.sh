#!/bin/sh
# What the tests need from outside: programs of the distribution (as root, when absent) and locked npm packages.
# Arguments choose: vda5050, modbus, pages, postgres; none means all. No service is started: the tests start their
# own. Leaves without an error where it may not install; the tests then say what they skip.
set -eu
cd "$(dirname "$0")"
PATH="$PATH:/usr/sbin:$(echo /usr/lib/postgresql/*/bin | tr ' ' ':')"
missing=""
folders=""

need() { # PROGRAM PACKAGES
    command -v "$1" >/dev/null || missing="$missing $2"
}

for what in "${@:-vda5050 modbus pages postgres}"; do
    for one in $what; do
        case "$one" in
            vda5050) need mosquitto mosquitto; need openssl openssl; folders="$folders vda5050/vehicle" ;;
            modbus) folders="$folders driver/modbus" ;;
            pages) need chromium "chromium fonts-dejavu-core"; folders="$folders hmi_pages" ;;
            postgres) need initdb postgresql ;;
            *) echo "tests/setup.sh: expected vda5050, modbus, pages or postgres, got $one" >&2; exit 64 ;;
        esac
    done
done
if [ -n "$folders" ]; then
    need node nodejs
    need npm npm
fi
if [ -n "$missing" ]; then
    if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
        echo "not all is tested: absent$missing, and not root on Debian" >&2
        exit 0
    fi
    export DEBIAN_FRONTEND=noninteractive RUNLEVEL=1  # no service is started
    # shellcheck disable=SC2086
    apt-get install -qq -y --no-install-recommends $missing >/dev/null ||
        { apt-get update -qq && apt-get install -qq -y --no-install-recommends $missing >/dev/null; }
fi
for folder in $folders; do
    [ "$folder/node_modules/.package-lock.json" -nt "$folder/package-lock.json" ] ||
        (cd "$folder" && npm ci --silent --no-audit --no-fund --ignore-scripts)
done
