"""JSON in the ways it comes in files: one value per line, one array, pages one after another."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Final

from training.readers.errors import InputError
from training.readers.files import Source

_BOM = b"\xef\xbb\xbf"


class _Misread:
    """The type of `MISREAD`."""


MISREAD: Final = _Misread()
"""Stands for a line that is no JSON."""


def documents(source: Source) -> Iterator[tuple[int, object]]:
    """Every value with the line on which it starts, counted from 1.

    Files of lines (NDJSON) give `MISREAD` for a line that is no JSON and skip empty lines. Of other files the elements
    of top-level arrays and all other top-level values are given.

    Raises:
        InputError: a file that is no NDJSON breaks off or goes wrong.
    """
    return _lines(source) if _by_lines(source) else _values(source)


def as_text(value: object) -> str | None:
    """A JSON value as a cell: `17850.0` is 17850, as JSON means it; null, arrays and objects are None."""
    if value is None or isinstance(value, dict | list):
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _by_lines(source: Source) -> bool:
    """Whether each line is a value: the first is one, or is none while the second opens one too."""
    lines = (line for line in source.head().removeprefix(_BOM).splitlines() if line.strip())
    first, second = next(lines, b""), next(lines, b"")
    if first.lstrip().startswith(b"["):
        return False
    return _decode(first) is not MISREAD or second.startswith(b"{")


def _lines(source: Source) -> Iterator[tuple[int, object]]:
    with source.open() as stream:
        for number, line in enumerate(stream, start=1):
            text = line.removeprefix(_BOM) if number == 1 else line
            if text.strip():
                yield number, _decode(text)


def _decode(line: bytes) -> object:
    try:
        return json.loads(line.decode())
    except (ValueError, RecursionError):
        return MISREAD


def _values(source: Source) -> Iterator[tuple[int, object]]:
    text = b"".join(source.blocks()).removeprefix(_BOM).decode("utf-8", "replace")
    decoder = json.JSONDecoder()
    at, line, counted, inside, wants_comma = 0, 1, 0, False, False
    while (at := _skip(text, at)) < len(text):
        line += text.count("\n", counted, at)
        counted = at
        sign = text[at]
        if not inside and sign == "[":
            inside, wants_comma, at = True, False, at + 1
        elif inside and sign == "]":
            inside, at = False, at + 1
        elif inside and wants_comma and sign == ",":
            wants_comma, at = False, at + 1
        elif inside and wants_comma:
            raise _broken(source, line, "a comma is missing")
        else:
            try:
                value, at = decoder.raw_decode(text, at)
            except (ValueError, RecursionError) as error:
                raise _broken(source, line, getattr(error, "msg", str(error))) from error
            yield line, value
            wants_comma = True
    if inside:
        raise _broken(source, line, "the array never closes")


def _skip(text: str, at: int) -> int:
    while at < len(text) and text[at] in " \t\r\n":
        at += 1
    return at


def _broken(source: Source, line: int, why: str) -> InputError:
    return InputError(f"{source.name}, line {line}: the JSON that starts here cannot be read ({why}). Export it again.")
