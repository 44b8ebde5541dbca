"""Which dearer item the buyers of an item take next: a conditional logit, and how often they take any.

    P(j | i, a step up is taken) = exp(w·x_ij) / Σ_k exp(w·x_ik)
    P(i → j) = P(a step up from i) · P(j | i, taken)

McFadden, "Conditional logit analysis of qualitative choice behavior" (1974). Earlier buyers of an item stand in for
those who consider it: orders do not show who looked and left.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # it ships no types

_BELIEF = 20.0
"""Buyers' worth of belief that an item is left for a better one as often as its group's items, its group as all."""


@dataclass(frozen=True, slots=True, eq=False)
class Choice:
    """A fitted conditional logit.

    Attributes:
        weight: float64 (n_features,), per unit of the raw feature.
    """

    weight: NDArray[np.float64]

    def shares(self, matrix: NDArray[np.float64], item: NDArray[np.int64]) -> NDArray[np.float64]:
        """P(better | item, taken) per step; they sum to 1 over the steps of an item, which stand together."""
        utility = matrix @ self.weight
        start, run = _runs(item)
        grown = np.exp(utility - np.maximum.reduceat(utility, start)[run]) if len(start) else utility
        return grown / np.add.reduceat(grown, start)[run] if len(start) else grown


def fit_choice(
    matrix: NDArray[np.float64], item: NDArray[np.int64], taken: NDArray[np.float64], penalty: float
) -> Choice:
    """The weights of largest likelihood, less `penalty/2 · |w|²` on standardised features.

    Args:
        matrix: (n_steps, n_features).
        item: int64 (n_steps,), steps of one item stand together.
        taken: (n_steps,), how often each step was taken; items none of whose steps was taken say nothing.
        penalty: λ > 0.
    """
    start, run = _runs(item)
    asked = (np.add.reduceat(taken, start) > 0)[run] if len(start) else np.zeros(0, dtype=bool)
    matrix, item, taken = matrix[asked], item[asked], taken[asked]
    if not len(item):
        return Choice(np.zeros(matrix.shape[1]))
    start, run = _runs(item)
    spread = matrix.std(axis=0)
    scale = np.where(spread > 1e-9, spread, 1.0)
    standard = (matrix - matrix.mean(axis=0)) / scale
    times, total = np.add.reduceat(taken, start), float(taken.sum())

    def loss(weight: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        utility = standard @ weight
        utility = utility - np.maximum.reduceat(utility, start)[run]
        grown = np.exp(utility)
        mass = np.add.reduceat(grown, start)
        surprise = float(times @ np.log(mass) - taken @ utility) + penalty / 2 * float(weight @ weight)
        slope = standard.T @ (times[run] * grown / mass[run] - taken) + penalty * weight
        return surprise / total, slope / total

    with threadpool_limits(1):  # bytes must not depend on the number of threads
        found = minimize(loss, np.zeros(matrix.shape[1]), jac=True, method="L-BFGS-B", options={"maxiter": 200})
    return Choice(np.where(spread > 1e-9, found.x / scale, 0.0))


def step_rate(
    taken: NDArray[np.float64],
    item: NDArray[np.int64],
    owners: NDArray[np.int64],
    group: NDArray[np.int64],
) -> NDArray[np.float64]:
    """Steps up that a buyer of each item takes within the window looked at: `(y + κ·rate of its group) / (n + κ)`.

    Args:
        taken: (n_steps,).
        item: int64 (n_steps,).
        owners: (n_items,), buyers when the window began.
        group: int64 (n_items,).
    """
    steps = np.bincount(item, weights=taken, minlength=len(owners))
    having = np.bincount(item, minlength=len(owners)) > 0  # those with somewhere to go
    base = owners * having
    overall = steps.sum() / max(base.sum(), 1)
    of_group = np.bincount(group, weights=steps) + _BELIEF * overall
    rate = of_group / (np.bincount(group, weights=base) + _BELIEF)
    return np.asarray((steps + _BELIEF * rate[group]) / (base + _BELIEF), dtype=np.float64)


def _runs(item: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Where the runs of equal items start, and the run of each row."""
    change = np.diff(item, prepend=-1) != 0
    return np.flatnonzero(change), np.cumsum(change) - 1
