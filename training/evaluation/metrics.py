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

from training.evaluation.report import Figure

METRICS = ("ndcg", "hit_rate", "recall", "mrr")
_ENDS = [2.5, 97.5]


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


def means(figures: NDArray[np.float64], basket: NDArray[np.int64]) -> list[Figure]:
    """Mean of each column with its interval.

    Args:
        figures: (n, m), metrics of each question; no question gives NaN.
        basket: (n,), the basket of each question.
    """
    if not len(figures):
        return [Figure(np.nan)] * figures.shape[1]
    drawn = resampled(np.column_stack([figures, np.ones(len(figures))]), basket)
    low, high = np.percentile(drawn[:, :-1] / drawn[:, -1:], _ENDS, axis=0)
    return [Figure(*map(float, each)) for each in zip(figures.mean(axis=0), low, high, strict=True)]


def gains(ours: NDArray[np.float64], theirs: NDArray[np.float64], basket: NDArray[np.int64]) -> list[Figure]:
    """Relative gain of `ours` over `theirs` in each column, with a paired interval; 0.03 is three per cent.

    Args:
        ours: (n, m), metrics of each question.
        theirs: (n, m), the same by the other method; a column of zeros gives NaN.
        basket: (n,), the basket of each question.
    """
    m = ours.shape[1]
    if not len(ours):
        return [Figure(np.nan)] * m
    drawn = resampled(np.column_stack([ours, theirs]), basket)
    a, b = ours.sum(axis=0), theirs.sum(axis=0)
    # Among few questions a draw may leave the other method with nothing: it counts as a hundredth of its sum.
    ratios = drawn[:, :m] / np.maximum(drawn[:, m:], np.maximum(b / 100, 1e-12)) - 1
    low, high = np.percentile(ratios, _ENDS, axis=0)
    rows = zip(a, b, low, high, strict=True)
    return [Figure(float(x / y - 1), float(lo), float(hi)) if y else Figure(np.nan) for x, y, lo, hi in rows]


def resampled(
    figures: NDArray[np.float64], basket: NDArray[np.int64], *, rounds: int = 1000, seed: int = 1
) -> NDArray[np.float64]:
    """Column sums of `figures` over baskets drawn with replacement: (rounds, m). Same baskets and seed, same draws.

    Args:
        figures: (n, m), n ≥ 1.
        basket: (n,), rows of one basket are drawn together.
        rounds: draws.
        seed: of NumPy's default generator.
    """
    _, group = np.unique(basket, return_inverse=True)
    sums = np.column_stack([np.bincount(group, weights=column) for column in figures.T])
    random = np.random.default_rng(seed)
    return np.stack([sums[random.integers(0, len(sums), len(sums))].sum(axis=0) for _ in range(rounds)])


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
