"""The people and businesses of a demo shop: when they are there, what they like, what they keep buying."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.demo_shop.goods import RUNGS, Families
from training.demo_shop.kinds import DEPARTMENTS, KINDS
from training.demo_shop.settings import HORIZON

BUSINESS_SHARE = 0.08
GUEST_SHARE = 0.08
JITTER = 0.10
"""Standard deviation of a regular's interval, as a share of it."""

_YEAR = 365 * 86_400.0
_BUSINESS_TASTES = (  # weights over `DEPARTMENTS`: a café, a guesthouse, a gardener
    (12, 2, 3, 0.3, 0.2, 0.3, 3),
    (2, 2, 3, 5, 0.5, 1, 6),
    (0.5, 0.2, 0.2, 0.3, 12, 4, 1),
)


@dataclass(frozen=True, slots=True, eq=False)
class Customers:
    """One chunk of customers, a row each.

    Attributes:
        number: int64, running over all chunks.
        business: bool.
        guest: bool; a guest's orders carry no customer id.
        begins, ends: float64, seconds since the shop's first day: when they are customers.
        rate: float64, shopping missions a year.
        moving_in: bool; a burst of missions in their first six weeks.
        taste: float64 (n, departments), what their missions are for; rows add up to 1.
        budget: float64, the rung they feel at home on.
        favourite: int64, the colour they take when there is a choice.
    """

    number: NDArray[np.int64]
    business: NDArray[np.bool_]
    guest: NDArray[np.bool_]
    begins: NDArray[np.float64]
    ends: NDArray[np.float64]
    rate: NDArray[np.float64]
    moving_in: NDArray[np.bool_]
    taste: NDArray[np.float64]
    budget: NDArray[np.float64]
    favourite: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.number)


@dataclass(frozen=True, slots=True, eq=False)
class Habits:
    """What regulars buy again and again, a row per habit.

    Attributes:
        customer: int64, row in the chunk.
        family: int32, always the same one.
        interval: float64, days between two purchases, before jitter.
    """

    customer: NDArray[np.int64]
    family: NDArray[np.int32]
    interval: NDArray[np.float64]


class Shelves:
    """Picks a family of a kind and rung with one uniform number, popular ones more often (Zipf, exponent 0.9)."""

    def __init__(self, families: Families) -> None:
        n_kinds = int(families.kind.max()) + 1
        group = families.kind.astype(np.int64) * RUNGS + families.rung
        self._order = np.lexsort((families.place, group))
        weight = 1.0 / (1.0 + families.place[self._order]) ** 0.9
        self._cumulative = np.concatenate([[0.0], np.cumsum(weight)])
        self._start = np.searchsorted(group[self._order], np.arange(n_kinds * RUNGS + 1))
        filled = np.diff(self._start).reshape(n_kinds, RUNGS) > 0
        distance = np.abs(np.arange(RUNGS)[:, None] - np.arange(RUNGS)[None, :])
        self._nearest = np.argmin(np.where(filled[:, None, :], distance, 99), axis=2)

    def pick(self, kind: NDArray[np.int64], rung: NDArray[np.int64], uniform: NDArray[np.float64]) -> NDArray[np.int32]:
        """Families (n,) int32 of the given kinds, on the rung or the nearest one that has any."""
        group = kind * RUNGS + self._nearest[kind, rung]
        low, high = self._start[group], self._start[group + 1]
        aim = self._cumulative[low] + uniform * (self._cumulative[high] - self._cumulative[low])
        place = np.searchsorted(self._cumulative, aim, side="right") - 1
        family: NDArray[np.int32] = self._order[np.clip(place, low, high - 1)].astype(np.int32)
        return family


def people(first: int, n: int, rng: np.random.Generator) -> Customers:
    """Draw `n` customers, numbered from `first`."""
    business = rng.random(n) < BUSINESS_SHARE
    begins = np.maximum(rng.uniform(-0.6, 0.95, n), 0) * HORIZON
    lapses = (rng.random(n) < 0.25) & ~business
    stays = np.where(lapses, rng.uniform(0.1, 0.9, n), 1.0)
    taste = rng.gamma(0.7, size=(n, len(DEPARTMENTS))) + 0.02
    trade = np.array(_BUSINESS_TASTES)[rng.integers(0, len(_BUSINESS_TASTES), n)]
    taste = np.where(business[:, None], trade, taste)
    return Customers(
        number=np.arange(first, first + n),
        business=business,
        guest=(rng.random(n) < GUEST_SHARE) & ~business,
        begins=begins,
        ends=begins + stays * (HORIZON - begins),
        rate=np.where(business, 13.0, 4.5) * rng.lognormal(-0.15, 0.55, n),
        moving_in=rng.random(n) < 0.12,
        taste=taste / taste.sum(axis=1, keepdims=True),
        budget=np.clip(rng.normal(2, 0.9, n), 0, RUNGS - 1),
        favourite=rng.integers(0, 1 << 30, n),
    )


def habits(customers: Customers, families: Families, shelves: Shelves, rng: np.random.Generator) -> Habits:
    """Draw who is a regular for what: nobody's guest, 0–2 habits a person, 2–4 a business."""
    n = len(customers)
    count = np.where(customers.business, rng.integers(2, 5, n), rng.choice(3, n, p=(0.5, 0.32, 0.18)))
    count[customers.guest] = 0
    customer = np.repeat(np.arange(n), count)
    kinds = np.array([k for k in range(int(families.kind.max()) + 1) if KINDS[k].consumable])
    liking = np.array([KINDS[k].weight for k in kinds]) * customers.taste[:, [KINDS[k].department for k in kinds]]
    kind = kinds[choose(liking[customer], rng.random(len(customer)))]
    family = shelves.pick(kind, rung_of(customers, customer, rng), rng.random(len(customer)))
    pace = rng.lognormal(0.0, 0.18, len(customer)) * np.where(customers.business[customer], 0.6, 1.0)
    interval = np.array([k.interval for k in KINDS])[families.kind[family]] * pace
    # One habit per kind and customer: two rhythms of the same thing would be no rhythm.
    _, once = np.unique(customer * len(KINDS) + kind, return_index=True)
    return Habits(customer[once], family[once], interval[once])


def refills(
    customers: Customers, regulars: Habits, rng: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """(habit, time in seconds) of every purchase that the habits cause while their customers are there."""
    if len(regulars.customer) == 0:
        return np.empty(0, np.int64), np.empty(0)
    step = regulars.interval * 86_400
    stay = (customers.ends - customers.begins)[regulars.customer]
    most = int(np.ceil((stay / step).max() * 1.3)) + 2
    gaps = step[:, None] * np.maximum(1 + JITTER * rng.standard_normal((len(step), most)), 0.5)
    gaps[:, 0] *= rng.random(len(step))
    time = customers.begins[regulars.customer][:, None] + np.cumsum(gaps, axis=1)
    habit, _ = np.nonzero(inside := time < customers.ends[regulars.customer][:, None])
    return habit, time[inside]


def missions(customers: Customers, rng: np.random.Generator) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """(customer, time in seconds) of their other visits: at their rate, and more while they move in."""
    stay = customers.ends - customers.begins
    count = rng.poisson(customers.rate * stay / _YEAR)
    customer = np.repeat(np.arange(len(customers)), count)
    time = customers.begins[customer] + rng.random(len(customer)) * stay[customer]
    burst = np.repeat(np.arange(len(customers)), np.where(customers.moving_in, rng.poisson(4, len(customers)), 0))
    soon = customers.begins[burst] + rng.random(len(burst)) * np.minimum(42 * 86_400.0, stay[burst])
    return np.concatenate([customer, burst]), np.concatenate([time, soon])


def rung_of(customers: Customers, customer: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.int64]:
    """The rung each purchase is made on: the customer's budget, give or take."""
    drawn = np.rint(customers.budget[customer] + 0.6 * rng.standard_normal(len(customer)))
    return np.clip(drawn, 0, RUNGS - 1).astype(np.int64)


def choose(weight: NDArray[np.float64], uniform: NDArray[np.float64]) -> NDArray[np.int64]:
    """Column per row, drawn in proportion to the row's weights: weight (n, m), uniform (n,) → (n,)."""
    cumulative = np.cumsum(weight, axis=1)
    aim = uniform * cumulative[:, -1]
    column: NDArray[np.int64] = np.minimum((cumulative < aim[:, None]).sum(axis=1), weight.shape[1] - 1)
    return column
