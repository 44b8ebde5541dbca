"""What can be said of a version's shelves without any orders, and of two versions side by side. Pure.

A shelf here is the first ten entries of an item's vector; of cross-sells only the proven ones count, those that at
least one basket holds together with the item.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.model import Model
from models.records import CROSS_SELL, UPSELL
from models.stored import StoredVectors

LENGTH = 10
_PART = 100_000
"""Shelves compared at once: 10 MB."""


@dataclass(frozen=True, slots=True)
class ShelfFigures:
    """The shelves of one kind, over the items that were ever sold.

    Attributes:
        items: how many those are.
        silent: share of them with an empty shelf.
        coverage: share of them that stand on some shelf.
        top_share: share of places that the best sold 1 % of them take (at least one item).
        popularity_rank: mean rank by orders of what stands there, 1 the bestseller.
    """

    items: int
    silent: float
    coverage: float
    top_share: float
    popularity_rank: float


@dataclass(frozen=True, slots=True, eq=False)
class Changes:
    """How the shelves of one version differ from another's, over the items that had a shelf and are in both.

    Attributes:
        before, after: int32 (n,), index of each such item in either version.
        places: int64 (n,), places that were filled before.
        kept: int64 (n,), of those the ones whose item, or a variant of it, still stands on the shelf.
    """

    before: NDArray[np.int32]
    after: NDArray[np.int32]
    places: NDArray[np.int64]
    kept: NDArray[np.int64]

    @property
    def churn(self) -> float:
        """Share of the filled places that hold something else now; 0 without shelves."""
        return 1 - int(self.kept.sum()) / int(self.places.sum()) if len(self.places) else 0.0

    @property
    def remade(self) -> float:
        """Share of the shelves of which less than half is left; 0 without shelves."""
        return float((2 * self.kept < self.places).mean()) if len(self.places) else 0.0


def shelf_figures(model: Model, kind: str = CROSS_SELL) -> ShelfFigures:
    """Measure a version's shelves; zeros where nothing was sold."""
    sold = model.facts.orders > 0
    count = int(sold.sum())
    if not count or kind not in model.vectors:
        return ShelfFigures(count, float(bool(count)), 0.0, 0.0, 0.0)
    shown = first_entries(model.vectors[kind], proven=kind != UPSELL)[sold]
    placed = shown[shown >= 0]
    rank = np.empty(len(sold), dtype=np.int64)
    rank[np.lexsort((np.arange(len(sold)), -model.facts.orders.astype(np.int64)))] = np.arange(1, len(sold) + 1)
    return ShelfFigures(
        items=count,
        silent=float((shown[:, 0] < 0).mean()),
        coverage=len(np.unique(model.facts.family[placed])) / len(np.unique(model.facts.family[sold])),
        top_share=float((rank[placed] <= max(count // 100, 1)).mean()) if len(placed) else 0.0,
        popularity_rank=float(rank[placed].mean()) if len(placed) else 0.0,
    )


def first_entries(vectors: StoredVectors, *, proven: bool) -> NDArray[np.int32]:
    """int32 (n_items, 10): the first (proven) entries of each row, -1 where there are fewer."""
    n = vectors.n_items
    row, item = np.repeat(np.arange(n), np.diff(vectors.indptr)), np.asarray(vectors.item)
    if proven:
        row, item = row[vectors.together > 0], item[vectors.together > 0]
    place = np.arange(len(row)) - np.searchsorted(row, row)
    shown = np.full((n, LENGTH), -1, dtype=np.int32)
    first = place < LENGTH
    shown[row[first], place[first]] = item[first]
    return shown


def changes(before: Model, after: Model, kind: str = CROSS_SELL) -> Changes:
    """Compare the shelves of one kind, item by item; variants of a product (as `after` has them) are one thing."""
    number = {name: index for index, name in enumerate(after.items)}
    there = np.array([number.get(name, -1) for name in before.items], dtype=np.int32)
    old, new = (first_entries(m.vectors[kind], proven=kind != UPSELL) for m in (before, after))
    items = np.flatnonzero((there >= 0) & (old[:, 0] >= 0)).astype(np.int32)
    family = np.append(after.facts.family, -1)  # the last one for no item
    places, kept = np.zeros(len(items), dtype=np.int64), np.zeros(len(items), dtype=np.int64)
    for at in range(0, len(items), _PART):
        part = items[at : at + _PART]
        was = np.where(old[part] >= 0, family[there[old[part]]], -1)
        now = family[new[there[part]]]
        same = (was[:, :, None] == now[:, None, :]).any(axis=2) & (was >= 0)
        places[at : at + _PART], kept[at : at + _PART] = (old[part] >= 0).sum(axis=1), same.sum(axis=1)
    return Changes(items, there[items], places, kept)
