"""What is known of a step from an item to a dearer one, as numbers a linear model can weigh."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from training.records import Orders
from training.upsell.affinity import alike, buyer_space
from training.upsell.purchases import Purchases, Steps
from training.upsell.successions import Counts, count_steps, lines
from training.upsell.units import Packs
from training.upsell.wording import wording

_HALF_LIVES = (0.02, 0.1, 0.3)
"""Of popularity and of new buyers, as shares of the orders looked at: this week, this month, this season of a year."""

_NEAR = 0.15
"""Log price ratio up to which a step counts as small."""


@dataclass(frozen=True, slots=True, eq=False)
class Goods:
    """What the shop says of its items; each column has n_items entries.

    Attributes:
        price: int64, ten-thousandths, 0 or below where unknown.
        group: int64, items of different groups are never substitutes.
        brand: int64, equal numbers for equal brands, -1 where unknown.
        packs: amounts and units.
        words: csr_array (n_items, n_words), titles by `word_vectors`.
    """

    price: NDArray[np.int64]
    group: NDArray[np.int64]
    brand: NDArray[np.int64]
    packs: Packs
    words: sp.csr_array


@dataclass(frozen=True, slots=True, eq=False)
class Known:
    """What orders up to some moment say of items and steps; columns have n_items or n_steps entries.

    Attributes:
        popular: log decayed orders, one column per half-life.
        fresh: log decayed first-time buyers, likewise.
        again: share of buyers that came back, shrunk.
        owners: buyers.
        customers: how many there are.
        space: float32 (n_items, d), see `buyer_space`.
        counts: of the steps.
        left: customers who took any step up from the item.
        reached: customers' steps that led to the item.
        siblings: buyers of all items that a step leads to from this one.
    """

    popular: list[NDArray[np.float64]]
    fresh: list[NDArray[np.float64]]
    again: NDArray[np.float64]
    owners: NDArray[np.float64]
    customers: int
    space: NDArray[np.float32]
    counts: Counts
    left: NDArray[np.float64]
    reached: NDArray[np.float64]
    siblings: NDArray[np.float64]


def learn(
    bought: Purchases, orders: Orders, item_map: NDArray[np.int32], group: NDArray[np.int64], steps: Steps
) -> Known:
    """Look at the first `bought.orders` orders."""
    n, now = steps.n_items, max(bought.orders, 1)
    order, item = lines(orders, item_map, bought.orders, n)
    owners = np.bincount(bought.item, minlength=n).astype(np.float64)
    counts = count_steps(bought, orders, item_map, group, steps)

    def decayed(items: NDArray[np.int64], at: NDArray[np.int64], half_life: float) -> NDArray[np.float64]:
        weight = np.power(0.5, (now - at) / (half_life * now))
        return np.asarray(np.log(np.bincount(items, weights=weight, minlength=n) + 0.3))

    return Known(
        popular=[decayed(item, order, h) for h in _HALF_LIVES],
        fresh=[decayed(bought.item, bought.first, h) for h in _HALF_LIVES[1:]],
        again=(np.bincount(bought.item, weights=bought.count > 1, minlength=n) + 1) / (owners + 4),
        owners=owners,
        customers=bought.customers,
        space=buyer_space(bought, n),
        counts=counts,
        left=np.bincount(steps.item, weights=counts.later, minlength=n).astype(np.float64),
        reached=np.bincount(steps.better, weights=counts.later, minlength=n).astype(np.float64),
        siblings=np.bincount(steps.item, weights=owners[steps.better], minlength=n).astype(np.float64),
    )


def features(known: Known, goods: Goods, steps: Steps, part: NDArray[np.int64]) -> NDArray[np.float64]:
    """The feature matrix (len(part), n_features) of some steps.

    How well the better item sells, to whom it is new, how many customers and baskets hold both and how many moved up,
    each beside what independence would give; how alike buyers, words, brands and packs are; the price ratio.
    """
    one, other = steps.item[part], steps.better[part]
    near, fresh = alike(known.space, one, other), known.fresh[-1][other]
    busy = np.log1p(known.owners)[one]
    return np.column_stack(
        [
            *(column[other] for column in (*known.popular, *known.fresh, known.again)),
            fresh**2,
            near,
            # What the buyers of both have in common says more where either has many.
            near * fresh,
            near * busy,
            fresh * busy,
            *_evidence(known, one, other, part),
            *_likeness(goods, one, other),
        ]
    )


def _evidence(
    known: Known, one: NDArray[np.int64], other: NDArray[np.int64], part: NDArray[np.int64]
) -> list[NDArray[np.float64]]:
    both, later, beside = (c[part] for c in (known.counts.both, known.counts.later, known.counts.beside))
    have, others = known.owners[one], known.owners[other]
    chance = have * others / max(known.customers, 1)
    moved = known.left[one] * known.reached[other] / max(float(known.left.sum()), 1.0)
    # Among the steps up from one item, the better one's share of buyers: what to believe where pairs are rare.
    share = others / np.maximum(known.siblings[one], 1)
    return [
        np.log((both + 3) / (chance + 3)),
        np.log((both + 0.5) / (have + 5)),
        np.log((later + 2) / (moved + 2)),
        np.log((beside + 1) / (both + 2)),
        np.log1p(-np.minimum(both / (have + 1), 0.95)),
        *(np.log(both + k * share + 0.01) for k in (40, 160)),
        np.log(later + 40 * share + 0.01),
    ]


def _likeness(goods: Goods, one: NDArray[np.int64], other: NDArray[np.int64]) -> list[NDArray[np.float64]]:
    packs = goods.packs
    ratio = np.log(goods.price[other] / goods.price[one])
    known = (packs.unit[one] >= 0) & (packs.unit[one] == packs.unit[other])
    sizes = np.where(known, packs.amount[other], 1) / np.where(known, packs.amount[one], 1)
    bigger = np.clip(np.log(sizes), -2.5, 2.5)
    brand = (goods.brand[one] == goods.brand[other]) & (goods.brand[one] >= 0)
    return [
        ratio,
        np.maximum(ratio - _NEAR, 0),
        wording(goods.words, one, other),
        known.astype(np.float64),
        np.maximum(bigger, 0),
        np.maximum(-bigger, 0),
        (known & (np.abs(bigger) < 0.02)).astype(np.float64),
        brand.astype(np.float64),
    ]
