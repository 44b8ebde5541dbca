"""The price now: a sale price counts while its window is open."""

from __future__ import annotations

import polars as pl

from training.readers.times import parse_times

_DAY_END = 86_399


def price_now(price: pl.Series, sale: pl.Series, start: pl.Series, until: pl.Series, as_of: int | None) -> pl.Series:
    """Cells of the price at `as_of`: the sale's where one is said and its window is open, else the usual one.

    A window without a start, or without an end, is open on that side; an end without a clock is the end of its day. A
    bound that cannot be read closes the window, and without `as_of` only sales without a window count.

    Args:
        price: cells of usual prices, null where none.
        sale: cells of sale prices, likewise.
        start: cells of times from which a sale price holds.
        until: cells of times up to which it does.
        as_of: seconds since 1970-01-01 UTC, or None.
    """
    begins = parse_times(start, day_first=True)
    ends = (
        parse_times(until, day_first=True)
        + pl.select(pl.when(until.str.contains(":", literal=True)).then(0).otherwise(_DAY_END)).to_series()
    )
    now = pl.lit(as_of, pl.Int64)
    opened = start.is_null() | (pl.lit(begins) <= now)
    running = until.is_null() | (now <= pl.lit(ends))
    on_sale = sale.is_not_null() & (opened & running).fill_null(value=False)
    return pl.select(pl.when(on_sale).then(sale).otherwise(price)).to_series().alias("price")
