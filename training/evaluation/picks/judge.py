"""One shop, one split: every peer tuned on validation customers, ours beside them, asked about the test customers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from training.evaluation.picks.peers import PEERS, Peer, Scorer, Setting
from training.evaluation.picks.split import Split, last_visits
from training.next_basket.features import Marks
from training.next_basket.lists import lists
from training.next_basket.ranker import Learning, learn, world

LENGTH = 10
OURS = "recsvc"
MEASURES = ("ndcg", "recall", "phr", "repeat", "explore")
_TUNED_ON = 1_000
_AT_ONCE = 250


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """How one method answered.

    Attributes:
        method: its name.
        setting: what it chose on the validation customers.
        rows: float64 (customers, len(MEASURES)); NaN where a customer has nothing of the kind to find.
    """

    method: str
    setting: Mapping[str, object]
    rows: NDArray[np.float64]


def judge(
    split: Split,
    marks: Marks,
    learning: Learning,
    against: Sequence[str],
    *,
    threads: int = 0,
    progress: Callable[[str, float], None] = lambda _stage, _share: None,
) -> list[Judged]:
    """Ours first, then the peers asked for."""
    wanted = last_visits(split.visits, split.test)
    had = bought(split, split.test)
    ranker = learn(split.known, marks, learning, threads=threads, progress=progress)
    shown = np.full((len(split.test), LENGTH), -1, dtype=np.int32)
    for found in lists(world(split.known, marks, threads=threads), ranker, split.test, LENGTH):
        for row, (low, high) in enumerate(zip(found.indptr[:-1], found.indptr[1:], strict=True), found.first):
            shown[row, : high - low] = found.item[low:high]
    results = [Judged(OURS, {"method": ranker.method, "examples": ranker.examples}, measure(shown, wanted, had))]
    for at, name in enumerate(against):
        progress("peers", at / len(against))
        setting = tuned(PEERS[name], split)
        shown = best(PEERS[name].build(split.known, setting), split.test)
        results.append(Judged(name, setting, measure(shown, wanted, had)))
    return results


def bought(split: Split, customers: NDArray[np.int64]) -> sp.csr_array:
    """What each customer bought in visible visits, ones."""
    known = split.known
    visit = np.repeat(np.arange(len(known.day)), np.diff(known.indptr))
    customer = np.repeat(np.arange(known.n_customers), known.counts)[visit]
    ones = np.ones(len(customer), np.float32)
    matrix = sp.csr_array((ones, (customer, known.item)), shape=(known.n_customers, known.n_items))
    matrix.sum_duplicates()
    matrix.data[:] = 1
    return matrix[customers]


def tuned(peer: Peer, split: Split) -> Setting:
    """The setting with the best nDCG@10 on validation customers: one name after the other, twice round."""
    customers = split.validation[:_TUNED_ON]
    wanted, had = last_visits(split.visits, customers), bought(split, customers)
    setting = {name: values[0] for name, values in peer.grid.items()}
    tried: dict[tuple[float, ...], float] = {}

    def worth(candidate: Setting) -> float:
        key = tuple(candidate.values())
        if key not in tried:
            shown = best(peer.build(split.known, candidate), customers)
            tried[key] = float(measure(shown, wanted, had)[:, 0].mean())
        return tried[key]

    if not len(customers):
        return setting
    for name, values in [*peer.grid.items()] * 2:
        setting = max(({**setting, name: value} for value in values), key=worth)
    return setting


def best(scorer: Scorer, customers: NDArray[np.int64]) -> NDArray[np.int32]:
    """The ten best items of each customer, score down, then item up; -1 where nothing scores above 0."""
    shown = np.full((len(customers), LENGTH), -1, dtype=np.int32)
    for low in range(0, len(customers), _AT_ONCE):
        scores = scorer(customers[low : low + _AT_ONCE])
        k = min(LENGTH, scores.shape[1])
        floor = np.partition(scores, scores.shape[1] - k, axis=1)[:, -k]
        for row, (values, least) in enumerate(zip(scores, floor, strict=True), low):
            able = np.flatnonzero((values >= least) & (values > 0))
            top = able[np.lexsort((able, -values[able]))][:k]
            shown[row, : len(top)] = top
    return shown


def measure(shown: NDArray[np.int32], wanted: sp.csr_array, had: sp.csr_array) -> NDArray[np.float64]:
    """NDCG and recall at 10, whether anything was found, recall of what was bought before, and of what is new.

    The ideal list of nDCG holds all that was bought, also beyond ten places, as the study's own code has it.

    Args:
        shown: int32 (n, 10), -1 for no item.
        wanted: csr_array (n, n_items) of ones, at least one per row.
        had: csr_array (n, n_items) of ones: bought before.

    Returns:
        float64 (n, 5), the columns of `MEASURES`.
    """
    n, k = shown.shape
    row, item = np.repeat(np.arange(n), k), np.maximum(shown.ravel(), 0)
    hit = ((np.asarray(wanted[row, item]).ravel() > 0) & (shown.ravel() >= 0)).reshape(n, k)
    own = (np.asarray(had[row, item]).ravel() > 0).reshape(n, k)
    total = np.diff(wanted.indptr)
    again = np.asarray(wanted.multiply(had).sum(axis=1)).ravel()
    discount = 1 / np.log2(np.arange(2, max(k, int(total.max(initial=1))) + 2))
    ideal = np.cumsum(discount)[total - 1]
    new = total - again
    columns = (
        (hit @ discount[:k]) / ideal,
        hit.sum(axis=1) / total,
        hit.any(axis=1),
        (hit & own).sum(axis=1) / np.where(again > 0, again, np.nan),
        (hit & ~own).sum(axis=1) / np.where(new > 0, new, np.nan),
    )
    return np.stack(columns, axis=1).astype(np.float64)
