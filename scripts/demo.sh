#!/bin/sh
# Generates a small shop, trains on it, publishes and serves it.
# Arguments: the environment's bin folder, a folder to write to.
set -eu
bin=$1
folder=$2
shop=$folder/shop
models=$folder/models
rm -rf "$shop" "$models"
mkdir -p "$folder"
"$bin/recsvc" demo-shop --size demo --seed 1 --out "$shop"
"$bin/recsvc" train --orders "$shop/orders.csv" --catalogue "$shop/catalogue.csv" --models "$models"
"$bin/recsvc" publish --models "$models"
exec "$bin/recsvc" serve --models "$models" --bind "${BIND:-127.0.0.1:8000}" --storefront "$shop"
