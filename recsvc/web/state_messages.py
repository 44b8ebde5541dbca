"""Questions and answers about events and what is held of a customer."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from recsvc.web.messages import Id

MAX_EVENTS = 1_000
"""Events of one batch."""

EVENTS_BODY_BYTES = 2 * 1024 * 1024
"""A thousand events are longer than a cart."""


class EventBatch(Struct):
    """`POST /events`. What stands beside `events` is what GA4's Measurement Protocol sends there."""

    events: Annotated[
        list[Any],
        Meta(
            max_length=MAX_EVENTS,
            description="each `{event_id, type, …}`, or as GA4 or Segment have it; bad ones are rejected alone",
        ),
    ]
    client_id: Annotated[Any, Meta(description="GA4: the visitor")] = None
    user_id: Annotated[Any, Meta(description="GA4: the customer of all events here")] = None
    timestamp_micros: Annotated[Any, Meta(description="GA4: when they happened")] = None


class RejectedEvent(Struct):
    """An event that was not kept, and why."""

    index: int
    field: str
    message: str


class EventsReceipt(Struct):
    """The answer to events, given once they are on disk."""

    accepted: int
    duplicates: int
    rejected: list[RejectedEvent]
    not_stored: Annotated[int, Meta(description="left out because consent or an erasure says so")]
    durable: Annotated[bool, Meta(description="false where the state cannot promise to keep them")]


class ConsentBody(Struct, forbid_unknown_fields=True):
    """`PUT /customers/{customer_id}/consent`."""

    consent: Literal["full", "session", "none"]


class UseBody(Struct, forbid_unknown_fields=True):
    """`PUT /customers/{customer_id}/purchases`: whether a purchase may speak for the customer."""

    item_id: Id
    use: Annotated[bool, Meta(description="false: a gift, leave it out; true: take it back in")]
    order_id: Annotated[Id | None, Meta(description="of one order; absent: of every order with the item")] = None


class HeldEvent(Struct):
    """An event that is held, as it was sent."""

    event_id: str
    type: str
    time: str
    items: list[str]
    channel: str | None
    placement: str | None
    campaign: str | None
    order_id: str | None


class HeldPurchase(Struct):
    """What the version knows of an item that the customer bought."""

    item_id: str
    orders: int
    first_day: str | None
    last_day: str | None


class Unused(Struct):
    """A purchase that must not speak for the customer."""

    item_id: str
    order_id: str | None


class Driven(Struct):
    """A pick, and the purchase that it goes back to."""

    item_id: str
    reason: str
    because_item_id: str | None


class CustomerData(Struct):
    """The answer to `GET /customers/{customer_id}/data`: everything that is held."""

    customer_id: str
    consent: Annotated[str | None, Meta(description="null where the customer never said")]
    erased_at: str | None
    model_version: str | None
    purchases: Annotated[list[HeldPurchase], Meta(description="from the model version, gifts and erased ones left out")]
    unused: list[Unused]
    events: list[HeldEvent]
    picks: Annotated[list[Driven], Meta(description="what would be shown, and which purchase speaks for it")]
    kept_days: Annotated[int, Meta(description="how long events are remembered")]


class Done(Struct):
    """What was noted of a customer."""

    customer_id: str
    consent: str | None
    erased_at: str | None
