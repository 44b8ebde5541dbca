"""Items whose buyers are alike, beyond those who bought both: customers × items in a few dimensions.

    W ≈ U·Σ·Vᵀ with W_ui = (1 + ln count_ui) / √(row sum · column sum),   alike(i, j) = cos(Σ·v_i, Σ·v_j)

Truncated singular value decomposition of a user-item matrix: Cremonesi, Koren & Turrin, "Performance of recommender
algorithms on top-n recommendation tasks", RecSys 2010 (PureSVD).
"""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.sparse.linalg import svds
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # it ships no types

from training.upsell.purchases import Purchases

_RARE = 5.0
"""Column sums below this count as this much: an item bought once is not the essence of its buyer."""


def buyer_space(bought: Purchases, n_items: int, dimensions: int = 64) -> NDArray[np.float32]:
    """float32 (n_items, d): a direction of length 1 per item, 0 for items that no known customer bought.

    `d` is `dimensions`, fewer for a small shop, 0 where there are too few customers or items to say anything.
    """
    d = min(dimensions, bought.customers - 1, n_items - 1)
    if d < 1 or not len(bought.item):
        return np.zeros((n_items, 0), dtype=np.float32)
    shape = (bought.customers, n_items)
    matrix = sp.csr_array((1 + np.log(bought.count), (bought.customer, bought.item)), shape=shape)
    rows, columns = np.asarray(matrix.sum(axis=1)), np.asarray(matrix.sum(axis=0))
    left = sp.diags_array(1 / np.sqrt(np.maximum(rows, 1)))
    right = sp.diags_array(1 / np.sqrt(np.maximum(columns, _RARE)))
    start = np.random.default_rng(0).standard_normal(min(shape))  # ARPACK begins here: same input, same bytes
    with threadpool_limits(1):
        _, strength, axes = svds(sp.csr_array(left @ matrix @ right), k=d, v0=start)
        space = axes.T * strength
    length = np.linalg.norm(space, axis=1, keepdims=True)
    return np.where(length > 1e-9, space / np.maximum(length, 1e-9), 0).astype(np.float32)


def alike(space: NDArray[np.float32], one: NDArray[np.int64], other: NDArray[np.int64]) -> NDArray[np.float64]:
    """Cosine of each pair, float64."""
    step = 100_000
    parts = [
        np.einsum("ij,ij->i", space[one[at : at + step]], space[other[at : at + step]])
        for at in range(0, len(one), step)
    ]
    return np.concatenate(parts).astype(np.float64) if parts else np.zeros(0)
