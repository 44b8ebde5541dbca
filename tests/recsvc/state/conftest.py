"""Both peers of the state, and what they are asked in the same words."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import redis

from recsvc.fleet.client import quick_client
from recsvc.fleet.guard import Guard
from recsvc.state.contract import StateStore
from recsvc.state.records import Event, Line
from recsvc.state.redis import RedisState
from recsvc.state.redis_keys import StateKeys
from recsvc.state.sqlite import SqliteState

KEEPING = ("--appendonly", "yes", "--appendfsync", "always", "--maxmemory-policy", "noeviction")


class StateServer:
    """A redis-server that keeps what it is told; it can be killed and started again over its files."""

    def __init__(self, binary: str, folder: Path, options: tuple[str, ...]) -> None:
        self.socket = folder / "redis.sock"
        self.url = f"unix://{self.socket}"
        self._command = [
            binary,
            *("--port", "0", "--unixsocket", str(self.socket), "--save", "", "--dir", str(folder)),
            *("--logfile", str(folder / "redis.log"), *options),
        ]
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, **environment: str) -> None:
        """Start it over what its files hold."""
        env = {**os.environ, **environment}
        self.process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL, env=env)
        for _ in range(1_000):
            try:
                redis.Redis.from_url(self.url).ping()
            except redis.RedisError:
                time.sleep(0.01)
            else:
                return
        raise RuntimeError("redis-server did not start")

    def kill(self) -> None:
        """Kill -9; its files stay."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None
        self.socket.unlink(missing_ok=True)

    def pause(self) -> None:
        """SIGSTOP: connections stand, nobody answers."""
        assert self.process is not None
        self.process.send_signal(signal.SIGSTOP)


@pytest.fixture
def state_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., StateServer]]:
    """`state_server(*options)`: a redis-server of its own; by default one that keeps everything."""
    binary = os.environ.get("RECSVC_REDIS_SERVER") or shutil.which("redis-server")
    if not binary:
        pytest.skip("no redis-server: run `make test`, which brings one, or set RECSVC_REDIS_SERVER")
    started: list[StateServer] = []

    def start(*options: str) -> StateServer:
        server = StateServer(binary, tmp_path_factory.mktemp("s"), options or KEEPING)
        started.append(server)
        server.start()
        return server

    yield start
    for server in started:
        server.kill()


def redis_state(url: str, **options: Any) -> RedisState:  # noqa: ANN401  # any option's value
    """The Redis peer over a server."""
    return RedisState(
        quick_client(url, 0.25, 20), quick_client(url, 2.0, 20), StateKeys("shop"), Guard(rest=0.0), **options
    )


@pytest.fixture(params=["sqlite", "redis"])
def state(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[StateStore]:
    """An empty state, of either peer."""
    if request.param == "sqlite":
        store: StateStore = SqliteState(tmp_path / "state.db", events=20)
    else:
        server = request.getfixturevalue("state_server")()
        store = redis_state(server.url, events=20)
    yield store
    store.close()


def event(name: str, **said: Any) -> Event:  # noqa: ANN401  # any field's value
    """An event in few words; `items` are ids."""
    items = tuple(Line(item) for item in said.pop("items", ("tea",)))
    return Event(event_id=name, type=said.pop("type", "impression"), at=said.pop("at", 1_000), items=items, **said)


class Words:
    """What tests of the state share."""

    event = staticmethod(event)
    redis = staticmethod(redis_state)


@pytest.fixture(scope="session")
def say() -> Words:
    """`say.event("e1", customer_id="ann")`, `say.redis(url)`."""
    return Words()
