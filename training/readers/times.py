"""Times in the many ways shops write them, to whole seconds since 1970-01-01 UTC."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from training.readers.numbers import MISSING_WORDS

LATEST = 7_258_118_400
"""2200-01-01: a later time is a mistake."""

_CLOCK = r"(?:(?:T|t|,?\s+)(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]\d+)?)?\s*([AaPp][Mm])?)?"
_ZONE = r"\s*(?:Z|z|UTC|GMT|([+-])(\d{2}):?(\d{2})?)?$"
_YEAR_FIRST = r"^(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})" + _CLOCK + _ZONE
_YEAR_LAST = r"^(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})" + _CLOCK + _ZONE
_VOTE = r"^(\d{1,2})[-/.](\d{1,2})[-/.](?:\d{4}|\d{2}(?:\D|$))"
_DOTTED = r"^\d{1,2}\.\d{1,2}\."
_SHORT = r"^(\d{1,2}[./]\d{1,2}[./])(\d{2})(\D.*)?$"
_DAY_NAME = r"^(?:[A-Za-z]{3,9},?\s+)?"
_NAMED = (
    (_DAY_NAME + r"(\d{1,2})[\s-]([A-Za-z]{3,9})\.?,?[\s-](\d{4}|\d{2})(\D.*)?$", (3, 2, 1)),
    (_DAY_NAME + r"([A-Za-z]{3,9})\.?[\s-](\d{1,2})(?:,\s*|[\s-])(\d{4}|\d{2})(\D.*)?$", (3, 1, 2)),
)
_MONTHS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
_MONTH_NUMBERS = {name: str(at + 1) for at, full in enumerate(_MONTHS) for name in (full, full[:3])} | {"sept": "9"}
_EPOCH = r"^\d{9,19}(?:\.\d+)?$"
_USUAL = "%Y-%m-%d %H:%M:%S"
_COMPACT = r"^(?:19|20)\d{6}$"


def day_first_votes(column: pl.Series) -> tuple[int, int, int, int]:
    """How `a/b/year` dates are written: (cells with a > 12, cells with b > 12, dotted cells, all such cells).

    Distinct cells are counted. A column without such dates, or with typed times, gives zeros.
    """
    if column.dtype != pl.String:
        return 0, 0, 0, 0
    cells = column.filter(column.str.contains(_VOTE)).unique()
    parts = cells.str.extract_groups(_VOTE).struct
    first, second = (parts.field(n).cast(pl.Int64) for n in ("1", "2"))
    dotted = int(cells.str.contains(_DOTTED).sum())
    return int((first > 12).sum()), int((second > 12).sum()), dotted, len(cells)


def parse_times(column: pl.Series, *, day_first: bool) -> pl.Series:
    """Int64 seconds since 1970-01-01 UTC, null where a cell is empty or holds no time from 1970 to 2199.

    ISO 8601 dates and times with or without zone, `3/4/2026 8:26` and `3.4.2026`, am and pm, `3.4.26` (00 to 69 are of
    this century, as in POSIX), `3 Apr 2026` and `April 3, 2026` in English, `20260403`, and seconds, milli-, micro- or
    nanoseconds since 1970 by their magnitude. A time without zone is taken as UTC; fractions of a second are cut.

    Args:
        column: text, numbers, Datetime or Date.
        day_first: whether `3/4/2026` is 3 April.
    """
    if column.dtype in (pl.Datetime, pl.Date):
        return _bounded(column.dt.epoch("s"))
    if column.dtype == pl.Null:
        return column.cast(pl.Int64)
    if column.dtype.is_numeric():
        return _bounded(pl.Series(column.name, _epoch(column.cast(pl.Float64).fill_null(np.nan).to_numpy())))
    seconds = np.full(len(column), -1, dtype=np.int64)
    seconds[column.is_not_null().to_numpy()] = _parse_text(column.drop_nulls(), day_first=day_first)
    return _bounded(pl.Series(column.name, seconds))


def says_nothing(column: pl.Series) -> bool:
    """Whether no cell of a time column holds anything, so that the file has no times."""
    if column.dtype == pl.String:
        return bool(column.str.to_lowercase().is_in(MISSING_WORDS).all(ignore_nulls=True))
    return column.null_count() == len(column)


def _parse_text(cells: pl.Series, *, day_first: bool) -> NDArray[np.int64]:
    seconds = np.full(len(cells), -1, dtype=np.int64)
    usual = cells.str.to_datetime(_USUAL, strict=False).dt.epoch("s")
    usual = pl.select(pl.when((cells.str.len_bytes() == 19) & (cells.str.slice(17, 1) < "6")).then(usual)).to_series()
    seconds[:] = usual.fill_null(-1).to_numpy()
    known, whole = usual.is_not_null(), seconds
    if known.all():
        return seconds
    cells, seconds = _in_numbers(cells.filter(~known)), seconds[~known.to_numpy()]
    month, day = (2, 1) if day_first else (1, 2)
    for pattern, order in ((_YEAR_FIRST, (1, 2, 3)), (_YEAR_LAST, (3, month, day))):
        at = cells.str.contains(pattern).to_numpy()
        if at.any():
            seconds[at] = _calendar(cells.filter(pl.Series(at)), pattern, order)
    for pattern in (_COMPACT, _EPOCH):
        at = cells.str.contains(pattern).to_numpy()
        seconds[at] = _epoch(cells.filter(pl.Series(at)).cast(pl.Float64).to_numpy())
    whole[~known.to_numpy()] = seconds
    return whole


def _in_numbers(cells: pl.Series) -> pl.Series:
    """Months by their number and years in four digits; what has neither name nor short year stays as it is."""
    if cells.str.contains(_SHORT).any():
        parts = cells.str.extract_groups(_SHORT).struct
        cells = _else(parts.field("1") + _century(parts.field("2")) + parts.field("3").fill_null(""), cells)
    if not cells.str.contains("[A-Za-z]{3}").any():
        return cells
    for pattern, (year, month, day) in _NAMED:
        parts = cells.str.extract_groups(pattern).struct
        names = parts.field(str(month)).str.to_lowercase()
        number = names.replace_strict(_MONTH_NUMBERS, default=None, return_dtype=pl.String)
        date = _century(parts.field(str(year))) + "-" + number + "-" + parts.field(str(day))
        cells = _else(date + parts.field("4").fill_null(""), cells)
    return cells


def _century(years: pl.Series) -> pl.Series:
    """Years in four digits."""
    before = pl.when(pl.lit(years) < "70").then(pl.lit("20")).otherwise(pl.lit("19"))
    return pl.select(
        pl.when(pl.lit(years).str.len_bytes() == 2).then(before + pl.lit(years)).otherwise(years)
    ).to_series()


def _else(cells: pl.Series, others: pl.Series) -> pl.Series:
    """Each cell, or where there is none the other."""
    return pl.select(pl.coalesce(cells, others).alias(others.name)).to_series()


def _calendar(cells: pl.Series, pattern: str, order: tuple[int, int, int]) -> NDArray[np.int64]:
    """Seconds of matching cells, -1 where the calendar or the clock has no such time."""
    groups = cells.str.extract_groups(pattern).struct

    def number(group: int, absent: int = 0) -> NDArray[np.int64]:
        return groups.field(str(group)).cast(pl.Int64, strict=False).fill_null(absent).to_numpy()

    def present(group: int, *texts: str) -> NDArray[np.bool_]:
        return groups.field(str(group)).is_in(texts).fill_null(value=False).to_numpy()

    year, month, day = (number(g) for g in order)
    hour, minute, second = number(4), number(5), number(6)
    pm, am = present(7, "pm", "PM", "Pm", "pM"), present(7, "am", "AM", "Am", "aM")
    good = (month >= 1) & (month <= 12) & (hour < 24) & (minute < 60) & (second < 60) & (year >= 1) & (year < 2200)
    good &= ~((pm | am) & ((hour < 1) | (hour > 12)))
    hour = np.where(pm | am, hour % 12, hour) + 12 * pm
    months = (np.where(good, year, 1970) - 1970) * 12 + np.where(good, month, 1) - 1
    days = months.astype("datetime64[M]").astype("datetime64[D]") + (day - 1)
    good &= (day >= 1) & (days.astype("datetime64[M]") == months.astype("datetime64[M]"))
    offset = (number(9) * 60 + number(10)) * 60 * np.where(present(8, "-"), -1, 1)
    seconds = days.astype(np.int64) * 86_400 + hour * 3600 + minute * 60 + second - offset
    return np.where(good, seconds, -1)


def _epoch(numbers: NDArray[np.float64]) -> NDArray[np.int64]:
    """Seconds of numbers by magnitude: 20260403 is a date, then s, ms, µs, ns; -1 for what is none (before 1973)."""
    whole = np.nan_to_num(numbers, nan=-1.0, posinf=-1.0, neginf=-1.0)
    scale = np.select([whole < 1e11, whole < 1e14, whole < 1e17], [1.0, 1e3, 1e6], 1e9)
    seconds = np.where(whole >= 1e8, np.floor(whole / scale), -1.0).astype(np.int64)
    compact = (whole >= 19_700_101) & (whole < 22_000_101) & (whole == np.floor(whole))
    if compact.any():
        text = pl.Series(whole[compact].astype(np.int64)).cast(pl.String)
        seconds[compact] = _calendar(text, r"^(\d{4})(\d{2})(\d{2})()()()()()()()$", (1, 2, 3))
    return seconds


def _bounded(seconds: pl.Series) -> pl.Series:
    usable = (seconds >= 0) & (seconds < LATEST)
    return pl.select(pl.when(usable).then(seconds).cast(pl.Int64)).to_series().alias(seconds.name)
