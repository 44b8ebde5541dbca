"""The `ModelStore` of a fleet: Redis says which version is served; every host keeps a verified, mapped twin of it."""

from __future__ import annotations

import contextlib
import fcntl
import logging
import os
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from typing import cast

import redis

from models.artefact import DamagedVersionError
from models.pointer import NOWHERE, Pointer
from models.registry import NoVersionError, Registry, minute_of
from recsvc.fleet.guard import Guard
from recsvc.fleet.keys import Keys
from recsvc.fleet.pointer import IncompleteVersionError, move_pointer, read_pointer
from recsvc.fleet.publisher import PublishError, put_version, sweep
from recsvc.fleet.reader import NotInRedisError, RedisSnapshot, describe, fetch_version
from recsvc.store.artefact import ArtefactStore
from recsvc.store.contract import Snapshot, StoreStatus

_log = logging.getLogger("recsvc.fleet")
_REFILL_LOCK_MS = 300_000
_SWEEP_EVERY = 60.0


class FleetStore:
    """Follows the pointer in Redis; serves the host's twin of what it points at, or Redis itself until there is one.

    While Redis is away the twin is served as it is. A version is never mixed with another: a snapshot is one version.
    One worker per host (file lock) mirrors a newly published version to disk and makes it current there; one worker
    of all (lock in Redis) refills a Redis that came back empty. Where the folder cannot be written there is no twin.

    Args:
        registry: the host's folder of versions.
        quick: for requests and for reading the pointer.
        patient: for mirroring and refilling.
        keys: of the shop.
        guard: keeps calls within their budget.
        refresh_seconds: how often the pointer is read.
        keep: versions to keep on disk.
        clock: Unix seconds.
    """

    def __init__(
        self,
        registry: Registry,
        quick: redis.Redis,
        patient: redis.Redis,
        keys: Keys,
        guard: Guard,
        *,
        refresh_seconds: float = 1.0,
        keep: int = 3,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._registry = registry
        self._quick = quick
        self._patient = patient
        self._keys = keys
        self._guard = guard
        self._refresh_seconds = refresh_seconds
        self._keep = keep
        self._clock = clock
        self._local = ArtefactStore(registry, refresh_seconds)
        self._seen = NOWHERE
        self._answering = True
        self._remote: RedisSnapshot | None = None
        self._swept_at = 0.0
        self._errand: threading.Thread | None = None
        self._follower: threading.Thread | None = None
        self._starting = threading.Lock()

    def snapshot(self) -> Snapshot | None:
        """The version to serve now; reading the pointer goes on in a thread of its own."""
        if self._follower is None:
            self._start()
        local, remote = self._local.snapshot(), self._remote
        if remote is None or (local is not None and (local.version == remote.version or not self._answering)):
            return local
        return remote.fresh()

    @property
    def stale(self) -> bool:
        """Whether Redis did not answer when it was last asked where the pointer stands."""
        return not self._answering

    def status(self) -> StoreStatus:
        """What is served and why."""
        serving = self.snapshot()
        local = self._local.status()
        remarks = []
        if not self._answering:
            remarks.append("Redis does not answer, serving what this host has")
        if not self._writable():
            remarks.append(f"no twin on this host: {self._registry.root} cannot be written")
        published = self._seen.version if self._answering and self._seen.version else local.published
        return StoreStatus(serving.version if serving else None, published, local.refused, tuple(remarks))

    def tick(self) -> None:
        """Look once at the pointer, and do what follows from it."""
        unanswered = Pointer(-1, None, None)
        pointer = self._guard.call(lambda: read_pointer(self._quick, self._keys), unanswered)
        self._answering = pointer is not unanswered
        if not self._answering:
            return
        known = self._known()
        if pointer.version is None or _fell_back(pointer, known):
            if known.version in self._registry.names():  # a host without it leaves the refilling to one that has it
                self._start_errand(lambda: self._refill(pointer, known))
            return
        self._seen = pointer
        self._follow(pointer, pointer.version)
        self._sweep_now_and_then()

    def wait(self) -> None:
        """Wait for the errand that is under way: for tests and for a clean end."""
        if self._errand is not None:
            self._errand.join()

    def _start(self) -> None:
        with self._starting:
            if self._follower is None:
                self.tick()
                self._follower = threading.Thread(target=self._go_on, name="recsvc-follow", daemon=True)
                self._follower.start()

    def _go_on(self) -> None:
        while True:
            time.sleep(self._refresh_seconds)
            try:
                self.tick()
            except Exception:  # noqa: BLE001  # the thread must outlive whatever one look ran into
                _log.exception("looking at the pointer failed")

    def _known(self) -> Pointer:
        """The last move that this host knows of."""
        noted = self._registry.pointer()
        return noted if noted.seq >= self._seen.seq else self._seen

    def _follow(self, pointer: Pointer, version: str) -> None:
        local = self._local.snapshot()
        if self._registry.current() == version:
            if local is not None and local.version == version:
                self._remote = None
                return
        elif self._adopt(pointer, version):
            self._local.look_now()
            return
        if self._remote is None or self._remote.version != version:
            self._remote = self._open_remote(version) or self._remote
        if self._writable():
            self._start_errand(lambda: self._mirror(pointer, version))

    def _adopt(self, pointer: Pointer, version: str) -> bool:
        """Make a version that this host holds whole the current one here."""
        if not self._writable() or version not in self._registry.names():
            return False
        try:
            self._registry.publish(version, pointer)
        except (DamagedVersionError, NoVersionError, OSError) as error:
            _log.warning("the copy of %s on this host cannot be used: %s", version, error)
            return False
        return True

    def _open_remote(self, version: str) -> RedisSnapshot | None:
        try:
            return RedisSnapshot(self._quick, self._keys, self._guard, describe(self._patient, self._keys, version))
        except (redis.RedisError, NotInRedisError) as error:
            _log.warning("%s cannot be read from Redis: %s", version, error)
            return None

    def _mirror(self, pointer: Pointer, version: str) -> None:
        """Bring a version to disk and make it current here; one worker of the host does so."""
        with self._alone_on_host() as alone:
            if not alone or self._registry.current() == version:
                return
            try:
                self._registry.restore(*fetch_version(self._patient, self._keys, version))
                self._registry.publish(version, pointer)
                self._registry.prune(self._keep)
            except (redis.RedisError, NotInRedisError, DamagedVersionError, OSError) as error:
                _log.error("no twin of %s on this host yet: %s", version, error)
                return
        _log.info("mirrored %s", version)
        self._local.look_now()

    def _refill(self, read: Pointer, known: Pointer) -> None:
        """Bring what this host knows to be served back into a Redis that forgot it; one worker of all does so."""
        token = uuid.uuid4().hex
        try:
            if not self._patient.set(self._keys.refill_lock, token, nx=True, px=_REFILL_LOCK_MS):
                return
            try:
                version = self._registry.open(cast(str, known.version))
                put_version(self._patient, self._keys, version, now=self._clock(), progress=lambda _stage, _share: None)
                if move_pointer(self._patient, self._keys, read, known):
                    _log.warning("refilled Redis with %s, move %d", known.version, known.seq)
            finally:
                if self._patient.get(self._keys.refill_lock) == token.encode():
                    self._patient.delete(self._keys.refill_lock)
        except (redis.RedisError, PublishError, IncompleteVersionError, NoVersionError, DamagedVersionError) as error:
            _log.error("Redis could not be refilled with %s: %s", known.version, error)

    def _sweep_now_and_then(self) -> None:
        now = self._clock()
        if now - self._swept_at >= _SWEEP_EVERY:
            self._swept_at = now
            gone: list[str] = []
            self._guard.call(lambda: sweep(self._quick, self._keys, now), gone)

    def _start_errand(self, errand: Callable[[], None]) -> None:
        """Do something long beside the looking; one at a time, asked for again at the next look."""
        if self._errand is None or not self._errand.is_alive():
            self._errand = threading.Thread(target=errand, name="recsvc-errand", daemon=True)
            self._errand.start()

    def _writable(self) -> bool:
        root = self._registry.root
        with contextlib.suppress(OSError):
            root.mkdir(parents=True, exist_ok=True)
        return os.access(root, os.W_OK)

    @contextlib.contextmanager
    def _alone_on_host(self) -> Iterator[bool]:
        """Whether this worker is the one that may mirror now."""
        lock = os.open(self._registry.root / ".mirroring", os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
        finally:
            os.close(lock)


def _fell_back(pointer: Pointer, known: Pointer) -> bool:
    """Whether Redis lost moves (an emptied server, a replica that lagged) rather than made one.

    A pointer with fewer moves that names a newer version is a publish into an emptied Redis: it counts.
    """
    if pointer.version is None or known.version is None or pointer.seq >= known.seq:
        return False
    return minute_of(pointer.version) < minute_of(known.version)
