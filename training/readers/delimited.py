"""CSV and its relatives as text cells: Polars where the file is well formed, the standard library where it is not."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from itertools import islice

import numpy as np
import polars as pl

from training.readers.columns import Wanted, recognised, resolve, unread
from training.readers.errors import InputError
from training.readers.files import Source
from training.readers.pieces import mapped
from training.readers.raw import MALFORMED, Raw, by_values, raw_frame, raw_of_parts
from training.readers.words import Lines

_DELIMITERS = ",;\t|"
_BLOCK = 100_000
_PIECE = 1 << 25
_BREAK = ord("\n")
_MAX_RECORD_LINES = 10_000
_FIELD_LIMIT = 1 << 30
WRONG_FIELDS = "wrong number of fields"


def read_delimited(source: Source, wanted: Wanted) -> Raw:
    """Cells of the wanted columns, one row per record, each with the line on which the record starts.

    A record with too many fields, or too few to reach a required column, is malformed. An empty line is a record
    without cells.

    Raises:
        InputError: no usable header, or a quoted cell that never closes.
    """
    csv.field_size_limit(_FIELD_LIMIT)
    delimiter, skipped, header = _header(source, wanted)
    found = resolve(header, wanted, source.name)
    parts: list[pl.DataFrame | Lines] | None = None
    if skipped == 0 and b"\r" not in source.head().replace(b"\r\n", b""):
        parts = _fast(source, delimiter, found, len(header), wanted)
    if parts is None:
        parts = [raw_frame(_tolerant(source, delimiter, found, len(header), wanted.required), wanted)]
    notes = (*source.notes, *unread(header, found, wanted))
    return raw_of_parts(source.name, parts, {ours: header[at] for ours, at in found.items()}, notes)


def _header(source: Source, wanted: Wanted) -> tuple[str, int, list[str]]:
    """The delimiter under which the header says most to us, records before it, and its cells."""
    best: tuple[str, int, list[str]] = (",", 0, [])
    best_score = (-1, -1)
    for delimiter in _DELIMITERS:
        for skipped, (_, cells) in enumerate(_records(source, delimiter)):
            if any(c.strip() for c in cells):
                header = [c.strip() for c in cells]
                score = (recognised(header, wanted), len(header))
                if score > best_score:
                    best, best_score = (delimiter, skipped, header), score
                break
    return best


def _records(source: Source, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Every record with the line on which it starts, the header first."""
    start = 1
    with io.TextIOWrapper(source.open(), encoding="utf-8-sig", newline="") as text:
        reader = csv.reader(text, delimiter=delimiter)
        try:
            for cells in reader:
                if reader.line_num - start > _MAX_RECORD_LINES:
                    raise InputError(
                        f"{source.name}, line {start}: a quoted cell opens here and does not close within "
                        f"{_MAX_RECORD_LINES} lines. Close or double the quote, or export without quotes."
                    )
                yield start, cells
                start = reader.line_num + 1
        except csv.Error as error:
            raise InputError(f"{source.name}, line {start}: {error}. Correct the line and run again.") from error


def _fast(
    source: Source, delimiter: str, found: dict[str, int], width: int, wanted: Wanted
) -> list[pl.DataFrame | Lines] | None:
    """Polars' parse, a piece of the file per thread, or None where some piece's count of records cannot be trusted."""

    def parsed(piece: bytes) -> pl.DataFrame | Lines | None:
        frame = _piece(piece, delimiter, found, width, wanted.required)
        if frame is None:
            return None
        cells = raw_frame(frame, wanted)
        return cells if wanted.trimmed else by_values(cells)

    parts, line = [], 2
    for part in mapped(parsed, _pieces(source)):
        if part is None:
            return None
        frame = part.frame if isinstance(part, Lines) else part
        numbered = frame.with_columns(pl.col("line") + line)
        parts.append(Lines(numbered, part.values) if isinstance(part, Lines) else numbered)
        line += frame.height
    return parts or None


def _pieces(source: Source) -> Iterator[bytes]:
    """The file below its header in pieces of whole lines; one whose header spans lines has a piece that is refused."""
    with source.open() as stream:
        if stream.readline().count(b'"') % 2:
            yield b'"'
        while piece := stream.read(_PIECE):
            yield piece + stream.readline()


def _piece(
    piece: bytes, delimiter: str, found: dict[str, int], width: int, required: Sequence[str]
) -> pl.DataFrame | None:
    """Cells of whole lines, `line` from 0; None where a record may span lines or Polars refuses (stray quotes)."""
    quotes = b'"' in piece
    if quotes and piece.count(b'"') % 2:
        return None
    names = [f"column_{i + 1}" for i in range(width + 1)]
    try:
        frame = pl.read_csv(
            piece,
            has_header=False,
            separator=delimiter,
            quote_char='"' if quotes else None,
            schema=dict.fromkeys(names, pl.String),
            columns=sorted({names[at] for at in found.values()} | {names[-1]}),
            truncate_ragged_lines=True,
            missing_columns="insert",
            raise_if_empty=False,
            glob=False,
        )
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError, ValueError):
        return None
    breaks = int(np.count_nonzero(np.frombuffer(piece, np.uint8) == _BREAK))
    if breaks + (not piece.endswith(b"\n")) != frame.height:
        return None
    extra = pl.col(names[-1]).is_not_null()
    frame = frame.select(
        *(pl.col(names[at]).alias(ours) for ours, at in found.items()),
        pl.when(extra).then(pl.lit(WRONG_FIELDS)).alias(MALFORMED),
        pl.int_range(pl.len(), dtype=pl.Int64).alias("line"),
    )
    return _mark_short_lines(frame, piece, delimiter, max((found[r] for r in required), default=0), required)


def _mark_short_lines(
    frame: pl.DataFrame, piece: bytes, delimiter: str, needed: int, required: Sequence[str]
) -> pl.DataFrame:
    """Tell lines that end before a required column from lines that leave it empty; one record is one line here."""
    if not any(frame[r].null_count() for r in required):
        return frame
    lines = piece.split(b"\n")
    short = [
        at
        for at in frame.filter(pl.any_horizontal(pl.col(r).is_null() for r in required))["line"]
        if 0 < len(next(csv.reader([lines[at].decode("utf-8", "replace")], delimiter=delimiter), [])) <= needed
    ]
    is_short = pl.col("line").is_in(short)
    return frame.with_columns(pl.when(is_short).then(pl.lit(WRONG_FIELDS)).otherwise(MALFORMED).alias(MALFORMED))


def _tolerant(
    source: Source, delimiter: str, found: dict[str, int], width: int, required: Sequence[str]
) -> pl.DataFrame:
    """The standard library's parse: slower, at ease with stray quotes, and it knows every record's line."""
    schema = {**dict.fromkeys(found, pl.String), MALFORMED: pl.String, "line": pl.Int64}
    needed = max((found[r] for r in required), default=0)
    records = _records(source, delimiter)
    for _, cells in records:
        if any(c.strip() for c in cells):
            break
    frames = [pl.DataFrame(schema=schema)]
    while block := list(islice(records, _BLOCK)):
        data: dict[str, list[str | None] | list[int]] = {
            ours: [(cells[at] or None) if at < len(cells) else None for _, cells in block] for ours, at in found.items()
        }
        data[MALFORMED] = [
            WRONG_FIELDS if any(cells[width:]) or 0 < len(cells) <= needed else None for _, cells in block
        ]
        data["line"] = [start for start, _ in block]
        frames.append(pl.DataFrame(data, schema=schema))
    return pl.concat(frames)
