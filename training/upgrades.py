"""Upsell vectors, first version: of the same category, dearer within a band, what sells most now comes first.

Popularity among dearer siblings is the strongest of the simple rules; lift within baskets is the weakest, because it
finds complements instead of substitutes (`docs/explanation/upsell.md`).
"""

from __future__ import annotations

import dataclasses

import numpy as np
import scipy.sparse as sp
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

    `score` is the sibling's `recent`; `together` is 0 until `counted` has looked: it plays no part in the choice.

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


def counted(vectors: ItemVectors, baskets: sp.csr_array, family: NDArray[np.int32]) -> ItemVectors:
    """The same vectors with their evidence: `together(i, j) = |{b : family_i ∈ b and family_j ∈ b}|`.

    Args:
        vectors: n_items rows.
        baskets: (n_orders, n_families), ones, without duplicates.
        family: int32 (n_items,), the family of each item.

    Cost: per distinct pair of families the baskets of both, in slices of about four million.
    """
    holders = baskets.T.tocsr()
    held = np.diff(holders.indptr).astype(np.int64)
    rows = family[np.repeat(np.arange(vectors.n_items), np.diff(vectors.indptr))]
    columns = family[vectors.item]
    pairs, place = np.unique(
        np.minimum(rows, columns).astype(np.int64) * len(held) + np.maximum(rows, columns), return_inverse=True
    )
    a, b = np.divmod(pairs, len(held)) if len(pairs) else (pairs, pairs)
    slices = np.cumsum(held[a] + held[b]) // _CHUNK_ENTRIES
    together = np.zeros(len(pairs), dtype=np.uint32)
    for at in np.split(np.arange(len(pairs)), np.flatnonzero(np.diff(slices)) + 1):
        together[at] = np.diff(holders[a[at]].multiply(holders[b[at]]).tocsr().indptr)
    return dataclasses.replace(vectors, together=together[place])


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
