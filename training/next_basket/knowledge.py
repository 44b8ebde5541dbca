"""What the visits of all customers say of items: popularity, habit, what goes together and what follows what."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from training.cooccurrence import neighbours
from training.next_basket.follow import Follow, follow
from training.next_basket.visits import Visits

_RECENT = 0.5
"""Without days, a customer's visit counts half as much for what is popular now as the one after it."""

_SHRINK = 20.0
"""Buyers' worth of belief in the shop's mean, for the habits of an item."""

_COMPANIONS = 100


@dataclass(frozen=True, slots=True, eq=False)
class Knowledge:
    """Item by item; columns have n_items entries.

    Attributes:
        popular: float64, share of visits with the item.
        now: float64, the same with a customer's last visits counting most.
        buyers: float64, customers who bought it.
        again: float64, share of its buyers who bought it in two visits or more, shrunk to the shop's.
        per_buyer: float64, mean visits with it per buyer, shrunk likewise.
        gap: float64, mean visits between two purchases by one customer, shrunk to the shop's.
        gap_days: float64, the same in days, nan without days.
        soon: float64, share of purchases followed by another in the very next visit, shrunk.
        together: csr_array (n_items, n_items), companions within a visit, cosine; zero diagonal.
        follow: what is bought after what.
        line_key: int64 (n_lines,), sorted `item · n_days + day` of every line, empty without days.
        visits_until: int64 (n_days + 1,), visits before each day, counted from `first_day`; empty without days.
        first_day: int, of all visits.
    """

    popular: NDArray[np.float64]
    now: NDArray[np.float64]
    buyers: NDArray[np.float64]
    again: NDArray[np.float64]
    per_buyer: NDArray[np.float64]
    gap: NDArray[np.float64]
    gap_days: NDArray[np.float64]
    soon: NDArray[np.float64]
    together: sp.csr_array
    follow: Follow
    line_key: NDArray[np.int64]
    visits_until: NDArray[np.int64]
    first_day: int

    @property
    def n_items(self) -> int:
        """Number of items."""
        return len(self.popular)

    def share_between(
        self, item: NDArray[np.int64], low: NDArray[np.int64], high: NDArray[np.int64]
    ) -> NDArray[np.float64]:
        """Share of the visits on days `low < day ≤ high` that hold the item, with a prior of 10 visits without it."""
        n_days = len(self.visits_until) - 1
        low, high = (np.clip(day - self.first_day + 1, 0, n_days) for day in (low, high))
        base = item * n_days
        held = np.searchsorted(self.line_key, base + high) - np.searchsorted(self.line_key, base + low)
        return np.asarray(held / (self.visits_until[high] - self.visits_until[low] + 10.0), dtype=np.float64)


def knowledge(visits: Visits, *, threads: int = 0) -> Knowledge:
    """Learn from all visits; they are all that is looked at."""
    n, lengths = visits.n_items, np.diff(visits.indptr)
    visit = np.repeat(np.arange(len(lengths)), lengths)
    customer = np.repeat(np.arange(visits.n_customers), visits.counts)
    age = visits.start[1:][customer] - 1 - np.arange(len(customer))
    recent = _RECENT**age
    popular = np.bincount(visits.item, minlength=n) / max(len(lengths), 1)
    now = np.bincount(visits.item, weights=recent[visit], minlength=n) / max(recent.sum(), 1e-9)

    key = customer[visit] * n + visits.item
    order = np.lexsort((visit, key))
    key, by_pair = key[order], visit[order]
    same = key[1:] == key[:-1]
    item = (key % n)[1:][same]
    between = (by_pair[1:] - by_pair[:-1])[same]
    pair_item = key[np.append(True, ~same)] % n if len(key) else key
    buyers = np.bincount(pair_item, minlength=n).astype(np.float64)
    bought = np.bincount(visits.item, minlength=n)
    repeats = np.bincount(item, minlength=n)
    counts = np.diff(np.append(np.flatnonzero(np.append(True, ~same)), len(key))) if len(key) else key
    again = np.bincount(pair_item, weights=counts > 1, minlength=n)
    days = (visits.day[by_pair[1:]] - visits.day[by_pair[:-1]])[same] if visits.timed else np.zeros(len(item))
    line_key, visits_until, first_day = _calendar(visits, visit)
    return Knowledge(
        popular=popular,
        now=now,
        buyers=buyers,
        again=_shrunk(again, buyers),
        per_buyer=_shrunk(bought, buyers),
        gap=_shrunk(np.bincount(item, weights=between, minlength=n), repeats),
        gap_days=_shrunk(np.bincount(item, weights=days, minlength=n), repeats) if visits.timed else np.full(n, np.nan),
        soon=_shrunk(np.bincount(item, weights=between == 1, minlength=n), bought),
        together=_together(visits, threads),
        follow=follow(visits),
        line_key=line_key,
        visits_until=visits_until,
        first_day=first_day,
    )


def _shrunk(total: NDArray[Any], count: NDArray[Any]) -> NDArray[np.float64]:
    """`(total + s·mean) / (count + s)`, mean = Σ total / Σ count: rare items are taken for ordinary ones."""
    mean = total.sum() / max(count.sum(), 1)
    return np.asarray((total + _SHRINK * mean) / (count + _SHRINK), dtype=np.float64)


def _together(visits: Visits, threads: int) -> sp.csr_array:
    ones = np.ones(len(visits.item), dtype=np.float32)
    baskets = sp.csr_array((ones, visits.item, visits.indptr), shape=(len(visits.day), visits.n_items))
    found = neighbours(baskets, _COMPANIONS, "cosine", threads=threads)
    matrix = sp.csr_array((found.score, found.item, found.indptr), shape=(visits.n_items, visits.n_items))
    matrix.sort_indices()
    return matrix


def _calendar(visits: Visits, visit: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64], int]:
    """`line_key`, `visits_until` and `first_day` of `Knowledge`."""
    if not visits.timed:
        return np.empty(0, np.int64), np.zeros(1, np.int64), 0
    first = int(visits.day.min())
    n_days = int(visits.day.max()) - first + 1
    day = visits.day.astype(np.int64) - first
    until = np.concatenate([[0], np.cumsum(np.bincount(day, minlength=n_days))])
    keys = np.sort(visits.item.astype(np.int64) * n_days + day[visit])
    return keys, until.astype(np.int64), first
