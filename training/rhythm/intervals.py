"""How many days lie between two purchases of an item: a customer's own mean, shrunk to what others do."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.rhythm.days import Days, starts

OWN_REPEATS = 2
"""Repeats of a customer's own from which on their interval is told …"""

REPEATERS = 3
"""… or else customers who bought the item again."""

_BULK = 4.0
"""A purchase of more than so many times the customer's usual quantity is a bulk buy: what follows it is no rhythm."""

_LASTS = 0.1
"""Twice the usual quantity lasts 2^0.1 as long: the slope of log gap over log quantity on three shops, 0.07 to 0.11."""

_OWN, _ITEM, _CATEGORY, _PACE = 2.0, 5.0, 20.0, 10.0
"""How many gaps the prior of each level weighs, chosen on earlier windows of three shops."""


@dataclass(frozen=True, slots=True, eq=False)
class Habits:
    """What each customer did with each item; n entries sorted by customer, then item.

    Attributes:
        customer, item: int32 (n,).
        days: int32 (n,), days on which it was bought.
        first, last: int32 (n,), the first and the last of them, days since 1970-01-01.
        gaps: int32 (n,), gaps between them that tell a rhythm.
        mean: float64 (n,), their mean in days; 0 without one.
        quantity: float32 (n,), median quantity of a day (the lower of two).
        stock: float64 (n,), quantity of the last day over the median, within 1/4 and 4.
    """

    customer: NDArray[np.int32]
    item: NDArray[np.int32]
    days: NDArray[np.int32]
    first: NDArray[np.int32]
    last: NDArray[np.int32]
    gaps: NDArray[np.int32]
    mean: NDArray[np.float64]
    quantity: NDArray[np.float32]
    stock: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.item)


@dataclass(frozen=True, slots=True, eq=False)
class Rhythms:
    """Expected intervals, in days.

    Attributes:
        own: float64 (len(habits),), of each customer and item; 0 where too little is known.
        item: float64 (n_items,), across customers; 0 where fewer than `REPEATERS` bought again.
        repeat: float64 (n_items,), share of an item's buyers who bought it on a second day, shrunk to its category's.
    """

    own: NDArray[np.float64]
    item: NDArray[np.float64]
    repeat: NDArray[np.float64]


def habits(days: Days) -> Habits:
    """Sum purchases up per customer and item; a gap that follows a bulk buy is left out."""
    new = starts(days.customer, days.item)
    at = np.flatnonzero(new)
    count = np.diff(np.append(at, len(days)))
    entry = np.cumsum(new) - 1
    by_quantity = np.lexsort((days.quantity, entry))
    usual = days.quantity[by_quantity][at + (count - 1) // 2]
    bulk = days.quantity > _BULK * usual[entry]
    gap = np.diff(days.day, prepend=days.day[:1]).astype(np.float64)
    told = ~new & ~np.concatenate([[False], bulk[:-1]]) if len(new) else new
    gaps = np.bincount(entry[told], minlength=len(at))
    total = np.bincount(entry[told], weights=gap[told], minlength=len(at))
    return Habits(
        customer=days.customer[at],
        item=days.item[at],
        days=count.astype(np.int32),
        first=days.day[at],
        last=days.day[at + count - 1],
        gaps=gaps.astype(np.int32),
        mean=total / np.maximum(gaps, 1),
        quantity=usual.astype(np.float32),
        stock=np.clip(days.quantity[at + count - 1] / np.maximum(usual, 1e-9), 1 / _BULK, _BULK).astype(np.float64),
    )


def rhythms(found: Habits, category: NDArray[np.int32]) -> Rhythms:
    """Intervals of customers and items, each level shrunk to the one above in the logarithm.

    With `g` gaps of mean `m`, and `x̂` the interval that item, category, shop and the customer's own pace suggest,
    `own = exp((g·log m + 2·log x̂) / (g + 2))`, stretched by what was taken last. Pace is how much slower or faster
    than others a customer buys whatever they buy. The levels are means of log m weighted by gaps: empirical Bayes with
    fixed prior strengths (Efron & Morris, JASA 1975).

    Args:
        found: habits of all customers.
        category: int32 (n_items,), -1 for none.
    """
    n_items = len(category)
    told = found.gaps > 0
    item, weight = found.item[told], found.gaps[told].astype(np.float64)
    log_mean = np.log(np.maximum(found.mean[told], 1.0))
    of_item = _by_level(item, weight, log_mean, category)
    customers = int(found.customer.max(initial=-1)) + 1
    pace = _shrunk(found.customer[told], weight, log_mean - of_item[item], customers, 0.0, _PACE)
    prior = of_item[found.item] + pace[found.customer]
    own = np.exp((found.gaps * np.log(np.maximum(found.mean, 1.0)) + _OWN * prior) / (found.gaps + _OWN))
    own *= found.stock**_LASTS
    again = found.days > 1
    repeaters = np.bincount(found.item[again], minlength=n_items)
    known = repeaters >= REPEATERS
    return Rhythms(
        own=np.where((found.gaps >= OWN_REPEATS) | known[found.item], own, 0.0),
        item=np.where(known, np.exp(of_item), 0.0),
        repeat=_by_level(found.item, np.ones(len(found)), again.astype(np.float64), category),
    )


def _by_level(
    item: NDArray[np.int32], weight: NDArray[np.float64], value: NDArray[np.float64], category: NDArray[np.int32]
) -> NDArray[np.float64]:
    """Weighted mean of each item, drawn to its category's, which is drawn to the shop's; (n_items,)."""
    shop = float((weight * value).sum() / max(weight.sum(), 1.0))
    count = int(category.max(initial=-1)) + 1
    of_category = np.append(_shrunk(category[item], weight, value, count, shop, _CATEGORY), shop)
    return _shrunk(item, weight, value, len(category), of_category[category], _ITEM)


def _shrunk(
    group: NDArray[np.int32],
    weight: NDArray[np.float64],
    value: NDArray[np.float64],
    count: int,
    prior: float | NDArray[np.float64],
    strength: float,
) -> NDArray[np.float64]:
    """Weighted mean of each group, pulled to `prior` as by `strength` further weights; group -1 is nobody's."""
    inside = group >= 0
    total = np.bincount(group[inside], weights=(weight * value)[inside], minlength=count)
    mass = np.bincount(group[inside], weights=weight[inside], minlength=count)
    return np.asarray((total + strength * prior) / (mass + strength), dtype=np.float64)
