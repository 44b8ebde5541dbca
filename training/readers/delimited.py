"""CSV and its relatives as text cells: Polars where the file is well formed, the standard library where it is not."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from itertools import islice

import polars as pl

from training.readers.columns import Wanted, recognised, resolve
from training.readers.errors import InputError
from training.readers.files import Source
from training.readers.raw import MALFORMED, Raw, raw_frame

_DELIMITERS = ",;\t|"
_BLOCK = 100_000
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
    frame = None
    if skipped == 0 and b"\r" not in source.head().replace(b"\r\n", b""):
        frame = _fast(source, delimiter, found, len(header), wanted.required)
    if frame is None:
        frame = _tolerant(source, delimiter, found, len(header), wanted.required)
    return Raw(source.name, raw_frame(frame, wanted), {ours: header[at] for ours, at in found.items()}, source.notes)


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
    source: Source, delimiter: str, found: dict[str, int], width: int, required: Sequence[str]
) -> pl.DataFrame | None:
    """Polars' parse, or None where its count of records cannot be trusted (stray quotes and the like)."""
    names = [f"column_{i + 1}" for i in range(width + 1)]
    try:
        frame = pl.read_csv(
            source.data,
            has_header=False,
            skip_rows=1,
            separator=delimiter,
            schema=dict.fromkeys(names, pl.String),
            columns=sorted({names[at] for at in found.values()} | {names[-1]}),
            truncate_ragged_lines=True,
            missing_columns="insert",
            raise_if_empty=False,
            glob=False,
        )
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError, ValueError):
        return None
    extra = pl.col(names[-1]).is_not_null()
    frame = frame.select(
        *(pl.col(names[at]).alias(ours) for ours, at in found.items()),
        pl.when(extra).then(pl.lit(WRONG_FIELDS)).alias(MALFORMED),
    )
    breaks, last = _line_breaks(source)
    if breaks + (last != b"\n") == frame.height + 1:
        frame = frame.with_columns(pl.int_range(2, frame.height + 2, dtype=pl.Int64).alias("line"))
        if not required:
            return frame
        return _mark_short_lines(frame, source, delimiter, max(found[r] for r in required), required)
    return None


def _line_breaks(source: Source) -> tuple[int, bytes]:
    breaks, last = 0, b""
    for block in source.blocks():
        breaks += block.count(b"\n")
        last = block[-1:]
    return breaks, last


def _mark_short_lines(
    frame: pl.DataFrame, source: Source, delimiter: str, needed: int, required: Sequence[str]
) -> pl.DataFrame:
    """Tell lines that end before a required column from lines that leave it empty; one record is one line here."""
    suspects = frame.filter(pl.any_horizontal(pl.col(r).is_null() for r in required))["line"].to_list()
    if not suspects:
        return frame
    short, wanted_lines = [], iter(suspects)
    at = next(wanted_lines)
    with source.open() as stream:
        for number, line in enumerate(stream, start=1):
            if number == at:
                cells = next(csv.reader([line.decode("utf-8", "replace")], delimiter=delimiter), [])
                if cells and len(cells) <= needed:
                    short.append(number)
                at = next(wanted_lines, 0)
                if not at:
                    break
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
