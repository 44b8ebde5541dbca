"""What is known of a pair (i, j) before the moment of asking, as numbers that a ranker can weigh.

Probabilities and ratios are logarithms, smoothed with the plain model's own probability s(j|i) so that a pair without
counts reads as what the plain model says: `log((C_ij + 2·s(j|i)) / (D_i + 2))`. Unknown is NaN.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from training.rerank.counts import AGES, OWN, Sales, met
from training.rerank.patrons import shared

_PRIOR = 2.0
_RARE = 1e-6
_STEP = 50_000

FEATURES = (
    "plain",
    "place",
    "to_best",
    *(f"age_{age:g}" for age in AGES),
    *(f"own_{own}" for own in OWN),
    "unweighted",
    "together",
    *(f"anchor_{age:g}" for age in AGES),
    "lift",
    "lift_lately",
    "reverse",
    "reverse_lately",
    *(f"popular_{age:g}" for age in AGES),
    "rising",
    "rising_lately",
    "anchor_rising",
    "same_category",
    "category_given_anchor",
    "item_in_category",
    "price",
    "price_ratio",
    "titles",
    "alike",
    "along",
    "patrons",
    "patrons_reverse",
    "patrons_of_item",
)


@dataclass(frozen=True, slots=True, eq=False)
class Known:
    """What may be looked at.

    Attributes:
        sales: baskets of two items or more, weighted, by time.
        popular: float64 (len(AGES), n_items), share of what was sold within each horizon, in votes of accounts.
        category: int32 (n_items,), -1 for none.
        price: float64 (n_items,), what was paid, NaN where unknown.
        words: csr_array (n_items, n_words), rows of length 1 or empty: `words.title_words`.
        places: float32 (n_items, d): `likeness.places`.
        bought: csr_array (n_customers, n_items) of ones: `patrons.patrons`.
    """

    sales: Sales
    popular: NDArray[np.float64]
    category: NDArray[np.int32]
    price: NDArray[np.float64]
    words: sp.csr_array
    places: NDArray[np.float32]
    bought: sp.csr_array


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """Pairs to rank, anchor by anchor.

    Attributes:
        anchors: int64 (n_anchors,).
        indptr: int64 (n_anchors + 1,).
        item: int32 (n_pairs,), by plain score down within an anchor.
        plain: float64 (n_pairs,), s(j|i) > 0, a probability.
        vouched: bool (n_pairs,), whether enough accounts stand behind the pair for its counts to be believed.
    """

    anchors: NDArray[np.int64]
    indptr: NDArray[np.int64]
    item: NDArray[np.int32]
    plain: NDArray[np.float64]
    vouched: NDArray[np.bool_]


def features(known: Known, pairs: Candidates) -> NDArray[np.float32]:
    """The columns of `FEATURES`, float32 (n_pairs, len(FEATURES))."""
    row = np.repeat(np.arange(len(pairs.anchors)), np.diff(pairs.indptr))
    anchor, item = pairs.anchors[row], pairs.item
    found = met(known.sales, pairs.anchors, pairs.indptr, item)
    believed = pairs.vouched[:, None]
    by_age, own = found.by_age * believed, found.own * believed
    prior = _PRIOR * pairs.plain[:, None]
    given_age = (by_age + prior) / (found.anchor_by_age[row] + _PRIOR)
    given_own = (own + prior) / (found.anchor_own[row] + _PRIOR)
    plain_count = found.plain * pairs.vouched
    popular = known.popular[:, item].T + _RARE
    of_anchor = known.popular[:, anchor].T + _RARE
    sold = known.popular + _RARE
    # A basket's weight in units of the anchor's: reverse probabilities compare shares of sales.
    lift = np.log(given_age / popular)
    place = np.arange(len(item)) - pairs.indptr[row]
    columns = [
        np.log(pairs.plain),
        place,
        np.log(pairs.plain / np.maximum(pairs.plain[pairs.indptr[row]], 1e-12)),
        *np.log(given_age).T,
        *np.log(given_own).T,
        np.log((plain_count + prior[:, 0]) / (found.anchor_plain[row] + _PRIOR)),
        np.log1p(plain_count),
        *np.log1p(found.anchor_by_age[row]).T,
        lift[:, -1],
        lift[:, 2],
        lift[:, -1] + np.log(of_anchor[:, -1]),
        lift[:, 2] + np.log(of_anchor[:, 2]),
        *np.log(popular).T,
        np.log(popular[:, 2] / popular[:, -1]),
        np.log(popular[:, 1] / popular[:, 3]),
        np.log(of_anchor[:, 1] / of_anchor[:, 3]),
        *_categories(known, pairs, row, found.by_age[:, -1], found.anchor_by_age[:, -1], sold[-1]),
        np.log(known.price[item]),
        np.log(known.price[item] / known.price[anchor]),
        _titles(known.words, anchor, item),
        *_near(known.places, anchor, item),
        *_patrons(known.bought, pairs, row),
    ]
    return np.stack([np.asarray(column, dtype=np.float32) for column in columns], axis=1)


def _categories(
    known: Known,
    pairs: Candidates,
    row: NDArray[np.int64],
    together: NDArray[np.float32],
    total: NDArray[np.float32],
    sold: NDArray[np.float64],
) -> tuple[NDArray[np.float64], ...]:
    """Whether both are of one category, what part of i's counts j's category has, and j of its category."""
    category = known.category[pairs.item]
    there = category >= 0
    if not there.any():
        return (np.full(len(row), np.nan),) * 3
    n = int(known.category.max()) + 1
    same = np.where(there, known.category[pairs.anchors[row]] == category, np.nan)
    _, group = np.unique(row * n + category, return_inverse=True)
    mass = np.bincount(group, together)[group]
    share = np.where(there, np.log((mass + 0.1) / (total[row] + _PRIOR)), np.nan)
    whole = np.bincount(known.category[known.category >= 0], sold[known.category >= 0], n)
    part = np.where(there, np.log(sold[pairs.item] / whole[category]), np.nan)
    return same, share, part


def _titles(words: sp.csr_array, anchor: NDArray[np.integer], item: NDArray[np.integer]) -> NDArray[np.float64]:
    """Cosine of titles, NaN where one has none."""
    there = np.diff(words.indptr) > 0
    found = np.full(len(item), np.nan)
    if words.nnz:
        for some in _parts(len(item)):
            both = words[anchor[some]].multiply(words[item[some]])
            found[some] = np.asarray(both.sum(axis=1)).ravel()
    return np.where(there[anchor] & there[item], found, np.nan)


def _near(
    places: NDArray[np.float32], anchor: NDArray[np.integer], item: NDArray[np.integer]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Cosine and product of two items' places."""
    product = np.empty(len(item))
    for some in _parts(len(item)):
        product[some] = np.einsum("nd,nd->n", places[anchor[some]], places[item[some]])
    length = np.linalg.norm(places, axis=1) + 1e-9
    return product / length[anchor] / length[item], product


def _patrons(bought: sp.csr_array, pairs: Candidates, row: NDArray[np.int64]) -> tuple[NDArray[np.float64], ...]:
    """Of i's customers who bought j, of j's who bought i, and j's customers; NaN in a shop of guests."""
    if not bought.nnz:
        return (np.full(len(row), np.nan),) * 3
    both = shared(bought, pairs.anchors, pairs.indptr, pairs.item)
    count = np.bincount(bought.indices, minlength=bought.shape[1])
    prior = _PRIOR * pairs.plain
    return (
        np.log((both + prior) / (count[pairs.anchors[row]] + _PRIOR)),
        np.log((both + prior) / (count[pairs.item] + _PRIOR)),
        np.log1p(count[pairs.item]),
    )


def _parts(n: int) -> Iterator[slice]:
    """Some pairs at a time: bounds memory."""
    return (slice(low, low + _STEP) for low in range(0, n, _STEP))
