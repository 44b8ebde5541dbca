"""The door of the next basket: orders in, a list per customer out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.customers import Next
from training.baskets import Families
from training.next_basket.features import Marks
from training.next_basket.lists import lists
from training.next_basket.ranker import Learning, learn, world
from training.next_basket.visits import visits_of
from training.records import Orders


@dataclass(frozen=True, slots=True, eq=False)
class Range:
    """What is sold, as products: variants of one family are one product.

    Attributes:
        bought: int32 (len(orders.items),), index of each bought item among all items.
        family: the product of each item.
        leader: int32 (family.count,), the item that stands for a product nobody bought a variant of.
        category: int32 (family.count,), -1 for none.
        price: float64 (family.count,), nan where unknown.
        kind: int32 (family.count,), of alike titles, -1 for none.
    """

    bought: NDArray[np.int32]
    family: Families
    leader: NDArray[np.int32]
    category: NDArray[np.int32]
    price: NDArray[np.float64]
    kind: NDArray[np.int32]


def next_of(
    orders: Orders,
    sold: Range,
    length: int,
    learning: Learning,
    *,
    threads: int = 0,
    progress: Callable[[str, float], None] = lambda _stage, _share: None,
) -> tuple[Next, str]:
    """For every customer the items likeliest to be in the next order, and how they were ranked.

    Products are ranked; a customer who bought a variant gets the one bought last. Popularity is that of the last day in
    the orders, whenever the customer came last. Memory is that of the lists and of some hundred customers at a time.

    Args:
        orders: all orders; guests teach nothing here.
        sold: the products.
        length: items per list at most; 0 learns nothing.
        learning: of the ranker.
        threads: 0 = all cores; the lists do not depend on it.
        progress: hears of each stage.

    Returns:
        Rows by score down, then product up, and `lightgbm`, `blend`, or `none` where nothing was learnt.
    """
    n_customers = len(orders.customers)
    visits = visits_of(orders, sold.family.of_item[sold.bought], sold.family.count)
    if not length or not len(visits.day):
        return Next.nothing(n_customers), "none"
    marks = Marks(sold.category, sold.price, sold.kind)
    ranker = learn(visits, marks, learning, threads=threads, progress=progress)
    today = int(visits.day.max()) if visits.timed else None
    here = world(visits, marks, today=today, threads=threads)
    own = _Variants.of(orders, sold)
    rows = np.zeros(n_customers, dtype=np.int64)
    items, scores, whys = [], [], []
    customers = np.arange(n_customers, dtype=np.int64)
    for found in lists(here, ranker, customers, length):
        progress("next", found.first / n_customers)
        counts = np.diff(found.indptr)
        rows[found.first : found.first + len(counts)] = counts
        customer = np.repeat(np.arange(found.first, found.first + len(counts)), counts)
        items.append(own.item(customer, found.item, sold.leader))
        scores.append(_halves(found.score))
        whys.append(found.why)
    return (
        Next(
            indptr=np.concatenate([[0], np.cumsum(rows)]).astype(np.int64),
            item=np.concatenate(items),
            score=np.concatenate(scores),
            why=np.concatenate(whys),
        ),
        ranker.method,
    )


def _halves(score: NDArray[np.float32]) -> NDArray[np.float16]:
    return np.clip(score, -65_504, 65_504).astype(np.float16)


@dataclass(frozen=True, slots=True, eq=False)
class _Variants:
    """Which variant each customer bought last.

    Attributes:
        key: int64 (n,), sorted `customer · n_families + family`.
        variant: int32 (n,).
        n_families: families in all.
    """

    key: NDArray[np.int64]
    variant: NDArray[np.int32]
    n_families: int

    @classmethod
    def of(cls, orders: Orders, sold: Range) -> _Variants:
        """Of two variants in one order the first counts; families of one item need no entry."""
        members = np.bincount(sold.family.of_item, minlength=sold.family.count)
        customer = np.repeat(orders.customer, np.diff(orders.indptr)).astype(np.int64)
        item = sold.bought[orders.item]
        kept = np.flatnonzero((customer >= 0) & (members[sold.family.of_item[item]] > 1))
        newest = kept[::-1]
        order = np.repeat(np.arange(orders.n_orders), np.diff(orders.indptr))
        newest = newest[np.lexsort((item[newest], -order[newest]))]
        key = customer[newest] * sold.family.count + sold.family.of_item[item[newest]]
        key, first = np.unique(key, return_index=True)
        return cls(key, item[newest][first], sold.family.count)

    def item(
        self, customer: NDArray[np.int64], family: NDArray[np.int32], leader: NDArray[np.int32]
    ) -> NDArray[np.int32]:
        """The item to show for each (customer, family)."""
        if not len(self.key):
            return leader[family]
        key = customer * self.n_families + family
        place = np.minimum(np.searchsorted(self.key, key), len(self.key) - 1)
        return np.where(self.key[place] == key, self.variant[place], leader[family]).astype(np.int32)
