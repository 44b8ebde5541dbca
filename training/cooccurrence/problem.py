"""What the engines are given: a checked problem, and the job to be done with it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.cooccurrence.statistics import Statistic


@dataclass(frozen=True, slots=True, eq=False)
class Problem:
    """Baskets × items, checked: see `training.cooccurrence.checks`.

    Attributes:
        indptr: int64 (n_baskets + 1,).
        item: int32 (nnz,), strictly rising within a basket.
        n_items: number of items, each item < n_items.
        weights: float32 (n_baskets,), finite, not negative; None = all 1.
        anchor_weights: float32 (nnz,), finite, not negative; None = all 1.
        voters: int32 (n_baskets,), not negative; None = every basket is its own voter.
        supporters: int32 (n_baskets,), not negative; never with voters; None = `min_support`
            counts what `together` counts.
    """

    indptr: NDArray[np.int64]
    item: NDArray[np.int32]
    n_items: int
    weights: NDArray[np.float32] | None = None
    anchor_weights: NDArray[np.float32] | None = None
    voters: NDArray[np.int32] | None = None
    supporters: NDArray[np.int32] | None = None

    @property
    def n_baskets(self) -> int:
        """Number of baskets, empty ones too."""
        return len(self.indptr) - 1

    @property
    def plain(self) -> bool:
        """Whether nothing but counts is asked for."""
        extras = (self.weights, self.anchor_weights, self.voters, self.supporters)
        return all(extra is None for extra in extras)


@dataclass(frozen=True, slots=True, eq=False)
class Job:
    """A problem and what is asked of it; the fields as in `training.cooccurrence.neighbours`."""

    problem: Problem
    k: int
    statistic: Statistic
    min_support: int = 1
    threads: int = 0
