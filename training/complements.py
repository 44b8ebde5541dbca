"""Cross-sell vectors: the smoothed conditional probability of a basket holding j, given that it holds i.

    score(j|i) = t_j · [ (C_ij − δ)₊ + κ₁·P(j | category of i) + κ₂·s̄·π_j ] / (D_i + κ₁ + κ₂)

over baskets b of two items or more with weight w_b (mean 1) and, seen from anchor i, a_ib (newer baskets of i weigh
more): C_ij = Σ_b a_ib·w_b over baskets that hold both, D_i = Σ_b a_ib·w_b over those that hold i, π_j popularity, s̄ the
mean size of a basket, t_j the item's trend. Directional conditional probability follows Deshpande & Karypis,
"Item-based top-N recommendation algorithms" (TOIS 2004); subtracting δ and backing off to coarser distributions is
absolute discounting with interpolation as in language models (Chen & Goodman, "An empirical study of smoothing
techniques for language modeling", 1999).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from models.records import ItemVectors
from training.cooccurrence import neighbours
from training.reach import pushed, spliced

_CHUNK_ENTRIES = 4_000_000
"""Candidate entries scored at once: bounds memory at about 100 MB."""


@dataclass(frozen=True, slots=True)
class Smoothing:
    """The model's parameters, in mean basket weights.

    Attributes:
        discount: δ ≥ 0.
        category_prior: κ₁ ≥ 0.
        popular_prior: κ₂ ≥ 0.
    """

    discount: float
    category_prior: float
    popular_prior: float


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """What the model is learnt from.

    Attributes:
        baskets: csr_array (n_baskets, n_items) of ones; baskets of one item say nothing and may be left out.
        weights: float32 (n_baskets,), w_b, mean about 1.
        anchor_weights: float32 (nnz,), a_ib in the order of `baskets.indices`, or None for 1.
        popular: float64 (n_items,), s̄·π_j: about the chance that j is in any basket.
        trend: float64 (n_items,), t_j ≥ 0; holds what a sale is worth, where that counts.
        category: int32 (n_items,), -1 for none.
        supporters: int32 (n_baskets,), the account of each basket: `min_support` counts accounts; None: baskets.
        worth: float64 (n_items,), what a sale of each brings; None: the same.
        buyers: int64 (n_items,), accounts that bought an item: bounds the lists that it stands on; None: no bound.
    """

    baskets: sp.csr_array
    weights: NDArray[np.float32]
    anchor_weights: NDArray[np.float32] | None
    popular: NDArray[np.float64]
    trend: NDArray[np.float64]
    category: NDArray[np.int32]
    supporters: NDArray[np.int32] | None = None
    buyers: NDArray[np.int64] | None = None
    worth: NDArray[np.float64] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Counted:
    """Pair counts of an evidence, which every smoothing starts from.

    Attributes:
        pairs: of each anchor the companions of largest C_ij, C_ij as score.
        totals: float64 (n_items,), D_i.
    """

    pairs: ItemVectors
    totals: NDArray[np.float64]


def complements(
    evidence: Evidence, k: int, smoothing: Smoothing, *, min_support: int = 1, threads: int = 0
) -> ItemVectors:
    """For every item its K best companions, backed off to its category and to what is popular.

    Pairs below `min_support` do not count as evidence: they can still be listed for being popular, with `together` 0.

    Args:
        evidence: baskets, their weights, and what is known of items.
        k: entries per vector at most.
        smoothing: δ, κ₁, κ₂.
        min_support: accounts (baskets, without `supporters`) a pair needs to count.
        threads: for the co-occurrence, 0 = all cores.

    Returns:
        Vectors of n_items rows, each as long as k and the number of sold items allow.
    """
    found = counted(evidence, k, min_support=min_support, threads=threads)
    return bounded(evidence, found, smoothed(evidence, found, k, smoothing), k, smoothing)


def bounded(evidence: Evidence, found: Counted, lists: ItemVectors, k: int, smoothing: Smoothing) -> ItemVectors:
    """`lists` without the evidence for pairs that exceed their item's reach (`training.reach`)."""
    if evidence.buyers is None or not len(over := pushed(lists, evidence.buyers)):
        return lists
    n_items = lists.n_items
    row = np.searchsorted(lists.indptr, over, side="right") - 1
    touched = np.zeros(n_items, dtype=np.bool_)
    touched[row] = True
    pairs = found.pairs
    anchor = np.repeat(np.arange(n_items), np.diff(pairs.indptr))
    some = np.flatnonzero(touched[anchor])
    struck = some[np.isin(anchor[some] * n_items + pairs.item[some], row * n_items + lists.item[over])]
    score = pairs.score.copy()
    score[struck] = 0
    less = Counted(ItemVectors(pairs.indptr, pairs.item, score, pairs.together), found.totals)
    return spliced(lists, smoothed(evidence, less, k, smoothing, touched), touched)


def counted(evidence: Evidence, k: int, *, min_support: int = 1, threads: int = 0) -> Counted:
    """C_ij of as many companions per anchor as a list of k needs, and D_i; arguments as those of `complements`."""
    pairs = neighbours(
        evidence.baskets,
        _candidates(k),
        statistic="count",
        weights=evidence.weights,
        anchor_weights=evidence.anchor_weights,
        supporters=evidence.supporters,
        min_support=min_support,
        threads=threads,
    )
    return Counted(pairs, _anchor_totals(evidence))


def smoothed(
    evidence: Evidence, found: Counted, k: int, smoothing: Smoothing, wanted: NDArray[np.bool_] | None = None
) -> ItemVectors:
    """The lists that a smoothing makes of counts.

    Args:
        evidence: what was counted.
        found: its counts.
        k: entries per vector at most.
        smoothing: δ, κ₁, κ₂.
        wanted: bool (n_items,), anchors whose lists are needed, the others' stay empty; None = all.
    """
    rows = [
        _score(found.pairs, anchors, found.totals, prior, evidence.trend, k, smoothing)
        for prior, members in _priors(evidence, smoothing, wanted)
        for anchors in _chunks(members, _candidates(k) + k)
    ]
    return _assemble(rows, evidence.baskets.shape[1])


def _anchor_totals(evidence: Evidence) -> NDArray[np.float64]:
    """D_i = Σ_b a_ib·w_b, (n_items,)."""
    baskets = evidence.baskets
    entry = np.repeat(evidence.weights.astype(np.float64), np.diff(baskets.indptr))
    if evidence.anchor_weights is not None:
        entry = entry * evidence.anchor_weights
    return np.asarray(np.bincount(baskets.indices, weights=entry, minlength=baskets.shape[1]), dtype=np.float64)


def _candidates(k: int) -> int:
    """How many companions by count are scored for a list of k; no prior lifts those beyond into it."""
    return max(4 * k, 200)


@dataclass(frozen=True, slots=True, eq=False)
class _Rows:
    """Scored rows of some anchors: anchor per entry, then the entry."""

    anchor: NDArray[np.int32]
    item: NDArray[np.int32]
    score: NDArray[np.float32]
    together: NDArray[np.uint32]


def _priors(
    evidence: Evidence, smoothing: Smoothing, wanted: NDArray[np.bool_] | None
) -> Iterator[tuple[NDArray[np.float64], NDArray[np.int32]]]:
    """Per category its prior `κ₁·P(j|category) + κ₂·s̄·π_j` (n_items,), and the wanted anchors that share it."""
    category, weights, baskets = evidence.category, evidence.weights, evidence.baskets
    order = np.argsort(category, kind="stable").astype(np.int32)
    by_item = baskets.tocsc()
    for members in np.split(order, np.flatnonzero(np.diff(category[order])) + 1):
        anchors = members if wanted is None else members[wanted[members]]
        if not len(anchors):
            continue
        prior = smoothing.popular_prior * evidence.popular
        if len(members) and category[members[0]] >= 0 and smoothing.category_prior > 0:
            holds = np.unique(by_item[:, members].indices)
            total = float(weights[holds].sum())
            if total > 0:
                share = np.asarray(weights[holds] @ baskets[holds], dtype=np.float64) / total
                prior = prior + smoothing.category_prior * share
        yield prior, anchors


def _chunks(members: NDArray[np.int32], width: int) -> Iterator[NDArray[np.int32]]:
    step = max(_CHUNK_ENTRIES // width, 1)
    for start in range(0, len(members), step):
        yield members[start : start + step]


def _score(
    counted: ItemVectors,
    anchors: NDArray[np.int32],
    totals: NDArray[np.float64],
    prior: NDArray[np.float64],
    trend: NDArray[np.float64],
    k: int,
    smoothing: Smoothing,
) -> _Rows:
    """Score the anchors' companions, join the best of the prior that they lack, keep the K best of each."""
    best = _best_of(prior * trend, k + 1)
    place = np.full(len(prior), -1, dtype=np.int32)
    place[best] = np.arange(len(best))

    lengths = np.diff(counted.indptr)[anchors]
    entries = _ranges(counted.indptr[anchors], lengths)
    row = np.repeat(np.arange(len(anchors)), lengths)
    item = counted.item[entries]
    mass = np.maximum(counted.score[entries] - smoothing.discount, 0.0) + prior[item]

    missing = np.ones((len(anchors), len(best)), dtype=bool)
    known = place[item] >= 0
    missing[row[known], place[item[known]]] = False
    missing &= best[None, :] != anchors[:, None]
    prior_row, prior_place = np.nonzero(missing)
    prior_item = best[prior_place]

    row = np.concatenate([row, prior_row])
    item = np.concatenate([item, prior_item])
    mass = np.concatenate([mass, prior[prior_item]])
    together = np.concatenate([counted.together[entries], np.zeros(len(prior_item), dtype=np.uint32)])
    scale = totals[anchors] + smoothing.category_prior + smoothing.popular_prior
    score = (trend[item] * mass / np.maximum(scale, 1e-9)[row]).astype(np.float32)

    order = np.lexsort((item, -score, row))
    sorted_row = row[order]
    rank = np.arange(len(order)) - np.searchsorted(sorted_row, sorted_row)
    kept = order[(rank < k) & (score[order] > 0)]
    return _Rows(anchors[row[kept]], item[kept], score[kept], together[kept].astype(np.uint32))


def _best_of(prior: NDArray[np.float64], k: int) -> NDArray[np.int32]:
    """The k items of highest prior above 0, best first, ties by index."""
    candidates = np.flatnonzero(prior > 0)
    if len(candidates) > k:
        floor = np.partition(prior[candidates], len(candidates) - k)[len(candidates) - k]
        candidates = candidates[prior[candidates] >= floor]
    return candidates[np.lexsort((candidates, -prior[candidates]))][:k].astype(np.int32)


def _ranges(starts: NDArray[np.int64], lengths: NDArray[np.int64]) -> NDArray[np.int64]:
    """`starts[0] … starts[0]+lengths[0]-1, starts[1] …`, as one array."""
    offsets = np.repeat(starts - np.concatenate([[0], np.cumsum(lengths)[:-1]]), lengths)
    return np.asarray(offsets + np.arange(lengths.sum()), dtype=np.int64)


def _assemble(rows: list[_Rows], n_items: int) -> ItemVectors:
    """Rows of all chunks as one record, in the order of the items; each row is already sorted."""
    anchor = np.concatenate([r.anchor for r in rows]) if rows else np.empty(0, dtype=np.int32)
    order = np.argsort(anchor, kind="stable")
    return ItemVectors(
        indptr=np.concatenate([[0], np.cumsum(np.bincount(anchor, minlength=n_items))]).astype(np.int64),
        item=np.concatenate([r.item for r in rows])[order].astype(np.int32),
        score=np.concatenate([r.score for r in rows])[order].astype(np.float32),
        together=np.concatenate([r.together for r in rows])[order].astype(np.uint32),
    )
