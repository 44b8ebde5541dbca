"""Baskets of a demo shop: wishes of a chunk of customers, what was planted on top, and the orders they become."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.demo_shop.customers import Customers, Habits, Shelves, choose, missions, refills, rung_of
from training.demo_shop.goods import Families, Items
from training.demo_shop.kinds import DEPARTMENTS, KINDS, PEAK_FACTOR
from training.demo_shop.settings import FIRST_DAY, HORIZON, TREND_DAYS

DAY = 86_400.0
SAME_ORDER = 1.5 * DAY
"""Wishes of one customer closer together than this are put into one order."""

TRADE_UP_CHANCE = 0.35
TRADE_UP_DAYS = (30, 210)
TREND_CHANCE = 0.12
"""Share of the customers present that the flash trend catches."""

BROWSE_CHANCE = 0.35
"""Share of refills with which the customer looks around for something else."""

NOISE_CHANCE = 0.10
RETURN_CHANCE = 0.012
PROMOTION_CHANCE = 0.08


@dataclass(frozen=True, slots=True, eq=False)
class Wishes:
    """Who wants what when, a row per wish.

    Attributes:
        customer: int64, row in the chunk.
        time: float64, seconds since the shop's first day.
        family: int32.
    """

    customer: NDArray[np.int64]
    time: NDArray[np.float64]
    family: NDArray[np.int32]

    def __add__(self, other: Wishes) -> Wishes:
        return Wishes(
            np.concatenate([self.customer, other.customer]),
            np.concatenate([self.time, other.time]),
            np.concatenate([self.family, other.family]),
        )

    def take(self, which: NDArray[np.bool_] | NDArray[np.int64]) -> Wishes:
        """The wishes at `which`."""
        return Wishes(self.customer[which], self.time[which], self.family[which])


@dataclass(frozen=True, slots=True, eq=False)
class Lines:
    """Order lines, those of an order together; orders of a chunk by time.

    Attributes:
        order: int64, 0 for the chunk's first order, then 1, 2 …
        customer: int64, the customer's number, -1 for a guest.
        business: bool, which letter the customer's id begins with.
        time: int64, whole seconds since the shop's first day.
        item: int32.
        quantity: int32, negative where goods came back.
        price: int32, hundredths, as paid.
    """

    order: NDArray[np.int64]
    customer: NDArray[np.int64]
    business: NDArray[np.bool_]
    time: NDArray[np.int64]
    item: NDArray[np.int32]
    quantity: NDArray[np.int32]
    price: NDArray[np.int32]


def wishes(
    customers: Customers, regulars: Habits, families: Families, shelves: Shelves, rng: np.random.Generator
) -> Wishes:
    """All wishes of a chunk: habits, missions, trade-ups, the trend, complements, noise."""
    habit, time = refills(customers, regulars, rng)
    wanted = Wishes(regulars.customer[habit], time, regulars.family[habit])
    browsing = np.flatnonzero(rng.random(len(habit)) < BROWSE_CHANCE)
    visits = missions(customers, rng)
    who = np.concatenate([visits[0], wanted.customer[browsing]])
    when = np.concatenate([visits[1], wanted.time[browsing]])
    wanted += _missions(who, when, customers, families, shelves, rng=rng)
    wanted += _trade_ups(wanted, customers, families, rng)
    wanted += _trend(customers, families.trend, rng)
    wanted += _complements(wanted, families, rng)
    wanted += _noise(wanted, families, rng)
    return wanted.take(families.launch[wanted.family] * DAY <= wanted.time)  # what was not there could not be bought


def season() -> NDArray[np.float64]:
    """How much each kind sells in each month against a plain one: float64 (12, kinds)."""
    table = np.ones((12, len(KINDS)))
    for index, kind in enumerate(KINDS):
        table[[month - 1 for month in kind.peak], index] = PEAK_FACTOR
    return table


def month_of(time: NDArray[np.float64] | NDArray[np.int64]) -> NDArray[np.int64]:
    """Month, 0–11, of seconds since the shop's first day."""
    moment = FIRST_DAY + time.astype("timedelta64[s]")
    return moment.astype("datetime64[M]").astype(np.int64) % 12


def _missions(
    who: NDArray[np.int64],
    when: NDArray[np.float64],
    customers: Customers,
    families: Families,
    shelves: Shelves,
    *,
    rng: np.random.Generator,
) -> Wishes:
    """Visits with one to four wishes out of one department, by season, taste and budget."""
    n_kinds = int(families.kind.max()) + 1
    weights = season()[:, :n_kinds] * np.array([k.weight for k in KINDS[:n_kinds]])
    home = np.array([k.department for k in KINDS[:n_kinds]])
    by_department = np.stack([weights * (home == d) for d in range(len(DEPARTMENTS))])
    pull = by_department.sum(axis=2).T  # (12, departments)
    month = month_of(when)
    department = choose(customers.taste[who] * pull[month], rng.random(len(who)))
    repeat = rng.choice(4, len(who), p=(0.45, 0.30, 0.17, 0.08)) + 1
    who, when = np.repeat(who, repeat), np.repeat(when, repeat)
    cell = np.repeat(department * 12 + month, repeat)
    table = by_department.reshape(-1, n_kinds)
    kind = choose(table[cell], rng.random(len(who)))
    family = shelves.pick(kind, rung_of(customers, who, rng), rng.random(len(who)))
    return Wishes(who, when, family)


def _trade_ups(wanted: Wishes, customers: Customers, families: Families, rng: np.random.Generator) -> Wishes:
    """Some who have one come back for the better one, a month to seven months later."""
    better = families.better[wanted.family]
    chosen = (better >= 0) & (rng.random(len(better)) < TRADE_UP_CHANCE)
    later = wanted.time[chosen] + rng.uniform(*TRADE_UP_DAYS, int(chosen.sum())) * DAY
    again = Wishes(wanted.customer[chosen], later, better[chosen])
    return again.take(again.time < customers.ends[again.customer])


def _trend(customers: Customers, trend: int, rng: np.random.Generator) -> Wishes:
    """Everybody talks about one article for two weeks, and some of them buy it."""
    begin, end = (day * DAY for day in TREND_DAYS)
    caught = np.flatnonzero(
        (customers.begins < begin) & (customers.ends > end) & (rng.random(len(customers)) < TREND_CHANCE)
    )
    return Wishes(caught, rng.uniform(begin, end, len(caught)), np.full(len(caught), trend, np.int32))


def _complements(wanted: Wishes, families: Families, rng: np.random.Generator) -> Wishes:
    """What was planted to go with a wish, in the same moment."""
    drawn = rng.random((len(wanted.family), 2)) < families.partner_chance[wanted.family]
    row, slot = np.nonzero(drawn & (families.partner[wanted.family] >= 0))
    return Wishes(wanted.customer[row], wanted.time[row], families.partner[wanted.family[row], slot])


def _noise(wanted: Wishes, families: Families, rng: np.random.Generator) -> Wishes:
    """Things that have nothing to do with the rest: any old family, equally likely."""
    row = np.flatnonzero(rng.random(len(wanted.family)) < NOISE_CHANCE)
    old = np.flatnonzero(families.launch == 0)
    return Wishes(wanted.customer[row], wanted.time[row], rng.choice(old, len(row)).astype(np.int32))


def orders(wanted: Wishes, customers: Customers, families: Families, items: Items, rng: np.random.Generator) -> Lines:
    """Put wishes of one customer that lie close together into one order; some goods come back later."""
    by_time = np.lexsort((wanted.time, wanted.customer))
    wanted = wanted.take(by_time)
    new = np.ones(len(wanted.time), bool)
    new[1:] = (np.diff(wanted.customer) != 0) | (np.diff(wanted.time) > SAME_ORDER)
    basket = np.cumsum(new) - 1
    item = _variant(wanted, customers, families, rng)
    _, once = np.unique(basket * len(items) + item, return_index=True)
    time = _opening_hours(wanted.time[new], rng)[basket[once]]
    who = wanted.customer[once]
    kind = families.kind[items.family[item[once]]]
    most = np.array([k.quantity for k in KINDS])[kind] * np.where(customers.business[who], 3, 1)
    quantity = np.where(rng.random(len(once)) < 0.5, 1, rng.integers(1, most + 1))
    price = items.price[item[once]]
    price = np.where(rng.random(len(once)) < PROMOTION_CHANCE, price * 9 // 10, price)
    sold = [column.astype(np.int64) for column in (basket[once], who, time, item[once], quantity, price)]
    back = np.flatnonzero(rng.random(len(once)) < RETURN_CHANCE)
    parts = [np.concatenate([whole, extra]) for whole, extra in zip(sold, _returned(sold, back, rng), strict=True)]
    inside = parts[2] < HORIZON
    return _numbered([part[inside] for part in parts], customers)


def _returned(
    sold: list[NDArray[np.int64]], back: NDArray[np.int64], rng: np.random.Generator
) -> list[NDArray[np.int64]]:
    """The lines at `back` as orders of their own, one to three weeks later, with negative quantities."""
    basket, who, time, item, quantity, price = (column[back] for column in sold)
    own = int(sold[0].max(initial=0)) + 1 + np.arange(len(basket))
    return [own, who, time + rng.integers(7 * 86_400, 21 * 86_400, len(back)), item, -quantity, price]


def _numbered(parts: list[NDArray[np.int64]], customers: Customers) -> Lines:
    """Orders by time (then by customer), lines by item, orders numbered in that order."""
    basket, who, time, item, quantity, price = parts
    by_time = np.lexsort((item, basket, who, time))
    basket, who, time, item, quantity, price = (part[by_time] for part in parts)
    new = np.ones(len(basket), bool)
    new[1:] = np.diff(basket) != 0
    return Lines(
        order=np.cumsum(new) - 1,
        customer=np.where(customers.guest[who], -1, customers.number[who]),
        business=customers.business[who],
        time=time,
        item=item.astype(np.int32),
        quantity=quantity.astype(np.int32),
        price=price.astype(np.int32),
    )


def _variant(wanted: Wishes, customers: Customers, families: Families, rng: np.random.Generator) -> NDArray[np.int64]:
    """An item of each wished family: more often than not the one in the customer's colour or size."""
    first = families.first[wanted.family].astype(np.int64)
    n = families.first[wanted.family + 1] - first
    loyal = rng.random(len(first)) < 0.6
    return first + np.where(
        loyal, customers.favourite[wanted.customer] % n, (rng.random(len(first)) * n).astype(np.int64)
    )


def _opening_hours(time: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.int64]:
    """Move each moment to a waking hour of its day, evenings more than mornings."""
    hour = np.clip(rng.normal(16.5, 4.0, len(time)), 6.0, 23.9)
    return (time // DAY * DAY + hour * 3600).astype(np.int64)
