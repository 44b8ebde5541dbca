"""A ranker of candidates: boosted trees learnt on past snapshots, or a fixed blend where there is no LightGBM."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec

import numpy as np
from numpy.typing import NDArray

from training.next_basket.alike import Pool, pool_of
from training.next_basket.features import FEATURES, Marks, Pairs, pairs
from training.next_basket.knowledge import Knowledge, knowledge
from training.next_basket.snapshots import Snapshot, blocks, snapshots
from training.next_basket.trees import Examples, boost, worth
from training.next_basket.visits import Visits

BLENDED = {"mixed": 2.0, "own_middle": 0.2, "follow": 2.0, "now": 0.5, "last_fortnight": 0.5}
"""The blend: weights of some features, unknown ones count as 0."""

_BLOCK_CELLS = 12_000_000
_POSITIVES_BEFORE_TREES = 200

Progress = Callable[[str, float], None]


@dataclass(frozen=True, slots=True)
class Learning:
    """How the ranker learns.

    Attributes:
        snapshots: past moments at most.
        share: part of the customers asked in each.
        questions: customers asked in all: it bounds time and memory.
        negatives: part of the candidates not bought that are learnt from.
        forests, trees, leaves, rate: of the boosting.
        seed: of every draw.
    """

    snapshots: int = 12
    share: float = 0.4
    questions: int = 8_000
    negatives: float = 0.25
    forests: int = 2
    trees: int = 150
    leaves: int = 31
    rate: float = 0.06
    seed: int = 1


@dataclass(frozen=True, slots=True, eq=False)
class Ranker:
    """What was learnt.

    Attributes:
        method: `lightgbm` or `blend`, for the manifest.
        score: float32 (n, len(FEATURES)) → float64 (n,): trees give what a place is worth.
        examples: pairs learnt from.
    """

    method: str
    score: Callable[[NDArray[np.float32]], NDArray[np.float64]]
    examples: int


@dataclass(frozen=True, slots=True, eq=False)
class World:
    """All that a question is answered from.

    Attributes:
        visible: visits that may be looked at.
        known: of the items.
        pool: customers to compare with.
        marks: what the shop says of items.
        today: the day of asking, None to ask each customer on the day of their last visible visit.
    """

    visible: Visits
    known: Knowledge
    pool: Pool
    marks: Marks
    today: int | None = None

    def pairs(self, block: Visits, numbers: NDArray[np.int64]) -> Pairs:
        """Candidates and features of some customers."""
        day = np.full(len(numbers), -1 if self.today is None else self.today, dtype=np.int64)
        if self.today is None and block.timed:
            some = block.counts > 0
            day[some] = block.day[block.start[1:][some] - 1]
        return pairs(block, numbers, day, self.known, self.pool, self.marks)

    @property
    def block(self) -> int:
        """Customers at a time, so that memory stays flat."""
        return int(np.clip(_BLOCK_CELLS // max(self.visible.n_items, 1), 50, 1_000))


def world(visible: Visits, marks: Marks, *, today: int | None = None, threads: int = 0) -> World:
    """Learn of items and customers from visible visits."""
    return World(visible, knowledge(visible, threads=threads), pool_of(visible), marks, today)


def learn(
    visits: Visits,
    marks: Marks,
    learning: Learning,
    *,
    threads: int = 0,
    trees: bool | None = None,
    progress: Progress = lambda _stage, _share: None,
) -> Ranker:
    """Learn to rank from past snapshots.

    Args:
        visits: all that may be learnt from.
        marks: of the items.
        learning: every choice.
        threads: 0 = all cores; the ranker does not depend on it.
        trees: False for the blend; None for trees where LightGBM is installed and there is enough to learn from.
        progress: hears of each snapshot.
    """
    if trees is None:
        trees = find_spec("lightgbm") is not None
    if not trees:
        return blend()
    random = np.random.default_rng(learning.seed)
    seen: list[Examples] = []
    moments = snapshots(visits, learning.snapshots, learning.share, learning.questions, learning.seed)
    for at, moment in enumerate(moments):
        progress("picks", at / (learning.snapshots + 1))
        seen += _examples(moment, marks, learning.negatives, random, threads)
    if sum(int((some.worth > 0).sum()) for some in seen) < _POSITIVES_BEFORE_TREES:
        return blend()
    progress("picks", learning.snapshots / (learning.snapshots + 1))
    score = boost(
        seen,
        negatives=learning.negatives,
        forests=learning.forests,
        trees=learning.trees,
        leaves=learning.leaves,
        rate=learning.rate,
        seed=learning.seed,
    )
    return Ranker("lightgbm", score, sum(len(some.worth) for some in seen))


def _examples(
    moment: Snapshot, marks: Marks, negatives: float, random: np.random.Generator, threads: int
) -> list[Examples]:
    here = world(moment.visible, marks, threads=threads)
    n, result = moment.visible.n_items, []
    gain = worth(np.bincount(moment.answer // n, minlength=len(moment.asked)))
    for low, block in blocks(moment.visible, moment.asked, here.block):
        found = here.pairs(block, moment.asked[low : low + block.n_customers])
        asked = found.customer + low
        hit = np.isin(asked * n + found.item, moment.answer)
        kept = hit | (random.random(len(hit)) < negatives)
        result.append(Examples(found.matrix[kept], np.where(hit, gain[asked], 0)[kept].astype(np.float32)))
    return result


def blend() -> Ranker:
    """The fixed blend."""
    places = [FEATURES.index(name) for name in BLENDED]
    weights = np.array(list(BLENDED.values()))

    def score(matrix: NDArray[np.float32]) -> NDArray[np.float64]:
        return np.asarray(np.nan_to_num(matrix[:, places]) @ weights, dtype=np.float64)

    return Ranker("blend", score, 0)
