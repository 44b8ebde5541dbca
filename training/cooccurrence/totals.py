"""What is counted: the problem turned round, and the totals that every statistic divides by.

Words: basket b has weight w_b (1 without weights); entry (b, i) has anchor weight a_bi (1 without).
- Baskets vote: C_ij = Σ_b a_bi · w_b over the baskets that hold i and j; together_ij = how many they are.
- Voters vote: a voter's baskets are one vote, given by the weightiest of them:
  C_ij = Σ_v max_{b of v, holding i and j} a_bi · w_b; together_ij = how many voters have such a basket.
- D_i (anchor) is C_ij with "holding i" alone; D_j (neighbour) is the same without anchor weights; N without items.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.cooccurrence.problem import Problem


@dataclass(frozen=True, slots=True, eq=False)
class Totals:
    """What statistics divide by.

    Attributes:
        anchor: float64 (n_items,), D_i of an item as anchor.
        neighbour: float64 (n_items,), D_j of an item as neighbour.
        total: N, the weight of all baskets (of all voters).
    """

    anchor: NDArray[np.float64]
    neighbour: NDArray[np.float64]
    total: float


@dataclass(frozen=True, slots=True, eq=False)
class Incidence:
    """The entries of a problem by item, then voter, then basket (compressed columns).

    Attributes:
        anchor: int64 (n,), the items whose entries stand here, rising; at first all of them.
        indptr: int64 (n + 1,).
        basket: int64 (nnz,).
        voter: int64 (nnz,); the basket itself where baskets vote.
        weight: float64 (nnz,), w_b of the entry's basket.
        anchored: float64 (nnz,), a_bi · w_b.
    """

    anchor: NDArray[np.int64]
    indptr: NDArray[np.int64]
    basket: NDArray[np.int64]
    voter: NDArray[np.int64]
    weight: NDArray[np.float64]
    anchored: NDArray[np.float64]

    def part(self, low: int, high: int) -> Incidence:
        """The entries of anchors low … high − 1, as views."""
        at = slice(self.indptr[low], self.indptr[high])
        indptr = self.indptr[low : high + 1] - self.indptr[low]
        return Incidence(
            self.anchor[low:high], indptr, self.basket[at], self.voter[at], self.weight[at], self.anchored[at]
        )

    def only(self, items: NDArray[np.int64]) -> Incidence:
        """The entries of some items alone, given in rising order."""
        length = np.diff(self.indptr)[items]
        indptr = np.concatenate(([0], np.cumsum(length)))
        at = np.repeat(self.indptr[:-1][items] - indptr[:-1], length) + np.arange(indptr[-1])
        return Incidence(items, indptr, self.basket[at], self.voter[at], self.weight[at], self.anchored[at])


def incidence(problem: Problem) -> Incidence:
    """Turn a problem round: for every item its baskets."""
    basket = np.repeat(np.arange(problem.n_baskets), np.diff(problem.indptr))
    voter = basket if problem.voters is None else problem.voters.astype(np.int64)[basket]
    order = np.lexsort((basket, voter, problem.item))
    indptr = np.zeros(problem.n_items + 1, dtype=np.int64)
    np.cumsum(np.bincount(problem.item, minlength=problem.n_items), out=indptr[1:])
    weight = basket_weights(problem)[basket]
    anchored = weight if problem.anchor_weights is None else weight * problem.anchor_weights
    return Incidence(np.arange(problem.n_items), indptr, basket[order], voter[order], weight[order], anchored[order])


def totals(problem: Problem, entries: Incidence) -> Totals:
    """D_i, D_j and N of a problem (see the head of this module); 0 for what nobody bought."""
    item = np.repeat(np.arange(problem.n_items), np.diff(entries.indptr))
    return Totals(
        anchor=_per_item(item, entries.voter, entries.anchored, problem.n_items),
        neighbour=_per_item(item, entries.voter, entries.weight, problem.n_items),
        total=total(problem),
    )


def total(problem: Problem) -> float:
    """N, the weight of all baskets, empty ones too; of all voters, each with the weightiest basket."""
    if problem.weights is None and problem.voters is None:
        return float(problem.n_baskets)
    weights = basket_weights(problem)
    if problem.voters is None:
        return float(weights.sum())
    order = np.argsort(problem.voters, kind="stable")
    starts = group_starts(problem.voters[order].astype(np.int64))
    return float(np.maximum.reduceat(weights[order], starts).sum()) if len(starts) else 0.0


def basket_weights(problem: Problem) -> NDArray[np.float64]:
    """(n_baskets,) w_b."""
    if problem.weights is None:
        return np.ones(problem.n_baskets)
    return problem.weights.astype(np.float64)


def group_starts(*keys: NDArray[np.int64]) -> NDArray[np.int64]:
    """Where a new combination of sorted keys begins; empty for empty keys."""
    new = np.zeros(len(keys[0]), dtype=np.bool_)
    new[:1] = True
    for key in keys:
        new[1:] |= key[1:] != key[:-1]
    return np.flatnonzero(new)


def _per_item(
    item: NDArray[np.int64], voter: NDArray[np.int64], value: NDArray[np.float64], n_items: int
) -> NDArray[np.float64]:
    starts = group_starts(item, voter)
    if not len(starts):
        return np.zeros(n_items)
    votes = np.maximum.reduceat(value, starts)
    return np.bincount(item[starts], weights=votes, minlength=n_items).astype(np.float64, copy=False)
