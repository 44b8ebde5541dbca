"""A decision as it is remembered for its day: asked again, the answer is the same. Pure."""

from __future__ import annotations

import msgspec
from msgspec import Struct

from recsvc.contact.decide import SendReason

DAY = 86_400
KEPT_DAYS = 2
"""A decision is of use on its day, and the day after for a mail that leaves late."""


class Decided(Struct, frozen=True, array_like=True):
    """What was answered first.

    Attributes:
        send: yes or no.
        reason: why not.
        next_day: from when it is worth asking again, days since 1970.
        n: places asked for.
        items: ids: those to show first, then the reserves.
    """

    send: bool
    reason: SendReason | None
    next_day: int | None
    n: int
    items: tuple[str, ...]


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
    except msgspec.DecodeError:
        return None


def name_of(channel: str, campaign: str, day: int) -> str:
    """The name of a decision: one per channel, campaign and day (UTC) of a customer."""
    return f"{day}|{channel}|{campaign}"
