#!/bin/sh
# Prints the path of a Chromium for the browser tests: the one on PATH, else Debian's package when root.
# Prints nothing, and says why, where there is none: those tests are then skipped.
set -eu

found() {
    command -v "$1" >/dev/null 2>&1 && command -v "$1" && exit 0
}

found chromium || true
found chromium-browser || true
if [ "$(id -u)" != 0 ] || ! grep -qs '^ID=debian' /etc/os-release; then
    echo "no Chromium: the browser tests will be skipped. On Debian: apt-get install chromium" >&2
    exit 0
fi
echo "installing the package chromium" >&2
log=$(mktemp)
trap 'rm -f "$log"' EXIT
export DEBIAN_FRONTEND=noninteractive
if { apt-get -q update && apt-get -q install -y --no-install-recommends chromium fonts-dejavu-core; } >"$log" 2>&1; then
    found chromium
fi
cat "$log" >&2
echo "Chromium could not be installed: the browser tests will be skipped" >&2
