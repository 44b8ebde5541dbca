"""Cart weights that lean half-way towards what the trees found out about a pair.

    cart'_i(j) = cart_i(j) · (p'(j|i) / p(j|i))^½   where cart_i(j) > 0

p is the plain model's probability of a pair, p' the trees'. A ridge counts pairs; that two titles are alike, or that an
item is rising, it cannot know, and most of what the trees learnt of a pair on pages holds in a cart too. Half-way,
because the ridge has seen a part of it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.records import ItemVectors
from training.cooccurrence.rows import Pairs, best

_POWER = 0.5
_FURTHEST = np.e**2
"""A ratio of probabilities beyond this, or below its inverse, counts as this."""

_ROWS = 50_000
"""Rows looked at together: bounds memory at some 200 MB."""


def leaned(cart: ItemVectors, plain: ItemVectors, anew: ItemVectors, candidates: int) -> ItemVectors:
    """The cart vectors with their weights above zero corrected, best first again.

    Args:
        cart: n_items rows, weights of both signs.
        plain: n_items rows, probabilities, or these times a worth that `anew` has too.
        anew: n_items rows, the same ranked anew.
        candidates: first entries of a row of `plain` that were ranked anew; what stands below says nothing.

    Returns:
        As many entries as `cart`. Weights below zero, pairs that are no candidates, and those that `anew` left out stay
        as they are; so does everything where `anew` is `plain`.
    """
    if anew is plain:
        return cart
    score, n_items = cart.score.copy(), cart.n_items
    for low in range(0, n_items, _ROWS):
        asked, before, after = (_some(vectors, low, low + _ROWS) for vectors in (cart, plain, anew))
        p, q = _looked_up(asked.key, before.first(candidates)), _looked_up(asked.key, after)
        known = (asked.score > 0) & (p > 0) & (q > 0)
        ratio = np.clip(q[known] / p[known], 1 / _FURTHEST, _FURTHEST)
        score[np.flatnonzero(known) + cart.indptr[low]] *= (ratio**_POWER).astype(np.float32)
    row = np.repeat(np.arange(n_items, dtype=np.int64), np.diff(cart.indptr))
    together = np.asarray(cart.together, dtype=np.uint32)
    return best(Pairs(row, cart.item, score, together), n_items, n_items)


@dataclass(frozen=True, slots=True, eq=False)
class _Entries:
    """Entries of some rows: a number for each pair of items, its place in its row, its score."""

    key: NDArray[np.int64]
    place: NDArray[np.int64]
    score: NDArray[np.float32]

    def first(self, count: int) -> _Entries:
        kept = self.place < count
        return _Entries(self.key[kept], self.place[kept], self.score[kept])


def _some(vectors: ItemVectors, low: int, high: int) -> _Entries:
    """Those of rows low … high − 1, as many as there are."""
    indptr = vectors.indptr[low : high + 1]
    row = np.repeat(np.arange(len(indptr) - 1, dtype=np.int64), np.diff(indptr))
    entries = slice(int(indptr[0]), int(indptr[-1]))
    place = np.arange(indptr[0], indptr[-1]) - indptr[row]
    return _Entries(row * vectors.n_items + vectors.item[entries], place, vectors.score[entries])


def _looked_up(asked: NDArray[np.int64], among: _Entries) -> NDArray[np.float64]:
    """The score of each pair asked for, 0 where it is not there: float64 (n_asked,)."""
    found = np.zeros(len(asked))
    if not len(among.key):
        return found
    order = np.argsort(among.key)
    at = order[np.minimum(np.searchsorted(among.key, asked, sorter=order), len(order) - 1)]
    hit = among.key[at] == asked
    found[hit] = among.score[at[hit]]
    return found
