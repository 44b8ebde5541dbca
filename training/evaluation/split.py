"""Past and future: orders are cut by time, never at random."""

from __future__ import annotations

import dataclasses

from training.records import Orders

VALIDATION_FROM, TEST_FROM, END = 0.8, 0.9, 1.0
"""Parameters are chosen on the ninth tenth of the baskets, the last tenth is looked at once."""


def cut(n_orders: int, share: float) -> int:
    """Number of orders before a share of them: the floor, so that cuts of one data set never overlap."""
    return int(n_orders * share)


def first(orders: Orders, count: int) -> Orders:
    """The first `count` orders (they stand by time); items and customers keep their numbers."""
    entries = int(orders.indptr[count])
    return dataclasses.replace(
        orders,
        time=orders.time[:count],
        customer=orders.customer[:count],
        indptr=orders.indptr[: count + 1],
        item=orders.item[:entries],
        quantity=orders.quantity[:entries],
        price=orders.price[:entries],
    )
