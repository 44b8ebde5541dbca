"""Cart vectors: a small ridge regression for every item, on the items that meet it most.

    w_j = argmin Σ_b w_b·(x_bj − Σ_{i∈S_j} w_ij·x_bi)² + λ·|w_j|²,   so   (C_SS + λ·I)·w = C_Sj

with C = Bᵀ W B over the baskets and S_j the m items nearest to j by cosine; for the best sold items `training.head`
takes S_j wider and λ larger. A weight below 0 speaks against j: it keeps a bestseller off a cart that goes another
way. λ counts in baskets: what an item says of j is shrunk as if it had been bought λ times more, without j. With m =
all items but j this is close kin to EASE (Steck, "Embarrassingly shallow autoencoders for sparse data", WWW 2019);
learning each target on its neighbourhood alone follows SLIM with feature selection (Ning & Karypis, "SLIM: sparse
linear methods for top-n recommender systems", ICDM 2011). What the items of a cart say twice is counted once, which is
why these weights may be added up over a cart.
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
from training.cooccurrence.rows import Pairs, best, first_of_rows
from training.head import best_sold, said_of

_BATCH = 64
"""Systems solved at once: 64 of 100 × 100 take 5 MB."""

_HEAD = 4_000
"""Items whose block of C is held dense (128 MB): the busy ones, whose sparse rows are long."""

_WIDEST = 2_000
"""Partners kept per item in C: bounds memory; pairs beyond the strongest 2,000 of both items count as never met."""

_BESTSELLERS = 30
"""Targets of `training.head`."""

_SHRUNK = 3.0
"""Their λ is so many times that of the others: each is explained by twenty times as many items."""

_FAINT = 0.002
"""Weights between 0 and minus this are left out: they would double the vectors and change no shelf."""


@dataclass(frozen=True, slots=True)
class Ridge:
    """The model's parameters.

    Attributes:
        neighbourhood: m ≥ 1, items that each target is explained by.
        strength: λ > 0, in the unit of the baskets' weights; three times that for the best sold targets.
        min_baskets: baskets an item needs to be a target.
        min_support: accounts (baskets, without `supporters`) that must hold target and neighbour before the one
            explains the other.
    """

    neighbourhood: int
    strength: float
    min_baskets: int = 3
    min_support: int = 1


def cart_vectors(
    baskets: sp.csr_array,
    weights: NDArray[np.float32],
    k: int,
    ridge: Ridge,
    supporters: NDArray[np.int32] | None = None,
    worth: NDArray[np.float64] | None = None,
) -> ItemVectors:
    """For every item the K targets that its presence in a cart speaks for or against most, given all else there.

    Args:
        baskets: csr_array (n_baskets, n_items) of ones.
        weights: float32 (n_baskets,), w_b ≥ 0.
        k: entries per vector at most.
        ridge: m, λ and the floors.
        supporters: int32 (n_baskets,), the account of each basket: `min_support` counts accounts; None: baskets.
        worth: float64 (n_items,) ≥ 0, what a sale of the target brings: weights are multiplied by it; None: 1.

    Returns:
        n_items rows of the K largest weights by size, by weight down, that may be added up over a cart; empty where
        nothing was learnt. `together` counts baskets; it is 0 for a weight below 0, which no shelf is explained by.
        Cost: m³/3 + m² look-ups per target; the same bytes for any number of threads.
    """
    n_items = baskets.shape[1]
    counted = neighbours(baskets, min(_WIDEST, max(n_items, 1)), "count", weights=weights)
    nearest = neighbours(
        baskets,
        ridge.neighbourhood,
        "cosine",
        weights=weights,
        supporters=supporters,
        min_support=ridge.min_support,
    )
    diagonal = np.asarray(weights.astype(np.float64) @ baskets, dtype=np.float64)
    gram = _gram(counted, diagonal)
    bought = np.bincount(baskets.indices, minlength=n_items)
    local = (bought >= ridge.min_baskets) & (np.diff(nearest.indptr) > 0)
    head = best_sold(bought, ridge.min_baskets, _BESTSELLERS)
    local[head] = False
    with threadpool_limits(1):  # small systems gain nothing from threads, and bytes must not depend on them
        solved = [_told(part, worth) for part in _solved(gram, nearest, np.flatnonzero(local), ridge.strength)]
    of_head = said_of(
        head,
        baskets,
        weights,
        strength=_SHRUNK * ridge.strength,
        min_baskets=ridge.min_baskets,
        min_support=ridge.min_support,
        supporters=supporters,
    )
    solved.append(_told(of_head, worth))
    whole = Pairs(
        np.concatenate([part.row for part in solved]),
        np.concatenate([part.item for part in solved]),
        np.concatenate([part.score for part in solved]),
        np.concatenate([part.together for part in solved]),
    )
    return best(_strongest(whole, n_items, k), n_items, k)


def _told(pairs: Pairs, worth: NDArray[np.float64] | None) -> Pairs:
    """Without faint weights, times the worth of the target; what brings nothing is left out."""
    kept = (pairs.score > 0) | (pairs.score < -_FAINT)
    score = pairs.score
    if worth is not None:
        score = (score * worth[pairs.item]).astype(np.float32)
        kept &= score != 0
    return Pairs(pairs.row[kept], pairs.item[kept], score[kept], pairs.together[kept])


def _strongest(pairs: Pairs, n_rows: int, k: int) -> Pairs:
    """The k pairs of each row with the largest scores, whatever their sign, then by item."""
    long = (np.bincount(pairs.row, minlength=n_rows) > k)[pairs.row]
    over = np.flatnonzero(long)
    order = over[np.lexsort((pairs.item[over], -np.abs(pairs.score[over]), pairs.row[over]))]
    kept = np.concatenate([np.flatnonzero(~long), first_of_rows(order, pairs.row, n_rows, k)])
    return Pairs(pairs.row[kept], pairs.item[kept], pairs.score[kept], pairs.together[kept])


@dataclass(frozen=True, slots=True, eq=False)
class _Gram:
    """C = BᵀWB, diagonal included: sparse rows, and a dense block of the items with the longest ones.

    Attributes:
        rows: csr_array (n_items, n_items), symmetric.
        place: int32 (n_items,), an item's row in `block`, -1 for none.
        block: float64 (h, h).
        scratch: int32 (n_items,), all -1 between calls.
    """

    rows: sp.csr_array
    place: NDArray[np.int32]
    block: NDArray[np.float64]
    scratch: NDArray[np.int32]

    def system(self, items: NDArray[np.int32], target: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """C_SS (m, m) and C_Sj (m,) for S = `items` and j = `target`."""
        left, right = np.zeros((len(items), len(items))), np.zeros(len(items))
        self.scratch[items] = np.arange(len(items))
        place = self.place[items]
        head, tail = np.flatnonzero(place >= 0), np.flatnonzero(place < 0)
        left[np.ix_(head, head)] = self.block[np.ix_(place[head], place[head])]
        if len(tail):  # what concerns a rare item stands in its own, short row
            row, column, value = self._entries(items[tail])
            left[tail[row], column] = value
            left[column, tail[row]] = value
        _, column, value = self._entries(np.array([target]))
        right[column] = value
        self.scratch[items] = -1
        return left, right

    def _entries(self, items: NDArray[np.integer]) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.float64]]:
        """The stored entries of some rows whose columns are marked in `scratch`: row's number, mark, value."""
        slices = [slice(self.rows.indptr[item], self.rows.indptr[item + 1]) for item in items.tolist()]
        mark = self.scratch[np.concatenate([self.rows.indices[part] for part in slices])]
        hit = np.flatnonzero(mark >= 0)
        number = np.repeat(np.arange(len(slices)), [part.stop - part.start for part in slices])
        return number[hit], mark[hit], np.concatenate([self.rows.data[part] for part in slices])[hit]


def _gram(counted: ItemVectors, diagonal: NDArray[np.float64]) -> _Gram:
    """A pair is there when either item lists it."""
    n = len(diagonal)
    listed = sp.csr_array((counted.score.astype(np.float64), counted.item, counted.indptr), shape=(n, n))
    rows = sp.csr_array(listed.maximum(listed.T) + sp.diags_array(diagonal))
    head = np.sort(np.argsort(-np.diff(rows.indptr), kind="stable")[:_HEAD])
    place = np.full(n, -1, dtype=np.int32)
    place[head] = np.arange(len(head))
    return _Gram(rows, place, rows[head][:, head].toarray(), np.full(n, -1, dtype=np.int32))


def _solved(gram: _Gram, nearest: ItemVectors, targets: NDArray[np.int64], penalty: float) -> Iterator[Pairs]:
    """The regressions of all targets, batches of equal sizes: what an anchor (row) says for a target (item)."""
    sizes = np.diff(nearest.indptr)[targets]
    for size in np.unique(sizes).tolist():
        of_size = targets[sizes == size]
        for start in range(0, len(of_size), _BATCH):
            yield _solve(gram, nearest, of_size[start : start + _BATCH], size, penalty)


def _solve(gram: _Gram, nearest: ItemVectors, targets: NDArray[np.int64], size: int, penalty: float) -> Pairs:
    entries = nearest.indptr[targets][:, None] + np.arange(size)
    chosen = nearest.item[entries]
    left = np.empty((len(targets), size, size))
    right = np.empty((len(targets), size))
    for row, (target, items) in enumerate(zip(targets.tolist(), chosen, strict=True)):
        left[row], right[row] = gram.system(items, target)
    left[:, np.arange(size), np.arange(size)] += penalty
    weight = np.linalg.solve(left, right[..., None])[..., 0]
    return Pairs(
        row=chosen.ravel().astype(np.int64),
        item=np.repeat(targets, size).astype(np.int32),
        score=weight.ravel().astype(np.float32),
        together=np.where(weight > 0, nearest.together[entries], 0).ravel().astype(np.uint32),
    )
