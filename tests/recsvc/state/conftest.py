"""Both peers of the state, and what they are asked in the same words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest

from recsvc.cli.archive import archive
from recsvc.fleet.client import quick_client
from recsvc.fleet.guard import Guard
from recsvc.state.contract import StateStore
from recsvc.state.records import Event, Line
from recsvc.state.redis import RedisState
from recsvc.state.redis_keys import StateKeys
from recsvc.state.sqlite import SqliteState

if TYPE_CHECKING:
    from conftest import RedisServer

KEEPING = ("--appendonly", "yes", "--appendfsync", "always", "--maxmemory-policy", "noeviction")


@pytest.fixture
def state_server(start_redis: Callable[..., RedisServer]) -> Callable[..., RedisServer]:
    """`state_server(*options)`: a redis-server of its own; by default one that keeps everything."""
    return lambda *options: start_redis(*(options or KEEPING))


def redis_state(url: str, **options: Any) -> RedisState:  # noqa: ANN401  # any option's value
    """The Redis peer over a server; events of tests are of any time, so none is too old unless `keep_days` says so."""
    options = {"keep_days": 40_000, **options}
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


def kept(state: StateStore) -> Counter[str]:
    """Every event's name in the log, with repetition."""
    names, place = Counter[str](), ""
    while part := state.log(place, 10_000):
        names.update(event.event_id for _, event in part)
        place = part[-1][0]
    return names


def archived(state: StateStore, folder: Path) -> Counter[str]:
    """The same in an archive of it that is written now; events have one item each, or none."""
    archive(state, folder, 400, 0)
    return Counter(name for path in folder.glob("events-*.parquet") for name in pl.read_parquet(path)["event_id"])


class Words:
    """What tests of the state share."""

    event = staticmethod(event)
    redis = staticmethod(redis_state)
    kept = staticmethod(kept)
    archived = staticmethod(archived)


@pytest.fixture(scope="session")
def say() -> Words:
    """`say.event("e1", customer_id="ann")`, `say.redis(url)`."""
    return Words()
