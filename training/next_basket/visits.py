"""Orders seen from the customer: one visit per customer and day, oldest first."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.records import Orders

_DAY = 86_400
LONGEST = 100
"""Visits looked at per customer, the newest: a trading account with thousands costs no more than a household."""


@dataclass(frozen=True, slots=True, eq=False)
class Visits:
    """Customers → visits → items, two levels of compressed rows.

    Attributes:
        start: int64 (n_customers + 1,), the visits of each customer, oldest first.
        day: int32 (n_visits,), days since 1970-01-01 (UTC); -1 everywhere where orders carry no time.
        indptr: int64 (n_visits + 1,), the lines of each visit.
        item: int32 (n_lines,), distinct and rising within a visit.
        n_items: items are numbered below this.
    """

    start: NDArray[np.int64]
    day: NDArray[np.int32]
    indptr: NDArray[np.int64]
    item: NDArray[np.int32]
    n_items: int

    @property
    def n_customers(self) -> int:
        """Number of customers."""
        return len(self.start) - 1

    @property
    def timed(self) -> bool:
        """Whether visits carry days."""
        return len(self.day) > 0 and int(self.day[0]) >= 0

    @property
    def counts(self) -> NDArray[np.int64]:
        """Visits of each customer, int64 (n_customers,)."""
        return np.diff(self.start)


def visits_of(orders: Orders, item_map: NDArray[np.int32], n_items: int, *, longest: int = LONGEST) -> Visits:
    """The visits of every customer; orders of one customer and day are one, guests are left out.

    Args:
        orders: baskets by time; without times every order is a visit.
        item_map: int32 (len(orders.items),), number of each bought item (or its family).
        n_items: items (or families) in all.
        longest: newest visits kept per customer.
    """
    known = np.flatnonzero(orders.customer >= 0)
    order = known[np.argsort(orders.customer[known], kind="stable")]
    customer = orders.customer[order].astype(np.int64)
    day = (orders.time[order] // _DAY).astype(np.int32) if orders.timed else np.full(len(order), -1, np.int32)
    new = np.ones(len(order), dtype=bool)
    if orders.timed:
        new[1:] = (customer[1:] != customer[:-1]) | (day[1:] != day[:-1])
    visit_of_order = np.cumsum(new) - 1
    lengths = np.diff(orders.indptr)[order]
    lines = np.repeat(orders.indptr[:-1][order] - (np.cumsum(lengths) - lengths), lengths) + np.arange(lengths.sum())
    visit = np.repeat(visit_of_order, lengths)
    keys = np.unique(visit * n_items + item_map[orders.item[lines]])
    start = _pointers(np.bincount(customer[new], minlength=len(orders.customers)))
    indptr = _pointers(np.bincount(keys // n_items, minlength=int(new.sum())))
    found = Visits(start, day[new], indptr, (keys % n_items).astype(np.int32), n_items)
    return keep(found, np.maximum(found.start[:-1], found.start[1:] - longest), found.start[1:])


def keep(visits: Visits, first: NDArray[np.int64], end: NDArray[np.int64]) -> Visits:
    """For every customer only the visits `first` up to `end`; customers keep their numbers, perhaps without visits."""
    wanted = ranges(first, np.maximum(end - first, 0))
    lengths = np.diff(visits.indptr)[wanted]
    lines = ranges(visits.indptr[:-1][wanted], lengths)
    start = _pointers(np.maximum(end - first, 0))
    return Visits(start, visits.day[wanted], _pointers(lengths), visits.item[lines], visits.n_items)


def without_last(visits: Visits, drop: NDArray[np.int64]) -> Visits:
    """Forget each customer's last `drop` visits."""
    return keep(visits, visits.start[:-1], np.maximum(visits.start[1:] - drop, visits.start[:-1]))


def some(visits: Visits, customers: NDArray[np.int64]) -> Visits:
    """Only these customers, numbered anew in the order given."""
    counts = visits.counts[customers]
    wanted = ranges(visits.start[:-1][customers], counts)
    lengths = np.diff(visits.indptr)[wanted]
    lines = ranges(visits.indptr[:-1][wanted], lengths)
    return Visits(_pointers(counts), visits.day[wanted], _pointers(lengths), visits.item[lines], visits.n_items)


def ranges(starts: NDArray[np.int64], lengths: NDArray[np.int64]) -> NDArray[np.int64]:
    """`starts[r], starts[r] + 1, …` of every row end to end; hand-computed: (3, 9), (2, 1) gives 3, 4, 9."""
    ends = np.cumsum(lengths)
    total = int(ends[-1]) if len(ends) else 0
    return np.repeat(starts - (ends - lengths), lengths) + np.arange(total, dtype=np.int64)


def _pointers(lengths: NDArray[np.integer]) -> NDArray[np.int64]:
    return np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
