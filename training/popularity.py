"""What sells now, in the shop and in each category."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from models.records import Lists

_RARE = 1e-5
"""A popularity that is too small to speak of a trend."""


def popularity(matrix: sp.csr_array, weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Share of the sold (weighted) items that are this one: `π_j = Σ_b w_b·[j ∈ b] / Σ_b w_b·|b|`.

    Args:
        matrix: baskets × columns, ones.
        weights: (n_baskets,), weight of each basket.

    Returns:
        float64 (n_columns,), sums to 1; zeros where nothing was sold.
    """
    mass = np.asarray(matrix.T @ weights, dtype=np.float64)
    total = mass.sum()
    return mass / total if total > 0 else mass


def trend(now: NDArray[np.float64], always: NDArray[np.float64], exponent: float) -> NDArray[np.float64]:
    """`((now + ε) / (always + ε))^exponent`, ε = 1e-5: above 1 what sells more than it used to.

    Args:
        now: popularity with a short half-life, (n_items,).
        always: popularity with a long one, (n_items,).
        exponent: 0 gives 1 everywhere.
    """
    return np.asarray(np.power((now + _RARE) / (always + _RARE), exponent), dtype=np.float64)


def bestsellers(recent: NDArray[np.floating], category: NDArray[np.int32], n_categories: int, length: int) -> Lists:
    """The best sold items of each category, and in a last row of the whole shop; never-sold items are left out.

    Args:
        recent: (n_items,), what sells now.
        category: int32 (n_items,), -1 for none.
        n_categories: number of categories.
        length: items per list at most.
    """
    order = np.lexsort((np.arange(len(recent)), -recent)).astype(np.int32)
    order = order[recent[order] > 0]
    of = category[order]
    in_category = np.flatnonzero(of >= 0)
    by_category = in_category[np.argsort(of[in_category], kind="stable")]
    groups = of[by_category]
    rank = np.arange(len(groups)) - np.searchsorted(groups, groups)
    kept = by_category[rank < length]
    counts = np.bincount(of[kept], minlength=n_categories)
    rows = np.concatenate([order[kept], order[:length]])
    indptr = np.concatenate([[0], np.cumsum(counts), [len(rows)]]).astype(np.int64)
    return Lists(indptr, rows)


def variants(recent: NDArray[np.floating], family: NDArray[np.int32], n_families: int) -> Lists:
    """The items of each family, best sold first, then by index.

    Args:
        recent: (n_items,), what sells now.
        family: int32 (n_items,).
        n_families: number of families.
    """
    order = np.lexsort((np.arange(len(recent)), -recent, family)).astype(np.int32)
    indptr = np.concatenate([[0], np.cumsum(np.bincount(family, minlength=n_families))]).astype(np.int64)
    return Lists(indptr, order)
