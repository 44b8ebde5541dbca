"""Orders straight from a database: a query's rows as cells, read through Polars, nothing written."""

from __future__ import annotations

import contextlib
import importlib
import sqlite3
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, unquote, urlsplit

import polars as pl

from training.readers.columns import order_columns, resolve, unread
from training.readers.errors import InputError
from training.readers.options import ReadOptions
from training.readers.parquet import raw_of
from training.readers.raw import Raw

_BATCH = 100_000


def read_query(query: str, address: str, name: str, options: ReadOptions) -> Raw:
    """The rows of one query under our names; columns are found as in a plain table.

    Args:
        query: SQL, one statement.
        address: `postgresql://user:password@host/database` (psycopg) or `sqlite:///path`.
        name: what messages call the query: its file.
        options: `columns` and what else is said of orders.

    Raises:
        InputError: no such kind of database, no driver, no connection, a query that fails, or columns that are missing.
    """
    with _connected(address, name) as source:
        try:
            batches = pl.read_database(query, source, iter_batches=True, batch_size=_BATCH, infer_schema_length=None)
            frames = [_with_text(batch) for batch in batches]
        except Exception as error:  # each driver has errors of its own
            raise InputError(
                f"{name}: the query failed ({_told(error, address)}). Try it in the database's shell."
            ) from error
    frames = [frame for frame in frames if frame.height] or frames[:1]
    if not frames or not frames[0].height:
        raise InputError(f"{name}: the query gives no rows. Try it in the database's shell.")
    try:
        frame = pl.concat(frames, how="vertical_relaxed")
    except pl.exceptions.PolarsError as error:
        raise InputError(f"{name}: a column changes its type along the way ({error}). Cast it in the query.") from error
    wanted = order_columns(options.columns)
    found = resolve(frame.columns, wanted, name)
    notes = ("from a database", *unread(frame.columns, found, wanted))
    return raw_of(frame, name, {ours: frame.columns[at] for ours, at in found.items()}, wanted, notes)


@contextlib.contextmanager
def _connected(address: str, name: str) -> Iterator[Any]:
    """What Polars can ask, for reading only; let go of in the end."""
    scheme, path = urlsplit(address).scheme, urlsplit(address).path
    try:
        if scheme == "sqlite":
            with contextlib.closing(sqlite3.connect(f"file:{quote(unquote(path))}?mode=ro", uri=True)) as connection:
                yield connection
        elif scheme in {"postgresql", "postgres"}:
            psycopg = importlib.import_module("psycopg")
            with psycopg.connect(address) as connection:
                connection.read_only = True
                with connection.cursor(name="recsvc_orders") as cursor:  # of the server's: rows come batch by batch
                    cursor.itersize = _BATCH
                    yield cursor
        else:
            raise InputError(
                f"RECSVC_ORDERS_DSN: {scheme or 'no scheme'!r} is no known kind of database. Use postgresql:// or "
                "sqlite:///, or export the rows to a file."
            )
    except ModuleNotFoundError as error:
        raise InputError(f"RECSVC_ORDERS_DSN: needs {error.name}. Install it: pip install '.[train,sql]'.") from error
    except (InputError, MemoryError):
        raise
    except Exception as error:  # each driver has errors of its own
        raise InputError(f"{name}: no connection by RECSVC_ORDERS_DSN ({_told(error, address)}).") from error


def _with_text(frame: pl.DataFrame) -> pl.DataFrame:
    """What only Python knows (UUIDs and their like) as text."""
    odd = [c for c, dtype in frame.schema.items() if dtype == pl.Object]
    return frame.with_columns(pl.Series(c, [None if v is None else str(v) for v in frame[c]], pl.String) for c in odd)


def _told(error: BaseException, address: str) -> str:
    """The first line of an error, without the password."""
    text = (str(error).splitlines() or [type(error).__name__])[0][:300]
    for secret in {urlsplit(address).password, unquote(urlsplit(address).password or "")}:
        text = text.replace(secret, "…") if secret else text
    return text
