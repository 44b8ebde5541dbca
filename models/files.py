"""Files that are whole or not at all: written aside, forced to disk, then renamed into place."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import os
import stat
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import IO

_BLOCK = 1 << 20


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Where to write what shall stand at `path`: a file aside, moved into place when the block ends without an error.

    The block forces its bytes to disk itself (`force`). A device or a pipe, such as `/dev/null` or `/dev/stdout`, is
    given as it is: it is written to, never replaced.

    Raises:
        OSError: names `path`, whichever file it was about.
    """
    if path.is_char_device() or path.is_fifo():
        yield path
        return
    aside = path.with_name(f".{path.name}.{uuid.uuid4().hex}.tmp")
    try:
        yield aside
        aside.replace(path)
    except OSError as error:
        if error.filename == str(aside):  # which the person who named `path` has never heard of
            error.filename, error.filename2 = str(path), None
        raise
    finally:
        with contextlib.suppress(OSError):  # a folder that is none, or that took no file, keeps none
            aside.unlink()
    sync_folder(path.parent)


def write_whole(path: Path, data: bytes) -> None:
    """Replace `path` by `data` so that a reader sees the old bytes or the new ones, also after a power cut."""
    with replacing(path) as target:
        write_synced(target, data)


def write_synced(path: Path, *parts: bytes | memoryview, mode: int = 0o666) -> None:
    """Write a new file, with `mode` less the umask, and force its bytes to disk."""
    with open(path, "wb", opener=functools.partial(os.open, mode=mode)) as file:
        for part in parts:
            file.write(part)
        force(file)


def force(file: IO[bytes] | IO[str]) -> None:
    """Force what was written to disk; devices and pipes have none."""
    file.flush()
    if stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        os.fsync(file.fileno())


def sync_folder(path: Path) -> None:
    """Force a folder's entries (renames, new names) to disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sha256_of(path: Path) -> str:
    """SHA-256 of a file's bytes, in hex."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()
