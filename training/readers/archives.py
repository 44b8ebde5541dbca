"""Packed files: .gz, .zst and .zip, unpacked in memory, and never without end."""

from __future__ import annotations

import gzip
import io
import lzma
import sys
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from training.readers.errors import InputError

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

GZIP, ZSTD, ZIP = b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"PK\x03\x04"

MAX_UNPACKED = 4 << 30
"""Bytes of one file, or of all files of one archive: what a machine that trains can hold beside its baskets."""

MAX_RATIO = 200
"""Order lines shrink five- to sevenfold, JSON more; bombs a thousandfold and more."""

UNCHECKED = 64 << 20
"""Up to here the ratio does not matter: a small file of one repeated line is no bomb."""

_BLOCK = 1 << 20
_MAX_MEMBERS = 1000
_DAMAGED = (EOFError, gzip.BadGzipFile, zipfile.BadZipFile, zlib.error, lzma.LZMAError, zstd.ZstdError)


class _Readable(Protocol):
    """What unpacks as it is read."""

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes, none at the end."""


def unpack(path: Path, name: str, *, gz: bool) -> bytes:
    """The whole content of a .gz or .zst file.

    Raises:
        InputError: it is damaged, or grows beyond `MAX_UNPACKED` or `MAX_RATIO`.
    """
    kind, tool = ("gzip", "gzip -t") if gz else ("zstd", "zstd -t")
    try:
        with gzip.open(path) if gz else zstd.open(path) as stream:
            return _capped(stream, path.stat().st_size, MAX_UNPACKED, name)
    except _DAMAGED as error:
        raise InputError(
            f"{name}: the {kind} data is cut short or damaged ({error}). Copy the file again; `{tool}` checks it."
        ) from error


def members(path: Path, name: str) -> Iterator[tuple[str, bytes]]:
    """Name and content of each file in a .zip, in the archive's order; nothing is written anywhere.

    Folders, hidden files and what macOS adds are passed over.

    Raises:
        InputError: an Excel or OpenDocument workbook, an encrypted or damaged archive, one without files or with
            archives inside, or one that grows beyond `MAX_UNPACKED` or `MAX_RATIO`.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            left = MAX_UNPACKED
            for info in _files(archive, name):
                inner = f"{name}/{''.join(c if c.isprintable() else '?' for c in info.filename)}"
                with archive.open(info) as stream:
                    data = _capped(stream, info.compress_size, left, inner)
                if data.startswith((GZIP, ZSTD, ZIP)):
                    raise InputError(f"{inner}: a packed file inside an archive. Unpack it, and name it by itself.")
                left -= len(data)
                yield inner, data
    except (*_DAMAGED, NotImplementedError, RuntimeError, UnicodeError) as error:
        raise InputError(
            f"{name}: the zip archive (or Excel workbook) is damaged or packed in an unknown way ({error}). Pack it "
            "again, or save the sheet as CSV."
        ) from error


def _files(archive: zipfile.ZipFile, name: str) -> list[zipfile.ZipInfo]:
    infos = archive.infolist()
    if any(info.filename == "[Content_Types].xml" for info in infos):
        raise InputError(f"{name}: an Excel workbook. Save the sheet as CSV.")
    if infos and infos[0].filename == "mimetype":
        raise InputError(f"{name}: an OpenDocument file. Save the sheet as CSV.")
    if any(info.flag_bits & 1 for info in infos):
        raise InputError(f"{name}: the archive is encrypted. Pack it without a password.")
    files = [
        info
        for info in infos
        if not info.is_dir()
        and not info.filename.startswith("__MACOSX/")
        and not info.filename.rsplit("/", 1)[-1].startswith(".")
    ]
    if not 0 < len(files) <= _MAX_MEMBERS:
        raise InputError(f"{name}: the archive holds {len(files)} files. Pack between 1 and {_MAX_MEMBERS} exports.")
    return files


def _capped(stream: _Readable, packed: int, limit: int, name: str) -> bytes:
    """All of a stream, unless it grows beyond what exports do."""
    whole = io.BytesIO()
    while block := stream.read(_BLOCK):
        whole.write(block)
        size = whole.tell()
        if size > limit or size > max(UNCHECKED, MAX_RATIO * packed):
            raise InputError(
                f"{name}: {packed:,} packed bytes grow beyond {size:,}; exports do not. Unpack it yourself if you "
                "trust it, and name the unpacked file."
            )
    return whole.getvalue()
