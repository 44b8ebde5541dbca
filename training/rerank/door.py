"""The door: plain cross-sell lists in, re-ranked lists out, and a word on whether and why."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.records import ItemVectors
from training.complements import Evidence
from training.cooccurrence.rows import Pairs, best
from training.evidence import Trade
from training.reach import pushed
from training.rerank.features import Candidates, Known, features
from training.rerank.judge import judged, learnable
from training.rerank.ranker import Ranker, learn
from training.rerank.snapshots import CUTS, Goods, Snapshot, candidates, known_of, snapshot
from training.settings import TrainSettings

CANDIDATES = 50
"""Places of a plain list that are ranked anew; those below keep their order."""
_ANCHORS = 20_000
"""Items whose lists are ranked anew, those sold most: it bounds time."""
_STEP = 2_000
_BASKETS = 1_000
"""Baskets of several items, with fewer of which no past is looked back on."""
_LINES = 10_000_000
"""Order lines, with more of which only `rerank` 2 looks back: a moment costs about what plain lists do."""

Progress = Callable[[str, float], None]

OFF, AUTO, ON = 0, 1, 2
"""Values of the setting `rerank`."""


@dataclass(frozen=True, slots=True, eq=False)
class Reranked:
    """Lists, and how they came about.

    Attributes:
        lists: as many entries per row as before, or fewer where an item's reach is bounded.
        told: for the manifest: `{"kept": …, "gains": […], "error": …}`, of `judge.Judgement`; gains alone where
            nothing was looked back on.
    """

    lists: ItemVectors
    told: dict[str, object]


def reranked(
    lists: ItemVectors,
    goods: Callable[[], Goods],
    trade: Trade,
    evidence: Evidence,
    leader: NDArray[np.integer],
    settings: TrainSettings,
    *,
    threads: int = 0,
    progress: Progress = lambda _stage, _share: None,
) -> Reranked:
    """Rank the plain lists anew where the shop's past says that it pays (`rerank` 1), or in any case (2).

    Args:
        lists: of `complements`, by what a place brings.
        goods: gives all orders, where they are looked back on.
        trade: what they tell.
        evidence: as the plain model weighed it.
        leader: int (n_families,), the item that speaks for each family.
        settings: of the trainer.
        threads: for the co-occurrence, 0 = all cores.
        progress: hears of each past moment.
    """
    if not _asked(trade, settings):
        return Reranked(lists, {"kept": False, "gains": []})
    # What is likely is learnt from orders; what it is worth comes on top.
    likely = dataclasses.replace(settings, cross_sell_objective=0)
    whole, moments = goods(), list[Snapshot]()
    for at, cut in enumerate(CUTS):
        progress("rerank", at / (len(CUTS) + 2))
        moment = snapshot(whole, cut, likely, CANDIDATES, settings.rerank_anchors, threads=threads)
        moments += [] if moment is None else [moment]
    progress("rerank", len(CUTS) / (len(CUTS) + 2))
    judgement = judged(moments)
    told: dict[str, object] = {
        "kept": False,
        "gains": [round(gain, 5) for gain in judgement.gains],
        "error": round(judgement.error, 5),
    }
    if not (judgement.pays or (settings.rerank == ON and learnable(moments))):
        return Reranked(lists, told)
    known = known_of(whole, trade, whole.orders.n_orders, leader, settings)
    anew = rescored(lists, known, learn(moments), evidence.worth)
    return Reranked(within_reach(anew, evidence.buyers), told | {"kept": True})


def _asked(trade: Trade, settings: TrainSettings) -> bool:
    """Whether the past is looked back on at all."""
    several = int((np.diff(trade.baskets.indptr) > 1).sum())
    bearable = settings.rerank == ON or trade.baskets.nnz <= _LINES
    return settings.rerank != OFF and settings.rerank_anchors > 0 and several >= _BASKETS and bearable


def remark(told: object) -> str:
    """What was found, in a sentence; empty where nothing was looked back on.

    Args:
        told: of `Reranked`, as a version's settings have it.
    """
    if not isinstance(told, dict) or not told.get("gains"):
        return ""
    found = ", ".join(f"{100 * gain:+.1f} %" for gain in told["gains"])
    what = "ranked anew" if told.get("kept") else "stay as counted"
    return f"cross-sell lists {what}: trees gained {found} in nDCG@10 on the last past moments"


def rescored(lists: ItemVectors, known: Known, ranker: Ranker, worth: NDArray[np.float64] | None) -> ItemVectors:
    """The first places of the lists of items sold by the ranker's probability times worth, the others below them.

    Args:
        lists: n_items rows, scores are probabilities times worth.
        known: of the items.
        ranker: that was learnt.
        worth: float64 (n_items,), > 0 for whatever is listed; None: 1.
    """
    sold = np.diff(known.sales.turned.indptr)
    busiest = np.lexsort((np.arange(len(sold)), -sold))[:_ANCHORS]
    anchors = np.sort(busiest[sold[busiest] > 0])
    value = np.ones(lists.n_items) if worth is None else worth
    score = lists.score.astype(np.float64)
    for start in range(0, len(anchors), _STEP):
        some = anchors[start : start + _STEP]
        entry, pairs = _by_chance(candidates(lists, some, CANDIDATES), lists.indptr, value)
        score[entry] = ranker(features(known, pairs), pairs.plain) * value[pairs.item]
    _lower_tails(score, lists.indptr, anchors)
    row = np.repeat(np.arange(lists.n_items), np.diff(lists.indptr))
    together = np.asarray(lists.together, dtype=np.uint32)
    return best(Pairs(row, lists.item, score.astype(np.float32), together), lists.n_items, lists.n_items)


def _by_chance(
    pairs: Candidates, starts: NDArray[np.integer], value: NDArray[np.float64]
) -> tuple[NDArray[np.int64], Candidates]:
    """Candidates with their probabilities alone, sorted by them, and where each stands in the lists."""
    row = np.repeat(np.arange(len(pairs.anchors)), np.diff(pairs.indptr))
    entry = starts[pairs.anchors][row] + np.arange(len(row)) - pairs.indptr[row]
    plain = pairs.plain / value[pairs.item]
    order = np.lexsort((pairs.item, -plain, row))
    return entry[order], Candidates(pairs.anchors, pairs.indptr, pairs.item[order], plain[order], pairs.vouched[order])


def _lower_tails(score: NDArray[np.float64], indptr: NDArray[np.integer], anchors: NDArray[np.integer]) -> None:
    """Scale the scores below the candidates of each row so that they stay below; in place."""
    for anchor in anchors.tolist():
        low, high = int(indptr[anchor]), int(indptr[anchor + 1])
        middle = low + CANDIDATES
        if middle < high:
            floor = score[low:middle].min()
            score[middle:high] *= min(floor / max(score[middle], 1e-30), 1.0) * (1 - 1e-6)


def within_reach(lists: ItemVectors, buyers: NDArray[np.int64] | None) -> ItemVectors:
    """`lists` without the entries by which an item stands on more of them than its equals do (`training.reach`)."""
    if buyers is None or not len(over := pushed(lists, buyers)):
        return lists
    kept = np.ones(len(lists.item), dtype=np.bool_)
    kept[over] = False
    row = np.repeat(np.arange(lists.n_items), np.diff(lists.indptr))[kept]
    indptr = np.concatenate([[0], np.cumsum(np.bincount(row, minlength=lists.n_items))]).astype(np.int64)
    return ItemVectors(indptr, lists.item[kept], lists.score[kept], lists.together[kept])
