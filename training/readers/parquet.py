"""Parquet: typed columns, ids made text."""

from __future__ import annotations

import io
from collections.abc import Mapping

import polars as pl

from training.readers.columns import Wanted, resolve, unread
from training.readers.errors import InputError
from training.readers.files import Source
from training.readers.links import LIST_MARK
from training.readers.pieces import mapped
from training.readers.raw import MALFORMED, Raw, by_values, raw_frame, raw_of_parts
from training.readers.words import Lines
from training.records import LINK_KINDS

_ROWS = 1 << 20
_IDS = ("order_id", "customer_id", "item_id")
_MEASURES = ("ts", "quantity", "unit_price")


def read_parquet(source: Source, wanted: Wanted) -> Raw:
    """Cells of the wanted columns; `line` is the row number, from 1.

    Raises:
        InputError: the file is damaged, or a column holds what cannot be an id, a number or a text.
    """
    try:
        header = list(_scan(source).collect_schema())
        places = resolve(header, wanted, source.name)
        found = {ours: header[at] for ours, at in places.items()}
        height = int(_scan(source).select(pl.len()).collect().item())

        def part(first: int) -> pl.DataFrame | Lines:
            frame = _scan(source).select(sorted(set(found.values()))).slice(first, _ROWS).collect()
            cells = _cells(frame, source.name, found, wanted, first + 1)
            return cells if wanted.trimmed else by_values(cells)

        parts = list(mapped(part, range(0, max(height, 1), _ROWS)))
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{source.name}: damaged Parquet ({_first_line(error)}). Copy or write it again.") from error
    return raw_of_parts(source.name, parts, found, (*source.notes, *unread(header, places, wanted)))


def _scan(source: Source) -> pl.LazyFrame:
    return pl.scan_parquet(io.BytesIO(source.data) if isinstance(source.data, bytes) else source.data, glob=False)


def raw_of(
    frame: pl.DataFrame, name: str, columns: Mapping[str, str], wanted: Wanted, notes: tuple[str, ...] = ()
) -> Raw:
    """Typed columns (ours → theirs) as cells; `line` is the row number, from 1.

    Raises:
        InputError: a column holds what cannot be an id, a number or a text.
    """
    return Raw(name, _cells(frame, name, columns, wanted, 1), dict(columns), notes)


def _cells(frame: pl.DataFrame, name: str, columns: Mapping[str, str], wanted: Wanted, first: int) -> pl.DataFrame:
    """Typed columns as cells, the first row being `first`."""
    cells = frame.select(_column(frame[theirs], ours, name, wanted) for ours, theirs in columns.items())
    lines = pl.int_range(first, frame.height + first, dtype=pl.Int64).alias("line")
    return raw_frame(cells.with_columns(lines, pl.lit(None, pl.String).alias(MALFORMED)), wanted)


def _column(column: pl.Series, ours: str, file: str, wanted: Wanted) -> pl.Series:  # noqa: PLR0911  # per kind of column
    """A column as its field needs it: measures keep numbers and times, orders' ids whole numbers, the rest is text."""
    dtype, column = column.dtype, column.alias(ours)
    if ours in LINK_KINDS and isinstance(dtype, pl.List):
        return (LIST_MARK + column.list.eval(pl.element().cast(pl.String)).list.join(LIST_MARK)).alias(ours)
    if ours in _MEASURES and (dtype.is_numeric() or (ours == "ts" and dtype in (pl.Datetime, pl.Date))):
        return column.cast(pl.Float64) if dtype.is_decimal() else column
    if ours in _IDS and dtype.is_integer() and not wanted.trimmed:
        return column
    if dtype in (pl.String, pl.Categorical, pl.Enum) or dtype.is_integer() or dtype in (pl.Boolean, pl.Null):
        return column.cast(pl.String)
    if dtype.is_decimal():
        return column.cast(pl.Float64).cast(pl.String) if ours in ("price", "cost") else _whole(column, ours, file)
    if dtype.is_float():
        return column.cast(pl.String) if ours in ("price", "cost", "in_stock") else _whole(column, ours, file)
    if dtype == pl.Binary:
        try:
            return column.cast(pl.String)
        except pl.exceptions.PolarsError:
            pass
    raise InputError(f"{file}: column {ours} is of type {dtype}. Write it as text or whole numbers.")


def _whole(column: pl.Series, ours: str, file: str) -> pl.Series:
    """Ids kept as floats (a column with gaps, in pandas) are whole numbers, or no ids."""
    numbers = column.cast(pl.Float64).fill_nan(None)
    if not ((numbers == numbers.round()) & (numbers.abs() < 2**53)).fill_null(value=True).all():
        raise InputError(f"{file}: column {ours} holds fractions, which cannot be names. Write it as text.")
    return numbers.cast(pl.Int64).cast(pl.String)


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:200]
