#!/bin/sh
# Each format's seed under libFuzzer in turn: no exception, no file that takes over 2 s, memory under 2 GB.
# Usage: scripts/fuzz.sh PYTHON [SECONDS per format]
set -eu
cd "$(dirname "$0")/.."
for seed in tests/training/readers/seeds/*/*; do
    echo "== $seed"
    OMP_NUM_THREADS=1 POLARS_MAX_THREADS=1 PYTHONPATH=. "$1" scripts/fuzz.py "$seed" "-max_total_time=${2:-60}" \
        -timeout=2 -rss_limit_mb=2048 -max_len=8192 -print_final_stats=1 "-artifact_prefix=fuzz-$(basename "$seed")-"
done
