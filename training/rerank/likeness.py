"""Items as short vectors: alike where they go along with the same things, though they may never have met.

    A = diag(√w_b) · B · diag(1 / √(n_j + 5)) ≈ U S Vᵀ,   item j is the row V_j·S

Truncated singular values of the baskets fill in what single counts are too few to say (Sarwar et al., "Application of
dimensionality reduction in recommender systems", WebKDD 2000).
"""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.sparse.linalg import svds
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # it ships no types

DIMENSIONS = 32
_SHRUNK = 5.0


def places(baskets: sp.csr_array, weight: NDArray[np.float64]) -> NDArray[np.float32]:
    """V·S, float32 (n_items, at most 32); zeros of one column where there are fewer than three items or baskets.

    Args:
        baskets: csr_array (n_baskets, n_items) of ones.
        weight: (n_baskets,), w_b ≥ 0.
    """
    sold = np.bincount(baskets.indices, minlength=baskets.shape[1])
    known = np.flatnonzero(sold)
    least = min(baskets.shape[0], len(known))
    found = np.zeros((baskets.shape[1], min(DIMENSIONS, max(least - 1, 1))), dtype=np.float32)
    if least < 3:
        return found
    scaled = sp.diags_array(np.sqrt(weight)) @ baskets[:, known] @ sp.diags_array(1 / np.sqrt(sold[known] + _SHRUNK))
    with threadpool_limits(1):  # the same sums whatever the number of cores
        _, strength, turned = svds(sp.csr_array(scaled.astype(np.float64)), k=found.shape[1], v0=np.ones(least))
    found[known] = (turned.T * strength).astype(np.float32)
    return found
