"""The store of a fleet: follow the pointer, keep a twin, survive an absent or emptied Redis."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from models.pointer import Pointer
from models.registry import Registry
from recsvc.fleet.keys import Keys
from recsvc.fleet.pointer import read_pointer
from recsvc.fleet.publisher import publish_version
from recsvc.fleet.reader import RedisSnapshot
from recsvc.fleet.store import FleetStore
from recsvc.store.snapshot import VersionSnapshot

if TYPE_CHECKING:
    from conftest import Builders, RedisServer  # type: ignore[attr-defined]  # two conftests, read by people only

Publish = Callable[[int], str]
Build = Callable[..., FleetStore]


@pytest.fixture
def publish(server: RedisServer, keys: Keys, tmp_path: Path, shop: Builders) -> Publish:
    """`publish(minute)`: train on another host and publish to Redis; its folder is `trainer`."""

    def go(minute: int) -> str:
        root = tmp_path / "trainer"
        name = shop.write(root, shop.tea(orders=100 + minute), minute, publish=False)
        registry = Registry(root)
        done = publish_version(
            server.client, keys, registry.open(name), now=0.0, grace=0.0, known_seq=registry.pointer().seq
        )
        registry.publish(name, done.pointer)
        return name

    return go


def settle(store: FleetStore) -> None:
    """Let the store look and finish what it began."""
    store.tick()
    store.wait()
    store.tick()


def test_a_published_version_is_served_at_once_and_mirrored(
    server: RedisServer, fleet_store: Build, publish: Publish, tmp_path: Path
) -> None:
    """First from Redis, then from a twin with the same bytes; a restart without Redis serves that twin."""
    name = publish(1)
    store = fleet_store(server.url, tmp_path / "host")
    first = store.snapshot()
    assert first is not None
    assert first.version == name
    settle(store)
    twin = store.snapshot()
    assert isinstance(twin, VersionSnapshot)
    assert twin.version == name
    whole = tmp_path / "trainer" / name
    assert {p.name: p.read_bytes() for p in whole.iterdir()} == {
        p.name: p.read_bytes() for p in (tmp_path / "host" / name).iterdir()
    }
    assert store.status().note is None
    server.kill()
    again = fleet_store(server.url, tmp_path / "host").snapshot()
    assert again is not None
    assert again.version == name


def test_redis_and_the_twin_answer_alike(
    server: RedisServer, fleet_store: Build, publish: Publish, tmp_path: Path
) -> None:
    """Every read of the contract gives the same from Redis and from disk."""
    publish(1)
    store = fleet_store(server.url, tmp_path / "host")
    remote = store.snapshot()
    assert isinstance(remote, RedisSnapshot)
    settle(store)
    local = store.snapshot()
    assert isinstance(local, VersionSnapshot)
    items = local.find(["tea", "pot", "spoon", "ünï/çode id,1"])
    assert remote.find(["tea", "pot", "spoon", "ünï/çode id,1"]) == items
    assert remote.item_ids(items) == local.item_ids(items)
    assert remote.cards(items) == local.cards(items)
    assert remote.cards([]) == []
    asked = ["cross_sell", "upsell", "cart"]
    ours, theirs = remote.vectors(asked, items), local.vectors(asked, items)
    assert ours.keys() == theirs.keys()
    for kind in ours:
        for a, b in zip(ours[kind], theirs[kind], strict=True):
            assert [c.tolist() for c in a] == [c.tolist() for c in b]
    for who in ("ann", "zoë/1", "nobody"):
        a, b = remote.customer(who), local.customer(who)
        assert (a is None) == (b is None)
        if a is not None and b is not None:
            assert a.item.tolist() == b.item.tolist()
            assert a.first_day.tolist() == b.first_day.tolist()
            assert (a.habit.tolist(), a.interval_days.tolist()) == (b.habit.tolist(), b.interval_days.tolist())
            assert (a.quantity.tolist(), a.traits) == (b.quantity.tolist(), b.traits)
        ahead, there = remote.next_items(who), local.next_items(who)
        assert (ahead is None) == (there is None)
        if ahead is not None and there is not None:
            assert [c.tolist() for c in ahead] == [c.tolist() for c in there]
    for category in (-1, 0, 1):
        assert remote.bestsellers(category).tolist() == local.bestsellers(category).tolist()
    assert remote.variants(0).tolist() == local.variants(0).tolist()
    assert (remote.shop, remote.settings, remote.kinds) == (local.shop, local.settings, local.kinds)
    assert remote.generated_at == local.generated_at


def test_a_move_is_followed_and_a_rollback_is_a_move(
    server: RedisServer, keys: Keys, fleet_store: Build, publish: Publish, tmp_path: Path
) -> None:
    """Publish, publish, roll back: each is served after one look, from disk where it is there."""
    first = publish(1)
    store = fleet_store(server.url, tmp_path / "host")
    store.snapshot()
    settle(store)
    second = publish(2)
    settle(store)
    assert store.snapshot().version == second  # type: ignore[union-attr]  # None would fail the test
    registry = Registry(tmp_path / "trainer")
    publish_version(server.client, keys, registry.open(first), now=0.0, grace=0.0, rollback=True)
    store.tick()
    snapshot = store.snapshot()
    assert isinstance(snapshot, VersionSnapshot)
    assert snapshot.version == first
    assert Registry(tmp_path / "host").pointer() == Pointer(3, first, second)


def test_without_a_writable_folder_redis_alone_serves(
    server: RedisServer, fleet_store: Build, publish: Publish, tmp_path: Path
) -> None:
    """No twin, and the status says so; when Redis goes away its answers are neutral, never an error."""
    name = publish(1)
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    store = fleet_store(server.url, blocked / "models")
    settle(store)
    snapshot = store.snapshot()
    assert isinstance(snapshot, RedisSnapshot)
    assert snapshot.version == name
    assert "no twin on this host" in str(store.status().note)
    server.kill()
    assert snapshot.vectors(["cross_sell"], [0, 1]) == {}
    assert snapshot.cards([0, 1]) == [b"{}", b"{}"]
    assert snapshot.customer("ann") is None
    assert len(snapshot.bestsellers(-1)) > 0


def test_a_hung_redis_costs_its_budget_and_the_twin_serves(
    server: RedisServer, fleet_store: Build, publish: Publish, tmp_path: Path
) -> None:
    """SIGSTOP: the look fails within the budget, the twin goes on, and the status says what is wrong."""
    name = publish(1)
    store = fleet_store(server.url, tmp_path / "host")
    store.snapshot()
    settle(store)
    server.pause()
    try:
        store.tick()
        assert store.snapshot().version == name  # type: ignore[union-attr]  # None would fail the test
        assert "Redis does not answer" in str(store.status().note)
    finally:
        server.resume()
    store.tick()
    assert store.status().note is None


def test_an_emptied_redis_is_refilled_by_one_worker(
    server: RedisServer, keys: Keys, fleet_store: Build, publish: Publish, tmp_path: Path
) -> None:
    """Vectors and pointer come back with the same seq, written once though two workers saw the loss."""
    publish(1)
    name = publish(2)
    stores = [fleet_store(server.url, tmp_path / "host") for _ in range(2)]
    for store in stores:
        store.snapshot()
        settle(store)
    server.client.flushall()
    for store in stores:
        store.tick()
    for store in stores:
        store.wait()
        store.tick()
    assert read_pointer(server.client, keys) == Pointer(2, name, Registry(tmp_path / "host").pointer().before)
    fresh = fleet_store(server.url, tmp_path / "other-host")
    assert fresh.snapshot().version == name  # type: ignore[union-attr]  # None would fail the test
    assert server.client.exists(keys.refill_lock) == 0


def test_a_replica_that_lagged_is_put_right(
    server: RedisServer, keys: Keys, fleet_store: Build, publish: Publish, tmp_path: Path
) -> None:
    """A pointer that fell back to an older move is moved forward again; hosts never follow it back."""
    first = publish(1)
    second = publish(2)
    store = fleet_store(server.url, tmp_path / "host")
    store.snapshot()
    settle(store)
    server.client.hset(keys.pointer, mapping={"seq": 1, "version": first, "before": ""})
    settle(store)
    assert store.snapshot().version == second  # type: ignore[union-attr]  # None would fail the test
    assert read_pointer(server.client, keys).version == second


def test_a_publish_into_an_emptied_redis_counts(
    server: RedisServer, keys: Keys, fleet_store: Build, publish: Publish, tmp_path: Path, shop: Builders
) -> None:
    """Fewer moves but a newer version is news, not a loss."""
    publish(1)
    store = fleet_store(server.url, tmp_path / "host")
    store.snapshot()
    publish(2)
    settle(store)
    server.client.flushall()
    elsewhere = tmp_path / "new-trainer"
    name = shop.write(elsewhere, shop.tea(orders=500), 9, publish=False)
    publish_version(server.client, keys, Registry(elsewhere).open(name), now=0.0, grace=0.0)
    settle(store)
    assert store.snapshot().version == name  # type: ignore[union-attr]  # None would fail the test


def test_a_damaged_twin_is_mirrored_again(
    server: RedisServer, fleet_store: Build, publish: Publish, tmp_path: Path
) -> None:
    """A host whose copy rotted serves from Redis and replaces the copy."""
    name = publish(1)
    host = tmp_path / "host"
    store = fleet_store(server.url, host)
    store.snapshot()
    settle(store)
    (host / "current").unlink()
    rotten = host / name / "cards.data.npy"
    rotten.write_bytes(rotten.read_bytes()[:-1] + b"!")
    fresh = fleet_store(server.url, host)
    assert fresh.snapshot().version == name  # type: ignore[union-attr]  # None would fail the test
    settle(fresh)
    assert Registry(host).open(name).name == name


def test_old_twins_leave_the_disk(server: RedisServer, fleet_store: Build, publish: Publish, tmp_path: Path) -> None:
    """The newest three stay."""
    store = fleet_store(server.url, tmp_path / "host")
    names = []
    for minute in range(1, 6):
        names.append(publish(minute))
        store.snapshot()
        settle(store)
    assert Registry(tmp_path / "host").names() == names[:1:-1]


def test_no_answer_mixes_versions_while_publishing(
    server: RedisServer, fleet_store: Build, publish: Publish, tmp_path: Path
) -> None:
    """Readers beside six publishes: each snapshot's rows and cards are all of its own version."""
    publish(0)
    store = fleet_store(server.url, tmp_path / "host", refresh_seconds=0.02)
    stop, wrong, seen, reads = threading.Event(), [], set(), [0]

    def read() -> None:
        while not stop.is_set():
            snapshot = store.snapshot()
            if snapshot is None:
                wrong.append("none")
                continue
            if f"T02{snapshot.shop.orders - 100:02}Z" not in snapshot.version:
                wrong.append(snapshot.version)
            seen.add(snapshot.version)
            reads[0] += 1

    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    for minute in range(1, 7):
        publish(minute)
        time.sleep(0.1)
    deadline = time.monotonic() + 10
    while len(seen) < 3 and time.monotonic() < deadline:
        time.sleep(0.05)
    stop.set()
    for reader in readers:
        reader.join()
    assert wrong == []
    assert reads[0] > 1_000
    assert len(seen) >= 3


def test_root_of_the_host_is_made(server: RedisServer, fleet_store: Build, publish: Publish, tmp_path: Path) -> None:
    """A host that never served anything starts with no folder at all."""
    publish(1)
    store = fleet_store(server.url, tmp_path / "new" / "models")
    store.snapshot()
    settle(store)
    assert os.access(tmp_path / "new" / "models" / "current", os.R_OK)
