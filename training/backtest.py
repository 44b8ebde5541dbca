"""A shop's own past, cut at several moments: what settings would have answered to what came next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from models.records import ItemVectors
from training.accounts import shoppers
from training.baskets import basket_matrix, families
from training.cards import assortment
from training.complements import Counted, Evidence, counted, smoothed
from training.evaluation.answers import Blend, answers
from training.evaluation.metrics import accuracy
from training.evaluation.peers import bought
from training.evaluation.queries import KINDS, Kind, Queries, draw
from training.evaluation.split import cut, first
from training.evidence import Trade, cart_vectors_of, evidence_of, smoothing_of, trade_of
from training.popularity import variants
from training.records import Catalogue, Orders
from training.settings import TrainSettings

CUTS = (0.7, 0.8, 0.9)
"""Shares of all baskets to learn from; the next tenth asks. Several, so that a Christmas does not decide."""
_PAGE_LIST = 50
"""Companions that a page's list is cut to while only its first ten places are looked at."""
_COUNTED = ("size_discount", "half_life_share", "anchor_window", "min_support", "support_days")
_PAGES = (
    *_COUNTED,
    "popular_half_life_share",
    "trend",
    "trend_half_life_share",
    "cross_sell_objective",
    "discount",
    "category_prior",
    "popular_prior",
    "neighbours",
)
_CARTS = (
    "cross_sell_objective",
    "size_discount",
    "half_life_share",
    "min_support",
    "support_days",
    "cart_neighbourhood",
    "cart_ridge",
    "cart_min_baskets",
)


@dataclass(slots=True, eq=False)
class Window:
    """One cut: what came before it, and the questions of the tenth after it.

    What was learnt last is kept by the settings that it depends on: the next configuration mostly differs in one.

    Attributes:
        trade: the past.
        questions: per kind.
        popular: int64 (n_items,), what fills lists.
        threads: for the co-occurrence.
    """

    trade: Trade
    questions: Mapping[Kind, Queries]
    popular: NDArray[np.int64]
    threads: int
    _kept: dict[str, tuple[tuple[object, ...], object]] = field(default_factory=dict)

    def page(self, settings: TrainSettings) -> float:
        """nDCG@10 of product pages."""
        return self._ndcg("page", self.pages(settings), None, settings)

    def pages(self, settings: TrainSettings) -> ItemVectors:
        """The lists of the pages that are asked about, the others' empty."""
        asked = self.questions["page"]
        wanted = np.zeros(len(self.popular), dtype=np.bool_)
        wanted[asked.given.indices] = True
        evidence, found = self._counted(settings, _PAGE_LIST)
        return smoothed(evidence, found, _PAGE_LIST, smoothing_of(settings), wanted)

    def carts(self, settings: TrainSettings) -> tuple[float, float]:
        """nDCG@10 of full and of growing carts."""
        cross_sell, cart = self._pages(settings), self._carts(settings)
        return self._ndcg("cart", cross_sell, cart, settings), self._ndcg("growing", cross_sell, cart, settings)

    def _ndcg(self, kind: Kind, pages: ItemVectors, cart: ItemVectors | None, settings: TrainSettings) -> float:
        asked = self.questions[kind]
        if not len(asked):
            return 0.0
        blend = Blend(settings.cart_blend, settings.cart_blend_fall, settings.cart_power)
        lists = answers(pages, cart, blend, self.popular)(asked.given)
        return float(accuracy(lists, asked.sought)[:, 0].mean())

    def _counted(self, settings: TrainSettings, k: int) -> tuple[Evidence, Counted]:
        """Counts, which few settings touch; what is popular is weighed anew."""
        evidence = evidence_of(self.trade, settings)
        key = (k, *(getattr(settings, name) for name in _COUNTED))
        known = self._kept.get("counted")
        if known is not None and known[0] == key and isinstance(known[1], Counted):
            return evidence, known[1]
        found = counted(evidence, k, min_support=settings.min_support, threads=self.threads)
        self._kept["counted"] = key, found
        return evidence, found

    def _pages(self, settings: TrainSettings) -> ItemVectors:
        key = tuple(getattr(settings, name) for name in _PAGES)
        known = self._kept.get("pages")
        if known is not None and known[0] == key and isinstance(known[1], ItemVectors):
            return known[1]
        evidence, found = self._counted(settings, settings.neighbours)
        lists = smoothed(evidence, found, settings.neighbours, smoothing_of(settings))
        self._kept["pages"] = key, lists
        return lists

    def _carts(self, settings: TrainSettings) -> ItemVectors | None:
        if not settings.cart_neighbourhood:
            return None
        key = tuple(getattr(settings, name) for name in _CARTS)
        known = self._kept.get("carts")
        if known is not None and known[0] == key and isinstance(known[1], ItemVectors):
            return known[1]
        lists = cart_vectors_of(evidence_of(self.trade, settings), settings)
        self._kept["carts"] = key, lists
        return lists


def windows(
    orders: Orders,
    catalogue: Catalogue | None,
    settings: TrainSettings,
    *,
    questions: int,
    cuts: Sequence[float] = CUTS,
    seed: int = 2,
    threads: int = 0,
) -> list[Window]:
    """One window per cut that has questions of every kind; none for a shop that is too small to ask any.

    Args:
        orders: all orders.
        catalogue: what the shop says of its items, or None.
        settings: who counts as a robot.
        questions: of each kind and window at most.
        cuts: shares of all baskets.
        seed: of the questions.
        threads: 0 = all cores.
    """
    learnt = shoppers(orders, settings.robot_factor).orders
    shelf = assortment(orders, catalogue)
    family = families(shelf.family)
    baskets = basket_matrix(learnt, shelf.bought, family)
    found: list[Window] = []
    for share in cuts:
        low, high = cut(learnt.n_orders, share), cut(learnt.n_orders, share + 0.1)
        past = baskets[:low]
        sold = bought(past)
        asked = {kind: draw(baskets[low:high], sold > 0, kind, questions, seed) for kind in KINDS}
        if not all(len(queries) for queries in asked.values()):
            continue
        before = first(learnt, low)
        recent = np.bincount(shelf.bought[before.item], minlength=len(shelf.items)).astype(np.float64)
        by_family = variants(recent, family.of_item, family.count)
        leader = by_family.item[by_family.indptr[:-1]]
        trade = trade_of(shoppers(before, 0), past, shelf, leader)
        found.append(Window(trade, asked, sold, threads))
    return found
