"""Events per second that are really kept, and how long their receipts take; picks with a memory likewise.

    python bench/events.py [--seconds 20] [--rate 100] [--batch 50] [--picks-rate 300] [--redis URL]

An open loop: batches leave on a timetable whether or not earlier ones were answered, and their time counts from the
timetable (Tene, "How NOT to Measure Latency"). Service, disk and generator share the machine. `service_ms_each` is
the processor time of the service's processes by request: on a busy machine the figure to trust.
"""

from __future__ import annotations

import argparse
import json
import os
import queue
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from http.client import HTTPConnection
from pathlib import Path

CLIENTS = 16
CUSTOMERS = 50_000


def main() -> None:
    """Serve, send, tell."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=20)
    parser.add_argument("--rate", type=int, default=100, help="batches per second")
    parser.add_argument("--batch", type=int, default=50)
    parser.add_argument("--picks-rate", type=int, default=300)
    parser.add_argument("--redis", metavar="URL", help="keep the state there; default: SQLite on this disk")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        run = [sys.executable, "-c", "import sys; from recsvc.cli.main import main; sys.exit(main())"]
        shop, models = Path(folder) / "shop", Path(folder) / "models"
        orders, catalogue = shop / "orders.csv", shop / "catalogue.csv"
        subprocess.run([*run, "demo-shop", "--size", "toy", "--out", shop], check=True, capture_output=True)
        train = ["train", "--orders", orders, "--catalogue", catalogue, "--models", models]
        subprocess.run([*run, *train], check=True, capture_output=True)
        state = {"RECSVC_STATE_URL": args.redis} if args.redis else {"RECSVC_STATE": str(Path(folder) / "state.db")}
        serve = [*run, "serve", "--bind", "127.0.0.1:0", "--workers", "2", "--models", models]
        with subprocess.Popen(serve, env={**os.environ, **state}, stdout=subprocess.PIPE, text=True) as server:
            try:
                line = server.stdout.readline() if server.stdout else ""
                port = int(line.rsplit(":", 1)[1])
                load(port, 20, 20, lambda number: events(-number - 1, args.batch))  # warm
                told = load(
                    port, args.rate, args.seconds * args.rate, lambda number: events(number, args.batch), server.pid
                )
                figures = {"events_per_second": round(told.pop("per_second") * args.batch), **told}
                print(json.dumps({"events": figures}))
                told = load(port, args.picks_rate, args.seconds * args.picks_rate, picks, server.pid)
                print(json.dumps({"picks": told}))
            finally:
                server.terminate()


def events(number: int, size: int) -> tuple[str, str, bytes]:
    """One batch."""
    batch = [
        {
            "event_id": f"{number}-{at}",
            "type": "impression",
            "customer_id": f"C{(number * 7_919 + at) % CUSTOMERS:06d}",
            "items": ["D0000001", "D0000002", "D0000003", "D0000004"],
            "channel": "email",
            "campaign": "bench",
        }
        for at in range(size)
    ]
    return "POST", "/events", json.dumps({"events": batch}).encode()


def picks(number: int) -> tuple[str, str, bytes]:
    """One question: half of them were asked before, as mail tools do."""
    return "GET", f"/customers/C{number // 2 % 600 + 1:06d}/picks?campaign=c{number // 1_200}", b""


def processor_seconds(pid: int) -> float:
    """User and system time of a process and of its children, so far (proc(5))."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    own = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return own + sum(processor_seconds(int(child)) for child in children)


def load(
    port: int, rate: int, total: int, request: Callable[[int], tuple[str, str, bytes]], pid: int | None = None
) -> dict[str, float]:
    """Send `total` requests at `rate` per second; what came of it, times in milliseconds; `pid`: of the service."""
    waiting: queue.SimpleQueue[tuple[int, float] | None] = queue.SimpleQueue()
    times: list[float] = []
    failed: list[int] = []

    def client() -> None:
        connection = HTTPConnection("127.0.0.1", port, timeout=30)
        while (job := waiting.get()) is not None:
            number, due = job
            method, path, body = request(number)
            connection.request(method, path, body or None, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            answer.read()
            times.append(time.perf_counter() - due)
            if answer.status != 200:
                failed.append(answer.status)

    clients = [threading.Thread(target=client) for _ in range(CLIENTS)]
    for thread in clients:
        thread.start()
    spent = processor_seconds(pid) if pid else 0.0
    began = time.perf_counter()
    for number in range(total):
        due = began + number / rate
        time.sleep(max(0.0, due - time.perf_counter()))
        waiting.put((number, due))
    for _ in clients:
        waiting.put(None)
    for thread in clients:
        thread.join()
    took = time.perf_counter() - began
    ordered = sorted(times)
    share = {
        f"p{q}_ms": round(1_000 * ordered[min(len(ordered) - 1, len(ordered) * q // 100)], 1) for q in (50, 95, 99)
    }
    return {
        "per_second": round(total / took, 1),
        **share,
        "max_ms": round(1_000 * ordered[-1], 1),
        "failed": len(failed),
        "service_ms_each": round(1_000 * ((processor_seconds(pid) if pid else 0.0) - spent) / total, 3),
    }


if __name__ == "__main__":
    main()
