"""A redis-server of the tests' own: private socket, known process, killed at the end."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
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
