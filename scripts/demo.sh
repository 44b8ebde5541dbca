#!/bin/sh
# Generates a small shop, trains on it and serves it. Arguments: the environment's bin folder, a folder to write to.
set -eu
bin=$1
folder=$2
mkdir -p "$folder"
"$bin/recsvc" demo-shop --size demo --seed 1 --out "$folder/shop"
"$bin/recsvc" train --orders "$folder/shop/orders.csv" --catalogue "$folder/shop/catalogue.csv" --models "$folder/models"
exec "$bin/recsvc" serve --models "$folder/models" --bind "${BIND:-127.0.0.1:8000}" --storefront "$folder/shop"
