"""Events in our own shape. Pure."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from recsvc.events.draft import Draft, EventError, Names, checked, line, seconds
from recsvc.state.records import Channel, Event, EventType

_Text = Annotated[str, Meta(min_length=1, max_length=256)]


class NewLine(Struct, forbid_unknown_fields=True):
    """One item of an event."""

    item_id: _Text
    quantity: Annotated[float, Meta(gt=0, le=1e9)] | None = None
    price: str | float | None = None


class NewEvent(Struct, forbid_unknown_fields=True, kw_only=True):
    """An event as our own callers send it."""

    event_id: _Text
    type: EventType
    time: str | None = None
    customer_id: _Text | None = None
    item_id: _Text | None = None
    items: list[NewLine | _Text] | None = None
    channel: Channel | None = None
    placement: _Text | None = None
    campaign: _Text | None = None
    order_id: _Text | None = None
    recommendation_id: _Text | None = None
    consent: Literal["full", "session", "none"] = "full"


_NAMES = Names()


def read(document: dict[str, Any], now: int) -> Draft:
    """One event.

    Raises:
        EventError: names the field at fault.
    """
    new = msgspec.convert(document, NewEvent)
    if new.item_id is not None and new.items is not None:
        raise EventError("item_id", "stands beside items; send one of them")
    said = new.items if new.items is not None else [new.item_id] if new.item_id is not None else []
    lines = tuple(
        line(part, None, None, "items") if isinstance(part, str) else line(part.item_id, part.quantity, part.price, "")
        for part in said
    )
    event = Event(
        event_id=new.event_id,
        type=new.type,
        at=seconds(new.time, now, "time"),
        customer_id=new.customer_id,
        items=lines,
        channel=new.channel or ("email" if new.type in ("email_sent", "email_open") else None),
        placement=new.placement,
        campaign=new.campaign,
        order_id=new.order_id or (new.event_id if new.type == "purchase" else None),
        recommendation_id=new.recommendation_id,
    )
    return Draft(checked(event, now, _NAMES), new.consent)
