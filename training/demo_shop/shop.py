"""A demo shop, drawn from a size and a seed: the same two give the same shop, to the byte."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from training.demo_shop import baskets
from training.demo_shop.baskets import Lines
from training.demo_shop.customers import Customers, Habits, Shelves, habits, people
from training.demo_shop.goods import Families, Items, stock
from training.demo_shop.odd_accounts import OddAccounts, odd_accounts
from training.demo_shop.settings import Size


@dataclass(frozen=True, slots=True, eq=False)
class Shop:
    """What was planned; `order_chunks` draws what happened.

    Attributes:
        size, seed: what it was drawn from.
        families, items: the catalogue.
        odd: robots and the wholesaler.
    """

    size: Size
    seed: int
    families: Families
    items: Items
    odd: OddAccounts


def open_shop(size: Size, seed: int) -> Shop:
    """Draw the catalogue and the odd accounts."""
    rng = np.random.default_rng([seed, 0])
    families, items = stock(size, rng)
    return Shop(size, seed, families, items, odd_accounts(size, families, items, rng))


def order_chunks(shop: Shop) -> Iterator[Lines]:
    """The orders of all customers, one chunk of them after the other; the odd accounts' come last."""
    shelves = Shelves(shop.families)
    for first in range(0, shop.size.customers, shop.size.chunk):
        crowd, regulars, rng = _crowd(shop, first, shelves)
        wanted = baskets.wishes(crowd, regulars, shop.families, shelves, rng)
        yield baskets.orders(wanted, crowd, shop.families, shop.items, rng)
    yield shop.odd.lines


def first_customers(shop: Shop) -> tuple[Customers, Habits]:
    """The first chunk's customers and their habits, drawn again: the same as in `order_chunks`."""
    crowd, regulars, _ = _crowd(shop, 0, Shelves(shop.families))
    return crowd, regulars


def _crowd(shop: Shop, first: int, shelves: Shelves) -> tuple[Customers, Habits, np.random.Generator]:
    rng = np.random.default_rng([shop.seed, 1, first])
    crowd = people(first, min(shop.size.chunk, shop.size.customers - first), rng)
    return crowd, habits(crowd, shop.families, shelves, rng), rng
