"""Small square blocks of C, without C: what a local ridge regression solves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from training.cooccurrence import checks


def gram_blocks(
    baskets: checks.Baskets, item_sets: Sequence[NDArray[np.integer]], weights: NDArray[np.float32] | None = None
) -> Iterator[NDArray[np.float64]]:
    """Blocks C[S, S] of C = Bᵀ W B for sets S of items, diagonal included, one at a time.

    Args:
        baskets: (n_baskets, n_items) CSR of stored ones, as for `neighbours`.
        item_sets: each (m,) distinct item indices, in any order; sets may differ in length and may be empty.
        weights: (n_baskets,) float32 w_b; None = 1.

    Returns:
        For each set, in order, its (m, m) float64 block: block[p, q] = C[S[p], S[q]].

    Raises:
        TypeError, ValueError: an input is not as described; checked before the first block.
    """
    problem = checks.problem(baskets, weights)
    sets = [_checked(number, items, problem.n_items) for number, items in enumerate(item_sets)]
    root = np.ones(problem.n_baskets) if problem.weights is None else np.sqrt(problem.weights.astype(np.float64))
    data = np.repeat(root, np.diff(problem.indptr))
    columns = sparse.csr_array((data, problem.item, problem.indptr), shape=baskets.shape).tocsc()
    return (_block(columns, items) for items in sets)


def _checked(number: int, items: NDArray[np.integer], n_items: int) -> NDArray[np.int64]:
    array = np.asarray(items)
    if array.ndim != 1 or (array.dtype.kind not in "iu" and len(array)):
        raise TypeError(f"item_sets[{number}] is a one-dimensional array of item indices")
    if len(array) and (array.min() < 0 or array.max() >= n_items):
        raise ValueError(f"item_sets[{number}] holds an item outside 0 … {n_items - 1}")
    if len(np.unique(array)) != len(array):
        raise ValueError(f"item_sets[{number}] holds an item twice")
    return array.astype(np.int64)


def _block(columns: sparse.csc_array, items: NDArray[np.int64]) -> NDArray[np.float64]:
    chosen = columns[:, items]
    block: NDArray[np.float64] = (chosen.T @ chosen).toarray()
    return block
