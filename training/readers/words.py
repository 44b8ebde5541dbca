"""Text columns by their distinct values: what is asked of a cell is asked once per value, and a cell costs four bytes.

Such a column is a Polars `Enum` whose categories are sorted by bytes; order lines repeat their ids, times and prices,
so that millions of cells have thousands of values.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

Change = Callable[[pl.Series], pl.Series]


def coded(column: pl.Series) -> pl.Series:
    """A text column by its distinct trimmed values, null where nothing is left; other columns as they are."""
    return _encoded(column, _by_text) if column.dtype == pl.String else column


def coded_integers(column: pl.Series) -> pl.Series:
    """A column of whole numbers as text, by its distinct values."""
    return _encoded(column, _by_number)


def is_coded(column: pl.Series) -> bool:
    """Whether a column stands by its distinct values."""
    return isinstance(column.dtype, pl.Enum)


def values(column: pl.Series) -> pl.Series:
    """What a coded column's cells can be, each once; other columns as they are."""
    return column.dtype.categories.alias(column.name) if isinstance(column.dtype, pl.Enum) else column


def through(column: pl.Series, change: Change) -> pl.Series:
    """`change` of a column, asked once per distinct value where the column is coded; it must work cell by cell."""
    if not is_coded(column):
        return change(column)
    return change(values(column)).gather(column.to_physical())


def renamed(column: pl.Series, change: Change) -> pl.Series:
    """A coded column whose values become what `change` makes of them, null included."""
    changed = change(values(column))
    if changed.equals(values(column)):
        return column
    return _recoded(column.to_physical(), changed).alias(column.name)


def stacked(frames: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """Frames one under the other; their coded columns get common categories, absent columns are null."""
    if len(frames) == 1:
        return frames[0]
    names = {c for frame in frames for c in frame.columns if is_coded(frame[c])}
    for name in sorted(names):
        names_of_all = pl.concat([values(frame[name]) for frame in frames if is_coded(frame[name])])
        together = pl.Enum(names_of_all.unique().sort())
        frames = [frame.with_columns(_into(frame[name], together)) for frame in frames]
    return pl.concat(frames, how="diagonal")


def numbered(column: pl.Series) -> tuple[pl.Series, NDArray[np.int64]]:
    """The values that occur in a coded column, sorted by bytes, and each cell's place among them, -1 for null."""
    codes = column.to_physical().cast(pl.Int64).fill_null(-1).to_numpy()
    names = values(column)
    occurs = np.zeros(len(names) + 1, dtype=bool)  # the last place stands for null
    occurs[codes] = True
    place = np.cumsum(occurs[:-1]) - 1
    return names.filter(pl.Series(occurs[:-1])), np.append(place, -1)[codes]


def _encoded(column: pl.Series, encode: Change) -> pl.Series:
    """Runs of equal cells, as an order's lines have them, are encoded once."""
    if column.null_count() == len(column):
        return pl.Series(column.name, [None], dtype=pl.Enum([])).new_from_index(0, len(column))
    runs = column.rle().struct
    if 2 * len(runs.field("len")) > len(column):
        return encode(column).alias(column.name)
    of_run = np.repeat(np.arange(len(runs.field("len"))), runs.field("len").to_numpy())
    return encode(runs.field("value")).gather(of_run).alias(column.name)


def _by_text(column: pl.Series) -> pl.Series:
    cells = column.drop_nulls().unique()
    trimmed = _trimmed(cells)
    if trimmed.equals(cells):
        return column.cast(pl.Enum(cells.sort()))
    return _recoded(column.cast(pl.Enum(cells)).to_physical(), trimmed)


def _by_number(column: pl.Series) -> pl.Series:
    found = column.drop_nulls().unique().sort()
    places = found.search_sorted(column.fill_null(found[0])).cast(pl.UInt32)
    codes = pl.select(pl.when(column.is_not_null()).then(places)).to_series()
    return _recoded(codes, found.cast(pl.String))


def _recoded(codes: pl.Series, texts: pl.Series) -> pl.Series:
    """Codes of texts that need be neither distinct nor sorted, as a coded column."""
    names = texts.drop_nulls().unique().sort()
    return texts.cast(pl.Enum(names)).gather(codes)


def _into(column: pl.Series, categories: pl.Enum) -> pl.Series:
    if not is_coded(column):  # a column of nulls alone
        return column.cast(pl.String).cast(categories)
    return values(column).cast(categories).gather(column.to_physical()).alias(column.name)


def _trimmed(texts: pl.Series) -> pl.Series:
    trimmed = texts.str.strip_chars()
    return pl.select(pl.when(trimmed != "").then(trimmed)).to_series()
