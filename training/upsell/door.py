"""Upsell vectors: which dearer item of the same kind the buyers of an item take next, learnt from their orders."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.records import ItemVectors
from training.records import Orders
from training.upgrades import upgrades
from training.upsell.acceptance import fit_choice, step_rate
from training.upsell.features import Goods, features, learn
from training.upsell.purchases import Steps, purchases
from training.upsell.successions import count_steps, trade_ups
from training.upsell.units import packs
from training.upsell.value import best_steps
from training.upsell.wording import same_kind, word_vectors

_PAST = 0.9
"""Weights are learnt on what followed after this share of the orders."""

_POOL = 100
"""Dearer siblings of an item that are looked at: those that sell most."""

_PENALTY = 30.0

_PART = 300_000
"""Steps whose features are held at once: 80 MB."""


@dataclass(frozen=True, slots=True)
class Ladder:
    """The choices of a shop.

    Attributes:
        k: entries per vector.
        min_ratio, max_ratio: least and largest price ratio of a step.
        same_kind: cosine from which titles name the same kind of thing where the shop names no category.
        min_trade_ups: trade-ups seen before weights are learnt from them; below it popularity decides.
        lost, power: as `best_steps` has them.
    """

    k: int
    min_ratio: float
    max_ratio: float
    same_kind: float
    min_trade_ups: int
    lost: float
    power: float


@dataclass(frozen=True, slots=True, eq=False)
class Said:
    """What is said of each of n_items.

    Attributes:
        titles: texts, empty where unknown.
        brand: int64, -1 where unknown.
        category: int32, -1 for none.
        price: int64, ten-thousandths, 0 or below where unknown.
        recent: float64, what sells now.
        worth: int64, what a sale brings, ten-thousandths; None for the price.
    """

    titles: Sequence[str]
    brand: NDArray[np.int64]
    category: NDArray[np.int32]
    price: NDArray[np.int64]
    recent: NDArray[np.float64]
    worth: NDArray[np.int64] | None = None


def upsells(orders: Orders, item_map: NDArray[np.int32], said: Said, ladder: Ladder) -> ItemVectors:
    """For every item the K dearer items of its kind that are most worth showing.

    `score` is the value of `training.upsell.value`, comparable between items; `together` counts the customers who
    bought the item and later chose the better one. Where customers are too few to learn from, `score` is what sells
    now; without times nothing is known to be later, and `together` is 0. Items of unknown price, and those with
    nothing dearer of their kind that sells, have no upsell.

    Args:
        orders: by time.
        item_map: int32 (len(orders.items),), number of each bought item.
        said: of n_items.
        ladder: the choices.
    """
    steps = dearer(said, ladder)
    n, until = steps.n_items, int(orders.n_orders * _PAST)
    group = np.where(said.category >= 0, said.category, said.category.max(initial=-1) + 1).astype(np.int64)
    past, whole = (purchases(orders, item_map, n, end) for end in (until, orders.n_orders))
    taken = trade_ups(past, whole, group, steps) if orders.timed else np.zeros(len(steps.item))
    if taken.sum() < ladder.min_trade_ups:
        later = count_steps(whole, orders, item_map, group, steps).later if orders.timed else np.zeros(len(steps.item))
        return best_steps(steps, said.recent[steps.better], later, said.price, ladder.k, 0.0, 0.0, said.worth)
    goods = Goods(said.price, group, said.brand, packs(said.titles), word_vectors(said.titles))
    known = learn(past, orders, item_map, group, steps)
    asked = np.flatnonzero((np.bincount(steps.item, weights=taken, minlength=n) > 0)[steps.item])
    choice = fit_choice(features(known, goods, steps, asked), steps.item[asked], taken[asked], _PENALTY)
    rate = step_rate(taken, steps.item, np.bincount(past.item, minlength=n), group)
    known = learn(whole, orders, item_map, group, steps)
    accepted = [
        rate[steps.item[part]] * choice.shares(features(known, goods, steps, part), steps.item[part])
        for part in _parts(steps)
    ]
    return best_steps(
        steps, np.concatenate(accepted), known.counts.later, said.price, ladder.k, ladder.lost, ladder.power, said.worth
    )


def _parts(steps: Steps) -> list[NDArray[np.int64]]:
    """The steps in parts that leave those of an item together and fit into memory."""
    starts = np.flatnonzero(np.diff(steps.item, prepend=-1))
    cuts = starts[np.searchsorted(starts, np.arange(_PART, len(steps.item), _PART)).clip(max=len(starts) - 1)]
    return np.split(np.arange(len(steps.item)), np.unique(cuts))


def dearer(said: Said, ladder: Ladder) -> Steps:
    """Steps to dearer items of the category, or, for items without one, to those whose titles name the same kind."""
    n = len(said.price)
    pool = upgrades(
        said.price,
        said.recent,
        said.category,
        np.arange(n, dtype=np.int32),
        _POOL,
        ladder.min_ratio,
        ladder.max_ratio,
    )
    item, better = np.repeat(np.arange(n), np.diff(pool.indptr)), pool.item.astype(np.int64)
    loose = np.flatnonzero(
        (said.category < 0) & (said.price > 0) & np.array([bool(t) for t in said.titles], dtype=bool)
    )
    if len(loose):
        one, other = same_kind([said.titles[i] for i in loose.tolist()], said.price[loose], ladder.same_kind)
        one, other = loose[one], loose[other]
        ratio = said.price[other] / said.price[one]
        fits = (ratio >= ladder.min_ratio) & (ratio <= ladder.max_ratio) & (said.recent[other] > 0)
        item, better = np.concatenate([item, one[fits]]), np.concatenate([better, other[fits]])
    order = np.lexsort((better, item))
    return Steps(item[order].astype(np.int64), better[order], n)
