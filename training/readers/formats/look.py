"""A first look at a file: its shape and the names in it, before anything is parsed."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from itertools import islice

import polars as pl

from training.readers.columns import normalise
from training.readers.documents import documents
from training.readers.errors import InputError
from training.readers.files import Source
from training.readers.formats.record import Seen

GOOGLE_NAMESPACE = "base.google.com/ns/1.0"
_OBJECTS = 200
_DEPTH = 4
_WIDTH = 500
_TAG = re.compile(r"<([A-Za-z_][\w.-]*(?::[A-Za-z_][\w.-]*)?)")
_PREFIX = re.compile(r"xmlns:([\w.-]+)\s*=\s*[\"']https?://" + re.escape(GOOGLE_NAMESPACE))


def look(source: Source) -> Seen:
    """Shape and names; a file without any has an empty set of names."""
    if source.parquet:
        return Seen("parquet", frozenset(_columns(source)))
    head = source.head().decode("utf-8", "replace").removeprefix("\ufeff").lstrip()
    if head[:1] == "<":
        return Seen("xml", frozenset(_tags(head)))
    if head[:1] in ("{", "["):
        return Seen("json", frozenset(_paths(source)))
    return Seen("table", frozenset(_cells(head)))


def _columns(source: Source) -> Iterator[str]:
    data = io.BytesIO(source.data) if isinstance(source.data, bytes) else source.data
    try:
        schema = pl.read_parquet_schema(data)
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError, ValueError):
        return  # the parser says what is wrong with it
    for name, dtype in schema.items():
        yield normalise(name)
        inner = dtype.inner if isinstance(dtype, pl.List) else dtype
        if isinstance(inner, pl.Struct):
            yield from (f"{normalise(name)}.{normalise(field.name)}" for field in inner.fields)


def _tags(head: str) -> Iterator[str]:
    """Tags of the head in lower case, whatever prefix Google's namespace has there written `g:`."""
    prefix = match[1].lower() + ":" if (match := _PREFIX.search(head)) else None
    for tag in _TAG.findall(head):
        name = tag.lower()
        yield "g:" + name.removeprefix(prefix) if prefix and name.startswith(prefix) else name


def _paths(source: Source) -> set[str]:
    found: set[str] = set()
    try:
        for _, value in islice(documents(source), _OBJECTS):
            _walk(value, "", _DEPTH, found)
    except InputError:
        pass  # the parser says it again, where it matters
    return found


def _walk(value: object, path: str, depth: int, found: set[str]) -> None:
    if isinstance(value, list):
        for one in value[:_OBJECTS]:
            _walk(one, path, depth, found)
    elif isinstance(value, dict) and depth:
        for key, inner in islice(value.items(), _WIDTH):
            plain = normalise(key)
            step = "@" + plain if key.startswith("@") else plain
            found.add(path + step)
            _walk(inner, f"{path}{step}.", depth - 1, found)


def _cells(head: str) -> Iterator[str]:
    """The first line that says something, cut at every delimiter that tables use."""
    first = next((line for line in head.splitlines() if line.strip(" \t,;|")), "")
    for delimiter in ",;\t|":
        try:
            for cells in csv.reader([first], delimiter=delimiter):
                yield from (normalise(cell) for cell in cells)
        except csv.Error:
            continue
