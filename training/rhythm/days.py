"""Purchases by day: what a customer took twice on one day was bought once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.records import Orders

_DAY = 86_400


@dataclass(frozen=True, slots=True, eq=False)
class Days:
    """One row per customer, item and day, sorted by these three; guests are left out.

    Attributes:
        customer: int32 (n,).
        item: int32 (n,).
        day: int32 (n,), days since 1970-01-01 UTC.
        quantity: float32 (n,), pieces taken that day.
    """

    customer: NDArray[np.int32]
    item: NDArray[np.int32]
    day: NDArray[np.int32]
    quantity: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.day)

    def before(self, day: int) -> Days:
        """What had happened when `day` began."""
        past = self.day < day
        return Days(self.customer[past], self.item[past], self.day[past], self.quantity[past])


def purchase_days(orders: Orders, item_map: NDArray[np.int32]) -> Days:
    """The purchases of known customers, none where orders carry no time.

    Args:
        orders: n_orders baskets.
        item_map: int32 (len(orders.items),), index of a bought item among all items.
    """
    order = np.repeat(np.arange(orders.n_orders), np.diff(orders.indptr))
    known = orders.customer[order] >= 0 if orders.timed else np.zeros(len(order), dtype=bool)
    order = order[known]
    customer, item = orders.customer[order], item_map[orders.item[known]]
    day = (orders.time[order] // _DAY).astype(np.int32)
    by = np.lexsort((day, item, customer))
    customer, item, day, quantity = customer[by], item[by], day[by], orders.quantity[known][by]
    new = starts(customer, item, day)
    return Days(
        customer[new].astype(np.int32),
        item[new].astype(np.int32),
        day[new],
        np.add.reduceat(quantity, np.flatnonzero(new)).astype(np.float32) if len(new) else quantity,
    )


def starts(*keys: NDArray[np.generic]) -> NDArray[np.bool_]:
    """Where a new combination of keys begins, in rows sorted by them."""
    new = np.zeros(len(keys[0]), dtype=bool)
    new[:1] = True
    for key in keys:
        new[1:] |= key[1:] != key[:-1]
    return new
