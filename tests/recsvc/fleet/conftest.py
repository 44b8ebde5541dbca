"""What stands between a worker and its Redis, and a worker's store."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from models.registry import Registry
from recsvc.fleet.client import patient_client, quick_client
from recsvc.fleet.guard import Guard
from recsvc.fleet.keys import Keys
from recsvc.fleet.store import FleetStore

if TYPE_CHECKING:
    from conftest import RedisServer


class LossyProxy:
    """Stands between a client and a Redis, in threads of its own, and spoils answers as it is told.

    Attributes:
        spoil: what becomes of each answer: `None` (it passes), `slow` (it comes after `delay` seconds), `reset` (the
            connection breaks), `half` (it stops in the middle and the connection ends), `garbage` (other bytes come),
            `flipped` (the protocol holds, a bit of every value is wrong).
    """

    def __init__(self, upstream: Path, path: Path) -> None:
        self.spoil: str | None = None
        self.delay = 0.2
        self.url = f"unix://{path}"
        self._upstream = upstream
        self._open: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(path))
        self._listener.listen()
        self._start(self._accept)

    def close(self) -> None:
        """End every connection."""
        for each in [self._listener, *self._open]:
            _end(each)
        for thread in self._threads:
            thread.join(5)
        for each in [self._listener, *self._open]:
            each.close()

    def _start(self, work: Callable[..., None], *args: socket.socket) -> None:
        self._threads.append(threading.Thread(target=work, args=args, daemon=True))
        self._threads[-1].start()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:  # closed
                return
            redis_side = socket.socket(socket.AF_UNIX)
            self._open += [client, redis_side]
            redis_side.connect(str(self._upstream))
            self._start(self._forward, client, redis_side)
            self._start(self._back, redis_side, client)

    def _forward(self, client: socket.socket, redis_side: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := client.recv(1 << 16):
                redis_side.sendall(data)
        _end(redis_side)

    def _back(self, redis_side: socket.socket, client: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := redis_side.recv(1 << 16):
                spoil = self.spoil
                if spoil == "reset":
                    break
                if spoil == "slow":
                    time.sleep(self.delay)
                client.sendall(self._spoilt(data, spoil))
                if spoil == "half":
                    break
        _end(client)

    def _spoilt(self, data: bytes, spoil: str | None) -> bytes:
        if spoil == "half":
            return data[: len(data) // 2]
        if spoil == "garbage":
            return b"\x00HTTP/1.1 200 OK\r\n\r\n" + data[::-1]
        if spoil == "flipped":
            lines = data.split(b"\r\n")
            values = (bytes(b ^ 0x80 for b in line) if line[:1] not in (b"$", b"*", b"") else line for line in lines)
            return b"\r\n".join(values)
        return data


def _end(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def server(start_redis: Callable[..., RedisServer]) -> RedisServer:
    """An empty redis-server."""
    return start_redis()


@pytest.fixture
def proxy(server: RedisServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LossyProxy]:
    """A proxy before `server`."""
    lossy = LossyProxy(server.socket, tmp_path_factory.mktemp("p") / "p.sock")
    yield lossy
    lossy.close()


@pytest.fixture
def keys() -> Keys:
    """The keys of the shop under test."""
    return Keys("shop")


@pytest.fixture
def fleet_store(keys: Keys) -> Callable[..., FleetStore]:
    """`fleet_store(url, root)`: a worker's store whose thread looks seldom: tests call `tick`."""

    def build(url: str, root: Path, **options: float) -> FleetStore:
        return FleetStore(
            Registry(root),
            quick_client(url, 0.05, 10),
            patient_client(url),
            keys,
            Guard(rest=0.0),
            refresh_seconds=options.get("refresh_seconds", 3_600.0),
            clock=lambda: options.get("now", 1_000.0),
        )

    return build
