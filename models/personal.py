"""How a shelf is ranked for a customer who is known: the formula that the trainer fits and the service applies.

A candidate is a family: of the shelf, of the customer's own purchases, or of what goes with the latest of these. Its
score is linear in a few features; items bought before (`own_…`) and items new to the customer (`new_…`) have weights of
their own, so that repeating and exploring are weighed against each other. Weights are fitted per shop, apart for pages
and carts, as a conditional logit over each question's candidates (McFadden 1974; listwise: Cao et al., ICML 2007).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.records import ItemFacts

PERSONAL = "personal"
"""Where a version's settings hold the weights: `{"features": […], "page": […], "cart": […]}`; absent: not learnt."""

RECENT = 12
"""The customer's latest purchases whose vectors speak."""

_MOST_OWN = 200
_MOST_AROUND = 60

FEATURES = (
    *(f"own_{name}" for name in ("is", "habit", "count", "rate", "age", "latest", "rhythm", "due", "due2", "with")),
    *(f"{side}_{name}" for side in ("own", "new") for name in ("shelf", "share", "on", "odds", "around", "popular")),
    *(f"{side}_{name}" for side in ("own", "new") for name in ("category", "price", "repeat", "alike")),
    *(f"own_{name}" for name in ("range", "loyal", "asked", "asked_often")),
)
"""Columns of `Choice.features`; `table` says what each is."""


@dataclass(frozen=True, slots=True, eq=False)
class Scored:
    """Items with scores > 0, none twice."""

    item: NDArray[np.int32]
    score: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Own:
    """What a customer bought, a row per family, by family.

    Attributes:
        family: (k,), labels, rising.
        item: (k,), the variant bought last.
        at: (k,), its place in the customer's history.
        count: (k,), baskets with the family (with each variant, added up).
        habit: (k,), likewise, fading.
        last_day, first_day: (k,), -1 where orders carry no time.
        orders: baskets of the customer.
    """

    family: NDArray[np.int32]
    item: NDArray[np.int32]
    at: NDArray[np.int64]
    count: NDArray[np.float64]
    habit: NDArray[np.float64]
    last_day: NDArray[np.int64]
    first_day: NDArray[np.int64]
    orders: int


@dataclass(frozen=True, slots=True, eq=False)
class Choice:
    """The candidates of one question.

    Attributes:
        family: (k,), labels, rising.
        item: int32 (k,), the variant to show: the one bought last, else the one that was listed.
        own: int64 (k,), row in `Own`, -1 for what is new to the customer.
        features: float64 (k, len(FEATURES)).
    """

    family: NDArray[np.int32]
    item: NDArray[np.int32]
    own: NDArray[np.int64]
    features: NDArray[np.float64]


class _Asked(NamedTuple):
    """Families of the page or the cart: which of `Own` are among them, and how many there are."""

    own: NDArray[np.int64]
    n: int


def own_of(columns: Mapping[str, NDArray[np.generic]], orders: int, family: NDArray[np.int32]) -> Own:
    """A history (last bought first) as families.

    Args:
        columns: item, count, last_day, first_day, habit of one customer, as in `models.customers.Purchases`.
        orders: baskets of the customer.
        family: of all items.
    """
    item = np.asarray(columns["item"], np.int32)
    label, at, place = np.unique(family[item], return_index=True, return_inverse=True)
    first = np.full(len(label), np.iinfo(np.int64).max)
    np.minimum.at(first, place, columns["first_day"])
    n = len(label)
    return Own(
        family=label,
        item=item[at],
        at=at,
        count=_summed(place, columns["count"], n),
        habit=_summed(place, columns["habit"], n),
        last_day=np.asarray(columns["last_day"], np.int64)[at],
        first_day=first,
        orders=max(orders, 1),
    )


def _summed(place: NDArray[np.int64], values: NDArray[np.generic], n: int) -> NDArray[np.float64]:
    return np.asarray(np.bincount(place, weights=np.asarray(values, np.float64), minlength=n), np.float64)


def latest(own: Own) -> NDArray[np.int32]:
    """The items whose vectors speak for what is around the customer's purchases: the last bought, `RECENT` at most."""
    return own.item[np.argsort(own.at, kind="stable")[:RECENT]]


def around(rows: list[Scored], own: Own) -> Scored:
    """What goes with the latest purchases: `Σ_r habit_r · row_r(j) / Σ habit`, the best 60.

    Args:
        rows: the page vectors of `latest(own)`, in that order.
        own: the customer's purchases.
    """
    if not rows:
        return Scored(np.empty(0, np.int32), np.empty(0))
    habit = own.habit[np.argsort(own.at, kind="stable")[: len(rows)]]
    weight = np.repeat(habit / habit.sum(), [len(row.item) for row in rows])
    item, place = np.unique(np.concatenate([row.item for row in rows]), return_inverse=True)
    score = np.bincount(place, weights=weight * np.concatenate([row.score for row in rows]), minlength=len(item))
    best = np.argsort(-score, kind="stable")[:_MOST_AROUND]
    return Scored(item[best], score[best].astype(np.float64))


def table(shelf: Scored, own: Own, near: Scored, anchors: NDArray[np.int32], facts: ItemFacts, today: int) -> Choice:
    """The candidates of a question and what is known of each.

    Own: `is` 1; `habit` log(habit + .02); `count` log; `rate` log(count / orders); `age` log(1 + days / 7); `latest`
    bought in the latest basket; `rhythm` bought on several days, then `due` log(days since / own interval) within ±3
    and its square; `with` share of anchors bought on the same last day. Both: `shelf` log(1 + 100·share) of the shelf's
    largest score, `share` that share, `on` listed there, `odds` log(score + .0001); `around` as `shelf` of `near`;
    `popular` log of the item's recent share of baskets; `category` log(1 + 500·share) of the customer's habits in its
    category; `price` |log price − median log of own prices|; `repeat` log of the item's share of buyers who come back;
    `alike` share of anchors of its category. Own again, to weigh habit by who asks about what: `range` log of families
    bought, `loyal` 1 − these / purchases, `asked` share of anchors bought before, `asked_often` log(1 + baskets with
    anchors / orders).

    Args:
        shelf: what is shown to anyone, > 0.
        own: the customer's purchases, not empty.
        near: from `around`.
        anchors: items of the page or the cart; their families are left out.
        facts: of all items.
        today: days since 1970-01-01 to count ages to.
    """
    mine = _strongest(own)
    asked = facts.family[anchors]
    question = _Asked(np.flatnonzero(np.isin(own.family, asked)), len(asked))
    on_shelf, nearby, bought = facts.family[shelf.item], facts.family[near.item], own.family[mine]
    family = np.unique(np.concatenate([on_shelf, nearby, bought]))
    family = family[~np.isin(family, asked)]
    n = len(family)

    def place(labels: NDArray[np.int32]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Where labels stand among the candidates, and which of them do."""
        at = np.minimum(np.searchsorted(family, labels), max(n - 1, 0))
        there = np.flatnonzero(family[at] == labels) if n else np.empty(0, np.int64)
        return at[there], there

    item, row = np.zeros(n, np.int32), np.full(n, -1, np.int64)
    score, close = np.zeros(n), np.zeros(n)
    for labels, source, values in ((nearby, near, close), (on_shelf, shelf, score)):
        at, there = place(labels)
        item[at], values[at] = source.item[there], source.score[there]
    at, there = place(bought)
    row[at], item[at] = mine[there], own.item[mine[there]]
    is_own = row >= 0
    share = score / max(float(score.max(initial=0)), 1e-12)
    both = [
        np.log1p(100 * share),
        share,
        (score > 0).astype(np.float64),
        np.log(score + 1e-4),
        np.log1p(100 * close / max(float(close.max(initial=0)), 1e-12)),
        np.log(facts.recent[item] + 1e-5),
    ]
    liking = [
        _category(item, own, facts),
        _price(item, own, facts),
        np.log(facts.repeat[item].astype(np.float64) + 0.02),
        _alike(item, anchors, facts),
    ]
    columns = [*_habits(row, own, question, today), *(v * is_own for v in both), *(v * ~is_own for v in both)]
    columns += [*(v * is_own for v in liking), *(v * ~is_own for v in liking)]
    columns += [value * is_own for value in _asker(own, question)]
    return Choice(family, item, row, np.stack(columns, axis=1))


def _strongest(own: Own) -> NDArray[np.int64]:
    """The rows of the strongest habits."""
    if len(own.family) <= _MOST_OWN:
        return np.arange(len(own.family))
    return np.sort(np.argsort(-own.habit, kind="stable")[:_MOST_OWN])


def _habits(row: NDArray[np.int64], own: Own, asked: _Asked, today: int) -> list[NDArray[np.float64]]:
    """The columns of what was bought; 0 for what is new."""
    mine = row >= 0
    at = np.where(mine, row, 0)
    count, habit, last = own.count[at], own.habit[at], own.last_day[at]
    days = np.maximum(today - last, 0)
    span = last - own.first_day[at]
    regular = mine & (span > 0) & (count > 1)
    interval = np.maximum(span / np.maximum(count - 1, 1), 1)
    due = np.where(regular, np.clip(np.log(np.maximum(days, 0.5) / interval), -3, 3), 0)
    beside = (last[:, None] == own.last_day[asked.own]).sum(axis=1) / max(asked.n, 1)
    columns = [
        np.ones(len(row)),
        np.log(habit + 0.02),
        np.log(np.maximum(count, 1)),
        np.log(np.maximum(count, 1) / own.orders),
        np.log1p(days / 7),
        last == own.last_day.max(),
        regular,
        due,
        due**2,
        beside,
    ]
    return [np.where(mine, column, 0).astype(np.float64) for column in columns]


def _asker(own: Own, asked: _Asked) -> tuple[float, float, float, float]:
    """`range`, `loyal`, `asked` and `asked_often`: the same for every own item of a question."""
    return (
        float(np.log(len(own.family))),
        1 - len(own.family) / max(float(own.count.sum()), 1.0),
        len(asked.own) / max(asked.n, 1),
        float(np.log1p(own.count[asked.own].sum() / own.orders)),
    )


def _alike(item: NDArray[np.int32], anchors: NDArray[np.int32], facts: ItemFacts) -> NDArray[np.float64]:
    """Share of anchors of each item's category; 0 for what has none."""
    if not len(anchors):
        return np.zeros(len(item))
    category = facts.category[item]
    share = np.bincount(facts.category[anchors] + 1, minlength=int(category.max(initial=0)) + 2) / len(anchors)
    share[0] = 0.0  # no category is like no other
    return np.asarray(share[category + 1], dtype=np.float64)


def _category(item: NDArray[np.int32], own: Own, facts: ItemFacts) -> NDArray[np.float64]:
    label = facts.category[own.item]
    known = label >= 0
    if not known.any():
        return np.zeros(len(item))
    weight = np.bincount(label[known], weights=own.habit[known], minlength=int(facts.category[item].max(initial=0)) + 1)
    category = facts.category[item]
    return np.where(category >= 0, np.log1p(500 * weight[np.maximum(category, 0)] / weight.sum()), 0.0)


def _price(item: NDArray[np.int32], own: Own, facts: ItemFacts) -> NDArray[np.float64]:
    paid, price = facts.price[own.item], facts.price[item]
    if not (paid > 0).any():
        return np.zeros(len(item))
    usual = float(np.median(np.log(paid[paid > 0])))
    return np.where(price > 0, np.abs(np.log(np.maximum(price, 1)) - usual), 0.0)
