"""Lines by their values: what is asked of a cell is asked once per value, and a cell costs four bytes.

Order lines repeat their ids, times and prices, most of them from one line to the next: millions of cells have thousands
of values. A whole number is understood as one where every cell is written as one, so that nothing needs hashing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

Change = Callable[[pl.Series], pl.Series]
Coded = tuple[pl.Series, pl.Series]
"""Each cell's place, UInt32 and null where empty, and the values in their places."""
_LONG = 4
"""Runs of so many cells in the mean are not looked through for values that come again."""

_WIDEST = 4
"""A range of numbers this many times as wide as a column is long is worth a place for each of its numbers."""


@dataclass(frozen=True, slots=True, eq=False)
class Lines:
    """A frame of lines, some columns by their values: cell `i` of such a column is `values[name][frame[name][i]]`.

    Attributes:
        frame: as many rows as lines. A column by its values holds UInt32 places, null where the cell is empty; one
            without any cell is of dtype Null and takes no memory.
        values: of the columns by their values; no value is null, and one may stand there twice.
    """

    frame: pl.DataFrame
    values: Mapping[str, pl.Series]

    @property
    def height(self) -> int:
        """How many lines."""
        return self.frame.height

    def asked(self, name: str) -> pl.Series:
        """What a column's cells can be: its values, or its cells where it does not stand by them."""
        return self.values[name] if name in self.values else self.frame[name]

    def spread(self, name: str, answers: pl.Series) -> pl.Series:
        """Of each line what `answers` says of its cell, given in the order of `asked`; null where the cell is empty."""
        return answers.gather(self.frame[name]).alias(name) if name in self.values else answers.alias(name)

    def column(self, name: str) -> pl.Series:
        """The cells themselves."""
        return self.spread(name, self.asked(name))

    def through(self, name: str, change: Change) -> pl.Series:
        """`change` of a column, asked once per value; it must work cell by cell."""
        return self.spread(name, change(self.asked(name)))

    def where(self, name: str, test: Change) -> NDArray[np.bool_] | None:
        """Lines whose cell passes a test, empty cells never; None where no value does."""
        if self.frame[name].dtype == pl.Null:
            return None
        passed = test(self.asked(name)).fill_null(value=False)
        if not passed.any():
            return None
        return self.spread(name, passed).fill_null(value=False).to_numpy()

    def changed(self, name: str, change: Change) -> Lines:
        """A column by its values, these as `change` makes them; a cell whose value becomes null is empty."""
        if name not in self.values:
            return self
        now = change(self.values[name])
        frame = self.frame
        if now.null_count():
            kept = now.is_not_null().gather(frame[name])
            frame = frame.with_columns(pl.select(pl.when(kept).then(frame[name])).to_series().alias(name))
            now = now.fill_null(now.drop_nulls().first()) if now.null_count() < len(now) else now.clear()
        return Lines(frame, {**self.values, name: now})

    def filter(self, keep: pl.Series) -> Lines:
        """The lines that stay."""
        return replace(self, frame=self.frame.filter(keep))

    def rows(self, rows: NDArray[np.int64]) -> Lines:
        """These lines, in this order."""
        return replace(self, frame=self.frame[rows])

    def texts(self, names: Sequence[str]) -> pl.DataFrame:
        """These columns as they would be written."""
        return pl.DataFrame([self.column(name).cast(pl.String).alias(name) for name in names])

    def numbered(self, name: str) -> tuple[pl.Series, NDArray[np.int32]]:
        """The values that occur in a column by its values, each once, sorted by bytes; each line's, -1 for none."""
        if name not in self.values:
            return pl.Series(name, [], pl.String), np.full(self.height, -1, dtype=np.int32)
        values, codes = self.values[name], self.frame[name]
        places = (codes.fill_null(len(values)) if codes.null_count() else codes).to_numpy()
        occurs = np.zeros(len(values) + 1, dtype=bool)  # the last place stands for no value
        occurs[places] = True
        found = np.flatnonzero(occurs[:-1])
        which, texts = _distinct(values.gather(found))
        by_bytes = texts.arg_sort().to_numpy()
        rank = np.empty(len(texts), dtype=np.int32)
        rank[by_bytes] = np.arange(len(texts), dtype=np.int32)
        number = np.full(len(values) + 1, -1, dtype=np.int32)
        number[found] = rank[which.to_numpy()]
        return texts.gather(by_bytes).alias(name), number[places]


def lines_of(frame: pl.DataFrame, besides: Sequence[str] = ()) -> Lines:
    """A frame's text columns by their distinct trimmed values, empty where nothing is left.

    Args:
        frame: text columns, and others that stay as they are; ids may be whole numbers and become text.
        besides: columns to leave alone.
    """
    values, columns = {}, []
    for column in frame.get_columns():
        made: Coded | None = None
        if column.null_count() == len(column) and column.name not in besides:
            columns.append(pl.Series(column.name, [None]).new_from_index(0, len(column)))
            continue
        if column.dtype == pl.String:
            made = _by_runs(column, _texts)
        elif column.dtype.is_integer() and column.name.endswith("_id"):
            made = _by_runs(column, _numbers)
        if made is not None:
            values[column.name] = made[1]
        columns.append(column if made is None else made[0].alias(column.name))
    return Lines(pl.DataFrame(columns), values)


def stacked(parts: Sequence[Lines]) -> Lines:
    """Lines one under the other; a column that a part lacks is empty there."""
    if len(parts) == 1:
        return parts[0]
    values: dict[str, pl.Series] = {}
    for name in sorted({name for part in parts for name in part.values}):
        values[name] = pl.concat([part.values[name] for part in parts if name in part.values])
    past = dict.fromkeys(values, 0)
    frames = []
    for part in parts:
        frame = part.frame.with_columns((pl.col(name) + past[name]).cast(pl.UInt32) for name in part.values)
        for name in part.values:
            past[name] += len(part.values[name])
        frames.append(frame)
    return Lines(pl.concat(frames, how="diagonal_relaxed"), values)


def _by_runs(column: pl.Series, encode: Callable[[pl.Series], Coded]) -> Coded:
    """Runs of equal cells, as an order's lines have them, are understood once; where runs are long, each is a value."""
    new = column.ne_missing(column.shift(1)).to_numpy().copy()
    new[:1] = True
    runs = int(new.sum())
    if 2 * runs > len(column):
        return encode(column)
    cells = column.filter(pl.Series(new))
    long_enough = _LONG * runs <= len(column) and not cells.null_count()
    codes, values = _trimmed(cells.cast(pl.String)) if long_enough else encode(cells)
    return codes.gather(pl.Series(np.cumsum(new, dtype=np.uint32) - np.uint32(1))), values


def _trimmed(cells: pl.Series) -> Coded:
    """Each cell as a value of its own."""
    places = pl.int_range(len(cells), dtype=pl.UInt32, eager=True)
    trimmed = cells.str.strip_chars()
    if not (trimmed == "").any():
        return places, trimmed
    lines = Lines(places.alias("c").to_frame(), {"c": trimmed}).changed("c", lambda texts: texts.replace("", None))
    return lines.frame["c"], lines.values["c"]


def _texts(column: pl.Series) -> Coded:
    """Places and trimmed values of text cells."""
    places, cells = _distinct(column)
    own, values = _trimmed(cells)
    return own.gather(places), values


def _distinct(column: pl.Series) -> Coded:
    """Places and values of text cells, each value once."""
    numbers = column.cast(pl.Int64, strict=False)
    if numbers.null_count() == column.null_count():
        made = _dense(numbers, int(column.str.len_bytes().sum()))
        if made is not None:
            return made
    cells = column.drop_nulls().unique()
    return column.cast(pl.Enum(cells)).to_physical().cast(pl.UInt32), cells


def _numbers(column: pl.Series) -> Coded:
    """Places and values, as text, of whole numbers."""
    made = _dense(column.cast(pl.Int64), None) if column.dtype != pl.UInt64 else None
    return made or _texts(column.cast(pl.String))


def _dense(numbers: pl.Series, written: int | None) -> Coded | None:
    """Places and values of whole numbers that lie close together.

    `00123`, `+5` and `-0` are longer than the numbers as we write them: where all cells together take as many bytes as
    their numbers would (`written`, None where the cells are numbers), each is written like its number.
    """
    least, most = numbers.min(), numbers.max()
    if not isinstance(least, int) or not isinstance(most, int):
        return None
    width = most - least + 1
    if width > _WIDEST * len(numbers) + 1024:
        return None
    offset = (numbers - least).fill_null(width).to_numpy() if numbers.null_count() else (numbers - least).to_numpy()
    counts = np.bincount(offset, minlength=width + 1)
    found = np.flatnonzero(counts[:width])
    values = pl.Series(found + least).cast(pl.String)
    if written is not None and int(np.dot(values.str.len_bytes().to_numpy(), counts[found])) != written:
        return None
    place = np.zeros(width + 1, dtype=np.uint32)
    place[found] = np.arange(len(found), dtype=np.uint32)
    places = pl.Series(place[offset])
    if numbers.null_count():
        places = pl.select(pl.when(numbers.is_not_null()).then(places)).to_series()
    return places, values
