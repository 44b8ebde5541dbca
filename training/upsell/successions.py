"""What customers did with a step from an item to a dearer one: owned both, moved up, put both into one basket."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.records import Orders
from training.upsell.purchases import Purchases, Steps, meetings


@dataclass(frozen=True, slots=True, eq=False)
class Counts:
    """Per step, float64 (n_pairs,).

    Attributes:
        both: customers who bought both items.
        later: those of them whose first order with the better item came after their first one with the item.
        beside: orders that hold both: the mark of complements.
    """

    both: NDArray[np.float64]
    later: NDArray[np.float64]
    beside: NDArray[np.float64]


def count_steps(
    bought: Purchases, orders: Orders, item_map: NDArray[np.int32], group: NDArray[np.int64], steps: Steps
) -> Counts:
    """Count what the first `bought.orders` orders say of every step."""
    n = len(steps.item)
    both, later, beside = np.zeros(n), np.zeros(n), np.zeros(n)
    for x, y, place in meetings(bought.customer, bought.item, bought.last, group, steps):
        both += np.bincount(place, minlength=n)
        later += np.bincount(place, weights=bought.first[x] < bought.first[y], minlength=n)
    order, item = lines(orders, item_map, bought.orders, steps.n_items)
    for _, _, place in meetings(order, item, item, group, steps):
        beside += np.bincount(place, minlength=n)
    return Counts(both, later, beside)


def lines(
    orders: Orders, item_map: NDArray[np.int32], until: int, n_items: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Order and item of every line of the first orders, an item once per order."""
    order = np.repeat(np.arange(until), np.diff(orders.indptr[: until + 1]))
    key = np.unique(order * n_items + item_map[orders.item[: int(orders.indptr[until])]])
    return key // n_items, key % n_items


def trade_ups(past: Purchases, whole: Purchases, group: NDArray[np.int64], steps: Steps) -> NDArray[np.float64]:
    """Per step how often it was taken after the past ended.

    A trade-up is a customer's first order with the better item, after the past; it counts for one item alone, the one
    of the past that the customer had bought last before the past ended (ties: the lower index).

    Args:
        past: purchases until then.
        whole: purchases until later; rows of the past are among them.
        group: int64 (n_items,).
        steps: the pairs wanted.
    """
    key = whole.customer * steps.n_items + whole.item
    old = np.full(len(key), -1, dtype=np.int64)
    old[np.searchsorted(key, past.customer * steps.n_items + past.item)] = past.last
    found = []
    for x, y, place in meetings(whole.customer, whole.item, whole.last, group, steps):
        taken = (old[x] >= 0) & (old[y] < 0)
        found.append(np.stack([y[taken], -old[x[taken]], whole.item[x[taken]], place[taken]]))
    rows = np.concatenate(found, axis=1) if found else np.empty((4, 0), dtype=np.int64)
    rows = rows[:, np.lexsort(rows[2::-1])]
    first = np.diff(rows[0], prepend=-1) != 0
    return np.bincount(rows[3, first], minlength=len(steps.item)).astype(np.float64)
