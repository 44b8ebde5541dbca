"""What well-sold items say for and against the best sold: one ridge on all of them, solved at once.

    w_j = argmin Σ_b w_b·(x_bj − Σ_{i∈S, i≠j} w_ij·x_bi)² + λ·|w_j|²,   so   w_ij = −P_ij / P_jj,   P = (C_SS + λ·I)⁻¹

with C = Bᵀ W B (Steck, "Embarrassingly shallow autoencoders for sparse data", WWW 2019), for the few best sold items j
on the well-sold items S. A bestseller meets everything, so its nearest 100 say little of it: what speaks *against* it,
in a cart that goes another way, stands among the others.
"""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # it ships no types

from training.accounts import each_guest_apart
from training.cooccurrence.gram import gram_blocks
from training.cooccurrence.rows import Pairs

_SPEAKERS = 2_000
"""Items of S, the best sold: their block is inverted, 32 MB and a second."""


def best_sold(bought: NDArray[np.integer], min_baskets: int, n: int) -> NDArray[np.int64]:
    """The n items in most baskets, of those in `min_baskets` or more; best first, then item up."""
    order = np.lexsort((np.arange(len(bought)), -bought))
    return np.asarray(order[bought[order] >= min_baskets][:n], dtype=np.int64)


def said_of(
    targets: NDArray[np.int64],
    baskets: sp.csr_array,
    weights: NDArray[np.float32],
    *,
    strength: float,
    min_baskets: int,
    min_support: int,
    supporters: NDArray[np.int32] | None = None,
) -> Pairs:
    """The weights w_ij of anchors i (row) for and against the best sold items j (item).

    Args:
        targets: int64 (n_targets,), of `best_sold` with the same `min_baskets`.
        baskets: csr_array (n_baskets, n_items) of ones.
        weights: float32 (n_baskets,), w_b ≥ 0.
        strength: λ > 0.
        min_baskets: baskets that an item needs to speak.
        min_support: accounts (baskets, without `supporters`) that must hold both before the one speaks for the other;
            that they do not meet, and so the one speaks against the other, needs no witness.
        supporters: int32 (n_baskets,), the account of each basket, -1 for a guest; None: baskets.

    Returns:
        Pairs in no order, `together` the baskets with both, 0 where the weight is below 0; none for no target. The
        same bytes for any number of threads.
    """
    bought = np.bincount(baskets.indices, minlength=baskets.shape[1])
    speakers = best_sold(bought, min_baskets, max(_SPEAKERS, len(targets)))
    (block,) = gram_blocks(baskets, [speakers], weights)
    with threadpool_limits(1):  # the same sums whatever the number of cores
        inverse = np.linalg.inv(block + strength * np.eye(len(block)))
    weight = -inverse[:, : len(targets)] / np.diag(inverse)[: len(targets)]
    np.fill_diagonal(weight, 0.0)  # targets are the first of the speakers
    together, support = _met(baskets, speakers, targets, supporters)
    row, column = np.nonzero((weight < 0) | ((weight > 0) & (support >= max(min_support, 1))))
    score = weight[row, column]
    return Pairs(
        row=speakers[row],
        item=targets[column].astype(np.int32),
        score=score.astype(np.float32),
        together=np.where(score > 0, together[row, column], 0).astype(np.uint32),
    )


def _met(
    baskets: sp.csr_array,
    speakers: NDArray[np.int64],
    targets: NDArray[np.int64],
    supporters: NDArray[np.int32] | None,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Baskets that hold both, and different accounts among them: (n_speakers, n_targets) each."""
    known, columns = sp.csr_array(baskets[:, speakers]), sp.csc_array(baskets[:, targets])
    n = len(speakers)
    account = np.arange(baskets.shape[0]) if supporters is None else each_guest_apart(supporters)
    together, support = np.zeros((n, len(targets)), np.int64), np.zeros((n, len(targets)), np.int64)
    for at in range(len(targets)):
        holding = columns.indices[columns.indptr[at] : columns.indptr[at + 1]]
        rows = sp.csr_array(known[holding])
        together[:, at] = np.bincount(rows.indices, minlength=n)
        each = np.unique(np.repeat(account[holding], np.diff(rows.indptr)) * n + rows.indices)
        support[:, at] = np.bincount(each % max(n, 1), minlength=n)
    return together, support
