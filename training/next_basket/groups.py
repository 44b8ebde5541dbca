"""What a customer buys of a group of items, goods of one kind or a category: who took one yogurt needs no other.

A customer's visits with the group, whatever the item, have a rhythm of their own; it is worth knowing whether a group
is due, whether this item was the last one taken of it, and how much of the group's visits are this item's.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.next_basket.alike import SLOW
from training.next_basket.visits import Visits

COLUMNS = ("share", "since", "due", "fast", "slow", "kinds", "part", "later")
"""What `columns` tells of each pair, in order: share of visits with the group; visits since the last one; that age in
own intervals of the group; visits with the group, forgotten fast and slowly; items of the group that were bought; the
item's part of the slow ones; visits with the group since the item was last bought."""

_FAST = 0.8
_GAP = 8.0
"""Visits between two purchases of a group as far as a customer's own do not tell; worth two intervals."""


def columns(
    prefix: str,
    block: Visits,
    group: NDArray[np.int32],
    customer: NDArray[np.int64],
    item: NDArray[np.int64],
    own_slow: NDArray[np.float64],
    own_since: NDArray[np.float64],
) -> dict[str, NDArray[Any]]:
    """Columns `prefix_…` of pairs, one entry each; nan where the item has no group.

    Args:
        prefix: of the names.
        block: b customers' known visits.
        group: int32 (n_items,), -1 for none.
        customer: int64 (n,), place in the block.
        item: int64 (n,).
        own_slow: (n,), `Σ 0.97^age` over the customer's visits with the item itself.
        own_since: (n,), visits since the item itself, nan where it was never bought.
    """
    n_groups = int(group.max(initial=-1)) + 1
    names = [f"{prefix}_{name}" for name in COLUMNS]
    unknown = np.full(len(item), np.nan)
    visit = np.repeat(np.arange(len(block.day)), np.diff(block.indptr))
    told = np.flatnonzero(group[block.item] >= 0)
    if not n_groups or not len(told):
        return dict.fromkeys(names, unknown)
    label = group[block.item[told]].astype(np.int64)
    once = np.unique(visit[told] * n_groups + label)  # a visit counts once, whatever it holds of the group
    buyer = np.repeat(np.arange(block.n_customers), block.counts)
    who = buyer[once // n_groups]
    age = (block.start[1:][who] - 1 - once // n_groups).astype(np.float64)
    key, where = np.unique(who * n_groups + once % n_groups, return_inverse=True)
    count = np.bincount(where, minlength=len(key)).astype(np.float64)
    since, first = np.full(len(key), np.inf), np.zeros(len(key))
    np.minimum.at(since, where, age)
    np.maximum.at(first, where, age)
    slow = np.bincount(where, weights=SLOW**age, minlength=len(key))
    different = np.unique((buyer[visit[told]] * n_groups + label) * block.n_items + block.item[told])
    found = {
        "share": count / block.counts[key // n_groups],
        "since": since,
        "due": (since + 1) / ((first - since + 2 * _GAP) / (count + 1)),
        "fast": np.bincount(where, weights=_FAST**age, minlength=len(key)),
        "slow": slow,
        "kinds": np.bincount(np.searchsorted(key, different // block.n_items), minlength=len(key)),
    }
    grouped = group[item] >= 0
    asked = customer * n_groups + np.maximum(group[item], 0)
    place = np.minimum(np.searchsorted(key, asked), len(key) - 1)
    bought = key[place] == asked
    result = {
        name: np.where(bought, column[place], np.nan if name in ("since", "due") else 0.0)
        for name, column in found.items()
    }
    result["part"] = np.divide(own_slow, result["slow"], out=np.full(len(item), np.nan), where=result["slow"] > 0)
    result["later"] = own_since - result["since"]
    return {f"{prefix}_{name}": np.where(grouped, result[name], np.nan) for name in COLUMNS}
