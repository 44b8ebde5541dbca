"""Flat JSON objects, one per line or in one array: cells as text."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

import polars as pl

from training.readers.columns import Wanted, resolve, unread
from training.readers.documents import as_text, documents
from training.readers.files import Source
from training.readers.links import LIST_MARK
from training.readers.raw import MALFORMED, Raw, raw_frame
from training.records import LINK_KINDS

_BLOCK = 100_000
_KEYS_FROM = 10_000
NOT_AN_OBJECT = "not a JSON object"
NESTED = "nested value"
HALF_CHARACTER = "half a character"
"""An escaped UTF-16 surrogate without its other half: JSON allows it, UTF-8 cannot hold it."""


def read_json_lines(source: Source, wanted: Wanted) -> Raw:
    """Cells of the wanted keys, found among the first 10,000 objects; empty lines are not lines.

    Numbers become text as JSON means them (`17850.0` is 17850), so ids written as numbers and as text agree. Links of a
    catalogue may be arrays of ids.

    Raises:
        InputError: no key for a required column, or an array that breaks off.
    """
    first = islice(documents(source), _KEYS_FROM)
    keys = list(dict.fromkeys(key for _, value in first if isinstance(value, dict) for key in value))
    places = resolve(keys, wanted, source.name)
    found = {ours: keys[at] for ours, at in places.items()}
    rows = (_row(line, value, found) for line, value in documents(source))
    frame = raw_frame(frame_of(rows, tuple(found)), wanted)
    return Raw(source.name, frame, found, (*source.notes, *unread(keys, places, wanted)))


def frame_of(rows: Iterator[tuple[str | int | None, ...]], fields: tuple[str, ...]) -> pl.DataFrame:
    """Rows of cells, each followed by why it is malformed (or None) and its line, as a frame."""
    schema = {**dict.fromkeys(fields, pl.String), MALFORMED: pl.String, "line": pl.Int64}
    frames = [pl.DataFrame(schema=schema)]
    while block := list(islice(rows, _BLOCK)):
        frames.append(pl.DataFrame(block, schema=schema, orient="row"))
    return pl.concat(frames)


def utf8(texts: list[str | None]) -> bool:
    """Whether the cells hold whole characters only."""
    try:
        "".join(filter(None, texts)).encode()
    except UnicodeEncodeError:
        return False
    return True


def _row(line: int, value: object, found: dict[str, str]) -> tuple[str | int | None, ...]:
    if not isinstance(value, dict):
        return (*(None for _ in found), NOT_AN_OBJECT, line)
    cells = [_flat(ours, value.get(key)) for ours, key in found.items()]
    texts = [as_text(cell) for cell in cells]
    why = NESTED if any(isinstance(cell, dict | list) for cell in cells) else None
    if not utf8(texts):
        texts, why = [None] * len(texts), HALF_CHARACTER
    return (*texts, why, line)


def _flat(ours: str, cell: object) -> object:
    """A list of linked ids as one cell; anything else as it is."""
    if ours not in LINK_KINDS or not isinstance(cell, list):
        return cell
    return "".join(LIST_MARK + text for one in cell if (text := as_text(one)) is not None)
