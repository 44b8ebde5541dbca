"""A feed that lost much of what the live version knew is more likely broken than true."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from training.gate.limits import Limits

_NAMED = 3
"""Lost ids that a message names."""


@dataclass(frozen=True, slots=True)
class Feed:
    """What was read, or what the live version was learnt from.

    Attributes:
        orders: baskets.
        listed: items of the catalogue, None without one.
        ids: of all items, bought or listed.
    """

    orders: int
    listed: int | None
    ids: Sequence[bytes]


def shrunk(before: Feed, now: Feed, limits: Limits) -> list[str]:
    """What shrank beyond its limit, a sentence each; empty where all is well.

    Args:
        before: of the live version.
        now: of this run.
        limits: `orders_fall` for orders and catalogue, `ids_lost` for ids.
    """
    found = []
    if now.orders < (1 - limits.orders_fall) * before.orders:
        found.append(
            f"{now.orders:,} orders, {_fall(before.orders, now.orders)} fewer than the {before.orders:,} before"
        )
    if before.listed and (now.listed or 0) < (1 - limits.orders_fall) * before.listed:
        fall = _fall(before.listed, now.listed or 0)
        found.append(
            f"the catalogue lists {now.listed:,} items, {fall} fewer than the {before.listed:,} before"
            if now.listed is not None
            else f"no catalogue is given, and the live version's lists {before.listed:,} items"
        )
    known = set(now.ids)
    lost = [name for name in before.ids if name not in known]
    if len(lost) > limits.ids_lost * len(before.ids):
        named = ", ".join(repr(name.decode()) for name in lost[:_NAMED])
        found.append(f"{len(lost):,} of the {len(before.ids):,} item ids before are gone, such as {named}")
    return found


def _fall(before: int, now: int) -> str:
    return f"{100 * (1 - now / before):.0f} %"
