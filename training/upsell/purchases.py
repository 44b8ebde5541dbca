"""Who bought what, when first and when last: what succession is read from. Time is counted in orders."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.records import Orders

_ROWS = 2_000_000
"""Pairs of purchases looked at in one step: bounds memory at about 100 MB."""

LONGEST = 200
"""Purchases of one block (a customer's in one group) that are paired: the newest; a reseller has thousands."""


@dataclass(frozen=True, slots=True, eq=False)
class Purchases:
    """One row per customer and item, by customer, then item.

    Attributes:
        customer: int64 (m,).
        item: int64 (m,).
        first, last: int64 (m,), index of the first and the last order of the customer with the item.
        count: int64 (m,), such orders.
        customers: number of customers there are.
        orders: number of orders looked at.
    """

    customer: NDArray[np.int64]
    item: NDArray[np.int64]
    first: NDArray[np.int64]
    last: NDArray[np.int64]
    count: NDArray[np.int64]
    customers: int
    orders: int


def purchases(orders: Orders, item_map: NDArray[np.int32], n_items: int, until: int) -> Purchases:
    """What known customers bought in the first `until` orders.

    Args:
        orders: by time.
        item_map: int32 (len(orders.items),), number of each bought item among `n_items`.
        n_items: how many there are.
        until: orders to look at.
    """
    end = int(orders.indptr[until])
    order = np.repeat(np.arange(until), np.diff(orders.indptr[: until + 1]))
    customer, item = orders.customer[order].astype(np.int64), item_map[orders.item[:end]]
    known = customer >= 0
    key, order = customer[known] * n_items + item[known], order[known]
    by_key = np.argsort(key, kind="stable")  # orders rise within a key
    key, order = key[by_key], order[by_key]
    start = np.flatnonzero(np.diff(key, prepend=-1))
    stop = np.append(start[1:], len(key))
    return Purchases(
        customer=key[start] // n_items,
        item=key[start] % n_items,
        first=order[start],
        last=order[stop - 1] if len(start) else order,
        count=stop - start if len(start) else start,
        customers=len(orders.customers),
        orders=until,
    )


@dataclass(frozen=True, slots=True, eq=False)
class Steps:
    """Which dearer items stand beside which item, by item, then better.

    Attributes:
        item: int64 (n_pairs,).
        better: int64 (n_pairs,), a dearer item of the same kind.
        n_items: how many items there are.
    """

    item: NDArray[np.int64]
    better: NDArray[np.int64]
    n_items: int

    def find(self, item: NDArray[np.int64], better: NDArray[np.int64]) -> NDArray[np.int64]:
        """Place of each pair, -1 where it is none."""
        key = self.item * self.n_items + self.better
        asked = item * self.n_items + better
        place = np.searchsorted(key, asked)
        inside = np.minimum(place, max(len(key) - 1, 0))
        hit = (key[inside] == asked) if len(key) else np.zeros(len(asked), dtype=bool)
        return np.where(hit, inside, -1)


def meetings(
    block: NDArray[np.int64], item: NDArray[np.int64], newest: NDArray[np.int64], group: NDArray[np.int64], steps: Steps
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]]:
    """All pairs of rows of one block and one group that are a step: `(row of item, row of better, place of the step)`.

    Args:
        block: int64 (m,), a customer or a basket.
        item: int64 (m,), items are different within a block.
        newest: int64 (m,), the `LONGEST` largest of a block and group are paired.
        group: int64 (n_items,), steps never leave a group.
        steps: the pairs wanted.
    """
    order = np.lexsort((-newest, group[item], block))
    start = np.flatnonzero((np.diff(block[order], prepend=-1) != 0) | (np.diff(group[item[order]], prepend=-1) != 0))
    length = np.minimum(np.diff(np.append(start, len(order))), LONGEST)
    start, length = start[length > 1], length[length > 1]
    cumulative = np.cumsum(length * length)
    cuts = np.searchsorted(cumulative, np.arange(_ROWS, cumulative[-1] if len(cumulative) else 0, _ROWS))
    for begin, square in zip(np.split(start, cuts), np.split(length, cuts), strict=True):
        area = square * square
        which = np.repeat(np.arange(len(square)), area)
        offset = np.arange(int(area.sum())) - np.repeat(np.cumsum(area) - area, area)
        x, y = (order[begin[which] + side] for side in np.divmod(offset, square[which]))
        place = steps.find(item[x], item[y])
        hit = place >= 0
        yield x[hit], y[hit], place[hit]
