"""A decision as it is remembered for its day: asked again, the answer is the same. Pure."""

from __future__ import annotations

import msgspec
from msgspec import Struct

from recsvc.contact.decide import SendReason

DAY = 86_400
KEPT_DAYS = 2
"""A decision is of use on its day, and the day after for a mail that leaves late."""


class Kept(Struct, frozen=True, array_like=True):
    """One item of a decision with what its reason says, so that it can be shown again without being computed.

    Attributes:
        score: of the pick.
        fallback: its label, None for none.
        because: id of the item it stands for, "" for none.
        together: orders with both.
        own: 0: not bought before; 1: due again; 2: bought before.
        own_item: id of what was bought, where `own`.
        orders: own orders of it.
        interval_days: between them.
        days_since: the last one, -1 unknown.
        why: one of `models.customers.Why`, -1 for none.
    """

    score: float
    fallback: str | None
    because: str
    together: int
    own: int = 0
    own_item: str = ""
    orders: int = 0
    interval_days: float = 0.0
    days_since: int = -1
    why: int = -1


class Decided(Struct, frozen=True, array_like=True):
    """What was answered first.

    Attributes:
        send: yes or no.
        reason: why not.
        next_day: from when it is worth asking again, days since 1970.
        n: places asked for.
        items: ids: those to show first, then the reserves.
        version: that it was computed from, "" in notes of an earlier release.
        kept: per item, how it is shown; none in such notes.
    """

    send: bool
    reason: SendReason | None
    next_day: int | None
    n: int
    items: tuple[str, ...]
    version: str = ""
    kept: tuple[Kept, ...] = ()


_decoder = msgspec.msgpack.Decoder(Decided)


def pack(decided: Decided) -> bytes:
    """As bytes."""
    return msgspec.msgpack.encode(decided)


def unpack(data: bytes | None) -> Decided | None:
    """From bytes; None for none, and for those of a later format."""
    if data is None:
        return None
    try:
        return _decoder.decode(data)
    except ValueError:
        return None


def name_of(channel: str, campaign: str, day: int) -> str:
    """The name of a decision: one per channel, campaign and day (UTC) of a customer."""
    return f"{day}|{channel}|{campaign}"
