"""The ring of keys that a worker holds, read again when its file changes."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from pathlib import Path

from recsvc.keys.file import read_keys
from recsvc.keys.records import KeysError
from recsvc.keys.ring import KeyRing

_log = logging.getLogger("recsvc.keys")


class KeyWatch:
    """The keys of a file, as they last were whole.

    A file that becomes unreadable leaves the keys as they were, and is told of once. A worker that starts while it is
    unreadable has no keys, knows it, and lets nobody in.

    Args:
        path: the file.
        refresh_seconds: a change is looked for at most so often, by one `stat`.
        clock: monotonic seconds.
    """

    def __init__(self, path: Path, refresh_seconds: float = 1.0, clock: Callable[[], float] = time.monotonic) -> None:
        self._path = path
        self._refresh_seconds = refresh_seconds
        self._clock = clock
        self._busy = threading.Lock()
        self._looked_at: float | None = None
        self._stamp: tuple[int, ...] = ()
        self._ring: KeyRing | None = None
        self._trouble: str | None = None

    @property
    def trouble(self) -> str | None:
        """Why the file as it is now is not used, None where it is."""
        self.ring()
        return self._trouble

    def ring(self) -> KeyRing | None:
        """The keys to go by now, None where none could ever be read."""
        now = self._clock()
        if self._is_due(now):
            with self._busy:  # those who come meanwhile wait: their key may be one of the new
                if self._is_due(now):
                    self._refresh()
                    self._looked_at = now
        return self._ring

    def _is_due(self, now: float) -> bool:
        return self._looked_at is None or now - self._looked_at >= self._refresh_seconds

    def _refresh(self) -> None:
        stamp = self._look()
        if stamp == self._stamp and self._looked_at is not None:
            return
        try:
            keys = read_keys(self._path)
        except KeysError as error:
            self._trouble = str(error)
            kept = "nobody is let in" if self._ring is None else "the keys of before go on"
            _log.error("%s; %s", error, kept)
        else:
            self._ring, self._trouble = KeyRing(keys), None
            _log.info("%d keys from %s", len(keys), self._path)
        self._stamp = stamp

    def _look(self) -> tuple[int, ...]:
        """Tells whether the file was replaced, written to, or given another owner or mode."""
        try:
            found = self._path.stat()
        except OSError:
            return ()
        return (found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)
