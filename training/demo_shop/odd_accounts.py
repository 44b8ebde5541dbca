"""Accounts that are no shoppers: robots that test the till, and a wholesaler that buys everything."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.demo_shop.baskets import Lines
from training.demo_shop.goods import Families, Items
from training.demo_shop.settings import DAYS, HORIZON, N_ROBOTS, WHOLESALE_ORDERS, Size


@dataclass(frozen=True, slots=True, eq=False)
class OddAccounts:
    """What was planted, and the lines it makes.

    Attributes:
        robots: customer number → the two items that all its orders hold.
        wholesaler: customer number.
        lines: their orders, by time.
    """

    robots: dict[int, tuple[int, int]]
    wholesaler: int
    lines: Lines


def odd_accounts(size: Size, families: Families, items: Items, rng: np.random.Generator) -> OddAccounts:
    """Draw them, numbered after the customers."""
    robots: dict[int, tuple[int, int]] = {}
    columns: list[tuple[NDArray[np.int64], ...]] = []
    wholesaler = size.customers + N_ROBOTS
    for number in range(size.customers, wholesaler):
        robots[number] = pair = _strange_pair(families, rng)
        begin = rng.integers(0, HORIZON // 2)
        step = (HORIZON * 4 // 10) // size.robot_orders
        when = begin + np.arange(size.robot_orders) * step
        columns.append(_orders(number, np.repeat(when, 2), np.tile(pair, size.robot_orders)))
    columns.append(_wholesale(wholesaler, size, items, rng))
    customer, time, item, quantity = (np.concatenate(part) for part in zip(*columns, strict=True))
    by_time = np.lexsort((item, customer, time))
    customer, time, item, quantity = (part[by_time] for part in (customer, time, item, quantity))
    new = np.ones(len(time), bool)
    new[1:] = (np.diff(time) != 0) | (np.diff(customer) != 0)
    lines = Lines(
        order=np.cumsum(new) - 1,
        customer=customer,
        business=customer == wholesaler,
        time=time,
        item=item.astype(np.int32),
        quantity=quantity.astype(np.int32),
        price=items.price[item],
    )
    return OddAccounts(robots, wholesaler, lines)


def _strange_pair(families: Families, rng: np.random.Generator) -> tuple[int, int]:
    """Two well-known items of different kinds that nobody planted together."""
    known = np.flatnonzero((families.place == 0) & (families.launch == 0))
    while True:
        a, b = (int(f) for f in rng.choice(known, 2, replace=False))
        planted = b in families.partner[a] or a in families.partner[b]
        if families.kind[a] != families.kind[b] and not planted:
            return int(families.first[a]), int(families.first[b])


def _wholesale(number: int, size: Size, items: Items, rng: np.random.Generator) -> tuple[NDArray[np.int64], ...]:
    """Every two weeks a big order; one walk through the shuffled catalogue after the other, so that all is bought."""
    lines = min(size.wholesale_lines, len(items))
    walks = -(-WHOLESALE_ORDERS * lines // len(items))
    walk = np.concatenate([rng.permutation(len(items)) for _ in range(walks)])[: WHOLESALE_ORDERS * lines]
    day = np.arange(WHOLESALE_ORDERS) * DAYS // WHOLESALE_ORDERS
    when = np.repeat(day * 86_400 + 7 * 3600, lines)
    order = np.repeat(np.arange(WHOLESALE_ORDERS), lines)
    _, once = np.unique(order * len(items) + walk, return_index=True)
    return _orders(number, when[once], walk[once], 24)


def _orders(
    number: int, when: NDArray[np.int64], item: NDArray[np.int64], quantity: int = 1
) -> tuple[NDArray[np.int64], ...]:
    return np.full(len(when), number), when, item, np.full(len(when), quantity)
