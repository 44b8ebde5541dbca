"""Routes of the demonstration shop: static files, pictures, and a small read-only list of goods."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, abort, jsonify, redirect, request, send_from_directory
from werkzeug.wrappers import Response as AnyResponse

from recsvc.store.contract import ModelStore
from recsvc.storefront.goods import Goods

PREFIX = "/shop"
PAGE_SIZE = 24
_STATIC = Path(__file__).parent / "static"
_POLICY = "default-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
"""A page that can load nothing from elsewhere."""


def storefront(store: ModelStore, folder: Path, *, remembers: bool = False) -> Blueprint:
    """The shop under `/shop/`; `folder` is what `recsvc demo-shop` wrote (its pictures, its shoppers).

    `remembers`: the service keeps events, so the shop sends some.

    Raises:
        FileNotFoundError: the folder has no `shoppers.json`.
    """
    shoppers = json.loads((folder / "shoppers.json").read_text(encoding="utf-8"))
    pages = Blueprint("storefront", "recsvc.storefront", url_prefix=PREFIX)
    shelf = _Listed(store)

    @pages.after_request
    def guard(response: Response) -> Response:
        response.headers["Content-Security-Policy"] = _POLICY
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers.setdefault("Cache-Control", "no-cache")
        return response

    @pages.get("")
    def bare() -> AnyResponse:
        return redirect(f"{PREFIX}/")

    @pages.get("/")
    def index() -> Response:
        return send_from_directory(_STATIC, "index.html")

    @pages.get("/<name>")
    def static_file(name: str) -> Response:
        return send_from_directory(_STATIC, name)

    @pages.get("/pictures/<name>")
    def picture(name: str) -> Response:
        return send_from_directory(folder.resolve() / "pictures", name, max_age=86_400)

    @pages.get("/api/shop")
    def facts() -> Response:
        goods, shop = shelf.goods(), shelf.facts()
        told = {"shoppers": shoppers, "remembers": remembers, "departments": goods.departments if goods else []}
        return jsonify(shop | told)

    @pages.get("/api/items")
    def items() -> Response:
        goods = shelf.goods()
        if goods is None:
            return jsonify({"total": 0, "pages": 0, "items": []})
        page = max(1, request.args.get("page", 1, int))
        found = goods.find(request.args.get("q", "")[:100], request.args.get("category", ""), page, PAGE_SIZE)
        return jsonify({"total": found.total, "pages": -(-found.total // PAGE_SIZE), "items": found.items})

    @pages.get("/api/items/<item_id>")
    def item(item_id: str) -> Response:
        goods = shelf.goods()
        found = goods.item(item_id) if goods else None
        return jsonify(found) if found else abort(404)

    return pages


class _Listed:
    """The goods of the version that is served, read again when it changes."""

    def __init__(self, store: ModelStore) -> None:
        self._store = store
        self._goods: Goods | None = None
        self._reading = threading.Lock()

    def goods(self) -> Goods | None:
        """None where no version is served."""
        snapshot = self._store.snapshot()
        if snapshot is None:
            return None
        with self._reading:
            if self._goods is None or self._goods.version != snapshot.version:
                self._goods = Goods(snapshot)
            return self._goods

    def facts(self) -> dict[str, Any]:
        """What the foot of the page says of the version."""
        snapshot = self._store.snapshot()
        if snapshot is None:
            return {"version": None, "currency": None}
        shop = snapshot.shop
        return {
            "version": snapshot.version,
            "currency": shop.currency,
            "orders": shop.orders,
            "items": shop.items,
            "customers": shop.customers,
        }
