"""All steps up that our model knows, with their acceptance: every way to rank them is one look away."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.cards import Assortment
from training.evaluation.trade_ups import Past, Scores
from training.pipeline import learn_upsells
from training.settings import TrainSettings
from training.upsell.purchases import Steps
from training.upsell.value import values


@dataclass(frozen=True, slots=True)
class Way:
    """A way to rank steps.

    Attributes:
        power: of the gain, 0–1.
        margin: the gain is in margin, otherwise in price.
    """

    power: float
    margin: bool = False

    @property
    def name(self) -> str:
        """As tables have it."""
        return f"recsvc, {'margin' if self.margin else 'gain'}^{self.power:g}"


@dataclass(frozen=True, slots=True, eq=False)
class Learnt:
    """The steps of items bought in the past, numbered as in its orders.

    Attributes:
        past: what they were learnt from.
        steps: n_steps, by item, then better.
        accepted: float64 (n_steps,), p.
        lost: share of sales lost by showing something twice as dear.
    """

    past: Past
    steps: Steps
    accepted: NDArray[np.float64]
    lost: float

    def values(self, way: Way) -> NDArray[np.float64]:
        """What each step is ranked by; -inf where it is not worth showing."""
        one, other = self.steps.item, self.steps.better
        price, margin = self.past.price, self.past.margin
        worth = None if margin is None or not way.margin else (margin[one], margin[other])
        return values(self.accepted, (price[one], price[other]), worth, self.lost, way.power)

    def scores(self, way: Way) -> Scores:
        """The same per item; -inf for what is not listed."""
        value, better = self.values(way), self.steps.better
        start = np.searchsorted(self.steps.item, np.arange(self.steps.n_items + 1))

        def score(item: int, others: NDArray[np.int64]) -> NDArray[np.float64]:
            row = slice(start[item], start[item + 1])
            place = np.minimum(np.searchsorted(better[row], others), max(row.stop - row.start - 1, 0))
            if row.start == row.stop:
                return np.full(len(others), -np.inf)
            return np.where(better[row][place] == others, value[row][place], -np.inf)

        return score


def learn(past: Past, shelf: Assortment, settings: TrainSettings) -> Learnt:
    """Learn from the past as training does, but keep every step and its plain acceptance."""
    everything = dataclasses.replace(settings, upgrades=1000, upsell_gain_power=0.0, upsell_lost=0.0, upsell_margin=0)
    vectors = learn_upsells(past.orders, shelf, everything)
    here = np.full(len(shelf.items), -1, dtype=np.int64)
    here[shelf.bought] = np.arange(len(shelf.bought))
    item = here[np.repeat(np.arange(vectors.n_items), np.diff(vectors.indptr))]
    better = here[vectors.item]
    kept = np.flatnonzero((item >= 0) & (better >= 0))
    order = kept[np.lexsort((better[kept], item[kept]))]
    steps = Steps(item[order], better[order], len(shelf.bought))
    return Learnt(past, steps, vectors.score[order].astype(np.float64), settings.upsell_lost)
