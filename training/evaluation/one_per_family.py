"""Orders in which one item stands for all variants of its family: a shelf names one, and any of them is a hit."""

from __future__ import annotations

import dataclasses

import numpy as np
from numpy.typing import NDArray

from training.records import Orders


def one_per_family(orders: Orders, family: NDArray[np.integer], until: int) -> Orders:
    """The same orders, every item replaced by the one of its family that sold most; items keep their numbers.

    Lines of one family in one order become one line: quantities are added up, the price is the first variant's.

    Args:
        orders: n_orders baskets.
        family: (len(orders.items),), label of each item's family.
        until: orders from which it is told what sells most (ties: the lower item).
    """
    n = len(orders.items)
    sold = np.bincount(orders.item[: int(orders.indptr[until])], minlength=n)
    best_first = np.lexsort((np.arange(n), -sold, family))
    labels, first = np.unique(family[best_first], return_index=True)
    stands_for = best_first[first][np.searchsorted(labels, family)]
    if np.array_equal(stands_for, np.arange(n)):
        return orders
    row = np.repeat(np.arange(orders.n_orders), np.diff(orders.indptr))
    key = row * n + stands_for[orders.item]
    by_key = np.argsort(key, kind="stable")
    start = np.flatnonzero(np.diff(key[by_key], prepend=-1))
    lines = by_key[start]
    quantity = np.add.reduceat(orders.quantity[by_key], start) if len(start) else orders.quantity
    return dataclasses.replace(
        orders,
        indptr=np.concatenate([[0], np.cumsum(np.bincount(row[lines], minlength=orders.n_orders))]).astype(np.int64),
        item=stands_for[orders.item[lines]].astype(np.int32),
        quantity=quantity,
        price=orders.price[lines],
    )
