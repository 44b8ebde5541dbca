"""How much of an answer who may see."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from msgspec import UNSET

from recsvc.web.messages import Evidence, Item, Reason

View = Literal["public", "secret", "admin"]
"""`public`: a browser or a mail; `secret`: a shop's own server; `admin`: who may see everything."""

FEWEST = 5
"""Counts of other people's orders below this are shown to `admin` alone: few buyers are recognisable buyers."""


_COUNTS = (
    "orders_together",
    "customers_switched",
    "customers_with_item",
    "orders_with_item",
    "orders_with_candidate",
)


def narrow(items: Iterable[Item], view: View) -> None:
    """Take out of items, in place, what `view` may not see.

    `public`: no score, and of a reason its code and text alone. `secret`: no count under 5, and no lift or
    sentence made from one, for it would give the count away. A customer's own orders are theirs and stay.
    """
    if view == "admin":
        return
    for item in items:
        if view == "public":
            item.score = UNSET
        if isinstance(item.reason, Reason):
            _narrow_reason(item.reason, view)


def _narrow_reason(reason: Reason, view: View) -> None:
    if view == "public":
        reason.because_item_id = UNSET
        reason.evidence = UNSET
    elif isinstance(reason.evidence, Evidence):
        _hide_few(reason.evidence)


def _hide_few(evidence: Evidence) -> None:
    for name in _COUNTS:
        count = getattr(evidence, name)
        if count is not UNSET and count < FEWEST:
            setattr(evidence, name, UNSET)
            evidence.lift = evidence.told = UNSET
