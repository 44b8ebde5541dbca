"""Events as Google Analytics 4 has them: a Measurement Protocol body's parts, or what a page pushes to its dataLayer.

Sources: developers.google.com, "Measure ecommerce" (gtag and Tag Manager), "Measurement Protocol (Google Analytics 4)".
"""

from __future__ import annotations

from typing import Any

from recsvc.events.draft import Draft, EventError, Names, checked, line, mapping, objects, text, type_named
from recsvc.events.naming import name_of
from recsvc.state.records import Event, EventType

TYPES: dict[str, EventType] = {
    "view_item_list": "impression",
    "select_item": "click",
    "view_item": "view",
    "add_to_cart": "add_to_cart",
    "remove_from_cart": "remove_from_cart",
    "purchase": "purchase",
    "refund": "return",
}
"""GA4's name → our type."""


def read(document: dict[str, Any], envelope: dict[str, Any], now: int) -> Draft:
    """One event, `{name, params}` or `{event, ecommerce}`; who and when may stand in the body around it.

    Raises:
        EventError: names the field at fault.
    """
    measured = "name" in document
    inner = "params" if measured else "ecommerce"
    said = document["name"] if measured else document.get("event")
    kind = type_named(said, TYPES, "name" if measured else "event")
    params = mapping(document.get(inner), inner)
    customer = text(document.get("user_id", envelope.get("user_id")), "user_id")
    at = _micros(document.get("timestamp_micros", envelope.get("timestamp_micros")), now)
    lines = tuple(
        line(item.get("item_id") or item.get("item_name"), item.get("quantity"), item.get("price"), f"{inner}.items")
        for item in objects(params.get("items"), f"{inner}.items")
    )
    first = next(iter(objects(params.get("items"), f"{inner}.items")), {})
    order = text(params.get("transaction_id"), f"{inner}.transaction_id")
    visitor = customer or text(document.get("client_id", envelope.get("client_id")), "client_id") or ""
    named = text(params.get("event_id", document.get("event_id")), f"{inner}.event_id")
    event = Event(
        event_id=named or name_of("ga4", kind, visitor, order, at, lines),
        type=kind,
        at=at,
        customer_id=customer,
        items=lines,
        channel="web",
        placement=text(params.get("item_list_id", first.get("item_list_id")), f"{inner}.item_list_id"),
        order_id=order,
    )
    return Draft(checked(event, now, Names(f"{inner}.items", "user_id", f"{inner}.transaction_id", "timestamp_micros")))


def _micros(said: object, now: int) -> int:
    if said is None:
        return now
    digits = str(said)
    if isinstance(said, bool) or not digits.isascii() or not digits.isdigit() or len(digits) > 18:
        raise EventError("timestamp_micros", "is a whole number of microseconds since 1970")
    return int(digits) // 1_000_000
