"""What is each peer's own: what happens when its file, disk or server fails."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from recsvc.settings import ServiceSettings, SettingsError
from recsvc.state.assembly import open_state
from recsvc.state.contract import StateUnavailableError
from recsvc.state.sqlite import SqliteState
from recsvc.web.metrics import Metrics

if TYPE_CHECKING:
    from conftest import RedisServer, Words

NOW = 1_790_000_000


def test_the_settings_choose_the_peer(tmp_path: Path) -> None:
    """A file, a server, neither; both are refused."""
    assert open_state(ServiceSettings()) is None
    assert type(open_state(ServiceSettings(state=tmp_path / "s.db"))).__name__ == "SqliteState"
    assert type(open_state(ServiceSettings(state_url="redis://localhost"))).__name__ == "RedisState"
    with pytest.raises(SettingsError, match="both set"):
        open_state(ServiceSettings(state=tmp_path / "s.db", state_url="redis://localhost"))
    assert list(tmp_path.iterdir()) == []


def test_a_file_is_its_owners_alone_and_shared_by_processes(tmp_path: Path, say: Words) -> None:
    """Mode 600; a second store over the same file sees what the first acknowledged."""
    path = tmp_path / "new" / "state.db"
    first, second = SqliteState(path), SqliteState(path)
    assert first.append([say.event("a", customer_id="ann")], NOW).durable
    assert second.append([say.event("a", customer_id="ann"), say.event("b")], NOW).duplicates == (0,)
    assert len(second.customer("ann").events) == 1
    assert path.stat().st_mode & 0o077 == 0
    first.close()
    second.close()


def test_every_commit_of_a_file_is_forced_to_disk(tmp_path: Path) -> None:
    """A write-ahead log and `synchronous=FULL`, on every connection."""
    store = SqliteState(tmp_path / "state.db")
    connection = store._connect()
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert connection.execute("PRAGMA synchronous").fetchone() == (2,)
    connection.close()


def test_a_file_that_cannot_be_used_says_so(tmp_path: Path, say: Words) -> None:
    """A folder in its place, another program's file, a later format: unavailable, with a reason and no path."""
    (tmp_path / "folder").mkdir()
    (tmp_path / "text").write_text("not a database " * 100)
    later = sqlite3.connect(tmp_path / "later")
    later.execute("PRAGMA user_version = 9")
    later.commit()
    later.close()
    for name, reason in (("folder", "opened"), ("text", "not a database"), ("later", "format 9")):
        store = SqliteState(tmp_path / name)
        with pytest.raises(StateUnavailableError, match=reason) as caught:
            store.append([say.event("a")], NOW)
        assert str(tmp_path) not in str(caught.value)
        assert not store.status().reachable
        store.close()


def test_erased_bytes_are_gone_from_the_files(tmp_path: Path, say: Words) -> None:
    """Not only unlinked: neither the database nor its log still holds the customer's id or items."""
    store = SqliteState(tmp_path / "state.db")
    store.append([say.event(f"e{i}", customer_id="customer-4711", items=("rare-item",)) for i in range(50)], NOW)
    store.set_use("customer-4711", "rare-item", "", use=False)
    store.erase("customer-4711", NOW)
    held = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"customer-4711" not in held
    assert b"rare-item" not in held
    store.close()


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (("--appendonly", "no"), "appendonly is no"),
        (("--appendonly", "yes", "--appendfsync", "everysec"), "appendfsync is everysec"),
        (("--appendonly", "yes", "--appendfsync", "always", "--maxmemory-policy", "allkeys-lru"), "allkeys-lru"),
        (("--appendonly", "yes", "--appendfsync", "always", "--no-appendfsync-on-rewrite", "yes"), "on-rewrite is yes"),
        (("--appendonly", "yes", "--rename-command", "CONFIG", ""), "allow CONFIG GET"),
    ],
)
def test_a_redis_that_may_lose_what_it_is_told_says_so(
    state_server: Callable[..., RedisServer], say: Words, options: tuple[str, ...], reason: str
) -> None:
    """It keeps events, and its receipts say `durable: false`."""
    store = say.redis(state_server(*options).url)
    status = store.status()
    assert b"recsvc_state_durable 0.0" in Metrics(state=store).exposition()
    assert status.reachable
    assert not status.durable
    assert reason in (status.note or "")
    assert not store.append([say.event("a")], NOW).durable
    assert len(store.log("", 10)) == 1


def test_a_redis_that_is_gone_full_or_silent_is_unavailable(
    state_server: Callable[..., RedisServer], say: Words
) -> None:
    """Killed: unavailable at once; back: what it acknowledged is there. Full: refuses events, still answers."""
    server = state_server()
    store = say.redis(server.url, clock=lambda: 0.0)
    store.append([say.event("a", customer_id="ann")], NOW)
    server.kill()
    for trip in (lambda: store.customer("ann"), lambda: store.append([say.event("b")], NOW), store.words):
        with pytest.raises(StateUnavailableError):
            trip()
    server.start()
    assert [e.event_id for e in store.customer("ann").events] == ["a"]
    store._patient.config_set("maxmemory", "1mb")
    with pytest.raises(StateUnavailableError):
        store.append([say.event("c")], NOW)
    assert len(store.customer("ann").events) == 1
    server.pause()
    with pytest.raises(StateUnavailableError):
        store.customer("ann")


def test_a_redis_lets_go_of_what_is_older_than_it_may_be(state_server: Callable[..., RedisServer], say: Words) -> None:
    """A customer who still comes by keeps the newest days, not whatever was first."""
    store = say.redis(state_server().url, keep_days=30)
    for day in range(100):
        at = NOW + day * 86_400
        store.append([say.event(f"e{day}", customer_id="ann", at=at)], at)
    assert [e.event_id for e in store.customer("ann").events] == [f"e{day}" for day in range(69, 100)]


def test_no_id_is_part_of_a_redis_key(state_server: Callable[..., RedisServer], say: Words) -> None:
    """Keys hold digests; ids stand in bodies, where erasing finds them."""
    store = say.redis(state_server().url)
    store.append([say.event("a", customer_id="customer-4711")], NOW)
    store.set_consent("customer-4711", "full")
    store.decide("customer-4711", "n", b"", NOW, NOW + 9_000_000_000)
    assert not [key for key in store._patient.keys("*") if b"4711" in key]
