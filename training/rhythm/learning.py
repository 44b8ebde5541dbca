"""Learn from a shop's own past how much a rhythm may be trusted: logistic regression on earlier days."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.replenish import TYPICAL, likelihood, terms, window
from training.rhythm.days import Days
from training.rhythm.intervals import Habits, Rhythms, habits, rhythms

SNAPSHOTS = (0.6, 0.7, 0.8)
"""Days looked back to, as shares of the days that orders span; each is judged by the tenth that follows."""

_FOLLOWS = 0.1
_FEWEST = 300
_PRIOR = 20.0
"""Calls that the typical weights speak for."""


def replenish_weights(days: Days, category: NDArray[np.int32]) -> NDArray[np.float64]:
    """Weights of `models.replenish.likelihood`, float64 (6,); the typical ones where fewer than 300 calls were made.

    Every snapshot sees nothing but the days before it.
    """
    if not len(days):
        return np.array(TYPICAL)
    first, span = int(days.day.min()), int(days.day.max()) - int(days.day.min()) + 1
    cases, outcomes = [], []
    for share in SNAPSHOTS:
        today = first + int(share * span)
        x, hit = snapshot(days, category, today, today + int(_FOLLOWS * span))
        cases.append(x)
        outcomes.append(hit)
    x, hit = np.concatenate(cases), np.concatenate(outcomes)
    return _fit(x, hit) if len(x) >= _FEWEST else np.array(TYPICAL)


def snapshot(
    days: Days, category: NDArray[np.int32], today: int, until: int
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """What was expected on `today` of the days to `until` (exclusive), and whether it came."""
    past = habits(days.before(today))
    found = rhythms(past, category)
    called, begin, end = calls(past, found, today)
    called &= end < until
    came = next_purchase(days, past, today)
    x = terms(
        past.days[called], found.own[called], (today - past.last[called]).astype(float), found.repeat[past.item[called]]
    )
    return x, ((came >= begin) & (came <= end))[called]


def calls(
    past: Habits, found: Rhythms, today: int
) -> tuple[NDArray[np.bool_], NDArray[np.float64], NDArray[np.float64]]:
    """Which entries have an own rhythm, and the window of each: (n,), (n,), (n,)."""
    begin, end = window(past.last, found.own, today)
    return (found.own > 0) & (past.gaps >= 1), begin, end


def next_purchase(days: Days, past: Habits, today: int) -> NDArray[np.int64]:
    """First day from `today` on that each entry was bought again; far in the future where it was not."""
    later = days.day >= today
    key = days.customer[later].astype(np.int64) << 32 | days.item[later]
    at = np.searchsorted(key, wanted := past.customer.astype(np.int64) << 32 | past.item)
    found = np.append(key, -1)[at] == wanted
    return np.where(found, np.append(days.day[later], 0)[at], np.iinfo(np.int32).max).astype(np.int64)


def _fit(x: NDArray[np.float64], hit: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Logistic regression by Newton's steps, drawn to the typical weights; x float64 (n, 6)."""
    typical = np.array(TYPICAL)
    weights, pull = typical.copy(), _PRIOR * np.eye(x.shape[1])
    for _ in range(25):
        chance = likelihood(weights, x)
        gradient = x.T @ (hit - chance) - pull @ (weights - typical)
        step = np.linalg.solve((x * (chance * (1 - chance))[:, None]).T @ x + pull, gradient)
        weights += step
        if np.abs(step).max() < 1e-9:
            break
    return weights
