#!/bin/sh
# Prints the path of a redis-server for the tests: the one on PATH, else the system's package when root,
# else that package downloaded and unpacked into the folder given, without root.
set -eu
mkdir -p "$1"
folder=$(cd "$1" && pwd)

found() {
    "$1" --version >/dev/null 2>&1 && echo "$1" && exit 0
}

if path=$(command -v redis-server); then found "$path"; fi
if [ -x "$folder/redis-server" ]; then found "$folder/redis-server"; fi
if ! command -v apt-get >/dev/null 2>&1; then
    echo "The tests need redis-server, and this system has no apt-get. Install Redis 7 or newer and try again." >&2
    exit 1
fi

log=$(mktemp)
trap 'rm -f "$log"' EXIT
if [ "$(id -u)" = 0 ]; then
    echo "installing the package redis-server" >&2
    export DEBIAN_FRONTEND=noninteractive
    # A package's start script must not start a server: the tests start their own.
    if { apt-get -q update && RUNLEVEL=1 apt-get -q install -y --no-install-recommends redis-server; } >"$log" 2>&1; then
        found "$(command -v redis-server)"
    fi
else
    echo "downloading the package redis-server into $folder" >&2
    mkdir -p "$folder/debs" "$folder/root"
    packages=""
    for package in redis-server redis-tools libjemalloc2 liblzf1 libatomic1 liblua5.1-0 lua-bitop0 lua-cjson0; do
        if apt-cache show "$package" >/dev/null 2>&1; then packages="$packages $package"; fi
    done
    # shellcheck disable=SC2086 # the list is meant to be split
    if (cd "$folder/debs" && apt-get -q download $packages) >"$log" 2>&1; then
        for deb in "$folder"/debs/*.deb; do dpkg -x "$deb" "$folder/root"; done
        libraries=$(find "$folder/root" -name '*.so*' -exec dirname {} \; | sort -u | tr '\n' ':')
        cat >"$folder/redis-server" <<WRAPPER
#!/bin/sh
export LD_LIBRARY_PATH="$libraries"
exec "$folder/root/usr/bin/redis-server" "\$@"
WRAPPER
        chmod +x "$folder/redis-server"
        found "$folder/redis-server"
    fi
fi
cat "$log" >&2
echo "No redis-server could be had. Install Redis 7 or newer (apt-get install redis-server) and try again." >&2
exit 1
