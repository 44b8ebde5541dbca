"""Orders whose lines lie inside them: JSON objects to one row per line."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import polars as pl

from training.readers.columns import Wanted
from training.readers.documents import as_text, documents
from training.readers.files import Source
from training.readers.jsonlines import HALF_CHARACTER, NESTED, NOT_AN_OBJECT, frame_of, utf8
from training.readers.names import CATALOGUE_FIELDS, ORDER_FIELDS
from training.readers.raw import MALFORMED, Raw, raw_frame

Object = Mapping[str, Any]
"""A JSON object as decoded; what its values are is checked where they are used."""

Row = Mapping[str, object]
"""Our names → JSON values of one line; `malformed` where the line is set aside, `place` its place in its order."""

PLACE = "place"
ORDER_CELLS = Wanted(ORDER_FIELDS, (), {})
CATALOGUE_CELLS = Wanted(CATALOGUE_FIELDS, (), {})


def read_nested(
    source: Source,
    values: Iterable[tuple[int, object]],
    rows_of: Callable[[Object], Iterable[Row]],
    wanted: Wanted,
    columns: Mapping[str, str],
) -> Raw:
    """The rows of all values; a value that is no object is one malformed line.

    Args:
        source: the file, for its name and notes.
        values: line and value of each order, event or product.
        rows_of: the lines of one, at least one.
        wanted: `ORDER_CELLS` or `CATALOGUE_CELLS`.
        columns: ours → where the format has it, for the report.
    """
    fields = tuple(wanted.fields)
    with_place = wanted is ORDER_CELLS
    names = (*fields, PLACE) if with_place else fields
    frame = frame_of(_rows(values, rows_of, names), names)
    cells = raw_frame(frame, wanted)
    if with_place:
        cells = cells.with_columns(frame[PLACE].cast(pl.Int32, strict=False))
    return Raw(source.name, cells, dict(columns), source.notes)


def unwrapped(source: Source, *wrappers: str, unless: str = "") -> Iterator[tuple[int, object]]:
    """Every object of a file, also those in lists and in an answer's envelope.

    Args:
        source: the file.
        wrappers: keys of an envelope whose list holds the objects.
        unless: the key that tells an object from an envelope.
    """
    for line, value in documents(source):
        for one in _open(value, wrappers, unless):
            yield line, one


def _open(value: object, wrappers: Sequence[str], unless: str) -> Iterator[object]:
    if isinstance(value, list):
        for one in value:
            yield from _open(one, wrappers, unless) if isinstance(one, dict) else (one,)
        return
    if isinstance(value, dict) and unless not in value:
        for key in wrappers:
            if isinstance(value.get(key), list):
                yield from value[key]
                return
    yield value


def objects(value: object) -> list[Object]:
    """The objects of a list; what is no list has none."""
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def inside(value: Object, key: str) -> Object:
    """The object under a key, empty where there is none."""
    found = value.get(key)
    return found if isinstance(found, dict) else {}


def said(*values: object) -> object:
    """The first value that says something: no null, empty text, 0 or GA4's `(not set)`."""
    return next((v for v in values if v not in (None, "", 0, "0", "(not set)", [], {})), None)


def mail_hash(address: object) -> str | None:
    """SHA-256 (hex) of an e-mail address, trimmed and in lower case: the form in which mail tools exchange them.

    Addresses themselves never enter a model. The hash is no secret: who knows an address can compute it.
    """
    if not isinstance(address, str) or "@" not in address:
        return None
    return hashlib.sha256(address.strip().lower().encode("utf-8", "replace")).hexdigest()


def other_states(states: Counter[str]) -> tuple[str, ...]:
    """A remark on orders that were set aside for their state."""
    if not states:
        return ()
    return ("orders set aside by state: " + ", ".join(f"{state[:40]} {n}" for state, n in sorted(states.items())),)


def _rows(
    values: Iterable[tuple[int, object]], rows_of: Callable[[Object], Iterable[Row]], names: Sequence[str]
) -> Iterator[tuple[str | int | None, ...]]:
    for line, value in values:
        if not isinstance(value, dict):
            yield *(None for _ in names), NOT_AN_OBJECT, line
            continue
        for row in rows_of(value):
            yield _row(row, names, line)


def _row(row: Row, names: Sequence[str], line: int) -> tuple[str | int | None, ...]:
    cells = [row.get(name) for name in names]
    texts = [as_text(cell) for cell in cells]
    why = row.get(MALFORMED)
    if any(isinstance(cell, dict | list) for cell in cells):
        why = NESTED
    if not utf8(texts):
        texts, why = [None] * len(texts), HALF_CHARACTER
    return (*texts, as_text(why), line)
