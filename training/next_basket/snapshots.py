"""Past moments to learn from: a snapshot forgets each customer's last visits and asks some customers for the next one.

Snapshot s drops the last s visits of every customer. Of those who are left with two visits or more, a part is asked:
their newest remaining visit is the answer and is hidden as well. Knowledge, pool and features come from what is still
visible, so nothing of an answer can reach its own question; where days are known, popularity is looked at no later than
the asked customer's last visible visit.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.next_basket.visits import Visits, ranges, some, without_last

_FEWEST_SNAPSHOTS = 5
"""However large the shop, so many moments are looked at: one alone is taken for the rule."""

FEWEST = 3
"""Visits a customer needs to be asked: one to be hidden, two that say something of habits."""


@dataclass(frozen=True, slots=True, eq=False)
class Snapshot:
    """One moment.

    Attributes:
        visible: every customer's visits that may be looked at.
        asked: int64 (q,), numbers of the customers asked, rising.
        answer: int64 (n,), sorted `place in asked · n_items + item` of what they bought in the hidden visit.
    """

    visible: Visits
    asked: NDArray[np.int64]
    answer: NDArray[np.int64]


def snapshots(visits: Visits, count: int, share: float, questions: int, seed: int) -> Iterator[Snapshot]:
    """The newest first, until enough was asked; a snapshot in which nobody can be asked ends the row.

    Args:
        visits: all that may be learnt from.
        count: snapshots at most.
        share: part of the customers asked in each, 0–1; the others' newest visits stay visible.
        questions: customers asked in all at most: a large shop needs fewer snapshots, and never more time.
        seed: of the draw.
    """
    random = np.random.default_rng(seed)
    most = -(-questions // _FEWEST_SNAPSHOTS)
    for back in range(count):
        whole = without_last(visits, np.full(visits.n_customers, back))
        able = np.flatnonzero(whole.counts >= FEWEST)
        size = min(max(int(len(able) * share), 1), most, questions)
        if not len(able) or size < 1:
            return
        questions -= size
        asked = np.sort(random.choice(able, size, replace=False))
        hidden = np.zeros(visits.n_customers, dtype=np.int64)
        hidden[asked] = 1
        yield Snapshot(without_last(whole, hidden), asked, answers(whole, asked))


def answers(visits: Visits, customers: NDArray[np.int64]) -> NDArray[np.int64]:
    """Sorted `place · n_items + item` of what customers bought in their last visit."""
    last = visits.start[1:][customers] - 1
    lengths = np.diff(visits.indptr)[last]
    items = visits.item[ranges(visits.indptr[:-1][last], lengths)].astype(np.int64)
    return np.repeat(np.arange(len(customers)), lengths) * visits.n_items + items


def blocks(visits: Visits, customers: NDArray[np.int64], size: int) -> Iterator[tuple[int, Visits]]:
    """The visits of `size` customers at a time, with the place of the first."""
    for low in range(0, len(customers), size):
        yield low, some(visits, customers[low : low + size])
