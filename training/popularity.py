"""What sells now, in the shop and in each category."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from models.records import Lists


def recent_share(matrix: sp.csr_array, decayed: NDArray[np.float64]) -> NDArray[np.float64]:
    """Share of (decayed) baskets that hold each column: `π_j = Σ_b decay_b·[j ∈ b] / Σ_b decay_b`.

    Args:
        matrix: baskets × columns, ones.
        decayed: (n_baskets,), weight of each basket by its age.

    Returns:
        float64 (n_columns,), 0…1; zeros where there are no baskets.
    """
    total = decayed.sum()
    if total <= 0:
        return np.zeros(matrix.shape[1])
    return np.asarray(matrix.T @ decayed / total, dtype=np.float64)


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
