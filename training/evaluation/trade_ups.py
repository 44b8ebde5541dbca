"""Questions about trading up: who had bought A and then, for the first time, chose the dearer B of its kind?

A question is a customer and the item A that they had bought last among the cheaper ones of a group; relevant is every
item B of the group, dearer by 5 to 200 %, that the customer then buys for the first time in the window. Prices come
from before the window. Orders do not show who considered A, so its earlier buyers stand in for them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.money import PRICE_SCALE
from training.records import Orders

LOW, HIGH = 1.05, 3.0
"""Price ratios of a trade-up."""

PLACES, SEEN = 5, 20
"""Places of a shelf; and down to which a first hit counts for MRR."""

MEASURES = ("hit_rate", "ndcg", "mrr", "revenue", "ratio", "margin")

Scores = Callable[[int, NDArray[np.int64]], NDArray[np.float64]]
"""An item and its dearer siblings → a score of each, -inf for one that is not shown."""

Questions = Mapping[tuple[int, int], set[int]]
"""(customer, item) → the items chosen."""


@dataclass(frozen=True, slots=True, eq=False)
class Past:
    """What is known when the window begins; items are numbered as in the orders.

    Attributes:
        orders: those before the window.
        price: int64 (n_items,), ten-thousandths, 0 or below where unknown.
        group: int64 (n_items,), items of one kind; -1 for none.
        margin: int64 (n_items,), what a sale brings, ten-thousandths; None where no cost is known.
    """

    orders: Orders
    price: NDArray[np.int64]
    group: NDArray[np.int64]
    margin: NDArray[np.int64] | None = None

    def dearer(self, item: int) -> NDArray[np.int64]:
        """Items of the group within the price band, rising."""
        members = np.flatnonzero((self.group == self.group[item]) & (self.price > 0))
        ratio = self.price[members] / self.price[item]
        return np.asarray(members[(ratio >= LOW) & (ratio <= HIGH)])


def questions(orders: Orders, start: int, end: int, past: Past) -> Questions:
    """What known customers chose in orders `start … end`, by customer, then item."""
    owned: dict[int, dict[int, int]] = defaultdict(dict)
    found: dict[tuple[int, int], set[int]] = defaultdict(set)
    for number in range(end):
        customer = int(orders.customer[number])
        if customer < 0 or (number >= start and customer not in owned):
            continue
        basket = orders.item[orders.indptr[number] : orders.indptr[number + 1]].tolist()
        mine = owned[customer]
        for better in basket if number >= start else ():
            if better not in mine and (item := _traded(better, mine, past)) is not None:
                found[customer, item].add(better)
        mine.update(dict.fromkeys(basket, number))
    return dict(sorted(found.items()))


def _traded(better: int, mine: Mapping[int, int], past: Past) -> int | None:
    """Of the cheaper items of a group that a customer has, the one bought last (ties: the lower index)."""
    if past.price[better] <= 0 or past.group[better] < 0:
        return None
    below = np.array([item for item in mine if past.group[item] == past.group[better]], dtype=np.int64)
    below = below[past.price[below] > 0]
    ratio = past.price[better] / past.price[below]
    below = below[(ratio >= LOW) & (ratio <= HIGH)]
    return min(below.tolist(), key=lambda item: (-mine[item], item)) if len(below) else None


def drawn(asked: Questions, limit: int, seed: int) -> Questions:
    """At most `limit` questions, drawn without replacement, in their order."""
    keys = list(asked)
    if len(keys) <= limit:
        return asked
    kept = np.sort(np.random.default_rng(seed).permutation(len(keys))[:limit])
    return {keys[place]: asked[keys[place]] for place in kept.tolist()}


def measure(
    asked: Questions, past: Past, dearer: Mapping[int, NDArray[np.int64]], scores: Scores
) -> NDArray[np.float64]:
    """Ask one method.

    Args:
        asked: the questions.
        past: what was known.
        dearer: candidates of every item asked about.
        scores: the method's.

    Returns:
        float64 (n_questions, 6), the columns of `MEASURES`: hit in five places, nDCG@5, 1 / place of the first hit
        among twenty, price gain of the hits in currency units, mean price ratio shown (NaN where nothing is), gain of
        the hits in margin (NaN where no cost is known).
    """
    discount = 1 / np.log2(np.arange(2, PLACES + 2))
    lists: dict[int, NDArray[np.int64]] = {}
    rows = np.zeros((len(asked), len(MEASURES)))
    for row, ((_, item), relevant) in zip(rows, asked.items(), strict=True):
        if item not in lists:
            worth = scores(item, dearer[item])
            order = np.lexsort((dearer[item], -worth))
            lists[item] = dearer[item][order[worth[order] > -np.inf]][:SEEN]
        shown = lists[item]
        hit = np.isin(shown, list(relevant))
        top = hit[:PLACES]
        row[0], row[3] = top.any(), (top * _gain(past.price, item, shown)).sum()
        row[1] = (top * discount[: len(top)]).sum() / discount[: len(relevant)].sum()
        row[2] = 1 / (1 + hit.argmax()) if hit.any() else 0
        row[4] = (past.price[shown[:PLACES]] / past.price[item]).mean() if len(shown) else np.nan
        row[5] = np.nan if past.margin is None else (top * _gain(past.margin, item, shown)).sum()
    return rows


def _gain(worth: NDArray[np.int64], item: int, shown: NDArray[np.int64]) -> NDArray[np.float64]:
    return np.asarray((worth[shown[:PLACES]] - worth[item]) / PRICE_SCALE)
