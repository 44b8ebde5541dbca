"""Lists for many questions at once, straight from trained vectors: what the service would answer, without a service.

For one item its cross_sell row; for a cart of n ≥ 2 items

    score(j) = Σ_i cart_i(j) + c·n^-s·(Σ_i cross_sell_i(j)^q)^(1/q)

as the service's ranking has it. Filters and caps on titles alike are the merchant's and are left out here.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from models.records import ItemVectors
from training.evaluation.peers import LENGTH, Ranker

_QUESTIONS = 2_000
"""Questions scored at once: bounds memory at some 100 MB for carts of a hundred lines."""


@dataclass(frozen=True, slots=True)
class Blend:
    """How a cart's rows are joined: c ≥ 0, s ≥ 0 and q ≥ 1 of the formula above."""

    weight: float
    fall: float
    power: float


def answers(cross_sell: ItemVectors, cart: ItemVectors | None, blend: Blend, popular: NDArray[np.number]) -> Ranker:
    """A ranker over vectors between the same items; without cart vectors a cart is answered by the power mean alone.

    Args:
        cross_sell: n_items rows.
        cart: n_items rows, or None.
        blend: c, s and q.
        popular: (n_items,), fills the places that vectors leave open, best first, ties by index.
    """
    pages = _matrix(cross_sell)
    powered = sp.csr_array((pages.data**blend.power, pages.indices, pages.indptr), shape=pages.shape)
    carts = None if cart is None else _matrix(cart)
    filler = np.lexsort((np.arange(len(popular)), -popular)).astype(np.int32)

    def scores(given: sp.csr_array) -> sp.csr_array:
        mean = sp.csr_array(given @ powered)
        mean.data **= 1 / blend.power
        if carts is None:
            return mean
        size = np.diff(given.indptr)
        share = blend.weight * np.maximum(size, 1.0) ** -blend.fall
        # A page has no cart; its row is scaled, which leaves its order alone.
        several = sp.diags_array((size > 1).astype(np.float64))
        return sp.csr_array(several @ given @ carts + sp.diags_array(np.where(size > 1, share, 1.0)) @ mean)

    def rank(given: sp.csr_array, /) -> NDArray[np.int32]:
        parts = [
            _lists(scores(part), part, filler)
            for start in range(0, given.shape[0], _QUESTIONS)
            for part in [sp.csr_array(given[start : start + _QUESTIONS].astype(np.float64))]
        ]
        return np.concatenate(parts) if parts else np.empty((0, LENGTH), np.int32)

    return rank


def _matrix(vectors: ItemVectors) -> sp.csr_array:
    shape = (vectors.n_items, vectors.n_items)
    return sp.csr_array((vectors.score.astype(np.float64), vectors.item, vectors.indptr), shape=shape)


def _lists(scores: sp.csr_array, given: sp.csr_array, filler: NDArray[np.int32]) -> NDArray[np.int32]:
    """The LENGTH best of each row by score down, item up, without what is given; then the filler."""
    scores = sp.csr_array(scores - scores.multiply(given))
    row = np.repeat(np.arange(scores.shape[0]), np.diff(scores.indptr))
    kept = np.flatnonzero(scores.data > 0)
    row, item, value = row[kept], scores.indices[kept], scores.data[kept]
    order = np.lexsort((item, -value, row))
    row, item = row[order], item[order]
    rank = np.arange(len(row)) - np.searchsorted(row, row)
    lists = np.full((scores.shape[0], LENGTH), -1, dtype=np.int32)
    first = rank < LENGTH
    lists[row[first], rank[first]] = item[first]
    for short in np.flatnonzero(lists[:, -1] < 0).tolist():
        shown = lists[short][lists[short] >= 0]
        held = np.concatenate([shown, given.indices[given.indptr[short] : given.indptr[short + 1]]])
        more = filler[: LENGTH + len(held)]
        whole = np.concatenate([shown, more[~np.isin(more, held)]])[:LENGTH]
        lists[short, : len(whole)] = whole
    return lists
