"""Cart vectors: a small ridge regression for every item, on the items that meet it most.

    w_j = argmin Σ_b w_b·(x_bj − Σ_{i∈S_j} w_ij·x_bi)² + λ·g·|w_j|²,   so   (C_SS + λ·g·I)·w = C_Sj

and negative weights are left out, with C = Bᵀ W B over the baskets, S_j the m items nearest to j by cosine and g the
mean of C's diagonal over sold items. With m = all items but j this is close kin to EASE (Steck, "Embarrassingly shallow
autoencoders for sparse data", WWW 2019); learning each target on its neighbourhood alone follows SLIM with feature
selection (Ning & Karypis, "SLIM: sparse linear methods for top-n recommender systems", ICDM 2011). What the items of a
cart say twice is counted once, which is why these weights may be added up over a cart.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # it ships no types

from models.records import ItemVectors
from training.cooccurrence import neighbours

_BATCH = 64
"""Systems solved at once: 64 of 100 × 100 take 5 MB."""

_WIDEST = 2_000
"""Partners kept per item in C: bounds memory; pairs beyond the strongest 2,000 of both items count as never met."""


@dataclass(frozen=True, slots=True)
class Ridge:
    """The model's parameters.

    Attributes:
        neighbourhood: m ≥ 1, items that each target is explained by.
        strength: λ > 0, in mean diagonal entries of C.
        min_baskets: baskets an item needs to be a target.
        min_support: baskets that must hold target and neighbour before the one explains the other.
    """

    neighbourhood: int
    strength: float
    min_baskets: int = 3
    min_support: int = 1


def cart_vectors(baskets: sp.csr_array, weights: NDArray[np.float32], k: int, ridge: Ridge) -> ItemVectors:
    """For every item the K targets that its presence in a cart speaks for most, given everything else there.

    Args:
        baskets: csr_array (n_baskets, n_items) of ones.
        weights: float32 (n_baskets,), w_b ≥ 0.
        k: entries per vector at most.
        ridge: m, λ and the floors.

    Returns:
        n_items rows of weights > 0 that may be added up over a cart; empty where nothing was learnt. `together` counts
        baskets. Cost: m³/3 + m² look-ups per target; the same bytes for any number of threads.
    """
    n_items = baskets.shape[1]
    counted = neighbours(baskets, min(_WIDEST, max(n_items, 1)), "count", weights=weights)
    nearest = neighbours(baskets, ridge.neighbourhood, "cosine", weights=weights, min_support=ridge.min_support)
    diagonal = np.asarray(weights.astype(np.float64) @ baskets, dtype=np.float64)
    sold = diagonal > 0
    penalty = ridge.strength * float(diagonal[sold].mean()) if sold.any() else 0.0
    gram = _gram(counted, diagonal)
    bought = np.bincount(baskets.indices, minlength=n_items)
    targets = np.flatnonzero((bought >= ridge.min_baskets) & (np.diff(nearest.indptr) > 0))
    with threadpool_limits(1):  # small systems gain nothing from threads, and bytes must not depend on them
        solved = list(_solved(gram, nearest, targets, penalty))
    return _by_anchor(solved, n_items, k)


@dataclass(frozen=True, slots=True, eq=False)
class _Weights:
    """Flat columns: what `anchor` says for `target`."""

    anchor: NDArray[np.int32]
    target: NDArray[np.int32]
    weight: NDArray[np.float32]
    together: NDArray[np.uint32]


def _gram(counted: ItemVectors, diagonal: NDArray[np.float64]) -> sp.csr_array:
    """C, diagonal included: a pair is there when either item lists it."""
    n = len(diagonal)
    listed = sp.csr_array((counted.score.astype(np.float64), counted.item, counted.indptr), shape=(n, n))
    either = listed.maximum(listed.T)
    gram = sp.csr_array(either + sp.diags_array(diagonal))
    gram.sort_indices()
    return gram


def _solved(gram: sp.csr_array, nearest: ItemVectors, targets: NDArray[np.int64], penalty: float) -> Iterator[_Weights]:
    """The regressions of all targets, a batch of equal sizes at a time."""
    sizes = np.diff(nearest.indptr)[targets]
    for size in np.unique(sizes).tolist():
        of_size = targets[sizes == size]
        for start in range(0, len(of_size), _BATCH):
            yield _solve(gram, nearest, of_size[start : start + _BATCH], size, penalty)


def _solve(gram: sp.csr_array, nearest: ItemVectors, targets: NDArray[np.int64], size: int, penalty: float) -> _Weights:
    entries = nearest.indptr[targets][:, None] + np.arange(size)
    chosen = nearest.item[entries]
    left = np.empty((len(targets), size, size))
    right = np.empty((len(targets), size, 1))
    for row, (target, items) in enumerate(zip(targets.tolist(), chosen, strict=True)):
        rows = gram[items]
        left[row] = rows[:, items].toarray()
        right[row] = rows[:, [target]].toarray()
    left[:, np.arange(size), np.arange(size)] += penalty
    weight = np.linalg.solve(left, right)[..., 0]
    kept = weight > 0
    return _Weights(
        anchor=chosen[kept],
        target=np.repeat(targets, kept.sum(axis=1)).astype(np.int32),
        weight=weight[kept].astype(np.float32),
        together=nearest.together[entries][kept].astype(np.uint32),
    )


def _by_anchor(solved: list[_Weights], n_items: int, k: int) -> ItemVectors:
    """Turn weights found per target into rows per anchor: the K largest, by weight down, then item up."""
    if not solved:
        empty = np.zeros(0, dtype=np.int32)
        return ItemVectors(np.zeros(n_items + 1, np.int64), empty, empty.astype(np.float32), empty.astype(np.uint32))
    anchor = np.concatenate([part.anchor for part in solved])
    target = np.concatenate([part.target for part in solved])
    weight = np.concatenate([part.weight for part in solved])
    order = np.lexsort((target, -weight, anchor))
    sorted_anchor = anchor[order]
    rank = np.arange(len(order)) - np.searchsorted(sorted_anchor, sorted_anchor)
    kept = order[rank < k]
    indptr = np.concatenate([[0], np.cumsum(np.bincount(anchor[kept], minlength=n_items))]).astype(np.int64)
    together = np.concatenate([part.together for part in solved])
    return ItemVectors(indptr, target[kept], weight[kept], together[kept])
