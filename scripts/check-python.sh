#!/bin/sh
# Says which package is missing before pip or venv would fail with something longer.
set -eu
python=$1
if ! command -v "$python" >/dev/null 2>&1; then
    echo "$python is not installed. On Debian or Ubuntu: apt-get install python3 python3-venv" >&2
    exit 1
fi
if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
    echo "$("$python" --version) is too old: recsvc needs Python 3.11 or newer. Name one: make PYTHON=python3.12 ..." >&2
    exit 1
fi
if ! "$python" -c 'import venv, ensurepip' >/dev/null 2>&1; then
    version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    echo "Python's venv module is missing. On Debian or Ubuntu: apt-get install python3-venv (or python$version-venv)" >&2
    exit 1
fi
