"""The service beside a floor and a peer: throughput, latency, memory, in rounds that take turns.

    make bench-serve                                   # 10,000 items, 1 and 2 workers
    python bench/serve.py --items 1000000 --workers 2 --rounds 5

The floor is a bare Flask route that does one Redis GET of a ready JSON string (the service's own answers); the peer is
a Flask route over implicit's `similar_items`. All run under gunicorn with the service's settings, driven in turn; a
share is of the floor's answers per second in the same round, the median over rounds; `by CPU` is the floor's processor
time for an answer over the subject's, without Redis's own, and stands where other work disturbs the clock.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import redis
from serve_load import Load, Query, closed_loop, cpu_seconds, dirty_bytes, open_loop, require_wrk
from serve_shop import item_id, write_shop

from recsvc.fleet.client import patient_client
from recsvc.fleet.keys import Keys
from recsvc.fleet.publisher import publish_version
from recsvc.settings import ServiceSettings

KEYS = Keys("bench")
QUERIES = 20_000
PLACES = 8
CATALOGUE = 10_000
"""Items that are asked about, whatever the catalogue's size."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A server under load."""

    name: str
    process: subprocess.Popen[str]
    address: str


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--items", type=int, default=10_000)
    parser.add_argument("--workers", type=int, nargs="*", default=[1, 2])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=3, help="of each run of load; wrk counts in whole ones")
    parser.add_argument("--rate", type=float, default=1_000.0, help="of the open loop, requests a second")
    parser.add_argument("--cases", nargs="*", help="only those whose names begin so")
    parser.add_argument("--no-peer", action="store_true")
    args = parser.parse_args()
    require_wrk()
    folder = Path(tempfile.mkdtemp(prefix="recsvc-bench-"))
    with ending() as stop:
        try:
            socket = start_redis(folder, stop)
            version = write_shop(folder / "models", args.items)
            publish_and_fill(folder, version, socket, min(args.items, CATALOGUE))
            for workers in args.workers:
                measure(folder, socket, workers, args)
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def measure(folder: Path, socket: str, workers: int, args: argparse.Namespace) -> None:
    """One table: every kind of question against the floor, with so many workers."""
    asked = min(args.items, CATALOGUE)
    zipf, uniform = items_zipf(asked), items_uniform(asked)
    cached = {"RECSVC_MODELS": str(folder / "models"), "RECSVC_REDIS_URL": socket, "RECSVC_NAMESPACE": "bench"}
    uncached = {**cached, "RECSVC_ANSWER_CACHE_BYTES": "0"}
    with ending() as stop:
        floor = gunicorn("floor", workers, {"FLOOR_REDIS": socket}, stop)
        ours, bare = service("recsvc", workers, cached, stop), service("recsvc, no cache", workers, uncached, stop)
        report_opening(ours, args.items)
        cases = {
            "zipf": (ours, pages(zipf)),
            "uniform, no cache": (bare, pages(uniform)),
            "carts of 5, no cache": (bare, carts(uniform)),
            "picks": (bare, picks(args.items)),
            "personal shelves": (bare, personal(uniform, args.items)),
        }
        if not args.no_peer:
            peer = gunicorn("peer", workers, {"PEER_ITEMS": str(asked), "OPENBLAS_NUM_THREADS": "1"}, stop)
            cases["peer: implicit, uniform"] = (peer, pages(uniform))
        if args.cases:
            cases = {name: case for name, case in cases.items() if name.startswith(tuple(args.cases))}
        print(
            f"\n{args.items:,} items, {workers} worker(s), {args.rounds} rounds of {args.seconds:g} s, "
            "wrk with 16 connections"
        )
        print(
            f"{'':<26}{'answers/s':>10}{'of the floor':>14}{'CPU ms':>9}{'by CPU':>8}"
            f"{'p50 ms':>9}{'p99 ms':>9}{'bad':>6}"
        )
        rounds = [one_round(floor, pages(uniform), cases, args.seconds) for _ in range(args.rounds)]
        for name in ("floor", *cases):
            report(name, [seen[name] for seen in rounds], [seen["floor"] for seen in rounds])
        print(f"hit ratio on zipf: {hit_ratio(ours.address):.0%}")
        for name, (server, queries) in {"floor": (floor, pages(zipf)), **cases}.items():
            if server is not bare or name.startswith("uniform"):
                host, _, port = server.address.removeprefix("http://").partition(":")
                seen = open_loop(host, int(port), queries, args.rate, args.seconds * 2)
                print(
                    f"open loop, {args.rate:g}/s, {name:<24} {seen.rate:7.0f}/s  "
                    f"p50 {seen.p50:.1f}  p90 {seen.p90:.1f}  p99 {seen.p99:.1f} ms, {seen.bad} bad"
                )


def one_round(
    floor: Subject, queries: Sequence[Query], cases: Mapping[str, tuple[Subject, Sequence[Query]]], seconds: float
) -> dict[str, tuple[Load, float]]:
    """Every server once: what wrk saw, and the server's own CPU milliseconds an answer."""
    seen = {}
    for name, (server, asked) in {"floor": (floor, queries), **cases}.items():
        before = cpu_seconds(server.process.pid)
        load = closed_loop(server.address, asked, seconds)
        used = cpu_seconds(server.process.pid) - before
        seen[name] = (load, used / max(load.rate * seconds, 1) * 1e3)
    return seen


def report(name: str, runs: Sequence[tuple[Load, float]], floor: Sequence[tuple[Load, float]]) -> None:
    """One line of the table: medians over the rounds."""

    def middle(of: Callable[[Load], float]) -> float:
        return statistics.median(of(load) for load, _ in runs)

    share = statistics.median(run.rate / base.rate for (run, _), (base, _) in zip(runs, floor, strict=True))
    cpu = statistics.median(cost for _, cost in runs)
    by_cpu = statistics.median(base for _, base in floor) / cpu
    bad = sum(load.bad for load, _ in runs)
    print(
        f"{name:<26}{middle(lambda x: x.rate):>10.0f}{share:>14.0%}{cpu:>9.2f}{by_cpu:>8.0%}"
        f"{middle(lambda x: x.p50):>9.1f}{middle(lambda x: x.p99):>9.1f}{bad:>6}"
    )


def report_opening(server: Subject, items: int) -> None:
    """Memory that is each worker's own, after the first answers."""
    for at in range(200):
        ask(server.address, f"/recommend?item_id={item_id(at)}&n={PLACES}")
    own = [dirty_bytes(pid) / 2**20 for pid in children(server.process.pid)]
    print(f"\n{items:,} items: {max(own):.0f} MiB private and written to in a worker, imports and all")


def pages(items: Sequence[int]) -> list[Query]:
    """Product pages: one item, both shelves."""
    return [Query("GET", f"/recommend?item_id={item_id(item)}&n={PLACES}") for item in items]


def carts(items: Sequence[int]) -> list[Query]:
    """Carts of five."""
    rows = np.asarray(items)[: len(items) // 5 * 5].reshape(-1, 5).tolist()
    bodies = [{"cart": [{"item_id": item_id(item)} for item in row], "n": PLACES} for row in rows]
    return [Query("POST", "/recommend", json.dumps(body)) for body in bodies]


def picks(items: int) -> list[Query]:
    """Customers' picks, as a mail send asks."""
    rng = np.random.default_rng(3)
    return [Query("GET", f"/customers/c{c:09}/picks?n=4") for c in rng.integers(0, items // 2, QUERIES).tolist()]


def personal(asked: Sequence[int], items: int) -> list[Query]:
    """Product pages that leave out what the customer bought."""
    rng = np.random.default_rng(4)
    customers = rng.integers(0, items // 2, len(asked)).tolist()
    return [
        Query("GET", f"/recommend?item_id={item_id(item)}&n={PLACES}&customer_id=c{customer:09}")
        for item, customer in zip(asked, customers, strict=True)
    ]


def items_zipf(n: int) -> list[int]:
    """Items by Zipf's law with exponent 1.0; popularity has nothing to do with an item's number."""
    rng = np.random.default_rng(2)
    weight = 1 / np.arange(1, n + 1)
    return rng.permutation(n)[rng.choice(n, QUERIES, p=weight / weight.sum())].tolist()


def items_uniform(n: int) -> list[int]:
    """Items evenly."""
    return np.random.default_rng(5).integers(0, n, QUERIES).tolist()


def publish_and_fill(folder: Path, version: str, socket: str, asked: int) -> None:
    """Publish to Redis, timed; put the service's own answers there for the floor; time the opening of the version."""
    from models import stamps  # noqa: PLC0415  # the service's modules after the shop is written
    from models.registry import Registry  # noqa: PLC0415  # as above
    from recsvc.store.artefact import ArtefactStore  # noqa: PLC0415  # as above
    from recsvc.web.app import create_app  # noqa: PLC0415  # as above

    registry, client = Registry(folder / "models"), patient_client(socket)
    stamps.drop(registry.root, version)
    for what in ("every byte verified", "verified before"):
        began = time.perf_counter()
        opened = registry.open(version)
        print(f"open, {what}: {time.perf_counter() - began:.2f} s")
    before = int(client.info("memory")["used_memory"])
    began = time.perf_counter()
    publish_version(client, KEYS, opened, now=time.time(), grace=0)
    took, used = time.perf_counter() - began, int(client.info("memory")["used_memory"]) - before
    print(f"publish to Redis: {took:.1f} s, {used / 2**20:.0f} MiB")
    tables = sorted(table.decode() for table in client.smembers(KEYS.tables(version)))
    for key in (*(KEYS.rows(version, table) for table in tables), KEYS.blocks(version)):
        print(f"  {key.rpartition(':')[2]:<22}{int(client.memory_usage(key, samples=1_000) or 0) / 2**20:>8.0f} MiB")
    app = create_app(ServiceSettings(models=folder / "models"), ArtefactStore(registry, 3_600)).test_client()
    for item in range(asked):
        client.set(f"floor:{item_id(item)}", app.get(f"/recommend?item_id={item_id(item)}&n={PLACES}").data)


@contextmanager
def ending() -> Iterator[list[subprocess.Popen[str]]]:
    """Processes put into the list end with the block."""
    started: list[subprocess.Popen[str]] = []
    try:
        yield started
    finally:
        for process in started:
            process.send_signal(signal.SIGTERM)
        for process in started:
            try:
                process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                process.kill()


def start_redis(folder: Path, stop: list[subprocess.Popen[str]]) -> str:
    """A redis-server of this benchmark's own; returns its URL."""
    binary = os.environ.get("RECSVC_REDIS_SERVER") or shutil.which("redis-server")
    if not binary:
        raise SystemExit("no redis-server: `make bench-serve` brings one, or set RECSVC_REDIS_SERVER")
    options = ["--port", "0", "--unixsocket", str(folder / "r.sock"), "--save", "", "--dir", str(folder)]
    stop.append(subprocess.Popen([binary, *options], stdout=subprocess.DEVNULL, text=True))
    url = f"unix://{folder / 'r.sock'}"
    while True:
        try:
            redis.Redis.from_url(url).ping()
        except redis.RedisError:
            time.sleep(0.02)
        else:
            return url


def service(name: str, workers: int, env: Mapping[str, str], stop: list[subprocess.Popen[str]]) -> Subject:
    """`recsvc serve`, as an operator starts it."""
    code = "import sys; from recsvc.cli.main import main; sys.exit(main())"
    command = [sys.executable, "-c", code, "serve", "--bind", "127.0.0.1:0", "--workers", str(workers)]
    process = subprocess.Popen(
        command, env={**os.environ, **env}, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    stop.append(process)
    return Subject(name, process, _address(process.stdout))


def gunicorn(name: str, workers: int, env: Mapping[str, str], stop: list[subprocess.Popen[str]]) -> Subject:
    """An app of `serve_apps` under the service's gunicorn settings."""
    settings = ServiceSettings()
    command = [
        *(sys.executable, "-m", "gunicorn", f"serve_apps:{name}()", "--bind", "127.0.0.1:0", "--no-control-socket"),
        *("--worker-class", "gthread", "--workers", str(workers), "--threads", str(settings.threads)),
        *("--keep-alive", str(settings.keepalive_seconds), "--timeout", "300", "--worker-tmp-dir", "/dev/shm"),  # noqa: S108  # heartbeats
        *("--chdir", str(Path(__file__).parent)),
    ]
    process = subprocess.Popen(command, env={**os.environ, **env}, stderr=subprocess.PIPE, text=True)
    stop.append(process)
    address = _address(process.stderr)
    for _ in range(workers * 4):  # a worker answers once its app is there
        ask(address, f"/recommend?item_id={item_id(0)}")
    return Subject(name, process, address)


def ask(address: str, path: str) -> str:
    """One answer."""
    with urllib.request.urlopen(address + path, timeout=300) as response:  # noqa: S310  # http on loopback
        return str(response.read().decode())


def hit_ratio(address: str) -> float:
    """Answers from the cache among those to `GET /recommend` that could be, from the service's counters."""
    counters = ask(address, "/metrics")
    hits = sum(float(n) for n in re.findall(r"^recsvc_cached_answers_total (\S+)$", counters, re.M))
    every = sum(
        float(n)
        for n in re.findall(
            r'^recsvc_requests_total\{method="GET",route="/recommend",status="200"\} (\S+)$', counters, re.M
        )
    )
    return hits / every if every else 0.0


def children(pid: int) -> list[int]:
    """The workers."""
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _address(stream: object) -> str:
    for line in stream or ():  # type: ignore[attr-defined]  # a pipe
        if found := re.search(r"http://127\.0\.0\.1:\d+", line):
            return found[0]
    raise SystemExit("the server did not start")


if __name__ == "__main__":
    main()
