"""One at a time: a lock that its holder signs and that ends with the holder's process, however it ends."""

from __future__ import annotations

import contextlib
import fcntl
import os
import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from recsvc.cli.main import CommandError

EXIT_HELD = 75
"""EX_TEMPFAIL of sysexits.h: nothing is wrong, try again later."""


@contextlib.contextmanager
def alone(path: Path, what: str) -> Iterator[None]:
    """Hold the lock file `path`, signed with process, host and time (flock(2): the kernel lets go of it).

    Args:
        path: the lock file; it stays behind, unlocked.
        what: what is done one at a time, for the message.

    Raises:
        CommandError: exit code 75, naming the holder.
    """
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(file, 1_000, 0).decode(errors="replace").strip() or "somebody who has not signed yet"
            raise CommandError(f"{what} is running already: {holder} holds {path}", EXIT_HELD) from None
        os.ftruncate(file, 0)
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        os.pwrite(file, f"process {os.getpid()} on {socket.gethostname()} since {now}\n".encode(), 0)
        yield
    finally:
        os.close(file)
