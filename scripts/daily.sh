#!/bin/sh
# Runs the command given once a day at RECSVC_NIGHTLY_AT (HH:MM in the zone that TZ names, default 02:10 UTC), for
# containers without cron. Where RECSVC_MODELS holds no published version yet, the first run begins at once.
# A run that fails is said and waits for its next day: the live version stays. TERM ends the run and this.
set -eu
at=${RECSVC_NIGHTLY_AT:-02:10}
case $at in
[01][0-9]:[0-5][0-9] | 2[0-3]:[0-5][0-9]) ;;
*)
    echo "daily: RECSVC_NIGHTLY_AT=$at is no time of day such as 02:10" >&2
    exit 2
    ;;
esac

running=
stop() {
    set +u # no $! before the first run
    if [ -n "$running" ] && [ -n "$!" ]; then
        kill -TERM "$!" 2>/dev/null || true
        wait "$!" || true
    fi
    exit 0
}
trap stop TERM INT

# In the background and awaited, so that a signal is heard at once.
run() {
    running=yes
    "$@" &
    code=0
    wait "$!" || code=$?
    running=
    return "$code"
}

# The next moment at which the clock shows this time; 04:00 on the day whose summer time skips it.
next() {
    for day in today tomorrow; do
        moment=$(date -d "$day $at" +%s 2>/dev/null) || moment=$(date -d "$day 04:00" +%s)
        if [ "$moment" -gt "$(date +%s)" ]; then break; fi
    done
}

if [ ! -e "${RECSVC_MODELS:-models/trained}/current" ]; then
    echo "daily: nothing is published yet, running now" >&2
    run "$@" || echo "daily: exit code $?" >&2
fi
while :; do
    next
    echo "daily: next run at $(date -d "@$moment" +%Y-%m-%dT%H:%M%z)" >&2
    while [ "$(date +%s)" -lt "$moment" ]; do
        run sleep 20 || true
    done
    run "$@" || echo "daily: exit code $?" >&2
done
