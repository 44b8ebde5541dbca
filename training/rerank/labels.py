"""What came after: of the later baskets with i, in what share stood j, each basket weighed as it will be judged.

A basket b of n items asks min(3, n) of its n items what else it holds, and a list earns Σ_r rel_r / log2(r + 2) of the
most that it could: so each basket with i weighs `v_b = min(3, n) / n / ideal(n - 1)`, and

    share(j|i) = Σ_b v_b·[i, j ∈ b] / Σ_b v_b·[i ∈ b]

is what a list should be sorted by for the best nDCG@10 (Järvelin & Kekäläinen, "Cumulated gain-based evaluation of IR
techniques", TOIS 2002), in the mean over later pages.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from training.evaluation.queries import ANCHORS_PER_BASKET
from training.rerank.features import Candidates

LENGTH = 10
_CELLS = 8_000_000
"""Sums held at once: 64 MB."""
DISCOUNT = 1 / np.log2(np.arange(LENGTH) + 2)


@dataclass(frozen=True, slots=True, eq=False)
class Later:
    """Baskets after a moment, of items sold before it.

    Attributes:
        baskets: csr_array (n_baskets, n_items) of ones, two items or more each.
        weight: float64 (n_baskets,), v_b.
        pages: number of questions that they ask.
    """

    baskets: sp.csr_array
    weight: NDArray[np.float64]
    pages: int


def later(baskets: sp.csr_array, sold: NDArray[np.bool_]) -> Later:
    """Baskets without items never sold before, and of those the ones with two items or more."""
    told = sp.csr_array(baskets @ sp.diags_array(sold.astype(baskets.dtype)))
    told.eliminate_zeros()
    told.sort_indices()
    kept = told[np.flatnonzero(np.diff(told.indptr) > 1)]
    size = np.diff(kept.indptr)
    asked = np.minimum(size, ANCHORS_PER_BASKET)
    ideal = np.cumsum(DISCOUNT)[np.minimum(size - 1, LENGTH) - 1] if len(size) else np.zeros(0)
    return Later(kept, asked / np.maximum(size, 1) / np.maximum(ideal, 1e-12), int(asked.sum()))


def anchors_of(after: Later) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Items that later baskets ask about, rising, and Σ_b v_b of each."""
    mass = np.asarray(after.weight @ after.baskets, dtype=np.float64)
    asked = np.flatnonzero(mass > 0)
    return asked, mass[asked]


def gained(after: Later, pairs: Candidates) -> NDArray[np.float64]:
    """Σ_b v_b·[i, j ∈ b] of each candidate, (n_pairs,)."""
    turned = sp.csr_array(after.baskets.T)
    weighted = sp.csr_array(sp.diags_array(after.weight) @ after.baskets)
    found = np.empty(len(pairs.item))
    step = max(_CELLS // after.baskets.shape[1], 1)
    for start in range(0, len(pairs.anchors), step):
        some = pairs.anchors[start : start + step]
        block = sp.csr_array(turned[some] @ weighted).toarray()
        low, high = pairs.indptr[start], pairs.indptr[start + len(some)]
        row = np.repeat(np.arange(len(some)), np.diff(pairs.indptr[start : start + len(some) + 1]))
        found[low:high] = block[row, pairs.item[low:high]]
    return found


def earned(
    pairs: Candidates, share: NDArray[np.float64], weight: NDArray[np.float64], score: NDArray[np.float64]
) -> NDArray[np.float64]:
    """What each anchor's ten best add to the nDCG@10 of all later pages, but for a factor: (n_anchors,).

    Args:
        pairs: candidates of every anchor.
        share: (n_pairs,), share(j|i).
        weight: (n_anchors,), Σ_b v_b.
        score: (n_pairs,), what lists are sorted by, ties by item.
    """
    row = np.repeat(np.arange(len(pairs.anchors)), np.diff(pairs.indptr))
    order = np.lexsort((pairs.item, -score, row))
    place = np.arange(len(order)) - pairs.indptr[row]
    shown = np.flatnonzero(place < LENGTH)
    found = np.bincount(row[shown], share[order[shown]] * DISCOUNT[place[shown]], len(pairs.anchors))
    return np.asarray(weight * found, dtype=np.float64)
