"""Files that are whole or not at all: written aside, forced to disk, then renamed into place."""

from __future__ import annotations

import functools
import hashlib
import os
import uuid
from pathlib import Path

_BLOCK = 1 << 20


def write_whole(path: Path, data: bytes) -> None:
    """Replace `path` by `data` so that a reader sees the old bytes or the new ones, also after a power cut.

    A device or a pipe, such as `/dev/null` or `/dev/stdout`, is written to, never replaced.
    """
    if path.is_char_device() or path.is_fifo():
        path.write_bytes(data)
        return
    aside = path.with_name(f".{path.name}.{uuid.uuid4().hex}.tmp")
    try:
        write_synced(aside, data)
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)
    sync_folder(path.parent)


def write_synced(path: Path, *parts: bytes | memoryview, mode: int = 0o666) -> None:
    """Write a new file, with `mode` less the umask, and force its bytes to disk."""
    with open(path, "wb", opener=functools.partial(os.open, mode=mode)) as file:
        for part in parts:
            file.write(part)
        file.flush()
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
