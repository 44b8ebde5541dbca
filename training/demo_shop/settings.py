"""How big a demo shop is, and when it lived."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from training.demo_shop.kinds import KINDS, TOY_KINDS


@dataclass(frozen=True, slots=True)
class Size:
    """One size of the shop.

    Attributes:
        items: items in the catalogue, exactly.
        customers: accounts and guests that draw orders; robots and the wholesaler come on top.
        kinds: how many of `KINDS` it sells.
        robot_orders: orders that each robot places.
        wholesale_lines: lines of each of the wholesaler's orders.
        chunk: customers drawn at a time: what bounds the memory.
        parquet: Parquet in parts instead of one CSV.
    """

    items: int
    customers: int
    kinds: int = len(KINDS)
    robot_orders: int = 400
    wholesale_lines: int = 600
    chunk: int = 25_000
    parquet: bool = False

    def __post_init__(self) -> None:
        if not 1 <= self.kinds <= len(KINDS) or self.items < 8 * self.kinds:
            raise ValueError(f"{self.items} items are too few for {self.kinds} kinds of goods: 8 for each, at least")
        if self.customers < 1 or self.chunk < 1:
            raise ValueError("customers and chunk are at least 1")


SIZES = {
    "toy": Size(items=200, customers=600, kinds=TOY_KINDS, robot_orders=120, wholesale_lines=120),
    "demo": Size(items=5_000, customers=9_000),
    "large": Size(items=1_000_000, customers=355_000, robot_orders=4_000, wholesale_lines=3_000, parquet=True),
}

CURRENCY = "EUR"
FIRST_DAY = np.datetime64("2025-01-01", "s")
DAYS = 546
"""A year and a half: 1 January 2025 to 30 June 2026."""

HORIZON = DAYS * 86_400
"""Seconds from the first moment to the last."""

TREND_DAYS = (DAYS - 24, DAYS - 10)
"""From and until which day the flash trend lasts: over, but fresh, when the data end."""

NEW_DAYS = 40
"""New items came within so many days of the end."""

N_ROBOTS = 2
WHOLESALE_ORDERS = 40
