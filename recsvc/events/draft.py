"""What every shape of event becomes first: plain fields, checked one way. Pure."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from models.contacts import contact_of, holds_address
from recsvc.state.records import Consent, Event, EventType, Line

MAX_TEXT = 256
"""Characters of an id or name."""

MAX_LINES = 1_000
"""Items of one event."""

SKEW = 86_400
"""Seconds that an event may lie ahead of the service's clock."""

EARLIEST = 946_684_800
"""2000-01-01: an earlier time is a broken clock."""

_NEED_ITEMS = frozenset(
    {"impression", "view", "add_to_cart", "purchase", "accepted", "declined", "not_now", "has_it_elsewhere"}
)
_NEED_CUSTOMER = frozenset({"email_sent", "email_open", "accepted", "declined", "not_now", "has_it_elsewhere"})
_TEXTS = ("event_id", "placement", "campaign", "order_id", "recommendation_id")
_PRICE = re.compile(r"[0-9]{1,12}(\.[0-9]{1,4})?", re.ASCII)


class EventError(Exception):
    """An event that cannot be kept.

    Attributes:
        field: at fault, "" for the event as a whole.
        message: what it should be.
    """

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}" if field else message)
        self.field = field
        self.message = message


@dataclass(frozen=True, slots=True)
class Names:
    """What a shape calls the fields that a message may have to name."""

    items: str = "items"
    customer_id: str = "customer_id"
    order_id: str = "order_id"
    time: str = "time"


@dataclass(frozen=True, slots=True)
class Draft:
    """An event, and what the caller said of consent for it.

    Attributes:
        event: ready to be kept.
        consent: `session` keeps it without its customer, `none` keeps nothing.
    """

    event: Event
    consent: Consent = "full"


def checked(event: Event, now: int, names: Names) -> Event:
    """An event that holds what its type needs.

    Raises:
        EventError: names the field at fault, as the caller calls it.
    """
    if not event.event_id or len(event.event_id) > MAX_TEXT:
        raise EventError("event_id", f"is 1 to {MAX_TEXT} characters")
    if event.type in _NEED_ITEMS and not event.items:
        raise EventError(names.items, f"is missing: {event.type} needs at least one item")
    if len(event.items) > MAX_LINES:
        raise EventError(names.items, f"holds at most {MAX_LINES} items")
    if event.type in _NEED_CUSTOMER and event.customer_id is None:
        raise EventError(names.customer_id, f"is missing: {event.type} needs a customer")
    if event.type == "return" and not event.items and event.order_id is None:
        raise EventError(names.order_id, "is missing: return needs items or an order")
    if not EARLIEST <= event.at <= now + SKEW:
        raise EventError(names.time, "lies before the year 2000 or more than a day ahead")
    if event.customer_id is not None:
        refuse_contact(event.customer_id, names.customer_id)
    told = (event.event_id, event.placement, event.campaign, event.order_id, event.recommendation_id)
    for field, said in zip(_TEXTS, told, strict=True):
        if said is None:
            continue
        if len(said) > MAX_TEXT:
            raise EventError("", f"holds a text of more than {MAX_TEXT} characters")
        if holds_address(said):
            where = names.order_id if field == "order_id" else field
            raise EventError(where, "holds an e-mail address; send your own id, or a hash of it")
    try:
        "".join(filter(None, (event.event_id, event.customer_id, event.campaign, event.placement))).encode()
        "".join(line.item_id for line in event.items).encode()
    except UnicodeEncodeError as error:
        raise EventError("", "holds half a character (a lone surrogate)") from error
    return event


def refuse_contact(customer_id: str, field: str) -> None:
    """Refuse an address or a telephone number as an id: neither belongs into a memory, a log or an address.

    Raises:
        EventError: it looks like one.
    """
    if (kind := contact_of(customer_id)) is not None:
        raise EventError(field, f"looks like {kind}; send your own id, or a hash of it")


def line(item_id: object, quantity: object, price: object, where: str) -> Line:
    """One item of an event.

    Raises:
        EventError: names the part at fault.
    """
    known = text(item_id, where)
    if known is None:
        raise EventError(where, "is missing")
    return Line(known, _quantity(quantity), _price(price))


def text(said: object, where: str) -> str | None:
    """An id or a name; a whole number is one too. None where nothing was said.

    Raises:
        EventError: another type, or too long.
    """
    if said is None or said == "":
        return None
    if isinstance(said, int) and not isinstance(said, bool):
        return str(said)
    if not isinstance(said, str) or len(said) > MAX_TEXT:
        raise EventError(where, f"is text of 1 to {MAX_TEXT} characters")
    return said


def seconds(said: object, now: int, where: str) -> int:
    """A time: ISO 8601 text, UTC where it names no zone; nothing said is now.

    Raises:
        EventError: it is none.
    """
    if said is None:
        return now
    if isinstance(said, str):
        try:
            moment = datetime.fromisoformat(said)
            aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
            return int(aware.timestamp())
        except (ValueError, OverflowError):
            pass
    raise EventError(where, "is a time such as 2026-11-21T10:00:00Z")


def objects(said: object, where: str) -> Sequence[dict[str, object]]:
    """A list of JSON objects; nothing said is none.

    Raises:
        EventError: something else.
    """
    if said is None:
        return ()
    if not isinstance(said, list) or not all(isinstance(part, dict) for part in said):
        raise EventError(where, "is a list of objects")
    return said


def mapping(said: object, where: str) -> dict[str, object]:
    """A JSON object; nothing said is an empty one.

    Raises:
        EventError: something else.
    """
    if said is None:
        return {}
    if not isinstance(said, dict):
        raise EventError(where, "is an object")
    return said


def type_named(name: object, known: dict[str, EventType], where: str) -> EventType:
    """Our type for another system's name.

    Raises:
        EventError: one that is not used here.
    """
    if not isinstance(name, str) or name not in known:
        raise EventError(where, f"is not used here; used are {', '.join(known)}")
    return known[name]


def _quantity(said: object) -> float | None:
    """A number, or text that is one, as data layers often have it; None for anything else: no event is lost for it."""
    if isinstance(said, str) and _PRICE.fullmatch(said):
        said = float(said)
    if isinstance(said, int | float) and not isinstance(said, bool) and math.isfinite(said) and 0 < said <= 1e9:
        return float(said)
    return None


def _price(said: object) -> str | None:
    """Decimal text where a price was said that can be one; an event is not lost for a price."""
    if isinstance(said, str) and _PRICE.fullmatch(said):
        return said
    if isinstance(said, int | float) and not isinstance(said, bool) and 0 <= said < 1e12:
        return f"{said:.4f}".rstrip("0").rstrip(".")
    return None
