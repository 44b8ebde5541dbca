"""What the state holds, and how it is packed. Pure."""

from __future__ import annotations

import hashlib
from typing import Literal, get_args

import msgspec
from msgspec import Struct

EventType = Literal[
    "impression",
    "click",
    "view",
    "add_to_cart",
    "remove_from_cart",
    "purchase",
    "return",
    "email_sent",
    "email_open",
    "accepted",
    "declined",
    "not_now",
    "has_it_elsewhere",
]
EVENT_TYPES: tuple[EventType, ...] = get_args(EventType)

Channel = Literal["web", "email", "phone", "chat", "store", "app"]

Consent = Literal["full", "session", "none"]


class Line(Struct, frozen=True, array_like=True):
    """One item of an event.

    Attributes:
        item_id: the item.
        quantity: of it, None where nobody told.
        price: unit price as decimal text, None where nobody told.
    """

    item_id: str
    quantity: float | None = None
    price: str | None = None


class Event(Struct, frozen=True, array_like=True):
    """Something that happened, once.

    Attributes:
        event_id: its name; the same name is the same event.
        type: what happened.
        at: when, seconds since 1970.
        customer_id: to whom, None for a guest.
        items: with which items, in the order shown; may be empty.
        channel: where it was shown or done, None where nobody told.
        placement: which shelf.
        campaign: which mailing or call list.
        order_id: of a purchase or return.
        recommendation_id: the answer that it goes back to.
    """

    event_id: str
    type: EventType
    at: int
    customer_id: str | None = None
    items: tuple[Line, ...] = ()
    channel: Channel | None = None
    placement: str | None = None
    campaign: str | None = None
    order_id: str | None = None
    recommendation_id: str | None = None


class LiveItem(Struct, frozen=True, kw_only=True):
    """What a shop says of an item between two nights; None: it has not said, the version's word holds.

    Attributes:
        item_id: the item.
        price: in ten-thousandths of the currency's unit.
        stock: pieces.
        available: whether it can be bought.
    """

    item_id: str
    price: int | None = None
    stock: int | None = None
    available: bool | None = None


class Standing(Struct, frozen=True):
    """What a customer has said about themselves.

    Attributes:
        consent: None where they have not said.
        erased_at: everything up to this second is forgotten, None where they never asked.
    """

    consent: Consent | None = None
    erased_at: int | None = None

    def remembers(self, at: int) -> bool:
        """Whether something of second `at` may be kept under their name."""
        return self.consent in (None, "full") and (self.erased_at is None or at > self.erased_at)


class CustomerState(Struct, frozen=True):
    """What is held of one customer.

    Attributes:
        standing: what they said about themselves.
        events: the newest, oldest first.
        unused: (item, order) of purchases that must not speak for them; order "" stands for every order with the item.
        decision: what was decided under the name asked for, None where nothing was.
    """

    standing: Standing = Standing()
    events: tuple[Event, ...] = ()
    unused: frozenset[tuple[str, str]] = frozenset()
    decision: bytes | None = None


class Word(Struct, frozen=True, omit_defaults=True):
    """What the trainer must honour of one customer, who is named by a digest alone.

    Attributes:
        customer: `customer_digest` of their id.
        erased_at: purchases up to this second are left out, None for none.
        consent: with `session` their purchases are a guest's, with `none` they are left out.
        unused: (item, order) of purchases to leave out; order "" stands for every order with the item.
    """

    customer: str
    erased_at: int | None = None
    consent: Consent | None = None
    unused: tuple[tuple[str, str], ...] = ()


class Receipt(Struct, frozen=True):
    """What became of events that were appended.

    Attributes:
        accepted: places of those that are new, rising.
        duplicates: places of those that were known, rising.
        durable: whether they are on disk, not only on their way.
    """

    accepted: tuple[int, ...]
    duplicates: tuple[int, ...]
    durable: bool


class StateStatus(Struct, frozen=True):
    """How well a store keeps its word.

    Attributes:
        reachable: whether it answers.
        durable: whether what it acknowledges is on disk.
        note: what an operator should know, None where all is as it should be.
    """

    reachable: bool
    durable: bool
    note: str | None = None


packer = msgspec.msgpack.Encoder()
unpack_event = msgspec.msgpack.Decoder(Event).decode
unpack_pair = msgspec.msgpack.Decoder(tuple[str, str]).decode


def event_digest(event_id: str) -> bytes:
    """16 bytes by which an event is known again."""
    return hashlib.blake2b(event_id.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def customer_digest(customer_id: str) -> str:
    """SHA-256 of a customer's id, in hex: how erasures are written down, and files are named by nobody."""
    return hashlib.sha256(customer_id.encode("utf-8", "surrogatepass")).hexdigest()
