"""The implicit engine: plain counts under a statistic that factorises, by `implicit.nearest_neighbours.all_pairs_knn`.

implicit multiplies one matrix by its own transpose, so only C / (left_i · right_j) comes within its reach: the right
side is put into the matrix and the left side, constant within a row, is made good afterwards. Its traps, and what is
done about each: K counts the item itself (two more are asked for: the item itself, and one beyond the last that shows
whether a tie was cut); it wants float64; it breaks ties as it likes (rows cut within a tie are done again by the SciPy
engine); items × K must stay below 2^31 (refused).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from models.records import ItemVectors
from training.cooccurrence import blocked
from training.cooccurrence.formulas import denominators, score
from training.cooccurrence.problem import Job
from training.cooccurrence.rows import Pairs, best
from training.cooccurrence.statistics import Quotient
from training.cooccurrence.totals import incidence, totals


def neighbours(job: Job) -> ItemVectors:
    """The k best neighbours of every item, for a plain problem and `min_support` 1.

    Raises:
        ModuleNotFoundError: implicit is not installed.
        ValueError: items × (k + 2) does not fit its 32-bit indices, or the job is not of its kind.
    """
    # Optional, slow to import, and without types.
    from implicit.nearest_neighbours import all_pairs_knn  # type: ignore[import-untyped] # noqa: PLC0415

    problem, statistic = job.problem, job.statistic
    if not (isinstance(statistic, Quotient) and problem.plain and job.min_support == 1):
        raise ValueError("implicit counts plain baskets with min_support 1 under a statistic that factorises")
    n_items, asked = problem.n_items, min(job.k + 2, problem.n_items)
    if n_items * asked > np.iinfo(np.int32).max:
        raise ValueError(f"{n_items} items × {asked} neighbours are too many for implicit; take engine='scipy'")
    if len(problem.item) == 0:
        return blocked.neighbours(job)
    entries = incidence(problem)
    divisors = totals(problem, entries)
    _, right = denominators(statistic, divisors)
    shape = (problem.n_baskets, n_items)
    scaled = sparse.csr_matrix((1.0 / right[problem.item], problem.item, problem.indptr), shape=shape)
    found = all_pairs_knn(scaled, K=asked, num_threads=job.threads, show_progress=False)
    keep = (found.data > 0.0) & (found.row != found.col)
    anchor, neighbour = found.row[keep].astype(np.int64), found.col[keep].astype(np.int32)
    counts = np.rint(found.data[keep] * right[anchor] * right[neighbour])
    scores = score(statistic, counts, anchor, neighbour, divisors)
    wide = best(Pairs(anchor, neighbour, scores, counts.astype(np.uint32)), n_items, job.k + 1)
    again = _cut_within_tie(wide, job.k)
    return _with_rows(wide, job.k, blocked.rows_of(job, entries.only(again), divisors), again)


def _cut_within_tie(wide: ItemVectors, k: int) -> NDArray[np.int64]:
    """Rows of k + 1 whose last two score alike: which of the tied was kept is implicit's whim."""
    rows = np.flatnonzero(np.diff(wide.indptr) == k + 1).astype(np.int64)
    last = wide.indptr[rows + 1] - 1
    tied: NDArray[np.int64] = rows[wide.score[last] == wide.score[last - 1]]
    return tied


def _with_rows(wide: ItemVectors, k: int, exact: ItemVectors, again: NDArray[np.int64]) -> ItemVectors:
    """The first k of every row, but the rows `again` from `exact`."""
    row = np.repeat(np.arange(wide.n_items), np.diff(wide.indptr))
    keep = ~np.isin(row, again)
    pairs = Pairs(
        np.concatenate((row[keep], np.repeat(again, np.diff(exact.indptr)))),
        np.concatenate((wide.item[keep], exact.item)),
        np.concatenate((wide.score[keep], exact.score)),
        np.concatenate((wide.together[keep], exact.together)).astype(np.uint32),
    )
    return best(pairs, wide.n_items, k)
