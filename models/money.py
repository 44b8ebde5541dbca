"""Prices as exact integers: ten-thousandths of the currency's unit, so that sums and differences never drift."""

from __future__ import annotations

from functools import lru_cache

PRICE_SCALE = 10_000
"""How many price units make one unit of currency: 4 decimals, enough for `0.001` on a wholesaler's list."""

PRICE_UNKNOWN = -1
"""The price of an item whose price nobody told."""


@lru_cache(maxsize=16_384)
def format_price(price: int) -> str:
    """`1290000` as `"129.00"`: an exact decimal with at least two places.

    Args:
        price: ten-thousandths of the currency's unit; may be negative (a difference).
    """
    sign, price = ("-", -price) if price < 0 else ("", price)
    whole, rest = divmod(price, PRICE_SCALE)
    decimals = f"{rest:04d}".rstrip("0").ljust(2, "0")
    return f"{sign}{whole}.{decimals}"
