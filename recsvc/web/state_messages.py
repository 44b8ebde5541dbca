"""Questions and answers about events and what is held of a customer."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import Meta, Struct

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
