"""What publishing through Redis costs and promises, measured on a redis-server of its own.

    python bench/fleet.py                      # 100,000 items; prints a table
    python bench/fleet.py --items 1000000      # larger

Publishes a generated version, mirrors it, refills an emptied Redis, reads beside fifty publishes and counts answers
that mix versions, and lets publishers race for the pointer.
"""

from __future__ import annotations

import argparse
import itertools
import os
import shutil
import subprocess
import tempfile
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import redis

from models.artefact import Run, Version, draft
from models.customers import Customers, Next, Purchases, Traits
from models.model import Model
from models.pointer import Pointer
from models.records import CROSS_SELL, UPSELL, ItemFacts, Lists, Shop
from models.registry import Registry, version_name
from models.rows import row_tables
from models.stored import StoredVectors
from models.strings import StringTable
from recsvc.fleet.client import patient_client, quick_client
from recsvc.fleet.guard import Guard
from recsvc.fleet.keys import Keys
from recsvc.fleet.pointer import move_pointer, read_pointer
from recsvc.fleet.publisher import publish_version
from recsvc.fleet.reader import describe
from recsvc.fleet.store import FleetStore

KEYS = Keys("bench")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--items", type=int, default=100_000)
    parser.add_argument("--reads", type=int, default=100_000)
    parser.add_argument("--publishes", type=int, default=50)
    parser.add_argument("--races", type=int, default=600)
    args = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="recsvc-bench-"))
    server = start_redis(folder)
    try:
        cost(folder, args.items)
        mixing(folder, args.publishes, args.reads)
        racing(folder, args.races)
    finally:
        server.kill()
        shutil.rmtree(folder, ignore_errors=True)


def cost(folder: Path, items: int) -> None:
    """Seconds to publish, mirror and refill; bytes in Redis by kind."""
    client = patient_client(url(folder))
    version = stored(folder / "trainer", generated(items, salt=0), minute=0)
    tables = row_tables(version.model)
    print(f"{items:,} items, cross_sell K=50, upsell K=10, {len(version.model.customers.ids):,} customers of 10 items")
    empty = int(client.info("memory")["used_memory"])
    seconds, _ = timed(lambda: publish_version(client, KEYS, version, now=time.time(), grace=0))
    total = int(client.info("memory")["used_memory"]) - empty
    print(f"publish                      {seconds:8.2f} s")
    for name, table in tables.items():
        used = int(client.memory_usage(KEYS.rows(version.name, name), samples=1_000) or 0)
        print(
            f"  {name:<26} {used / len(table):8.0f} bytes a row in Redis, {table.nbytes / len(table):.0f} of them data"
        )
    print(f"  all of the version         {total / items:8.0f} bytes an item, {total / 2**20:.0f} MiB")
    host = store(folder, "host")
    seconds, _ = timed(lambda: describe(client, KEYS, version.name))
    print(f"open from Redis (the frame)  {seconds:8.2f} s")
    host.snapshot()
    seconds, _ = timed(lambda: (host.wait(), host.tick()))
    print(f"mirror to disk, verified     {seconds:8.2f} s")
    client.flushall()
    seconds, _ = timed(lambda: (host.tick(), host.wait()))
    if read_pointer(client, KEYS).version != version.name:
        raise SystemExit("the emptied Redis was not refilled")
    print(f"refill an emptied Redis      {seconds:8.2f} s")
    client.flushall()


def mixing(folder: Path, publishes: int, reads: int) -> None:
    """Read beside publishes; an answer is mixed where its rows, cards or facts are of another version than its name."""
    client = patient_client(url(folder))
    versions = [stored(folder / "mix", generated(2_000, salt=n + 1), minute=n) for n in range(publishes)]
    publish_version(client, KEYS, versions[0], now=time.time(), grace=5)
    salts = {version.name: n + 1 for n, version in enumerate(versions)}
    reader = store(folder, "mix-host", refresh_seconds=0.05)
    counts = {"reads": 0, "mixed": 0, "missing": 0}
    seen: set[str] = set()
    stop = threading.Event()

    def read() -> None:
        while not stop.is_set():
            snapshot = reader.snapshot()
            counts["reads"] += 1
            if snapshot is None:
                counts["missing"] += 1
                continue
            salt = salts[snapshot.version]
            seen.add(snapshot.version)
            row = snapshot.vectors([CROSS_SELL], [7])[CROSS_SELL][0]
            told = (int(row.together[0]), int(snapshot.facts.orders[0]), snapshot.cards([3])[0])
            counts["mixed"] += told != (salt, salt, f'{{"title": "Item 3 of {salt}"}}'.encode())

    threads = [threading.Thread(target=read) for _ in range(2)]
    for thread in threads:
        thread.start()
    for version in versions[1:]:
        publish_version(client, KEYS, version, now=time.time(), grace=5)
        time.sleep(0.3)
    while counts["reads"] < reads:
        time.sleep(0.1)
    stop.set()
    for thread in threads:
        thread.join()
    print(
        f"{publishes} publishes beside {counts['reads']:,} reads: {counts['mixed']} mixed, "
        f"{counts['missing']} without a version, {len(seen)} versions seen"
    )
    client.flushall()


def racing(folder: Path, races: int) -> None:
    """Publishers of older and newer versions race; the pointer must never go back without a rollback."""
    client = patient_client(url(folder))
    versions = [stored(folder / "race", generated(50, salt=n), minute=n) for n in range(40)]
    for version in versions:
        publish_version(client, KEYS, version, now=time.time(), grace=1e9)
    for key in client.scan_iter():
        if key.endswith(b":pointer"):
            client.delete(key)
    back = superseded = moves = race = 0
    while moves + superseded < races:
        race += 1
        start = read_pointer(client, KEYS)
        entrants = [versions[(race * 7 + n * 11) % len(versions)] for n in range(4)]
        entrants = [v for v in entrants if start.version is None or v.name >= start.version] or [versions[-1]]
        results: list[bool] = []

        def enter(version: Version, results: list[bool] = results) -> None:
            own = patient_client(url(folder))
            try:
                publish_version(own, KEYS, version, now=time.time(), grace=1e9)
                results.append(True)
            except RuntimeError:
                results.append(False)

        names: list[str] = []
        stop = threading.Event()

        def watch(names: list[str] = names, stop: threading.Event = stop) -> None:
            own = patient_client(url(folder))
            while not stop.is_set():
                version = read_pointer(own, KEYS).version
                if version and (not names or names[-1] != version):
                    names.append(version)

        threads = [threading.Thread(target=enter, args=(v,)) for v in entrants]
        watcher = threading.Thread(target=watch)
        watcher.start()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        stop.set()
        watcher.join()
        back += sum(b < a for a, b in itertools.pairwise(names))
        moves += sum(results)
        superseded += results.count(False)
        end = read_pointer(client, KEYS)
        if end.seq != start.seq + sum(results):
            raise SystemExit(f"{sum(results)} moves took the pointer from {start.seq} to {end.seq}")
        if end.version == versions[-1].name:  # roll back, a move like any other, so that the next race has room
            move_pointer(client, KEYS, end, Pointer(end.seq + 1, versions[0].name, end.version))
    print(
        f"{moves + superseded} racing publishers: {moves} moved, {superseded} gave way to a newer one, "
        f"the pointer went back {back} times"
    )


def start_redis(folder: Path) -> subprocess.Popen[bytes]:
    """A redis-server of this benchmark's own."""
    binary = os.environ.get("RECSVC_REDIS_SERVER") or shutil.which("redis-server")
    if not binary:
        raise SystemExit("no redis-server: `make .venv/.redis` brings one, or set RECSVC_REDIS_SERVER")
    process = subprocess.Popen(
        [binary, "--port", "0", "--unixsocket", str(folder / "r.sock"), "--save", "", "--dir", str(folder)],
        stdout=subprocess.DEVNULL,
    )
    while True:
        try:
            redis.Redis.from_url(url(folder)).ping()
        except redis.RedisError:
            time.sleep(0.02)
        else:
            return process


def url(folder: Path) -> str:
    """Where the benchmark's Redis listens."""
    return f"unix://{folder / 'r.sock'}"


def store(folder: Path, host: str, refresh_seconds: float = 3_600) -> FleetStore:
    """A worker's store on a host of its own."""
    quick, patient = quick_client(url(folder), 1.0, 16), patient_client(url(folder))
    return FleetStore(Registry(folder / host), quick, patient, KEYS, Guard(), refresh_seconds=refresh_seconds)


def stored(root: Path, model: Model, minute: int) -> Version:
    """Write a model as a version of that minute."""
    drafted = draft(model)
    trained = datetime(2026, 1, 1, minute // 60, minute % 60, tzinfo=UTC)
    name = version_name(trained, drafted.content_sha256)
    Registry(root).write(drafted, Run(name, trained.isoformat(), "bench", {}, drafted.content_sha256, {}))
    return Registry(root).open(name)


def generated(n: int, salt: int) -> Model:
    """A model of n items whose every part tells its salt."""
    rng = np.random.default_rng(salt)
    buyers = n // 2

    def vectors(k: int) -> StoredVectors:
        score = -np.sort(-rng.random((n, k)), axis=1)
        return StoredVectors(
            np.arange(0, n * k + 1, k, dtype=np.int64),
            rng.integers(0, n, n * k).astype(np.int32),
            score.ravel().astype(np.float16),
            np.full(n * k, salt, dtype=np.uint16),
        )

    ids = StringTable.of(f"{i:010}" for i in range(n))
    every = np.arange(n, dtype=np.int32)
    return Model(
        items=ids,
        facts=ItemFacts(
            price=np.full(n, 10_000, np.int64),
            orders=np.full(n, salt, np.uint32),
            recent=np.ones(n, np.float32),
            category=np.zeros(n, np.int32),
            family=every,
            stem=np.full(n, -1, np.int32),
            consumable=np.zeros(n, np.uint8),
            in_stock=np.ones(n, np.uint8),
            interval_days=np.zeros(n, np.uint16),
            repeat=np.zeros(n, np.float32),
            buyers=np.full(n, 100, np.uint32),
        ),
        cards=StringTable.of(f'{{"title": "Item {i} of {salt}"}}' for i in range(n)),
        categories=StringTable.of(["all"]),
        vectors={CROSS_SELL: vectors(50), UPSELL: vectors(10)},
        bestsellers=Lists(np.array([0, 50, 100], np.int64), np.concatenate([every[:50]] * 2)),
        variants=Lists(np.arange(n + 1, dtype=np.int64), every),
        customers=Customers(
            StringTable.of(f"c{i:09}" for i in range(buyers)),
            Traits(
                np.full(buyers, 10, np.uint32),
                np.zeros(buyers, np.uint8),
                np.full(buyers, 100, np.float32),
                np.full(buyers, 0.5, np.float16),
            ),
            Purchases(
                np.arange(0, buyers * 10 + 1, 10, dtype=np.int64),
                rng.integers(0, n, buyers * 10).astype(np.int32),
                np.ones(buyers * 10, np.uint32),
                np.full(buyers * 10, 20_000, np.int32),
                np.full(buyers * 10, 19_000, np.int32),
                np.ones(buyers * 10, np.float16),
                np.zeros(buyers * 10, np.uint16),
                np.ones(buyers * 10, np.float16),
            ),
            Next(
                np.arange(0, buyers * 30 + 1, 30, dtype=np.int64),
                rng.integers(0, n, buyers * 30).astype(np.int32),
                np.tile(np.linspace(1, 0, 30, dtype=np.float16), buyers),
                np.zeros(buyers * 30, np.uint8),
            ),
        ),
        shop=Shop(salt, n, buyers, None, None, 0, "EUR"),
        settings={"salt": salt},
    )


def timed(work: object) -> tuple[float, object]:
    """Wall seconds of a call, and what it returned."""
    started = time.perf_counter()
    result = work() if callable(work) else None
    return time.perf_counter() - started, result


if __name__ == "__main__":
    main()
