"""What a machine refuses (memory, disk, permission), as a sentence and an exit code."""

from __future__ import annotations

import contextlib
import errno
from collections.abc import Iterator
from pathlib import Path

from recsvc.cli.main import EXIT_BAD_INPUT, CommandError

EXIT_NO_ROOM = 5
_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.ENOMEM, errno.EIO}


@contextlib.contextmanager
def machine_trouble(folder: Path, left: str) -> Iterator[None]:
    """Turn what the machine refuses into a `CommandError`.

    Exit code 5: memory or disk is full, over quota or failing; 2: a folder that does not take the file.

    Args:
        folder: where the work writes, for errors that name no file.
        left: how things stand when it fails, such as "no version was written".
    """
    try:
        yield
    except MemoryError as error:
        raise CommandError(f"out of memory; {left}", EXIT_NO_ROOM) from error
    except OSError as error:
        code = EXIT_NO_ROOM if error.errno in _NO_ROOM else EXIT_BAD_INPUT
        raise CommandError(f"{error.filename or folder}: {error.strerror or error}; {left}", code) from error
