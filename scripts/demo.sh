#!/bin/sh
# Generates a small shop, trains on it, publishes and serves it, with a memory for what is clicked, ordered and declined.
# Arguments: the environment's bin folder, a folder to write to.
set -eu
bin=$1
folder=$2
shop=$folder/shop
models=$folder/models
rm -rf "$shop" "$models" "$folder"/state.db*
mkdir -p "$folder"
# Somebody waits for this run: the customers' lists are learnt from fewer questions than a nightly run asks, and the
# items' lists are not ranked anew.
printf 'rerank = 0\npicks_snapshots = 2\npicks_questions = 2000\npersonal_questions = 300\n' > "$folder/demo.toml"
"$bin/recsvc" demo-shop --size demo --seed 1 --out "$shop"
"$bin/recsvc" train --orders "$shop/orders.csv" --catalogue "$shop/catalogue.csv" --models "$models" \
    --config "$folder/demo.toml"
"$bin/recsvc" publish --models "$models"
exec "$bin/recsvc" serve --models "$models" --bind "${BIND:-127.0.0.1:8000}" --storefront "$shop" --state "$folder/state.db"
