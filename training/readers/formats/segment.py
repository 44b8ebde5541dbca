"""Segment's `Order Completed` events, one JSON object per line (Segment spec, Ecommerce v2)."""

from __future__ import annotations

from collections.abc import Iterator

from training.readers.clean import CANCELLED, NO_LINES, NOT_A_PURCHASE
from training.readers.files import Source
from training.readers.formats.record import Format
from training.readers.nested import ORDER_CELLS, Object, Row, inside, objects, read_nested, said, unwrapped
from training.readers.options import ReadOptions
from training.readers.raw import MALFORMED, Raw

_UNDONE = ("Order Refunded", "Order Cancelled")
_COLUMNS = {
    "order_id": "properties.order_id",
    "customer_id": "userId, else anonymousId",
    "item_id": "properties.products.product_id, else sku",
    "ts": "timestamp",
    "quantity": "properties.products.quantity",
    "unit_price": "properties.products.price",
    "title": "properties.products.name",
    "currency": "properties.currency",
}


def _read(source: Source, options: ReadOptions) -> Raw:
    key = options.columns.get("item_id")

    def lines(event: Object) -> Iterator[Row]:
        name, order = event.get("event"), inside(event, "properties")
        known: Row = {
            "order_id": said(order.get("order_id"), order.get("orderId"), order.get("checkout_id")),
            "customer_id": said(event.get("userId"), event.get("user_id"), event.get("anonymousId")),
            "ts": said(event.get("timestamp"), event.get("originalTimestamp"), event.get("receivedAt")),
            "currency": order.get("currency"),
        }
        products = objects(order.get("products"))
        if name != "Order Completed":
            yield {**known, MALFORMED: CANCELLED if name in _UNDONE else NOT_A_PURCHASE}
        elif not products:
            yield {**known, MALFORMED: NO_LINES}
        else:
            for place, product in enumerate(products):
                yield {
                    **known,
                    "item_id": product.get(key) if key else said(product.get("product_id"), product.get("sku")),
                    "title": product.get("name"),
                    "quantity": product.get("quantity"),
                    "unit_price": product.get("price"),
                    "place": place,
                }

    return read_nested(source, unwrapped(source), lines, ORDER_CELLS, _COLUMNS)


SEGMENT = Format(
    "segment",
    "orders",
    frozenset({"json"}),
    ("event", "properties", "timestamp"),
    ("type", "messageid", "anonymousid", "properties.orderid", "properties.products"),
    _read,
)
