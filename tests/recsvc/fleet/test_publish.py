"""Publishing to Redis: whole or not at all, and the pointer's moves."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import redis

from models.artefact import Version, draft
from models.pointer import NOWHERE, Pointer
from models.registry import Registry
from recsvc.fleet import publisher
from recsvc.fleet.keys import Keys, row_field
from recsvc.fleet.pointer import IncompleteVersionError, move_pointer, read_pointer
from recsvc.fleet.publisher import PublishError, SupersededError, publish_version
from recsvc.fleet.reader import NotInRedisError, fetch_version

if TYPE_CHECKING:
    from conftest import Builders, RedisServer  # type: ignore[attr-defined]  # two conftests, read by people only


@pytest.fixture
def version_at(tmp_path: Path, shop: Builders) -> Callable[..., Version]:
    """`version_at(minute)`: a whole version trained at 02:<minute>."""

    def build(minute: int, **changes: object) -> Version:
        name = shop.write(tmp_path / "models", shop.tea(orders=100 + minute, **changes), minute, publish=False)
        return Registry(tmp_path / "models").open(name)

    return build


def publish(server: RedisServer, keys: Keys, version: Version, now: float = 0.0, **options: Any) -> Pointer:  # noqa: ANN401  # as publish_version has them
    """Publish with a grace of ten minutes."""
    return publish_version(server.client, keys, version, now=now, **{"grace": 600.0, **options}).pointer


def test_what_was_published_comes_back_byte_for_byte(
    server: RedisServer, keys: Keys, version_at: Callable[..., Version]
) -> None:
    """A version fetched from Redis has the manifest and run of the one that was published."""
    version = version_at(1)
    assert publish(server, keys, version) == Pointer(1, version.name, None)
    drafted, run = fetch_version(server.client, keys, version.name)
    assert drafted.manifest == draft(version.model).manifest
    assert run == version.run


def test_every_move_counts(server: RedisServer, keys: Keys, version_at: Callable[..., Version]) -> None:
    """Publishing, publishing again and rolling back are moves 1 to 4; nothing is written twice."""
    first, second = version_at(1), version_at(2)
    publish(server, keys, first)
    assert publish(server, keys, second) == Pointer(2, second.name, first.name)
    assert publish(server, keys, second) == Pointer(3, second.name, first.name)
    with pytest.raises(SupersededError, match="recsvc models rollback"):
        publish(server, keys, first)
    back = publish_version(server.client, keys, first, now=0.0, grace=600.0, rollback=True)
    assert back.pointer == Pointer(4, first.name, second.name)
    assert back.wrote_rows == 0


def test_an_emptied_redis_does_not_count_backwards(
    server: RedisServer, keys: Keys, version_at: Callable[..., Version]
) -> None:
    """A publisher that has seen move 57 makes the next one 58, also in an empty Redis."""
    assert publish(server, keys, version_at(1), known_seq=57).seq == 58


def test_racing_movers_never_lose_a_move(server: RedisServer, keys: Keys, version_at: Callable[..., Version]) -> None:
    """Of all who read the same seq one wins; the sum of the winners is the seq."""
    version = version_at(1)
    publish(server, keys, version)
    won: list[int] = []

    def race() -> None:
        client = server.client
        for _ in range(50):
            read = read_pointer(client, keys)
            to = Pointer(read.seq + 1, version.name, None)
            if move_pointer(client, keys, read, to):
                won.append(to.seq)

    threads = [threading.Thread(target=race) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(won) == list(range(2, 2 + len(won)))
    assert read_pointer(server.client, keys).seq == 1 + len(won)


def test_a_slow_publisher_does_not_undo_a_newer_publish(
    server: RedisServer, keys: Keys, version_at: Callable[..., Version], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a newer version was published while this one was written, the newer one stays."""
    old, new = version_at(1), version_at(2)
    put = publisher.put_version

    def overtaken(client: redis.Redis, keys: Keys, version: Version, **options: object) -> int:
        wrote = put(client, keys, version, **options)  # type: ignore[arg-type]  # handed through
        monkeypatch.setattr(publisher, "put_version", put)
        publish(server, keys, new)
        return wrote

    monkeypatch.setattr(publisher, "put_version", overtaken)
    with pytest.raises(SupersededError, match=new.name):
        publish(server, keys, old)
    assert read_pointer(server.client, keys) == Pointer(1, new.name, None)


def test_the_pointer_never_names_what_is_not_whole(server: RedisServer, keys: Keys) -> None:
    """Without a manifest there is nothing to point at; and a move goes forward."""
    with pytest.raises(IncompleteVersionError):
        move_pointer(server.client, keys, NOWHERE, Pointer(1, "20261121T0201Z-abcd", None))
    with pytest.raises(ValueError, match="forward"):
        move_pointer(server.client, keys, Pointer(3, "a", None), Pointer(3, "b", None))
    assert read_pointer(server.client, keys) == NOWHERE


class Lossy(redis.Redis):
    """A Redis client that loses or changes one row on its way."""

    harm = "lose"

    def hset(self, name, key=None, value=None, mapping=None, items=None):  # type: ignore[no-untyped-def,override]  # noqa: ANN001, ANN201  # as redis-py has it
        """As redis-py's, with harm done to vector rows."""
        if mapping and str(name).endswith("vectors.cross_sell"):
            field = next(iter(mapping))
            mapping = {k: v for k, v in mapping.items() if k != field} | (
                {field: b"12345678"} if self.harm != "lose" else {}
            )
        return super().hset(name, key, value, mapping, items)


@pytest.mark.parametrize(("harm", "message"), [("lose", "Redis holds"), ("change", "came back changed")])
def test_rows_that_do_not_arrive_stop_the_publish(
    server: RedisServer,
    keys: Keys,
    version_at: Callable[..., Version],
    harm: str,
    message: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Rows are counted back and sampled before anything points at them."""
    monkeypatch.setattr(publisher, "_SAMPLE", 1.0)
    client = Lossy(unix_socket_path=str(server.socket))
    client.harm = harm
    with pytest.raises(PublishError, match=message):
        publish_version(client, keys, version_at(1), now=0.0, grace=0.0)
    assert read_pointer(server.client, keys) == NOWHERE


def test_a_small_redis_is_refused_before_anything_is_written(
    start_redis: Callable[..., RedisServer], version_at: Callable[..., Version]
) -> None:
    """Two versions and some air must fit; the message says how much to set."""
    small = start_redis("--maxmemory", "1mb", "--maxmemory-policy", "noeviction")
    needed = publisher.estimate_bytes(version_at(1))
    with pytest.raises(PublishError, match="set maxmemory to at least"):
        publisher.require_room(small.client, max(needed, 1 << 20))
    assert small.client.dbsize() == 0


def test_a_redis_that_drops_keys_is_refused(
    start_redis: Callable[..., RedisServer], keys: Keys, version_at: Callable[..., Version]
) -> None:
    """allkeys-lru would silently keep half a version."""
    dropping = start_redis("--maxmemory", "100mb", "--maxmemory-policy", "allkeys-lru")
    with pytest.raises(PublishError, match="noeviction"):
        publish(dropping, keys, version_at(1))


def test_a_full_redis_fails_loudly_and_serves_on(
    start_redis: Callable[..., RedisServer], keys: Keys, version_at: Callable[..., Version]
) -> None:
    """Out of memory in the middle: the publish raises, the version before is whole and pointed at."""
    full = start_redis()
    first, second = version_at(1), version_at(2)
    publish(full, keys, first)
    used = int(full.client.info("memory")["used_memory"])
    full.client.config_set("maxmemory", used + 4_096)
    with pytest.raises((redis.RedisError, PublishError)):
        publish(full, keys, second)
    assert read_pointer(full.client, keys).version == first.name
    assert fetch_version(full.client, keys, first.name)[1] == first.run


def test_older_versions_leave_after_their_grace(
    server: RedisServer, keys: Keys, version_at: Callable[..., Version]
) -> None:
    """The version before stays for a rollback; what is older goes when its grace is over, without a trace."""
    names = []
    for minute in (1, 2, 3):
        version = version_at(minute)
        names.append(version.name)
        publish(server, keys, version, now=float(minute), grace=10.0)
    client = server.client
    assert client.exists(keys.manifest(names[0]))
    assert publisher.sweep(client, keys, 12.9) == []
    assert publisher.sweep(client, keys, 13.0) == [names[0]]
    assert [key for key in client.scan_iter() if names[0].encode() in key] == []
    for name in names[1:]:
        fetch_version(client, keys, name)
    with pytest.raises(NotInRedisError):
        fetch_version(client, keys, names[0])


def test_rolling_back_before_the_grace_is_over_keeps_the_version(
    server: RedisServer, keys: Keys, version_at: Callable[..., Version]
) -> None:
    """A retired version that is published again is retired no more."""
    versions = [version_at(minute) for minute in (1, 2, 3)]
    for version in versions:
        publish(server, keys, version, now=0.0, grace=10.0)
    publish(server, keys, versions[0], now=5.0, grace=10.0, rollback=True)
    publisher.sweep(server.client, keys, 100.0)
    assert fetch_version(server.client, keys, versions[0].name)[1] == versions[0].run


def test_shops_of_one_redis_do_not_meet(server: RedisServer, version_at: Callable[..., Version]) -> None:
    """Every key of a shop carries its namespace."""
    ours, theirs = Keys("ours"), Keys("theirs")
    publish(server, ours, version_at(1))
    assert read_pointer(server.client, theirs) == NOWHERE
    assert all(b"ours" in key for key in server.client.scan_iter())


def test_a_changed_row_is_found_when_fetched(
    server: RedisServer, keys: Keys, version_at: Callable[..., Version]
) -> None:
    """What differs from what was published is refused, whichever row it is in."""
    version = version_at(1)
    publish(server, keys, version)
    tea = version.model.items.find("tea")
    for table, value in (("vectors.cross_sell", b"\0" * 8), ("cards", b"{}"), ("vectors.cross_sell", b"\0" * 7)):
        key = keys.rows(version.name, table)
        whole = server.client.hget(key, row_field(tea))  # type: ignore[arg-type]  # bytes are fields too
        server.client.hset(key, row_field(tea), value)  # type: ignore[arg-type]
        with pytest.raises(NotInRedisError):
            fetch_version(server.client, keys, version.name)
        server.client.hset(key, row_field(tea), whole)  # type: ignore[arg-type]
    fetch_version(server.client, keys, version.name)


_PUBLISH = """
import sys, time
from pathlib import Path
from models.registry import Registry
from recsvc.fleet.client import patient_client
from recsvc.fleet.keys import Keys
from recsvc.fleet.publisher import publish_version
version = Registry(Path(sys.argv[2])).open(sys.argv[3])
print("ready", flush=True)
publish_version(patient_client(sys.argv[1]), Keys("shop"), version, now=time.time(), grace=0.0, rollback=True)
"""


def kill_points(server: RedisServer, keys: Keys, versions: list[Version], root: Path, points: int, seed: int) -> int:
    """Publish in a process of its own, kill it at random moments, check Redis each time; returns the kills that hit."""
    rng, hits, spread = random.Random(seed), 0, 0.05
    for point in range(points):
        target = versions[point % len(versions)]
        before = read_pointer(server.client, keys)
        process = subprocess.Popen(
            [sys.executable, "-c", _PUBLISH, server.url, str(root), target.name], stdout=subprocess.PIPE
        )
        assert process.stdout is not None
        process.stdout.readline()
        started = time.monotonic()
        time.sleep(rng.uniform(0, spread))
        process.send_signal(signal.SIGKILL)
        process.communicate()
        hits += process.returncode == -signal.SIGKILL
        spread = 0.9 * spread + 0.1 * 2 * (time.monotonic() - started)
        after = read_pointer(server.client, keys)
        assert after == before or (after.seq == before.seq + 1 and after.version == target.name)
        assert after.version is not None
        fetch_version(server.client, keys, after.version)
    return hits


@pytest.mark.parametrize("points", [6, pytest.param(200, marks=pytest.mark.deep)])
def test_killing_a_publisher_anywhere_leaves_a_whole_version(
    server: RedisServer, keys: Keys, tmp_path: Path, shop: Builders, points: int
) -> None:
    """Whatever moment the kill comes, the pointer names a whole version, and the next publish works unaided."""
    root = tmp_path / "models"
    many = {f"i{n}": {"price": 1.0, "category": "c"} for n in range(2_000)}
    rows = {f"i{n}": [(f"i{(n + k) % 2_000}", 1 / (k + 1), 5) for k in range(1, 20)] for n in range(2_000)}
    versions = []
    for minute in (1, 2, 3):
        model = shop.model(many, {"cross_sell": rows}, orders=100 + minute)
        versions.append(Registry(root).open(shop.write(root, model, minute, publish=False)))
    publish(server, keys, versions[0], now=time.time())
    hits = kill_points(server, keys, versions, root, points, seed=points)
    assert hits > 0
    done = publish(server, keys, versions[0], now=time.time(), rollback=True)
    assert read_pointer(server.client, keys) == done
