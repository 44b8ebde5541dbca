#!/bin/sh
# Tries both images without a container engine: executes the Dockerfile's own steps in a fresh Debian root, then runs
# what they made as uid 10001 on a read-only root, a night and a service, and prints the sizes.
#   scripts/try-container.sh FOLDER      needs root, debootstrap and about 3 GB in FOLDER, which it fills and leaves
# Unlike Docker: Debian's own Python 3.11 stands for the image python:3.11-slim-bookworm; the network and the kernel are
# the host's, without seccomp, capabilities or memory limits of a container.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
folder=$(mkdir -p "$1" && cd "$1" && pwd)
[ "$(id -u)" = 0 ] || { echo "needs root, for chroot" >&2; exit 2; }
if [ "${2:-}" != inside ]; then # a mount namespace of our own: whatever is mounted goes when this ends
    exec unshare --mount --propagation private "$0" "$folder" inside
fi

say() { printf '\n== %s\n' "$*"; }

if [ ! -e "$folder/base.done" ]; then
    say "a fresh Debian with Python"
    debootstrap --variant=minbase --include=ca-certificates,python3,python3-venv bookworm "$folder/base" >/dev/null
    ln -sf /usr/bin/python3 "$folder/base/usr/local/bin/python"
    touch "$folder/base.done"
fi
# What the host needs to reach the network, a build needs too.
cp -L /etc/resolv.conf "$folder/base/etc/resolv.conf"
cp -L /etc/ssl/certs/ca-certificates.crt "$folder/base/etc/ssl/certs/ca-certificates.crt"

say "the Dockerfile's steps"
rm -rf "$folder/stages"
mkdir -p "$folder/stages"
python3 "$here/dockerfile.py" "$folder/base" "$folder/stages"

say "sizes, MB"
for target in serve train; do
    root=$folder/stages/$target
    echo "$target: site-packages $(du -sm "$root"/opt/recsvc/lib/python3*/site-packages | cut -f1)," \
        "/opt/recsvc $(du -sm "$root/opt/recsvc" | cut -f1), base $(du -sm "$folder/base" | cut -f1)"
    du -sm "$root"/opt/recsvc/lib/python3*/site-packages/* | sort -rn | head -n 6 | sed 's|/.*/|   |'
done

say "what must not be in the images"
for target in serve train; do
    root=$folder/stages/$target
    for tool in gcc g++ cc c++ cmake make; do
        found=$(chroot "$root" sh -c "command -v $tool" || true)
        [ -z "$found" ] || { echo "$target holds $found" >&2; exit 1; }
    done
    for left in src wheels opt/build root/.cache; do
        [ ! -e "$root/$left" ] || { echo "$target holds /$left" >&2; exit 1; }
    done
done
for name in scipy implicit polars training tests pip; do
    for found in "$folder"/stages/serve/opt/recsvc/lib/python3*/site-packages/"$name"*; do
        [ ! -e "$found" ] || { echo "serve holds $found" >&2; exit 1; }
    done
done
echo "no compiler, build tool or cache in either; no trainer, SciPy, implicit, Polars or pip in serve"

# A root as the container will see it: read-only, with /tmp and /dev/shm in memory, and the volumes.
volumes=$folder/volumes
rm -rf "$volumes"
install -d -o 10001 -g 10001 "$volumes/models" "$volumes/data"
for target in serve train; do
    root=$folder/stages/$target
    mkdir -p "$root/data" "$root/dev/shm"
    mount --bind "$root" "$root"
    mount -o remount,ro,bind "$root"
    mount -t proc proc "$root/proc"
    mount -t tmpfs tmpfs "$root/tmp"
    mount -t tmpfs tmpfs "$root/dev/shm"
    mount --bind "$volumes/models" "$root/var/lib/recsvc/models"
    mount --bind "$volumes/data" "$root/data"
done

# enter TARGET COMMAND…: become it, with the image's environment, user and folder, and no setting of the host's.
enter() {
    target=$1
    shift
    for name in $(env | cut -d= -f1 | grep -E '^(RECSVC|PROMETHEUS|PYTHON|PIP|VIRTUAL)'); do unset "$name"; done
    # shellcheck disable=SC1090 # written by dockerfile.py
    . "$folder/stages/$target.env"
    if [ "$target" = serve ]; then export RECSVC_BIND=0.0.0.0:18099; fi
    if [ -n "$redis" ]; then export RECSVC_REDIS_URL=redis://127.0.0.1:16399/0; fi
    if [ -n "$open" ]; then export RECSVC_ALLOW_OPEN=1; fi
    exec chroot --userspec="$RUN_AS" "$folder/stages/$target" sh -c 'cd "$0" && exec "$@"' "$WORKDIR" "$@"
}
as() { (enter "$@"); }
open=

# ended NAME PID: TERM it, and want exit code 0.
ended() {
    kill -TERM "$2"
    code=0
    wait "$2" || code=$?
    echo "$1 ended by TERM with exit code $code"
    [ "$code" = 0 ]
}

redis=
if binary=$(command -v redis-server); then
    "$binary" --port 16399 --bind 127.0.0.1 --save "" --appendonly no --maxmemory 256mb \
        --maxmemory-policy noeviction >"$folder/redis.log" &
    redis=$!
fi
trap '[ -z "$redis" ] || kill "$redis"' EXIT

say "train: the root is read-only, the user is 10001, a compose night runs at once and publishes"
as train id
as train sh -c 'touch /opt/recsvc/x /usr/x /root/x 2>&1' && { echo "the root can be written" >&2; exit 1; }
as train python -c '
import implicit.als, implicit.nearest_neighbours, polars, scipy.sparse.linalg
from training.cooccurrence.native import library
assert library() is not None, "the native kernel was not built"
print("every compiled part of the trainer loads, the native kernel among them")'
as train recsvc demo-shop --size toy --out /data
enter train daily sh -c 'exec recsvc nightly --orders /data/orders* --catalogue /data/catalogue.csv' \
    >"$folder/night.log" 2>&1 &
night=$!
for _ in $(seq 600); do
    if grep -q 'next run' "$folder/night.log"; then break; fi
    sleep 0.5
done
grep -E '"outcome"|next run' "$folder/night.log"
grep -q '"outcome": "published"' "$folder/night.log"
ended daily "$night"

say "serve: what is compiled loads"
as serve python -c '
from recsvc.votes_native import library
assert library() is not None, "the votes were not built"
print("the compiled votes load")'

say "serve: refuses an open bind until told, then answers, and its health check sees it"
code=0
as serve recsvc serve || code=$?
[ "$code" = 2 ]
as serve recsvc train --orders x || echo "exit code $?"
. "$folder/stages/serve.env"
code=0
# shellcheck disable=SC2086 # a command line
as serve $HEALTH || code=$?
[ "$code" = 1 ]
open=1
# shellcheck disable=SC2086 # a command line
enter serve $CMD >"$folder/serve.log" 2>&1 &
serving=$!
for _ in $(seq 100); do
    # shellcheck disable=SC2086 # a command line
    if as serve $HEALTH 2>/dev/null; then break; fi
    sleep 0.3
done
as serve python -c '
import json, urllib.request as u
at = "http://127.0.0.1:18099"
print(u.urlopen(at + "/recommend?item_id=D0000001&n=2").read().decode()[:300])
print([line for line in u.urlopen(at + "/metrics").read().decode().splitlines() if line.startswith("recsvc_model_age")])
'
ended serve "$serving"
tail -n 3 "$folder/serve.log"
say "done"
