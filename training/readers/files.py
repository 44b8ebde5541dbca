"""From a path to plain UTF-8 text or Parquet: compression, encoding, and what is no table at all."""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from training.readers.archives import GZIP, ZIP, ZSTD, members, unpack
from training.readers.errors import InputError

_BLOCK = 1 << 20
_HEAD = 1 << 16
_MAX_CONTROL = 0.01
_PARQUET = b"PAR1"
_BINARY = {
    b"\xd0\xcf\x11\xe0": "an old Excel workbook; save the sheet as CSV",
    b"\x89PNG": "a PNG picture; name an order or catalogue file",
    b"\xff\xd8\xff": "a JPEG picture; name an order or catalogue file",
    b"%PDF": "a PDF document; export the table as CSV",
    b"BZh": "compressed with bzip2; pack it as .gz or .zst",
    b"\xfd7zXZ": "compressed with xz; pack it as .gz or .zst",
    b"SQLite format 3": "a SQLite database; export the table as CSV",
}
_WEB_PAGE = (b"<!doctype html", b"<html")
_HINT = re.compile(rb"(?:\xef\xbb\xbf)?\"?sep=.\"?(?=\r?\n)", re.IGNORECASE)
"""The line by which Excel is told a table's delimiter; it is no header."""
_WIDE = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


@dataclass(frozen=True, slots=True)
class Source:
    """One file, ready for a parser.

    Attributes:
        name: the path as given, for messages.
        data: where the bytes are: the file itself, or its unpacked or recoded content.
        parquet: whether the bytes are Parquet; otherwise they are UTF-8 text, perhaps with a byte order mark.
        notes: what was done to the bytes, for the report.
    """

    name: str
    data: Path | bytes
    parquet: bool
    notes: tuple[str, ...]

    def open(self) -> BinaryIO:
        """A fresh stream over the bytes."""
        return io.BytesIO(self.data) if isinstance(self.data, bytes) else self.data.open("rb")

    def blocks(self) -> Iterator[bytes]:
        """The bytes in order, a block at a time."""
        with self.open() as stream:
            while block := stream.read(_BLOCK):
                yield block

    def head(self) -> bytes:
        """The first 64 KiB."""
        with self.open() as stream:
            return stream.read(_HEAD)


def open_sources(path: Path) -> list[Source]:
    """Unpack (.gz, .zst, .zip, known by their first bytes) and recode (UTF-16, UTF-32, Windows-1252) what needs it.

    One source, or of a .zip one per file in it.

    Raises:
        InputError: the file is missing, empty, damaged, not text, or grows without end.
    """
    name = str(path)
    try:
        magic = Source(name, path, False, ()).head()[:4]
        if magic == ZIP:
            return [_ready(Source(inner, data, False, ())) for inner, data in members(path, name)]
        if magic.startswith(GZIP) or magic == ZSTD:
            return [_ready(Source(name, unpack(path, name, gz=magic.startswith(GZIP)), False, ()))]
        return [_ready(Source(name, path, False, ()))]
    except FileNotFoundError:
        raise InputError(f"{name}: there is no such file. Check the path.") from None
    except IsADirectoryError:
        raise InputError(f"{name}: this is a folder. Name the files in it.") from None
    except (OSError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{name}: cannot be read ({error}). Check the file and its permissions.") from error


def _ready(source: Source) -> Source:
    """A source that parsers can take: Parquet, or text in UTF-8."""
    head = source.head()
    if not head.strip():
        raise InputError(f"{source.name}: the file is empty. Export it again, or leave it out.")
    if head.startswith(_PARQUET):
        return Source(source.name, source.data, True, ())
    _refuse_binary(head, source.name)
    return _without_hint(_as_utf8(source, head))


def _without_hint(source: Source) -> Source:
    """A table whose first line is empty where it was Excel's hint, so that lines keep their numbers."""
    hint = _HINT.match(source.head())
    if hint is None:
        return source
    return Source(source.name, b"".join(source.blocks())[hint.end() :], False, source.notes)


def _refuse_binary(head: bytes, name: str) -> None:
    for magic, advice in _BINARY.items():
        if head.startswith(magic):
            raise InputError(f"{name}: this is not a text table but {advice}.")
    if head.lstrip(codecs.BOM_UTF8 + b" \t\r\n").lower().startswith(_WEB_PAGE):
        raise InputError(
            f"{name}: this is a web page, not an export. Was it fetched without logging in? Export it again."
        )
    if _wide_encoding(head) is None:
        control = sum(head.count(bytes([c])) for c in (*range(9), 11, *range(14, 26), *range(27, 32), 127))
        if control > _MAX_CONTROL * len(head):
            raise InputError(
                f"{name}: this is not text ({control} control bytes among the first {len(head)}). "
                "Give CSV, TSV, NDJSON or Parquet, plain or packed as .gz, .zst or .zip."
            )


def _wide_encoding(head: bytes) -> str | None:
    """UTF-16 or UTF-32 by its mark, or UTF-16 without one by where its zero bytes fall."""
    for mark, encoding in _WIDE:
        if head.startswith(mark):
            return encoding
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if max(even, odd) > 0.3 * len(head) / 2 and min(even, odd) <= 0.05 * max(even, odd):
        return "utf-16-le" if odd > even else "utf-16-be"
    return None


def _as_utf8(source: Source, head: bytes) -> Source:
    wide = _wide_encoding(head)
    if wide is not None:
        try:
            text = b"".join(source.blocks()).decode(wide)
        except UnicodeDecodeError as error:
            raise InputError(
                f"{source.name}: starts as {wide} but breaks off at byte {error.start}. Save it as UTF-8."
            ) from error
        return Source(source.name, text.encode(), False, (f"read as {wide}",))
    if _is_utf8(source):
        return source
    return _recode(source)


def _is_utf8(source: Source) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for block in source.blocks():
            if not block.isascii() or decoder.getstate()[0]:  # plain ASCII, but for a character that is cut before it
                decoder.decode(block)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _recode(source: Source) -> Source:
    """UTF-8 with a few broken characters keeps its good ones; everything else is Western single bytes."""
    data = b"".join(source.blocks())
    text = data.decode("utf-8", errors="replace")
    broken = text.count("\ufffd")
    good = sum(1 for c in text if c > "\x7f") - broken
    if good > broken:
        return Source(source.name, text.encode(), False, (f"{broken} broken UTF-8 characters replaced",))
    try:
        text, encoding = data.decode("cp1252"), "Windows-1252"
    except UnicodeDecodeError:
        text, encoding = data.decode("latin-1"), "Latin-1"
    return Source(source.name, text.encode(), False, (f"not UTF-8, read as {encoding}",))
