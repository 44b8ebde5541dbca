"""Cart weights that lean half-way towards what the trees found out about a pair.

    cart'_i(j) = cart_i(j) · (p'(j|i) / p(j|i))^½   where cart_i(j) > 0

p is the plain model's probability of a pair, p' the trees'. A ridge counts pairs; that two titles are alike, or that an
item is rising, it cannot know, and most of what the trees learnt of a pair on pages holds in a cart too. Half-way,
because the ridge has seen a part of it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.records import ItemVectors
from training.cooccurrence.rows import Pairs, best

_POWER = 0.5
_FURTHEST = np.e**2
"""A ratio of probabilities beyond this, or below its inverse, counts as this."""


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
    n_items = cart.n_items
    place = np.arange(len(plain.item)) - np.repeat(plain.indptr[:-1], np.diff(plain.indptr))
    first = place < candidates
    asked = _keys(cart)
    before = _looked_up(asked, _keys(plain)[first], plain.score[first])
    after = _looked_up(asked, _keys(anew), anew.score)
    known = (cart.score > 0) & (before > 0) & (after > 0)
    ratio = np.clip(after[known] / before[known], 1 / _FURTHEST, _FURTHEST)
    score = cart.score.copy()
    score[known] = (score[known] * ratio**_POWER).astype(np.float32)
    together = np.asarray(cart.together, dtype=np.uint32)
    return best(Pairs(asked // max(n_items, 1), cart.item, score, together), n_items, n_items)


def _keys(vectors: ItemVectors) -> NDArray[np.int64]:
    """One number for each entry's pair of items."""
    row = np.repeat(np.arange(vectors.n_items, dtype=np.int64), np.diff(vectors.indptr))
    return row * vectors.n_items + vectors.item


def _looked_up(asked: NDArray[np.int64], keys: NDArray[np.int64], score: NDArray[np.float32]) -> NDArray[np.float64]:
    """The score of each key asked for, 0 where it is not there: float64 (n_asked,)."""
    found = np.zeros(len(asked))
    if not len(keys):
        return found
    order = np.argsort(keys)
    at = order[np.minimum(np.searchsorted(keys, asked, sorter=order), len(keys) - 1)]
    hit = keys[at] == asked
    found[hit] = score[at[hit]]
    return found
