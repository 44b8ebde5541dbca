"""How many lists an item may stand on: as many as items with about as many buyers do, so that few accounts push none.

A handful of accounts can put one target beside thousands of rarely sold items, where two buyers outweigh everything
else. No single list shows it, the number of lists does. The limit is twice the 95th percentile of reach among items
with about as many buyers (the same power of two), which a few pushed items do not move.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.records import ItemVectors

PLACES = 10
"""Places of a list that count: what a shelf shows."""
_PERCENTILE, _ROOM = 95, 2
_FEWEST = 10
"""Lists that any item may stand on."""
_ALIKE = 40
"""Items with about as many buyers below which there is no telling what is usual; so it is among the bestsellers."""


def reach_limits(reach: NDArray[np.int64], buyers: NDArray[np.int64]) -> NDArray[np.float64]:
    """Lists that each item may stand on, (n_items,); infinite where too few items are alike.

    Args:
        reach: (n_items,), lists whose first places it takes by evidence.
        buyers: (n_items,), accounts that bought it.
    """
    group = np.frexp(buyers.astype(np.float64))[1]
    limits = np.full(len(reach), np.inf)
    for number in np.unique(group[buyers > 0]).tolist():
        alike = group == number
        if int(alike.sum()) >= _ALIKE:
            usual = float(np.percentile(reach[alike], _PERCENTILE, method="higher"))
            limits[alike] = max(_ROOM * usual, _FEWEST)
    return limits


def pushed(lists: ItemVectors, buyers: NDArray[np.int64]) -> NDArray[np.int64]:
    """Entries of `lists` that exceed their item's reach, rising; of each item those with least `together` go first.

    Args:
        lists: rows best first; `together` is 0 where no basket speaks for an entry.
        buyers: (n_items,).
    """
    place = np.arange(len(lists.item)) - np.repeat(lists.indptr[:-1], np.diff(lists.indptr))
    shown = np.flatnonzero((place < PLACES) & (lists.together > 0))
    item, together = lists.item[shown], lists.together[shown].astype(np.int64)
    reach = np.bincount(item, minlength=lists.n_items)
    limits = reach_limits(reach, buyers)
    order = np.lexsort((shown, -together, item))
    rank = np.arange(len(order)) - np.searchsorted(item[order], item[order])
    return np.sort(shown[order[rank >= limits[item[order]]]])


def spliced(base: ItemVectors, other: ItemVectors, rows: NDArray[np.bool_]) -> ItemVectors:
    """`base` with some rows taken from `other`."""
    lengths = np.where(rows, np.diff(other.indptr), np.diff(base.indptr))
    indptr = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    row = np.repeat(np.arange(len(rows)), lengths)
    # Both one after the other; an entry is read from where its row's record begins.
    starts = np.where(rows, other.indptr[:-1] + len(base.item), base.indptr[:-1])
    source = starts[row] + np.arange(indptr[-1]) - indptr[:-1][row]
    return ItemVectors(
        indptr,
        np.concatenate([base.item, other.item])[source],
        np.concatenate([base.score, other.score])[source],
        np.concatenate([base.together, other.together])[source],
    )
