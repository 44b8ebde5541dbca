"""Which format a file is of: by the names in it, never by its ending."""

from __future__ import annotations

from collections.abc import Sequence

from training.readers.errors import InputError
from training.readers.files import Source
from training.readers.formats.known import FORMATS
from training.readers.formats.look import look
from training.readers.formats.record import Format, Kind, Recognised, Seen
from training.readers.options import ReadOptions

_TOO_CLOSE = 0.1


def recognise(source: Source, kind: Kind, options: ReadOptions) -> Recognised:
    """The one format of this kind that fits best.

    A format is a candidate when all its `must` names are there; its confidence is the share of all its telling names
    found. Two candidates within 0.1 of each other are in doubt. Without a candidate the file is a plain table, whose
    columns are found by name; `options.formats` overrides all of this.

    Raises:
        InputError: two formats fit equally well, XML of no known format, or an unknown name in `options.formats`.
    """
    chosen = _chosen(kind, options.formats)
    if chosen is not None:
        return Recognised(chosen, 0, 0)
    seen = look(source)
    formats = [f for f in FORMATS if f.kind == kind]
    candidates = sorted(_fitting(seen, formats), key=lambda r: (-r.found / r.of, r.format.name))
    close = [c for c in candidates if candidates[0].found / candidates[0].of - c.found / c.of < _TOO_CLOSE]
    if len(close) > 1:
        raise InputError(
            f"{source.name}: this could be {' or '.join(c.text() for c in close)}. "
            f"Say which with --format {close[0].format.name}."
        )
    if close:
        return close[0]
    if seen.shape == "xml":
        known = ", ".join(f.name for f in formats if "xml" in f.shapes) or "none"
        raise InputError(
            f"{source.name}: XML of no known format of {kind} (known: {known}). Export it as CSV or NDJSON."
        )
    return Recognised(next(f for f in formats if not f.must), 0, 0)


def _chosen(kind: Kind, names: Sequence[str]) -> Format | None:
    """The format that the caller named for files of this kind."""
    by_name = {f.name: f for f in FORMATS}
    for name in names:
        if name not in by_name:
            raise InputError(f"--format: {name!r} is not known. Use one of {', '.join(by_name)}.")
    mine = [by_name[name] for name in names if by_name[name].kind == kind]
    if len(mine) > 1:
        raise InputError(f"--format: {mine[0].name} and {mine[1].name} are both for {kind}. Name one.")
    return mine[0] if mine else None


def _fitting(seen: Seen, formats: Sequence[Format]) -> list[Recognised]:
    found = []
    for one in formats:
        if one.must and seen.shape in one.shapes and all(seen.has(name) for name in one.must):
            more = sum(seen.has(name) for name in one.may)
            found.append(Recognised(one, len(one.must) + more, len(one.must) + len(one.may)))
    return found
