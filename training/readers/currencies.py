"""Which currency a price is in: the column beside it, else the code in its cell; one shop counts in one."""

from __future__ import annotations

from collections.abc import Collection

import polars as pl

from training.readers.errors import InputError
from training.readers.numbers import currency_of
from training.readers.words import Lines, lines_of

_CODE = r"[A-Z]{3}"


def currencies(lines: Lines, price: str) -> Lines:
    """The lines' `currency` alone, by its values: that column in capitals, else the code in the price."""
    named = lines.changed("currency", lambda codes: codes.str.to_uppercase())
    written = lines.asked(price)
    odd = written.filter(written.str.contains(_CODE)).unique() if written.dtype == pl.String else written.clear()
    beside = {cell: code for cell in odd if (code := currency_of(cell))}
    if not beside:
        return Lines(named.frame.select("currency"), {k: v for k, v in named.values.items() if k == "currency"})

    def code_of(these: pl.Series) -> pl.Series:
        return these.replace_strict(list(beside), list(beside.values()), default=None, return_dtype=pl.String)

    column = named.column("currency").cast(pl.String)
    both = pl.select(pl.coalesce(column, lines.through(price, code_of)).alias("currency"))
    return lines_of(both)


def the_currency(codes: Collection[str], picked: str | None, who: str) -> str | None:
    """The one that counts.

    Args:
        codes: those named.
        picked: the shop's choice, or None.
        who: the files, for the message.

    Raises:
        InputError: several without a choice, or a choice that none of the prices is in.
    """
    shown = ", ".join(sorted(codes)[:5])
    if picked is not None and codes and picked not in codes:
        raise InputError(f"{who}: prices are in {shown}, none in {picked}. Check --currency.")
    if picked is None and len(codes) > 1:
        raise InputError(
            f"{who}: prices are in {shown}. Say which counts with --currency {min(codes)} (the others are then "
            "unknown), or, where the column `currency` is not about prices, add --columns currency=."
        )
    return picked or next(iter(codes), None)
