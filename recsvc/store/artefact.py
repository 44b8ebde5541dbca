"""The embedded peer of `ModelStore`: versions in a folder, memory-mapped, no server needed."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from models.artefact import MANIFEST, DamagedVersionError
from models.registry import NoVersionError, Registry
from recsvc.store.contract import StoreStatus
from recsvc.store.snapshot import VersionSnapshot

_log = logging.getLogger("recsvc.store")


class _Refusal(NamedTuple):
    """Why a version is not served, and the manifest that was looked at, so that it is read once only."""

    reason: str
    stamp: tuple[int, ...]


class ArtefactStore:
    """Serves the published version, else the newest whole one, and says so.

    A version is verified byte by byte and mapped beside the one in use, then replaces it by one assignment: a
    request that began with the old one ends with it. A damaged version is never served.

    Args:
        registry: the folder of versions.
        refresh_seconds: a newly published version is looked for at most so often.
        in_background: open new versions in a thread of their own, so that no request waits; the very first one
            is always waited for.
        clock: monotonic seconds.
    """

    def __init__(
        self,
        registry: Registry,
        refresh_seconds: float = 1.0,
        *,
        in_background: bool = True,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._registry = registry
        self._refresh_seconds = refresh_seconds
        self._in_background = in_background
        self._clock = clock
        self._busy = threading.Lock()
        self._looked_at: float | None = None
        self._snapshot: VersionSnapshot | None = None
        self._refused: dict[str, _Refusal] = {}
        self._status = StoreStatus(None, None, {})

    def snapshot(self) -> VersionSnapshot | None:
        """The version to serve now, None where no whole one exists."""
        now = self._clock()
        if self._looked_at is None:
            with self._busy:
                if self._looked_at is None:
                    self._try_refresh()
                    self._looked_at = self._clock()
        elif now - self._looked_at >= self._refresh_seconds and self._busy.acquire(blocking=False):
            self._looked_at = now
            self._start_refresh()
        return self._snapshot

    @property
    def stale(self) -> bool:
        """Never: the folder says what is published."""
        return False

    def look_now(self) -> None:
        """Look for a newly published version without waiting for the next time; the caller waits for its opening."""
        with self._busy:
            self._looked_at = self._clock()
            self._try_refresh()

    def status(self) -> StoreStatus:
        """What is served and why, as of the last look."""
        self.snapshot()
        return self._status

    def _start_refresh(self) -> None:
        """Look again; the lock is held and the refresh lets it go. A look that finds no change costs one read."""
        if self._in_background and self._may_change():
            threading.Thread(target=self._refresh_and_release, name="recsvc-open-version", daemon=True).start()
        else:
            self._refresh_and_release()

    def _refresh_and_release(self) -> None:
        try:
            self._try_refresh()
        finally:
            self._busy.release()

    def _try_refresh(self) -> None:
        try:
            self._refresh()
        except OSError:  # an unreadable folder: the version in use goes on, the next look tries again
            _log.exception("looking for a new version failed")

    def _refresh(self) -> None:
        """Open the first version that should be and can be served; where there is none, keep the one in use."""
        published = self._registry.current()
        for name in self._candidates(published):
            if self._snapshot is not None and self._snapshot.version == name:
                break
            if (opened := self._open(name)) is not None:
                self._snapshot = opened
                break
        self._tell(published)

    def _may_change(self) -> bool:
        """Whether another version than the one in use is the first that is not known to be damaged."""
        try:
            candidates = self._candidates(self._registry.current())
        except OSError:
            return True
        first = next((name for name in candidates if not self._is_refused(name)), None)
        return first is not None and (self._snapshot is None or self._snapshot.version != first)

    def _candidates(self, published: str | None) -> list[str]:
        """The published version, then all, newest first."""
        names = self._registry.names()
        return names if published is None else [published, *(name for name in names if name != published)]

    def _open(self, name: str) -> VersionSnapshot | None:
        if self._is_refused(name):
            return None
        stamp = _stamp(self._registry.root / name)
        try:
            return VersionSnapshot(self._registry.open(name))
        except (DamagedVersionError, NoVersionError, OSError, TypeError, ValueError) as error:
            self._refused[name] = _Refusal(str(error), stamp)
            _log.error("version %s is not served: %s", name, error)
            return None

    def _is_refused(self, name: str) -> bool:
        refusal = self._refused.get(name)
        return refusal is not None and refusal.stamp == _stamp(self._registry.root / name)

    def _tell(self, published: str | None) -> None:
        serving = self._snapshot.version if self._snapshot else None
        status = StoreStatus(serving, published, {name: refusal.reason for name, refusal in self._refused.items()})
        if status != self._status or self._looked_at is None:
            if status.note:
                _log.warning("%s", status.note)
            else:
                _log.info("serving the published version %s", serving)
        self._status = status


def _stamp(folder: Path) -> tuple[int, ...]:
    """Tells whether a version's manifest was replaced since it was looked at; empty where there is none."""
    try:
        stat = (folder / MANIFEST).stat()
    except OSError:
        return ()
    return (stat.st_ino, stat.st_size, stat.st_mtime_ns)
