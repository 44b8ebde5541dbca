"""Dearer siblings: of the same category, dearer within a band, what sells most now comes first.

The pool that upsells are learnt on, and the upsell of a shop without customers to learn from.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.records import ItemVectors

_CHUNK_ENTRIES = 4_000_000


def upgrades(
    price: NDArray[np.int64],
    recent: NDArray[np.floating],
    category: NDArray[np.int32],
    family: NDArray[np.int32],
    k: int,
    min_ratio: float,
    max_ratio: float,
) -> ItemVectors:
    """For every priced item of a category its K dearer siblings that sell best.

    `score` is the sibling's `recent`; `together` is 0: substitutes are bought instead, not beside.

    Args:
        price: int64 (n_items,), ten-thousandths; items at 0 or below (unknown) have and are no upsell.
        recent: (n_items,), what sells now; never-sold items are no upsell.
        category: int32 (n_items,), -1 for none.
        family: int32 (n_items,); variants of the item itself are left out, and one variant stands for another family.
        k: entries per vector at most.
        min_ratio: least `price_j / price_i`.
        max_ratio: largest `price_j / price_i`.
    """
    rows: list[tuple[NDArray[np.int64], NDArray[np.int64]]] = []
    priced = np.flatnonzero((price > 0) & (category >= 0))
    order = priced[np.lexsort((priced, -recent[priced], category[priced]))]
    for members in np.split(order, np.flatnonzero(np.diff(category[order])) + 1):
        rows.extend(_within(members, price, recent, family, k, min_ratio, max_ratio))
    anchor = np.concatenate([a for a, _ in rows]) if rows else np.empty(0, dtype=np.int64)
    item = np.concatenate([i for _, i in rows]) if rows else np.empty(0, dtype=np.int64)
    sort = np.argsort(anchor, kind="stable")
    item = item[sort]
    return ItemVectors(
        indptr=np.concatenate([[0], np.cumsum(np.bincount(anchor, minlength=len(price)))]).astype(np.int64),
        item=item.astype(np.int32),
        score=recent[item].astype(np.float32),
        together=np.zeros(len(item), dtype=np.uint32),
    )


def _within(
    members: NDArray[np.int64],
    price: NDArray[np.int64],
    recent: NDArray[np.floating],
    family: NDArray[np.int32],
    k: int,
    min_ratio: float,
    max_ratio: float,
) -> list[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """(anchor, sibling) pairs within one category, whose members come best sold first."""
    sold = members[recent[members] > 0]
    found = []
    step = max(_CHUNK_ENTRIES // max(len(sold), 1), 1)
    for start in range(0, len(members), step):
        anchors = members[start : start + step]
        ratio = price[sold][None, :] / price[anchors][:, None]
        fits = (ratio >= min_ratio) & (ratio <= max_ratio) & (family[sold][None, :] != family[anchors][:, None])
        row, place = np.nonzero(fits)
        keep = _first_of_family(row, family[sold[place]])
        row, place = row[keep], place[keep]
        rank = np.arange(len(row)) - np.searchsorted(row, row)
        found.append((anchors[row[rank < k]], sold[place[rank < k]]))
    return found


def _first_of_family(row: NDArray[np.int64], family: NDArray[np.int32]) -> NDArray[np.int64]:
    """Places of the first entry of each family within each row, in their order."""
    order = np.lexsort((np.arange(len(row)), family, row))
    first = np.ones(len(order), dtype=bool)
    first[1:] = (row[order][1:] != row[order][:-1]) | (family[order][1:] != family[order][:-1])
    return np.sort(order[first])
