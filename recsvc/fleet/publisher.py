"""Bring a version into Redis, whole or not at all, and move the pointer to it."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, cast

import redis

from models.artefact import Version, draft, seal_run
from models.pointer import Pointer
from models.registry import minute_of
from models.rows import RowTable, blocks, row_tables
from recsvc.fleet.keys import Keys, row_field
from recsvc.fleet.pointer import move_pointer, read_pointer

BLOCK_BYTES = 8 << 20
_BATCH_ROWS = 2_000
_SAMPLE = 0.01
_LARGEST_SAMPLE = 2_000
_MEMORY_FACTOR = 2.5
_ROW_OVERHEAD = 90
"""Bytes that Redis 7 spends on a field of a large hash beyond the value (measured, `docs/reference/redis.md`)."""

Progress = Callable[[str, float], None]


class PublishError(RuntimeError):
    """Redis cannot take the version; what was served before still is."""


class SupersededError(PublishError):
    """A newer version is served; to go back to an older one is a rollback, and is said so."""


@dataclass(frozen=True, slots=True)
class Published:
    """What a publish did.

    Attributes:
        pointer: where the pointer stands now.
        wrote_rows: rows written; 0 where Redis held the version already.
    """

    pointer: Pointer
    wrote_rows: int


def publish_version(
    client: redis.Redis,
    keys: Keys,
    version: Version,
    *,
    now: float,
    grace: float,
    known_seq: int = 0,
    rollback: bool = False,
    progress: Progress = lambda _stage, _share: None,
) -> Published:
    """Write a version (unless Redis holds it whole), count and sample it, then move the pointer.

    The version served before stays; older ones are unlinked `grace` seconds later by whoever sweeps next.

    Args:
        client: a patient client.
        keys: of the shop.
        version: verified, on disk.
        now: Unix seconds.
        grace: seconds during which readers of older versions may finish.
        known_seq: the highest seq that this host has seen, so that an emptied Redis never counts backwards.
        rollback: the version may be older than the one that is served.
        progress: hears of each stage.

    Raises:
        SupersededError: a newer version is served, and this is no rollback.
        PublishError: not enough memory, a wrong policy, or rows that did not arrive.
        redis.RedisError: Redis is unreachable or refuses to write.
    """
    read = _not_newer(read_pointer(client, keys), version.name, rollback=rollback)
    wrote = put_version(client, keys, version, now=now, progress=progress)
    while True:
        to = read.moved(version.name, known_seq)
        if move_pointer(client, keys, read, to):
            break
        read = _not_newer(read_pointer(client, keys), version.name, rollback=rollback)
    retire(client, keys, to, now + grace)
    sweep(client, keys, now)
    return Published(to, wrote)


def _not_newer(read: Pointer, name: str, *, rollback: bool) -> Pointer:
    """The pointer as read, unless following it would take a fleet back without anyone having said so."""
    if not rollback and read.version is not None and minute_of(read.version) > minute_of(name):
        raise SupersededError(
            f"{read.version}, newer than {name}, is served and stays; to go back: recsvc models rollback {name}"
        )
    return read


def put_version(client: redis.Redis, keys: Keys, version: Version, *, now: float, progress: Progress) -> int:
    """Write a version's rows and blocks, count them back, sample them, then its manifest; returns the rows written."""
    if client.exists(keys.manifest(version.name)):
        return 0
    require_room(client, estimate_bytes(version))
    client.zadd(keys.written, {version.name: now})
    tables = row_tables(version.model)
    client.sadd(keys.tables(version.name), *tables)
    total = sum(len(table) for table in tables.values())
    done = 0
    for name, table in tables.items():
        key = keys.rows(version.name, name)
        client.unlink(key)
        count = 0
        for batch in _batches(table):
            client.hset(key, mapping=cast(dict[Any, Any], batch))
            count += len(batch)
            progress("rows to Redis", (done + count) / max(total, 1))
        done += len(table)
        _check(client, key, table, count, version.name)
    _put_blocks(client, keys, version)
    client.hset(
        keys.manifest(version.name),
        mapping={"manifest": draft(version.model).manifest, "run": seal_run(version.run)},
    )
    return total


def retire(client: redis.Redis, keys: Keys, pointer: Pointer, unlink_at: float) -> None:
    """Let every version but the served one and the one before it go, from `unlink_at` on."""
    kept = {pointer.version, pointer.before}
    client.zrem(keys.retired, *(name for name in kept if name))
    names = [name.decode() for name in cast(list[bytes], client.zrange(keys.written, 0, -1))]
    leaving = {name: unlink_at for name in names if name not in kept}
    if leaving:
        client.zadd(keys.retired, leaving, nx=True)


def sweep(client: redis.Redis, keys: Keys, now: float) -> list[str]:
    """Unlink the retired versions whose time has come; returns their names."""
    due = [name.decode() for name in cast(list[bytes], client.zrangebyscore(keys.retired, "-inf", now))]
    pointer = read_pointer(client, keys)
    gone = [name for name in due if name not in {pointer.version, pointer.before}]
    for name in gone:
        # The manifest goes first: a version that loses its rows must not look whole.
        client.delete(keys.manifest(name))
        tables = [table.decode() for table in cast(set[bytes], client.smembers(keys.tables(name)))]
        client.unlink(*(keys.rows(name, table) for table in tables), keys.blocks(name), keys.tables(name))
    if due:
        client.zrem(keys.retired, *due)
    if gone:
        client.zrem(keys.written, *gone)
    return gone


def estimate_bytes(version: Version) -> int:
    """Memory that a version takes in Redis, about."""
    tables = row_tables(version.model)
    rows = sum(table.nbytes + _ROW_OVERHEAD * len(table) for table in tables.values())
    return rows + sum(array.nbytes for array in blocks(version.model).values())


def require_room(client: redis.Redis, needed: int) -> None:
    """Refuse before writing where Redis is too small for two versions and some air, or would drop keys.

    Raises:
        PublishError: says what to set.
    """
    info = client.info("memory")
    most, policy = int(info.get("maxmemory", 0)), str(info.get("maxmemory_policy", "noeviction"))
    if most and policy != "noeviction":
        raise PublishError(
            f"Redis drops keys when it is full (maxmemory-policy {policy}), which would leave half a version; "
            "set maxmemory-policy noeviction"
        )
    if most and most < _MEMORY_FACTOR * needed:
        raise PublishError(
            f"Redis may use {most >> 20} MiB, but a version takes about {needed >> 20} MiB and two of them must fit "
            f"with some air: set maxmemory to at least {int(_MEMORY_FACTOR * needed) >> 20} MiB"
        )


def _batches(table: RowTable) -> Iterator[dict[bytes, bytes]]:
    for start in range(0, len(table), _BATCH_ROWS):
        stop = min(start + _BATCH_ROWS, len(table))
        rows = {row_field(i): row for i, row in enumerate(table.rows(start, stop), start) if row}
        if rows:
            yield rows


def _check(client: redis.Redis, key: str, table: RowTable, count: int, version: str) -> None:
    """Count the rows back and compare a sample of them, chosen by the version's name."""
    held = client.hlen(key)
    if held != count:
        raise PublishError(f"{count} rows were written to {key}, but Redis holds {held}")
    size = min(max(int(len(table) * _SAMPLE), 1), _LARGEST_SAMPLE, len(table))
    sample = random.Random(version).sample(range(len(table)), size)  # noqa: S311  # a sample, not a secret
    if sample:
        values = cast(list[bytes | None], client.hmget(key, [row_field(row) for row in sample]))
        for row, value in zip(sample, values, strict=True):
            if (value or b"") != table.row(row):
                raise PublishError(f"row {row} of {key} came back changed")


def _put_blocks(client: redis.Redis, keys: Keys, version: Version) -> None:
    key = keys.blocks(version.name)
    client.unlink(key)
    for name, array in blocks(version.model).items():
        data = array.tobytes()
        for part, start in enumerate(range(0, max(len(data), 1), BLOCK_BYTES)):
            client.hset(key, f"{name}#{part}", data[start : start + BLOCK_BYTES])
