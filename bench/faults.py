"""A service under load while its Redis fails: what callers notice, and how soon all is well again.

    python bench/faults.py                 # 200 requests a second, 10,000 items, two workers

Prints for each fault the answers that were not 200, latencies while it lasted, and the seconds until answers no longer
say `degraded` once its cause was gone. Latencies count from the appointed time of each request (open loop).
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

from serve import KEYS, ask, carts, children, ending, items_zipf, pages, service, start_redis
from serve_load import Query, open_loop
from serve_shop import item_id, write_shop

from models.registry import Registry
from recsvc.fleet.client import patient_client
from recsvc.fleet.pointer import read_pointer
from recsvc.fleet.publisher import publish_version

FAULTS = ("quiet", "killed", "hung", "emptied", "password", "reload", "worker", "publishes")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--items", type=int, default=10_000)
    parser.add_argument("--rate", type=float, default=200.0)
    parser.add_argument("--seconds", type=float, default=6.0)
    parser.add_argument("--faults", nargs="*", default=list(FAULTS))
    args = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="recsvc-bench-"))
    with ending() as stop:
        try:
            socket = start_redis(folder, stop)
            version = write_shop(folder / "models", args.items)
            publish(folder, socket, version)
            env = {"RECSVC_MODELS": str(folder / "models"), "RECSVC_REDIS_URL": socket, "RECSVC_NAMESPACE": "bench"}
            server = service("recsvc", 2, env, stop)
            zipf = items_zipf(min(args.items, 10_000))
            queries = [
                q for ten in zip(*[iter(pages(zipf))] * 9, carts(zipf)[: len(zipf) // 9], strict=False) for q in ten
            ]
            print(f"{args.items:,} items, 2 workers, {args.rate:g} requests a second, one in ten a cart of 5")
            print(f"{'':<12}{'answers':>9}{'bad':>5}{'p50 ms':>9}{'p99 ms':>9}{'well again, s':>15}")
            for fault in args.faults:
                one(fault, folder, socket, server.address, server.process, stop, queries, args)
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def one(
    fault: str,
    folder: Path,
    socket: str,
    address: str,
    process: subprocess.Popen[str],
    stop: list[subprocess.Popen[str]],
    queries: list[Query],
    args: argparse.Namespace,
) -> None:
    """One fault from the first second of the load to the last but one."""
    redis_process = next(each for each in reversed(stop) if each is not process)
    begin, undo = actions(fault, folder, socket, process, redis_process, stop)
    recovered: list[float] = []

    def play() -> None:
        time.sleep(1)
        began = time.perf_counter()
        begin()
        time.sleep(max(args.seconds - 2 - (time.perf_counter() - began), 0.5))
        undo()
        began = time.perf_counter()
        while is_degraded(address) and time.perf_counter() - began < 60:
            time.sleep(0.05)
        recovered.append(time.perf_counter() - began)

    player = threading.Thread(target=play)
    player.start()
    host, _, port = address.removeprefix("http://").partition(":")
    load = open_loop(host, int(port), queries, args.rate, args.seconds)
    player.join()
    answers = load.rate * args.seconds
    print(
        f"{fault:<12}{answers:>9.0f}{load.bad:>5}{load.p50:>9.1f}{load.p99:>9.1f}{recovered[0]:>15.1f}",
        flush=True,
    )


def actions(
    fault: str,
    folder: Path,
    socket: str,
    process: subprocess.Popen[str],
    redis_process: subprocess.Popen[str],
    stop: list[subprocess.Popen[str]],
) -> tuple[Callable[[], None], Callable[[], None]]:
    """How a fault begins, and how its cause goes away."""

    def nothing() -> None:
        return

    def restart() -> None:
        start_redis(folder, stop)

    def change_password() -> None:
        client = patient_client(socket)
        client.config_set("requirepass", "another")
        client.client_kill_filter(_type="normal", skipme=True)

    def reload_workers() -> None:
        for _ in range(3):
            process.send_signal(signal.SIGHUP)
            time.sleep(1)

    def kill_a_worker() -> None:
        os.kill(children(process.pid)[0], signal.SIGKILL)

    def publish_often() -> None:
        registry = Registry(folder / "models")
        names = registry.names()
        client = patient_client(socket)
        for at in range(8):
            publish_version(
                client, KEYS, registry.open(names[at % len(names)]), now=time.time(), grace=60, rollback=True
            )
            time.sleep(0.4)

    def old_password() -> None:
        patient_client(socket.replace("unix://", "unix://:another@")).config_set("requirepass", "")

    return {
        "quiet": (nothing, nothing),
        "killed": (redis_process.kill, restart),
        "hung": (
            lambda: redis_process.send_signal(signal.SIGSTOP),
            lambda: redis_process.send_signal(signal.SIGCONT),
        ),
        "emptied": (lambda: patient_client(socket).flushall() and None, nothing),
        "password": (change_password, old_password),
        "reload": (reload_workers, nothing),
        "worker": (kill_a_worker, nothing),
        "publishes": (publish_often, nothing),
    }[fault]


def is_degraded(address: str) -> bool:
    """Whether any worker says so: each of a few new connections may reach another one."""
    answers = [json.loads(ask(address, f"/recommend?item_id={item_id(at)}&n=1&fields=title")) for at in range(6)]
    return any(answer["degraded"] for answer in answers)


def publish(folder: Path, socket: str, version: str) -> None:
    """Put the version into Redis and wait until the pointer says so."""
    client = patient_client(socket)
    publish_version(client, KEYS, Registry(folder / "models").open(version), now=time.time(), grace=60)
    while read_pointer(client, KEYS).version != version:
        time.sleep(0.05)


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    main()
