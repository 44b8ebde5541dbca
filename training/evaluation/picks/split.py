"""Who is asked and what is hidden: the last visit of each customer; customers in three parts.

After Li, Jullien, Ariannezhad & de Rijke, "A next basket recommendation reality check" (TOIS 2023): customers of 3 to
100 baskets, the last basket is the future, customers split 72 / 8 / 20 into training, validation and test.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from training.next_basket.visits import Visits, ranges, some, without_last

FEWEST, MOST, TIMES = 3, 100, 3
_TRAIN, _VALIDATION = 0.72, 0.08


@dataclass(frozen=True, slots=True, eq=False)
class Split:
    """Customers and what is known of them.

    Attributes:
        visits: all of them.
        known: the same without the last visit of validation and test customers; that of training customers may be
            learnt from.
        train, validation, test: customer numbers, rising.
    """

    visits: Visits
    known: Visits
    train: NDArray[np.int64]
    validation: NDArray[np.int64]
    test: NDArray[np.int64]


def judged(visits: Visits) -> Visits:
    """Items bought in at least 3 visits, then customers of 3 to 100 visits, numbered anew."""
    often = np.bincount(visits.item, minlength=visits.n_items) >= TIMES
    kept = often[visits.item]
    visit = np.repeat(np.arange(len(visits.day)), np.diff(visits.indptr))
    lines = np.bincount(visit[kept], minlength=len(visits.day))
    customer = np.repeat(np.arange(visits.n_customers), visits.counts)
    alive = lines > 0
    counts = np.bincount(customer[alive], minlength=visits.n_customers)
    left = Visits(
        start=np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
        day=visits.day[alive],
        indptr=np.concatenate([[0], np.cumsum(lines[alive])]).astype(np.int64),
        item=visits.item[kept],
        n_items=visits.n_items,
    )
    return some(left, np.flatnonzero((counts >= FEWEST) & (counts <= MOST)))


def split(visits: Visits, seed: int) -> Split:
    """Deal customers out at random, by `seed`."""
    order = np.random.default_rng(seed).permutation(visits.n_customers)
    ends = [int(visits.n_customers * share) for share in (_TRAIN, _TRAIN + _VALIDATION)]
    train, validation, test = (np.sort(part) for part in np.split(order, ends))
    return split_as(visits, train, validation, test)


def split_as(visits: Visits, train: NDArray[np.int64], validation: NDArray[np.int64], test: NDArray[np.int64]) -> Split:
    """The split with parts given elsewhere, rising."""
    hidden = np.zeros(visits.n_customers, dtype=np.int64)
    hidden[validation] = hidden[test] = 1
    return Split(visits, without_last(visits, hidden), train, validation, test)


def last_visits(visits: Visits, customers: NDArray[np.int64]) -> sp.csr_array:
    """What each customer bought last: (len(customers), n_items) ones; none of them is without visits."""
    last = visits.start[1:][customers] - 1
    lengths = np.diff(visits.indptr)[last]
    items = visits.item[ranges(visits.indptr[:-1][last], lengths)]
    indptr = np.concatenate([[0], np.cumsum(lengths)])
    return sp.csr_array((np.ones(len(items), np.float32), items, indptr), shape=(len(customers), visits.n_items))
