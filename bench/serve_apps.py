"""What the service is measured beside: a floor that no service goes below, and what a shop would write itself."""

from __future__ import annotations

import os

import numpy as np
import redis
from flask import Flask, Response, jsonify, request


def floor() -> Flask:
    """A bare route: one Redis GET of a ready JSON string."""
    app = Flask("floor", static_folder=None)
    client = redis.Redis.from_url(os.environ["FLOOR_REDIS"], max_connections=16)

    @app.get("/recommend")
    def recommend() -> Response:
        return Response(client.get(f"floor:{request.args['item_id']}"), content_type="application/json")

    return app


def peer() -> Flask:
    """A route over implicit's cosine model: id, title, price and score of eight similar items; one shelf, no rules."""
    from implicit.nearest_neighbours import CosineRecommender  # noqa: PLC0415  # in the worker, after the fork
    from scipy import sparse  # noqa: PLC0415  # as above

    items, baskets = int(os.environ["PEER_ITEMS"]), int(os.environ["PEER_ITEMS"]) * 20
    rng = np.random.default_rng(1)
    column = (rng.random(baskets * 4) ** 3 * items).astype(np.int32)
    row = np.repeat(np.arange(baskets, dtype=np.int32), 4)
    matrix = sparse.csr_matrix((np.ones(len(row), np.float32), (row, column)), shape=(baskets, items))
    model = CosineRecommender(K=50, num_threads=1)
    model.fit(matrix, show_progress=False)
    ids = {f"SKU{i:08}": i for i in range(items)}
    goods = [
        {"item_id": name, "title": f"Porcelain thing number {i} with handle", "price": "9.90"}
        for name, i in ids.items()
    ]
    app = Flask("peer", static_folder=None)

    @app.get("/recommend")
    def recommend() -> Response:
        found, scores = model.similar_items(ids[request.args["item_id"]], N=9)
        shelf = zip(found[1:].tolist(), scores[1:].tolist(), strict=True)
        return jsonify(items=[{**goods[item], "score": score} for item, score in shelf])

    return app
