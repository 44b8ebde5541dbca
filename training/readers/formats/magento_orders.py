"""Magento 2 orders, as `GET /rest/V1/orders` answers (Adobe Commerce REST, salesOrderRepositoryV1)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from training.readers.clean import CANCELLED, NO_LINES, NOT_PAID, PART
from training.readers.files import Source
from training.readers.formats.record import Format
from training.readers.nested import (
    ORDER_CELLS,
    Object,
    Row,
    mail_hash,
    objects,
    other_states,
    read_nested,
    said,
    unwrapped,
)
from training.readers.options import ReadOptions
from training.readers.raw import MALFORMED, Raw

_SOLD = ("processing", "complete")
_UNDONE = ("canceled", "closed", "fraud")
_COLUMNS = {
    "order_id": "increment_id",
    "customer_id": "customer_id, else the hash of customer_email",
    "item_id": "items.sku",
    "ts": "created_at",
    "quantity": "items.qty_ordered",
    "unit_price": "items.price",
    "title": "items.name",
    "currency": "order_currency_code",
}


def _read(source: Source, options: ReadOptions) -> Raw:
    states = Counter[str]()
    key = options.columns.get("item_id") or "sku"

    def lines(order: Object) -> Iterator[Row]:
        state = str(order.get("state") or order.get("status") or "")
        aside = None if state in _SOLD else CANCELLED if state in _UNDONE else NOT_PAID
        if aside is not None:
            states[state or "none"] += 1
        known: Row = {
            "order_id": said(order.get("increment_id"), order.get("entity_id")),
            "customer_id": said(order.get("customer_id")) or mail_hash(order.get("customer_email")),
            "ts": order.get("created_at"),
            "currency": order.get("order_currency_code"),
            MALFORMED: aside,
        }
        items = objects(order.get("items"))
        if not items:
            yield {**known, MALFORMED: aside or NO_LINES}
        for place, item in enumerate(items):
            yield {
                **known,
                "item_id": item.get(key),
                "title": item.get("name"),
                "quantity": item.get("qty_ordered"),
                "unit_price": item.get("price"),
                MALFORMED: aside or _aside(item),
                "place": place,
            }

    raw = read_nested(source, unwrapped(source, "items", unless="increment_id"), lines, ORDER_CELLS, _COLUMNS)
    return replace(raw, notes=raw.notes + other_states(states))


def _aside(item: Object) -> str | None:
    """Why a line is no purchase of its own: a configurable's or bundle's child repeats its parent; or all came back."""
    if said(item.get("parent_item_id")) is not None or isinstance(item.get("parent_item"), dict):
        return PART
    try:
        back = float(item.get("qty_refunded") or 0) + float(item.get("qty_canceled") or 0)
        ordered = float(item.get("qty_ordered") or 0)
    except (TypeError, ValueError, OverflowError):
        return None
    return CANCELLED if back >= ordered > 0 else None


MAGENTO_ORDERS = Format(
    "magento-orders",
    "orders",
    frozenset({"json"}),
    ("incrementid", "items.sku", "items.qtyordered"),
    ("state", "createdat", "ordercurrencycode", "customeremail", "items.producttype", "items.price", "items.itemid"),
    _read,
)
