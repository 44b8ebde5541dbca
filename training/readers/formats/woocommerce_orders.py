"""WooCommerce orders, as `GET /wp-json/wc/v3/orders` answers (WooCommerce REST API v3, "List all orders")."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from training.readers.clean import CANCELLED, NO_LINES, NOT_PAID
from training.readers.files import Source
from training.readers.formats.record import Format
from training.readers.nested import (
    ORDER_CELLS,
    Object,
    Row,
    inside,
    mail_hash,
    objects,
    other_states,
    read_nested,
    said,
    unwrapped,
)
from training.readers.options import ReadOptions
from training.readers.raw import MALFORMED, Raw

_SOLD = ("processing", "completed")
_UNDONE = ("cancelled", "refunded", "failed", "trash")
_COLUMNS = {
    "order_id": "id",
    "customer_id": "customer_id, else the hash of billing.email",
    "item_id": "line_items.variation_id, else product_id",
    "ts": "date_created_gmt",
    "quantity": "line_items.quantity",
    "unit_price": "line_items.price",
    "title": "line_items.name",
    "currency": "currency",
}


def _read(source: Source, options: ReadOptions) -> Raw:
    states = Counter[str]()
    key = options.columns.get("item_id")

    def lines(order: Object) -> Iterator[Row]:
        state = str(order.get("status") or "").removeprefix("wc-")
        aside = None if state in _SOLD else CANCELLED if state in _UNDONE else NOT_PAID
        if aside is not None:
            states[state or "none"] += 1
        known: Row = {
            "order_id": order.get("id"),
            "customer_id": said(order.get("customer_id")) or mail_hash(inside(order, "billing").get("email")),
            "ts": order.get("date_created_gmt") or order.get("date_created"),
            "currency": order.get("currency"),
            MALFORMED: aside,
        }
        items = objects(order.get("line_items"))
        if not items:
            yield {**known, MALFORMED: aside or NO_LINES}
        for place, item in enumerate(items):
            yield {
                **known,
                "item_id": item.get(key) if key else said(item.get("variation_id"), item.get("product_id")),
                "title": item.get("name"),
                "quantity": item.get("quantity"),
                "unit_price": _price(item),
                "place": place,
            }

    raw = read_nested(source, unwrapped(source, "orders", unless="line_items"), lines, ORDER_CELLS, _COLUMNS)
    return replace(raw, notes=raw.notes + other_states(states))


def _price(item: Object) -> object:
    """What one piece cost; a line of another tool may lack `price` and tell the line's total."""
    if said(item.get("price")) is not None or item.get("total") in (None, ""):
        return item.get("price")
    try:
        return float(item["total"]) / float(item["quantity"])
    except (KeyError, TypeError, ValueError, ZeroDivisionError, OverflowError):
        return item.get("price")


WOOCOMMERCE_ORDERS = Format(
    "woocommerce-orders",
    "orders",
    frozenset({"json"}),
    ("lineitems", "lineitems.productid", "status"),
    ("id", "currency", "datecreated", "datecreatedgmt", "customerid", "lineitems.variationid", "lineitems.quantity"),
    _read,
)
