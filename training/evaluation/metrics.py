"""Accuracy of ranked lists per question, and intervals for the gain of one method over another.

nDCG@k: Järvelin & Kekäläinen, "Cumulated gain-based evaluation of IR techniques" (TOIS 2002), with gains 0 or 1 and the
ideal over min(k, targets). Bootstrap: Efron & Tibshirani, "An introduction to the bootstrap" (1993); baskets are drawn,
not questions, and both methods answer the same draw.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

METRICS = ("ndcg", "hit_rate", "recall", "mrr")


@dataclass(frozen=True, slots=True)
class Gain:
    """A relative gain with its 95 % interval; 0.03 is three per cent."""

    mean: float
    low: float
    high: float


def accuracy(lists: NDArray[np.int32], sought: sp.csr_array) -> NDArray[np.float64]:
    """nDCG, hit rate, recall and reciprocal rank of each question.

    Args:
        lists: int32 (n, k), items best first, no item twice in a row, -1 for no item.
        sought: csr_array (n, n_items) of ones, at least one per row.

    Returns:
        float64 (n, 4), the columns of `METRICS`.
    """
    n, k = lists.shape
    row = np.repeat(np.arange(n), k)
    wanted = np.asarray(sought[row, np.maximum(lists.ravel(), 0)]).ravel() > 0
    hits = (wanted & (lists.ravel() >= 0)).reshape(n, k)
    targets = np.diff(sought.indptr)
    discount = 1 / np.log2(np.arange(2, k + 2))
    ideal = np.cumsum(discount)[np.minimum(targets, k) - 1]
    rank = np.argmax(hits, axis=1) + 1
    any_hit = hits.any(axis=1)
    return np.stack([(hits @ discount) / ideal, any_hit, hits.sum(axis=1) / targets, any_hit / rank], axis=1)


def gain(
    ours: NDArray[np.float64],
    theirs: NDArray[np.float64],
    basket: NDArray[np.int64],
    *,
    rounds: int = 1000,
    seed: int = 1,
) -> Gain:
    """Relative gain of `ours` over `theirs`, with a paired bootstrap over baskets.

    Args:
        ours: (n,), one metric of each question.
        theirs: (n,), the same by the other method.
        basket: (n,), the basket of each question.
        rounds: draws.
        seed: of NumPy's default generator.
    """
    _, group = np.unique(basket, return_inverse=True)
    a, b = np.bincount(group, weights=ours), np.bincount(group, weights=theirs)
    random = np.random.default_rng(seed)
    if not b.sum():
        return Gain(np.nan, np.nan, np.nan)
    chosen = (random.integers(0, len(a), len(a)) for _ in range(rounds))
    ratios = [a[rows].sum() / max(b[rows].sum(), 1e-12) - 1 for rows in chosen]
    low, high = np.percentile(ratios, [2.5, 97.5])
    return Gain(float(a.sum() / b.sum() - 1), float(low), float(high))


@dataclass(frozen=True, slots=True)
class Spread:
    """What a merchant sees beside accuracy.

    Attributes:
        coverage: share of the sold items that stand in some list.
        popularity_rank: mean rank of what is shown, 1 the bestseller; higher is less obvious.
        top_share: share of places taken by the best sold 1 % of items.
    """

    coverage: float
    popularity_rank: float
    top_share: float


def spread(lists: NDArray[np.int32], bought: NDArray[np.integer]) -> Spread:
    """How lists spread over the catalogue.

    Args:
        lists: int32 (n, k), -1 for no item.
        bought: (n_items,), baskets that hold each item.
    """
    order = np.lexsort((np.arange(len(bought)), -bought))
    rank = np.empty(len(bought), dtype=np.int64)
    rank[order] = np.arange(1, len(bought) + 1)
    shown = lists[lists >= 0]
    sold = int((bought > 0).sum())
    if not len(shown):
        return Spread(0.0, 0.0, 0.0)
    top = rank[shown] <= max(sold // 100, 1)
    return Spread(len(np.unique(shown)) / max(sold, 1), float(rank[shown].mean()), float(top.mean()))
