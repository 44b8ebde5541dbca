"""A redis-server of the tests' own: private socket, known process, killed at the end."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis

from models.registry import Registry
from recsvc.fleet.client import patient_client, quick_client
from recsvc.fleet.guard import Guard
from recsvc.fleet.keys import Keys
from recsvc.fleet.store import FleetStore


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


class RedisServer:
    """One redis-server process that can be killed, paused, emptied and started again."""

    def __init__(self, binary: str, folder: Path, *options: str) -> None:
        self.socket = folder / "redis.sock"
        self.url = f"unix://{self.socket}"
        self._command = [
            binary,
            *("--port", "0", "--unixsocket", str(self.socket), "--save", "", "--appendonly", "no"),
            *("--dir", str(folder), "--logfile", str(folder / "redis.log"), *options),
        ]
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def client(self) -> redis.Redis:
        """A patient client; it checks that the server is the one started here."""
        client = patient_client(self.url)
        assert self._process is not None
        assert client.info("server")["process_id"] == self._process.pid
        return client

    def start(self) -> None:
        """Start an empty server and wait until it answers."""
        self._process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL)
        for _ in range(500):
            try:
                redis.Redis.from_url(self.url).ping()
            except redis.RedisError:
                time.sleep(0.01)
            else:
                return
        raise RuntimeError("redis-server did not start")

    def kill(self) -> None:
        """Kill -9."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
        self.socket.unlink(missing_ok=True)

    def pause(self) -> None:
        """SIGSTOP: connections stand, nobody answers."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """SIGCONT."""
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)


@pytest.fixture(scope="session")
def redis_binary() -> str:
    """The redis-server that `make` found or brought."""
    binary = os.environ.get("RECSVC_REDIS_SERVER") or shutil.which("redis-server")
    if not binary:
        pytest.skip("no redis-server: run `make test`, which brings one, or set RECSVC_REDIS_SERVER")
    return binary


@pytest.fixture
def start_redis(redis_binary: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., RedisServer]]:
    """`start_redis(*options)`: an empty server of its own."""
    started: list[RedisServer] = []

    def start(*options: str) -> RedisServer:
        server = RedisServer(redis_binary, tmp_path_factory.mktemp("r"), *options)
        started.append(server)
        server.start()
        return server

    yield start
    for server in started:
        server.kill()


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
