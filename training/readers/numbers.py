"""Quantities and prices: cells to numbers, and an open word on what is none."""

from __future__ import annotations

import re

import polars as pl

MISSING_WORDS = ("nan", "null", "none", "nat", "n/a")
"""What programs write for an empty cell, in lower case."""

LARGEST = 1e9
"""Numbers beyond this are mistakes, not quantities or prices."""

_SIGN = r"(?:(?:US|CA|AU|NZ|HK|[ACRS])?\$|[€£¥₹₩₽₺₴₪]|[Kk]r\.?|zł|Kč|Ft|lei|S?Fr\.|Rs\.?)"
_MONEY = re.compile(
    rf"^(?P<minus>[-\u2212])?(?:(?P<before>[A-Z]{{3}})\s*|{_SIGN}\s*)?"
    rf"(?P<number>[^A-Z]*?)(?:\s*(?P<after>[A-Z]{{3}})|\s*{_SIGN})?$"
)
_PLAIN = re.compile(r"^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$")
_SPACED = re.compile(r"^[+-]?\d{1,3}(?:[\s'\u2019]\d{3})+(?:[.,]\d+)?$")
_GAP = re.compile(r"[\s'\u2019]")
_COMMA_DECIMAL = re.compile(r"^[+-]?(?:\d+|\d{1,3}(?:\.\d{3})+),\d+$")
_GROUPED = re.compile(r"^[+-]?\d{1,3}(?:,\d{3})+(?:\.\d+)?$")
_POINTED = re.compile(r"^[+-]?[1-9]\d{0,2}(?:\.\d{3})+$")
_SURELY_COMMA = re.compile(r",(?:\d{1,2}|\d{4,})$|\.\d{3}[.,]")
_SURELY_POINT = re.compile(r"^[^,]*\.(?:\d{0,2}|\d{4,})(?:e.*)?$|^[+-]?0*\.\d+$|\.\d+e|,\d{3}[.,]")


def parse_numbers(column: pl.Series) -> pl.Series:
    """Float64: the number in each cell, null where the cell is empty, NaN where it holds no usable number.

    Plain decimals, a currency's ISO code or sign on either side, thousands apart by space or apostrophe, `1,234.50`,
    and, in a column whose commas are decimal, `12,50`, `1.234,50` and `1.234`. They are decimal where some cell's comma
    is followed by other than three digits and no cell has a point that must be decimal. `1,234` where the column does
    not tell what its comma means is no usable number. Beyond ±10⁹ neither.
    """
    if column.dtype == pl.Null:
        return column.cast(pl.Float64)
    if column.dtype != pl.String:
        values = column.cast(pl.Float64)
        return _bounded(values.fill_nan(None))
    values = column.cast(pl.Float64, strict=False)
    odd = column.filter((values.is_null() | values.is_nan()) & column.is_not_null()).unique()
    if odd.is_empty():
        return _bounded(values)
    decimal_comma = _comma_is_decimal(column, odd)
    if decimal_comma:
        odd = pl.concat([odd, column.filter(column.str.contains(_POINTED.pattern)).unique()]).unique()
    known = {c: parse_number(c, decimal_comma=decimal_comma) for c in odd}
    parsed = column.replace_strict(list(known), list(known.values()), default=None, return_dtype=pl.Float64)
    is_odd = column.is_in(list(known))
    return _bounded(pl.select(pl.when(is_odd).then(parsed).otherwise(values)).to_series().alias(column.name))


def parse_number(cell: str, *, decimal_comma: bool | None = None) -> float | None:
    """One cell's number; None where it stands for an empty cell, NaN where it is none.

    Args:
        cell: trimmed text.
        decimal_comma: what a comma means; None where nothing tells.
    """
    if cell.lower() in MISSING_WORDS:
        return None
    number = _split(cell)[0]
    if decimal_comma and (_COMMA_DECIMAL.match(number) or _POINTED.match(number)):
        number = number.replace(".", "").replace(",", ".")
    elif decimal_comma is False and _GROUPED.match(number):
        number = number.replace(",", "")
    return float(number) if _PLAIN.match(number) else float("nan")


def _comma_is_decimal(column: pl.Series, odd: pl.Series) -> bool | None:
    """Whether a column's commas are decimal, by the cells that leave no doubt; None where none does."""
    numbers = [_split(cell)[0] for cell in odd]
    plain = column.str.contains(_SURELY_POINT.pattern) & column.cast(pl.Float64, strict=False).is_not_null()
    if plain.any() or any(_SURELY_POINT.search(number) for number in numbers):
        return False
    return True if any(_SURELY_COMMA.search(number) for number in numbers) else None


def currency_of(cell: str) -> str | None:
    """The ISO 4217 code that stands beside a price, if one does."""
    return _split(cell)[1]


def _split(cell: str) -> tuple[str, str | None]:
    """A cell's number without gaps, and the currency's code beside it."""
    match = _MONEY.match(cell)
    if match is None:
        return cell, None
    number = match["number"]
    if _SPACED.match(number):
        number = _GAP.sub("", number)
    return ("-" if match["minus"] else "") + number, match["before"] or match["after"]


def _bounded(values: pl.Series) -> pl.Series:
    usable = values.is_nan() | (values.abs() <= LARGEST)
    return (
        pl.select(pl.when(usable | values.is_null()).then(values).otherwise(float("nan")))
        .to_series()
        .alias(values.name)
    )
