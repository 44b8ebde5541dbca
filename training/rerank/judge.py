"""Whether re-ranking pays in this shop: learnt on past moments, judged on later ones that it has not seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec

import numpy as np

from training.rerank.labels import earned
from training.rerank.ranker import Ranker, learn
from training.rerank.snapshots import Snapshot

GUARD = 0.005
"""Relative gain in nDCG@10, in the mean over the moments judged, that it must exceed."""
SURE = 2.0
"""Standard errors that it must lie above 0: what chance gains is no gain."""
_JUDGED = 2
_FEWEST = 200
"""Pairs that were bought later, below which nothing is learnt."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the past says.

    Attributes:
        gains: relative gain in nDCG@10 of product pages in each moment judged, oldest first; none where there was too
            little to learn from.
        error: standard error of their mean, anchors taken as independent.
        pays: whether the mean is enough.
    """

    gains: tuple[float, ...]
    error: float
    pays: bool


NOTHING = Judgement((), 0.0, pays=False)


def judged(moments: Sequence[Snapshot]) -> Judgement:
    """Judge the last two moments, each by what those before it teach; too few moments or pairs do not pay."""
    found: list[tuple[float, float]] = []
    for last in range(len(moments) - _JUDGED, len(moments)):
        if last < 1 or not learnable(moments[:last]):
            return NOTHING
        found.append(gain(learn(moments[:last]), moments[last]))
    gains, errors = zip(*found, strict=True)
    mean, error = sum(gains) / _JUDGED, float(np.hypot(*errors)) / _JUDGED
    return Judgement(gains, error, bool(mean > GUARD and mean > SURE * error))


def learnable(moments: Sequence[Snapshot]) -> bool:
    """Whether there is LightGBM, and enough to learn from."""
    bought = sum(int((moment.share > 0).sum()) for moment in moments)
    return bought >= _FEWEST and find_spec("lightgbm") is not None


def gain(ranker: Ranker, moment: Snapshot) -> tuple[float, float]:
    """Relative gain in nDCG@10 of a moment's pages over the plain lists, and its standard error; 0 where those miss."""
    plain = moment.pairs.plain
    before = earned(moment.pairs, moment.share, moment.weight, plain)
    more = earned(moment.pairs, moment.share, moment.weight, ranker(moment.matrix, plain)) - before
    total = float(before.sum())
    if total <= 0:
        return 0.0, 0.0
    return float(more.sum()) / total, float(np.sqrt((more**2).sum())) / total
