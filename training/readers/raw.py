"""What every format's reader hands on: cells as they stand, one row per line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import polars as pl

from training.readers.columns import Wanted
from training.readers.words import Lines, lines_of, stacked

MALFORMED = "malformed"


@dataclass(frozen=True, slots=True, eq=False)
class Raw:
    """One file's lines before any cell is understood.

    Attributes:
        file: the path as given.
        frame: one column per wanted field (null where the file has none), `line` Int64 (where the record starts, the
            row number in Parquet, the element's first line in JSON) and `malformed` String (why the format sets the
            line aside, else null). Ids, titles and statuses are String; times, quantities and prices are String,
            numbers or, for times, Datetime or Date; orders' ids may be whole numbers. Of orders perhaps `place` Int32:
            which line of its order it is, so that an order told twice counts once.
        columns: ours → the file's column.
        notes: remarks for the report.
        values: of the columns that stand by their values already (`words`), none where cells are to be understood as
            they are.
    """

    file: str
    frame: pl.DataFrame
    columns: Mapping[str, str]
    notes: tuple[str, ...]
    values: Mapping[str, pl.Series] = field(default_factory=dict)

    def lines(self) -> Lines:
        """The cells by their values: a tenth of the memory, and every value is understood once."""
        return Lines(self.frame, self.values) if self.values else by_values(self.frame)


def by_values(frame: pl.DataFrame) -> Lines:
    """Cells of orders by their values."""
    return lines_of(frame, besides=("line", "place"))


def raw_of_parts(
    name: str, parts: Sequence[pl.DataFrame | Lines], columns: Mapping[str, str], notes: tuple[str, ...]
) -> Raw:
    """A file's cells from its parts in order, each as `raw_frame` makes it or by its values."""
    lines = [part for part in parts if isinstance(part, Lines)]
    if lines:
        whole = stacked(lines)
        return Raw(name, whole.frame, columns, notes, whole.values)
    return Raw(name, pl.concat([part for part in parts if isinstance(part, pl.DataFrame)]), columns, notes)


def raw_frame(frame: pl.DataFrame, wanted: Wanted) -> pl.DataFrame:
    """`frame` with every wanted column present; text trimmed, and null where nothing is left, if so wanted."""
    texts = [c for c, dtype in frame.schema.items() if dtype == pl.String and c != MALFORMED and wanted.trimmed]
    trimmed = (pl.col(c).str.strip_chars() for c in texts)
    frame = frame.with_columns(trimmed).with_columns(pl.when(pl.col(c) != "").then(pl.col(c)).alias(c) for c in texts)
    absent = (pl.lit(None, pl.String).alias(f) for f in wanted.fields if f not in frame.columns)
    return frame.with_columns(absent).select(*wanted.fields, "line", MALFORMED)
