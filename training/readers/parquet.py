"""Parquet: typed columns, ids made text."""

from __future__ import annotations

import io
from collections.abc import Mapping

import polars as pl

from training.readers.columns import Wanted, resolve
from training.readers.errors import InputError
from training.readers.files import Source
from training.readers.links import LIST_MARK
from training.readers.raw import MALFORMED, Raw, raw_frame
from training.readers.words import coded_integers
from training.records import LINK_KINDS

_MEASURES = ("ts", "quantity", "unit_price")


def read_parquet(source: Source, wanted: Wanted) -> Raw:
    """Cells of the wanted columns; `line` is the row number, from 1.

    Raises:
        InputError: the file is damaged, or a column holds what cannot be an id, a number or a text.
    """
    data = io.BytesIO(source.data) if isinstance(source.data, bytes) else source.data
    try:
        header = list(pl.read_parquet_schema(data))
        found = resolve(header, wanted, source.name)
        frame = pl.read_parquet(data, columns=sorted({header[at] for at in found.values()}), glob=False)
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{source.name}: damaged Parquet ({_first_line(error)}). Copy or write it again.") from error
    return raw_of(frame, source.name, {ours: header[at] for ours, at in found.items()}, wanted, source.notes)


def raw_of(
    frame: pl.DataFrame, name: str, columns: Mapping[str, str], wanted: Wanted, notes: tuple[str, ...] = ()
) -> Raw:
    """Typed columns (ours → theirs) as cells; `line` is the row number, from 1.

    Raises:
        InputError: a column holds what cannot be an id, a number or a text.
    """
    cells = frame.select(_column(frame[theirs], ours, name) for ours, theirs in columns.items())
    cells = cells.with_columns(
        pl.int_range(1, frame.height + 1, dtype=pl.Int64).alias("line"), pl.lit(None, pl.String).alias(MALFORMED)
    )
    return Raw(name, raw_frame(cells, wanted), dict(columns), notes)


def _column(column: pl.Series, ours: str, file: str) -> pl.Series:  # noqa: PLR0911  # a return per kind of column
    """A column as its field needs it: measures keep their numbers and times, everything else becomes text."""
    dtype, column = column.dtype, column.alias(ours)
    if ours in LINK_KINDS and isinstance(dtype, pl.List):
        return (LIST_MARK + column.list.eval(pl.element().cast(pl.String)).list.join(LIST_MARK)).alias(ours)
    if ours in _MEASURES and (dtype.is_numeric() or (ours == "ts" and dtype in (pl.Datetime, pl.Date))):
        return column.cast(pl.Float64) if dtype.is_decimal() else column
    if ours in ("order_id", "customer_id") and dtype.is_integer():
        return coded_integers(column)
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
