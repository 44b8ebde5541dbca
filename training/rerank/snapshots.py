"""Past moments of the shop: what was known before each, and what its baskets held next."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from models.records import ItemVectors
from training.accounts import shoppers
from training.baskets import Families, basket_weights, decay
from training.cards import Assortment, median_paid
from training.complements import counted, smoothed
from training.evaluation.split import cut, first
from training.evidence import Trade, evidence_of, smoothing_of, trade_of
from training.popularity import popularity, variants
from training.records import Orders
from training.rerank.counts import AGES, sales_of
from training.rerank.features import Candidates, Known, features
from training.rerank.labels import anchors_of, gained, later
from training.rerank.likeness import places
from training.rerank.patrons import patrons
from training.rerank.words import title_words
from training.settings import TrainSettings

CUTS = (0.5, 0.6, 0.7, 0.8, 0.9)
"""Shares of all baskets to look back on; the next tenth answers."""


@dataclass(frozen=True, slots=True, eq=False)
class Goods:
    """What snapshots are cut from.

    Attributes:
        orders: all that may be learnt from.
        baskets: csr_array (n_orders, n_families), the same.
        shelf: what is said of items.
        family: of each item.
        words: csr_array (n_items, n_words), `title_words` of all items.
    """

    orders: Orders
    baskets: sp.csr_array
    shelf: Assortment
    family: Families
    words: sp.csr_array


@dataclass(frozen=True, slots=True, eq=False)
class Snapshot:
    """Pairs of one moment, and what became of them.

    Attributes:
        pairs: candidates of some items.
        matrix: float32 (n_pairs, n_features).
        share: float64 (n_pairs,), in [0, 1]: `labels`.
        weight: float64 (n_anchors,), Σ_b v_b of each item, those of items left out laid upon the ones drawn.
    """

    pairs: Candidates
    matrix: NDArray[np.float32]
    share: NDArray[np.float64]
    weight: NDArray[np.float64]


def goods_of(orders: Orders, baskets: sp.csr_array, shelf: Assortment, family: Families) -> Goods:
    """The record; titles are read into words."""
    return Goods(orders, baskets, shelf, family, title_words(shelf.titles))


def known_of(goods: Goods, trade: Trade, n_orders: int, leader: NDArray[np.integer], settings: TrainSettings) -> Known:
    """What is known after the first `n_orders` orders, of which `trade` tells; prices are those paid by then."""
    sizes = np.diff(trade.baskets.indptr)
    age = (trade.day[-1] - trade.day).astype(np.float64) if len(trade.day) else np.zeros(0)
    weight = trade.influence * basket_weights(sizes, np.ones(len(sizes)), settings.size_discount)
    several = sizes > 1
    unit = weight[several].mean() if several.any() else 1.0
    paid = median_paid(first(goods.orders, n_orders))
    price = np.full(len(goods.shelf.items), np.nan)
    price[goods.shelf.bought] = np.where(paid > 0, paid.astype(np.float64), np.nan)
    return Known(
        sales=sales_of(trade.baskets[several], weight[several] / unit, age[several]),
        popular=np.stack([popularity(trade.voted, weight * (age <= horizon)) for horizon in AGES]),
        category=trade.category,
        price=price[leader],
        words=goods.words[leader],
        places=places(trade.baskets[several], weight[several] * decay(trade.age[several], settings.half_life_share)),
        bought=patrons(trade.baskets, trade.account),
    )


def candidates(lists: ItemVectors, anchors: NDArray[np.integer], k: int) -> Candidates:
    """The first k of each anchor's plain list, with what the plain model says of them."""
    lengths = np.minimum(np.diff(lists.indptr)[anchors], k)
    indptr = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    entry = np.repeat(lists.indptr[anchors] - indptr[:-1], lengths) + np.arange(indptr[-1])
    return Candidates(
        np.asarray(anchors, dtype=np.int64),
        indptr,
        lists.item[entry],
        lists.score[entry].astype(np.float64),
        lists.together[entry] > 0,
    )


def drawn(mass: NDArray[np.float64], n: int, seed: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """About n of the anchors, heavy ones surely, and what each stands for: its mass over its chance, `max(mass, τ)`.

    Sums over those drawn are those over all, in the mean (threshold sampling: Duffield, Lund & Thorup, "Learn more,
    sample less", IEEE Transactions on Information Theory 2005).

    Args:
        mass: (n_anchors,) > 0.
        n: wanted.
        seed: of the draw.
    """
    if len(mass) <= n:
        return np.arange(len(mass)), mass
    falling = np.sort(mass)[::-1]
    rest = falling.sum() - np.concatenate([[0.0], np.cumsum(falling)])
    # The largest s so that s anchors are heavier than τ = rest[s] / (n - s), which the others share places by.
    sure = int(np.argmax(falling[:n] <= rest[:n] / (n - np.arange(n))))
    threshold = rest[sure] / (n - sure)
    chosen = np.flatnonzero(np.random.default_rng(seed).random(len(mass)) * threshold < mass)
    return chosen, np.maximum(mass[chosen], threshold)


def trade_before(goods: Goods, n_orders: int) -> tuple[Trade, NDArray[np.int32]]:
    """What the first `n_orders` orders tell, and the item that spoke for each family then."""
    before = first(goods.orders, n_orders)
    recent = np.bincount(goods.shelf.bought[before.item], minlength=len(goods.shelf.items)).astype(np.float64)
    by_family = variants(recent, goods.family.of_item, goods.family.count)
    leader = by_family.item[by_family.indptr[:-1]]
    return trade_of(shoppers(before, 0), goods.baskets[:n_orders], goods.shelf, leader), leader


def snapshot(
    goods: Goods, share: float, settings: TrainSettings, k: int, n_anchors: int, *, threads: int = 0
) -> Snapshot | None:
    """The moment after a share of the orders; None where the next tenth asks nothing.

    Args:
        goods: all that may be learnt from.
        share: of the orders, at most 0.9.
        settings: of the plain model.
        k: candidates per item.
        n_anchors: items at most.
        threads: for the co-occurrence, 0 = all cores.
    """
    low, high = cut(goods.orders.n_orders, share), cut(goods.orders.n_orders, share + 0.1)
    past = goods.baskets[:low]
    after = later(goods.baskets[low:high], np.bincount(past.indices, minlength=past.shape[1]) > 0)
    if not after.pages:
        return None
    asked, mass = anchors_of(after)
    chosen, weight = drawn(mass, n_anchors, seed=low)
    trade, leader = trade_before(goods, low)
    pairs = candidates(_plain(trade, settings, k, asked[chosen], threads), asked[chosen], k)
    row = np.repeat(chosen, np.diff(pairs.indptr))
    matrix = features(known_of(goods, trade, low, leader, settings), pairs)
    return Snapshot(pairs, matrix, gained(after, pairs) / mass[row], weight)


def _plain(trade: Trade, settings: TrainSettings, k: int, wanted: NDArray[np.integer], threads: int) -> ItemVectors:
    """The plain model's lists of some items; how far an item may reach is asked of the final lists alone."""
    evidence = evidence_of(trade, settings)
    some = np.zeros(trade.baskets.shape[1], dtype=np.bool_)
    some[wanted] = True
    found = counted(evidence, k, min_support=settings.min_support, threads=threads)
    return smoothed(evidence, found, k, smoothing_of(settings), some)
