"""Events as Segment has them: `track` calls of its ecommerce and email specifications, version 2.

Sources: Segment's documentation, "Spec: V2 Ecommerce Events" and "Spec: Email Events".
"""

from __future__ import annotations

from typing import Any

from recsvc.events.draft import Draft, EventError, Names, checked, line, mapping, objects, seconds, text, type_named
from recsvc.events.naming import name_of
from recsvc.state.records import Event, EventType

TYPES: dict[str, EventType] = {
    "Product List Viewed": "impression",
    "Product Clicked": "click",
    "Product Viewed": "view",
    "Product Added": "add_to_cart",
    "Product Removed": "remove_from_cart",
    "Order Completed": "purchase",
    "Order Refunded": "return",
    "Order Cancelled": "return",
    "Email Delivered": "email_sent",
    "Email Opened": "email_open",
    "Email Link Clicked": "click",
}
"""Segment's name → our type."""

_LISTS = frozenset({"impression", "purchase", "return"})


def read(document: dict[str, Any], now: int) -> Draft:
    """One `track` call.

    Raises:
        EventError: names the field at fault.
    """
    if document.get("type", "track") != "track":
        raise EventError("type", "is track; other calls hold nothing that is used here")
    kind = type_named(document.get("event"), TYPES, "event")
    said = mapping(document.get("properties"), "properties")
    mail = str(document["event"]).startswith("Email ")
    products = () if mail else objects(said.get("products"), "properties.products")
    if not products and not mail and kind not in _LISTS:
        products = [said]
    lines = tuple(
        line(p.get("product_id") or p.get("sku"), p.get("quantity"), p.get("price"), "properties.product_id")
        for p in products
    )
    order = text(said.get("order_id"), "properties.order_id")
    customer = text(document.get("userId"), "userId")
    at = seconds(document.get("timestamp") or document.get("originalTimestamp"), now, "timestamp")
    visitor = customer or text(document.get("anonymousId"), "anonymousId") or ""
    event = Event(
        event_id=text(document.get("messageId"), "messageId") or name_of("segment", kind, visitor, order, at, lines),
        type=kind,
        at=at,
        customer_id=customer,
        items=lines,
        channel="email" if mail else "web",
        placement=text(said.get("list_id"), "properties.list_id"),
        campaign=text(said.get("campaign_id") or said.get("campaign_name") or said.get("email_id"), "properties")
        if mail
        else None,
        order_id=order,
    )
    return Draft(checked(event, now, Names("properties.products", "userId", "properties.order_id", "timestamp")))
