"""NDJSON: one object per line, cells as text."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import islice
from typing import BinaryIO

import polars as pl

from training.readers.columns import Wanted, resolve
from training.readers.errors import InputError
from training.readers.files import Source
from training.readers.raw import MALFORMED, Raw, raw_frame

_BLOCK = 100_000
_KEYS_FROM = 10_000
NOT_AN_OBJECT = "not a JSON object"
NESTED = "nested value"
HALF_CHARACTER = "half a character"
"""An escaped UTF-16 surrogate without its other half: JSON allows it, UTF-8 cannot hold it."""


def read_json_lines(source: Source, wanted: Wanted) -> Raw:
    """Cells of the wanted keys, found among the first 10,000 objects; empty lines are not lines.

    Numbers become text as JSON means them (`17850.0` is 17850), so ids written as numbers and as text agree.

    Raises:
        InputError: a JSON array instead of lines, or no key for a required column.
    """
    if source.head().removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"["):
        raise InputError(f"{source.name}: this is one JSON array. Write one object per line (`jq -c '.[]'`).")
    with source.open() as stream:
        keys = list(dict.fromkeys(k for _, o in islice(_objects(stream), _KEYS_FROM) if o is not None for k in o))
    found = {ours: keys[at] for ours, at in resolve(keys, wanted, source.name).items()}
    schema = {**dict.fromkeys(found, pl.String), MALFORMED: pl.String, "line": pl.Int64}
    frames = [pl.DataFrame(schema=schema)]
    with source.open() as stream:
        objects = _objects(stream)
        while block := list(islice(objects, _BLOCK)):
            frames.append(pl.DataFrame([_row(line, o, found) for line, o in block], schema=schema, orient="row"))
    return Raw(source.name, raw_frame(pl.concat(frames), wanted), found, source.notes)


def _objects(stream: BinaryIO) -> Iterator[tuple[int, dict[str, object] | None]]:
    """Line number and object; None where the line is no object."""
    for number, line in enumerate(stream, start=1):
        text = line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line
        if not text.strip():
            continue
        try:
            value = json.loads(text.decode())
        except (ValueError, RecursionError):
            value = None
        yield number, value if isinstance(value, dict) else None


def _row(line: int, value: dict[str, object] | None, found: dict[str, str]) -> tuple[str | int | None, ...]:
    if value is None:
        return (*(None for _ in found), NOT_AN_OBJECT, line)
    cells = [value.get(key) for key in found.values()]
    texts = [_text(c) for c in cells]
    why = NESTED if any(isinstance(c, dict | list) for c in cells) else None
    try:
        "".join(filter(None, texts)).encode()
    except UnicodeEncodeError:
        texts, why = [None] * len(texts), HALF_CHARACTER
    return (*texts, why, line)


def _text(cell: object) -> str | None:
    if cell is None or isinstance(cell, dict | list):
        return None
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell)
