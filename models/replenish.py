"""How likely a purchase is to be repeated when its rhythm says so: the formula that trainer and service share."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

TOLERANCE = 0.2
"""A purchase came when it was expected if it came within this share of an interval."""

LAPSED = 3.0
"""After so many intervals without the item, the customer has left it."""

TERMS = ("constant", "log_days", "log_interval", "elapsed", "log_elapsed", "log_repeat")
"""What the likelihood is a sum of, in the order of its weights."""

REPLENISH_WEIGHTS = "replenish_weights"
"""Where a version's settings keep the weights that its trainer learnt."""

TYPICAL = (-1.24, 0.43, 0.18, -1.05, 0.53, 0.18)
"""Weights where a shop's own orders are too few to learn them: the mean of three shops."""


def terms(
    days: NDArray[np.integer],
    interval: NDArray[np.float64],
    elapsed: NDArray[np.float64],
    repeat: NDArray[np.float64],
) -> NDArray[np.float64]:
    """The terms of each entry, float64 (n, 6).

    Args:
        days: (n,), days on which the customer bought the item, ≥ 1.
        interval: (n,), expected days between two purchases, > 0.
        elapsed: (n,), days since the last purchase.
        repeat: (n,), share of the item's buyers who buy it again, in (0, 1].
    """
    passed = np.clip(elapsed / interval, 0.0, 6.0)
    return np.stack(
        [
            np.ones(len(days)),
            np.log(days),
            np.log(interval),
            passed,
            np.log(np.maximum(passed, 0.1)),
            np.log(np.maximum(repeat, 1e-3)),
        ],
        axis=1,
    )


def likelihood(weights: NDArray[np.float64], of: NDArray[np.float64]) -> NDArray[np.float64]:
    """`1 / (1 + exp(-of·weights))`: chance that the purchase falls into its window; (n,)."""
    return np.asarray(1.0 / (1.0 + np.exp(-(of @ weights))))


def window(
    last: NDArray[np.integer], interval: NDArray[np.float64], today: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """First and last day of the time in which a purchase is expected, days since 1970-01-01.

    `last + interval ± 20 %`; of what is overdue, the next 40 % of an interval from today on.
    """
    slack = TOLERANCE * interval
    due = np.maximum(last + interval, today + slack)
    return due - slack, due + slack
