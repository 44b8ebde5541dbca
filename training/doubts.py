"""What orders look like when a column was mistaken: nothing to learn from, or times that are still to come."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np

from training.records import Orders

_ANY_ZONE = 86_400
"""A clock in whatever zone, taken as UTC, is wrong by less."""
_FEW = 0.01
"""Share of orders with two items or more below which the order's number is probably the line's."""


def doubts(orders: Orders, now: int) -> tuple[str, ...]:
    """Sentences for people, none where nothing looks wrong.

    Args:
        orders: as read, at least one.
        now: seconds since 1970-01-01 UTC.
    """
    found = []
    several = int(np.count_nonzero(np.diff(orders.indptr) > 1))
    if several < _FEW * orders.n_orders or not several:
        found.append(
            f"{several:,} of {orders.n_orders:,} orders hold two items or more, and cross-selling is learnt from these "
            "alone. Is order_id the number of the order, or of its line?"
        )
    late = int(np.count_nonzero(orders.time > now + _ANY_ZONE))
    if late:
        last = datetime.fromtimestamp(int(orders.time[-1]), UTC)
        found.append(
            f"{late:,} of {orders.n_orders:,} orders are still to come, the last on {last:%Y-%m-%d}. Is ts when the "
            "order was made, and are day and month in their places? 2026-04-03 leaves no doubt."
        )
    return tuple(found)
