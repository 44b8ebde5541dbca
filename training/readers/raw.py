"""What every format's reader hands on: cells as they stand, one row per line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from training.readers.columns import Wanted

MALFORMED = "malformed"


@dataclass(frozen=True, slots=True, eq=False)
class Raw:
    """One file's lines before any cell is understood.

    Attributes:
        file: the path as given.
        frame: one column per wanted field (null where the file has none), `line` Int64 (where the record starts, the
            row number in Parquet, the element's first line in JSON) and `malformed` String (why the format sets the
            line aside, else null). Ids, titles and statuses are String; times, quantities and prices are String,
            numbers or, for times, Datetime or Date. Of orders perhaps `place` Int32: which line of its order it is, so
            that an order told twice counts once.
        columns: ours → the file's column.
        notes: remarks for the report.
    """

    file: str
    frame: pl.DataFrame
    columns: Mapping[str, str]
    notes: tuple[str, ...]


def raw_frame(frame: pl.DataFrame, wanted: Wanted) -> pl.DataFrame:
    """`frame` with every wanted column present; text trimmed, and null where nothing is left, if so wanted."""
    texts = [c for c, dtype in frame.schema.items() if dtype == pl.String and c != MALFORMED and wanted.trimmed]
    trimmed = (pl.col(c).str.strip_chars() for c in texts)
    frame = frame.with_columns(trimmed).with_columns(pl.when(pl.col(c) != "").then(pl.col(c)).alias(c) for c in texts)
    absent = (pl.lit(None, pl.String).alias(f) for f in wanted.fields if f not in frame.columns)
    return frame.with_columns(absent).select(*wanted.fields, "line", MALFORMED)
