"""Exports of well-known tools, written from their documented headers; nobody's real data."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest

SHOPIFY_ORDERS = (
    "Name,Email,Financial Status,Paid at,Fulfillment Status,Fulfilled at,Accepts Marketing,Currency,Subtotal,Shipping,"
    "Taxes,Total,Discount Code,Discount Amount,Shipping Method,Created at,Lineitem quantity,Lineitem name,"
    "Lineitem price,Lineitem compare at price,Lineitem sku,Lineitem requires shipping,Lineitem taxable,"
    "Lineitem fulfillment status,Billing Name,Billing Street,Billing Zip,Shipping Zip,Shipping Phone,Notes,"
    "Note Attributes,Cancelled at,Payment Method,Payment Reference,Refunded Amount,Vendor,Outstanding Balance,Employee,"
    "Location,Device ID,Id,Tags,Risk Level,Source,Lineitem discount,Tax 1 Name,Tax 1 Value,Phone,Receipt Number,Duties"
)
"""Header of Shopify's orders export (Shopify Help Center, "Exporting orders")."""


def table(header: str, rows: Sequence[Mapping[str, object]], delimiter: str = ",") -> str:
    """Rows as CSV under a full header; a name that the header lacks is a mistake of the test."""
    text = io.StringIO()
    writer = csv.DictWriter(text, header.split(","), restval="", delimiter=delimiter, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


@pytest.fixture(scope="session")
def csv_of() -> Callable[..., str]:
    """Builds a CSV from a header and rows."""
    return table


@pytest.fixture(scope="session")
def shopify_orders() -> Callable[..., str]:
    """Builds a Shopify orders export from rows that say what differs."""

    def build(rows: Sequence[Mapping[str, object]], delimiter: str = ",") -> str:
        return table(SHOPIFY_ORDERS, rows, delimiter)

    return build


@pytest.fixture(scope="session")
def ga4_event() -> Callable[..., dict[str, Any]]:
    """Builds a row of a GA4 BigQuery export."""

    def build(
        transaction: str | None, items: Sequence[str], micros: int = 1_767_225_600_000_000, **more: object
    ) -> dict[str, Any]:
        params = [{"key": "currency", "value": {"string_value": "EUR", "int_value": None}}]
        event = {
            "event_date": "20260101",
            "event_timestamp": micros,
            "event_name": "purchase",
            "event_params": params,
            "user_id": None,
            "user_pseudo_id": "111.222",
            "ecommerce": {"transaction_id": transaction},
            "items": [
                {"item_id": i, "item_name": i.title(), "price": 2.5, "quantity": 1, "item_list_id": "l"} for i in items
            ],
        }
        return event | more

    return build


@pytest.fixture(scope="session")
def woo_order() -> Callable[..., dict[str, Any]]:
    """Builds an order as WooCommerce's REST API answers."""

    def build(number: int, items: Sequence[Mapping[str, Any]], **more: object) -> dict[str, Any]:
        order = {
            "id": number,
            "parent_id": 0,
            "number": str(number),
            "status": "completed",
            "currency": "EUR",
            "date_created": "2026-01-01T11:00:00",
            "date_created_gmt": "2026-01-01T10:00:00",
            "customer_id": 7,
            "total": "10.00",
            "billing": {"first_name": "", "email": "Someone@shop.example ", "postcode": "75008"},
            "line_items": [
                {
                    "id": 900 + n,
                    "name": "Tea",
                    "product_id": 10,
                    "variation_id": 0,
                    "quantity": 1,
                    "sku": "T",
                    "price": 5,
                }
                | dict(item)
                for n, item in enumerate(items)
            ],
            "refunds": [],
        }
        return order | more

    return build


@pytest.fixture(scope="session")
def magento_order() -> Callable[..., dict[str, Any]]:
    """Builds an order as Magento's REST API answers."""

    def build(number: int, items: Sequence[Mapping[str, Any]], **more: object) -> dict[str, Any]:
        order = {
            "increment_id": f"{number:09}",
            "entity_id": number,
            "state": "complete",
            "status": "complete",
            "created_at": "2026-01-01 10:00:00",
            "order_currency_code": "EUR",
            "customer_email": "someone@shop.example",
            "customer_is_guest": 1,
            "items": [
                {"item_id": n, "name": "Tea", "sku": "tea", "product_type": "simple", "qty_ordered": 1, "price": 5.0}
                | dict(item)
                for n, item in enumerate(items)
            ],
        }
        return order | more

    return build


@pytest.fixture(scope="session")
def segment_event() -> Callable[..., dict[str, Any]]:
    """Builds a Segment track call."""

    def build(
        order: str, products: Sequence[Mapping[str, Any]], event: str = "Order Completed", **more: object
    ) -> dict[str, Any]:
        properties = {"order_id": order, "currency": "EUR", "products": [dict(p) for p in products]}
        call = {
            "type": "track",
            "event": event,
            "messageId": f"m-{order}",
            "userId": "u1",
            "anonymousId": "a1",
            "timestamp": "2026-01-01T10:00:00.000Z",
            "properties": properties,
        }
        return call | more

    return build


@pytest.fixture(scope="session")
def ndjson() -> Callable[[Sequence[Any]], str]:
    """One JSON value per line."""

    def build(values: Sequence[Any]) -> str:
        return "".join(json.dumps(value) + "\n" for value in values)

    return build
