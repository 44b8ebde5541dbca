"""The SciPy engine: every statistic and every kind of weight, a block of anchors at a time, C never whole."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from models.records import ItemVectors
from training.cooccurrence.formulas import score
from training.cooccurrence.problem import Job, Problem
from training.cooccurrence.rows import Pairs, best, stack
from training.cooccurrence.totals import Incidence, Totals, group_starts, incidence, totals

UPDATES_PER_BLOCK = 1 << 22


def neighbours(job: Job, updates_per_block: int = UPDATES_PER_BLOCK) -> ItemVectors:
    """The k best neighbours of every item; see `training.cooccurrence.neighbours`.

    Memory: O(nnz + K · items + updates_per_block + the updates of the busiest anchor).
    """
    entries = incidence(job.problem)
    return rows_of(job, entries, totals(job.problem, entries), updates_per_block)


def rows_of(job: Job, entries: Incidence, divisors: Totals, updates_per_block: int = UPDATES_PER_BLOCK) -> ItemVectors:
    """One row for each anchor in `entries`."""
    pattern = _pattern(job.problem)
    crowd = _crowd(job.problem, entries)
    rows = []
    for low, high in _blocks(job.problem, entries, updates_per_block):
        block = entries.part(low, high)
        sums = _sums(job.problem, pattern, block, updates_per_block).tocoo()
        # Without weights the product is real, and is the evidence itself.
        together = sums.data.real if job.problem.plain else sums.data.imag
        anchor, neighbour = block.anchor[sums.row], sums.col.astype(np.int32)
        support = together
        if crowd is not None:
            support = _voted(job.problem, crowd.part(low, high), updates_per_block).data.imag
        keep = (support >= job.min_support) & (anchor != neighbour)
        c = np.ascontiguousarray(sums.data.real[keep], dtype=np.float64)
        scores = score(job.statistic, c, anchor[keep], neighbour[keep], divisors)
        pairs = Pairs(sums.row[keep].astype(np.int64), neighbour[keep], scores, together[keep].astype(np.uint32))
        rows.append(best(pairs, len(block.anchor), job.k))
    return stack(rows)


def _pattern(problem: Problem) -> sparse.csr_array:
    ones = np.ones(len(problem.item), dtype=np.float64 if problem.plain else np.complex128)
    return sparse.csr_array((ones, problem.item, problem.indptr), shape=(problem.n_baskets, problem.n_items))


def _crowd(problem: Problem, entries: Incidence) -> Incidence | None:
    """The same entries by supporter, as if supporters voted: their votes are the support. None without supporters."""
    if problem.supporters is None:
        return None
    return incidence(replace(problem, voters=problem.supporters, supporters=None)).only(entries.anchor)


def _blocks(problem: Problem, entries: Incidence, limit: int) -> Iterator[tuple[int, int]]:
    """Ranges of anchors with at most `limit` updates each, or one anchor."""
    per_entry = np.diff(problem.indptr)[entries.basket]
    before = np.concatenate(([0], np.cumsum(per_entry)))[entries.indptr]
    low, n = 0, len(entries.anchor)
    while low < n:
        high = int(np.searchsorted(before, before[low] + limit, side="right")) - 1
        high = min(max(high, low + 1), low + limit, n)
        yield low, high
        low = high


def _sums(problem: Problem, pattern: sparse.csr_array, block: Incidence, limit: int) -> sparse.csr_array:
    """(anchors, n_items): C in the real part and, unless the problem is plain, together in the imaginary part."""
    if problem.voters is not None:
        return _voted(problem, block, limit)
    # One product sums the weights and counts the baskets: (a·w + i) · 1. The imaginary part is never 0, so that a pair
    # whose weights are all 0 still stands.
    value = np.ones(len(block.basket)) if problem.plain else block.anchored + 1j
    left = sparse.csr_array((value, block.basket, block.indptr), shape=(len(block.anchor), problem.n_baskets))
    return _in_order(sparse.csr_array(left @ pattern))


def _in_order(sums: sparse.csr_array) -> sparse.csr_array:
    """Neighbours rising within an anchor, so that two such results stand side by side."""
    sums.sort_indices()
    return sums


def _voted(problem: Problem, block: Incidence, limit: int) -> sparse.csr_array:
    total = sparse.csr_array((len(block.anchor), problem.n_items), dtype=np.complex128)
    row = np.repeat(np.arange(len(block.anchor)), np.diff(block.indptr))
    votes = group_starts(row, block.voter)
    updates = np.cumsum(np.diff(problem.indptr)[block.basket])
    for start, stop in _slices(votes, updates, limit):
        total = total + _votes(problem, block, row, start, stop)
    return _in_order(sparse.csr_array(total))


def _slices(votes: NDArray[np.int64], updates: NDArray[np.int64], limit: int) -> Iterator[tuple[int, int]]:
    """Cut entries into ranges of at most `limit` updates, or one vote: never through a vote."""
    ends = np.append(votes[1:], len(updates))
    start, done = 0, 0
    while start < len(updates):
        reach = np.searchsorted(updates, done + limit, side="right")
        fits = int(np.searchsorted(ends, reach, side="right")) - 1
        stop = int(ends[max(fits, int(np.searchsorted(ends, start, side="right")))])
        yield start, stop
        start, done = stop, int(updates[stop - 1])


def _votes(problem: Problem, block: Incidence, row: NDArray[np.int64], start: int, stop: int) -> sparse.csr_array:
    """Sums over whole votes: of a voter's baskets with both items, the weightiest."""
    row, basket = row[start:stop], block.basket[start:stop]
    length = np.diff(problem.indptr)[basket]
    starts = group_starts(row, block.voter[start:stop])
    vote = np.repeat(np.arange(len(starts)), np.diff(np.append(starts, len(row))))
    offset = np.repeat(problem.indptr[:-1][basket] - (np.cumsum(length) - length), length)
    neighbour = problem.item[offset + np.arange(len(offset))].astype(np.int64)
    vote, weight = np.repeat(vote, length), np.repeat(block.anchored[start:stop], length)
    order = np.lexsort((-weight, neighbour, vote))
    strongest = order[group_starts(vote[order], neighbour[order])]
    at = (row[starts][vote[strongest]], neighbour[strongest])
    shape = (len(block.anchor), problem.n_items)
    return sparse.csr_array(sparse.coo_array((weight[strongest] + 1j, at), shape=shape))
