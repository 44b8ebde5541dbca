"""The service under a steady load of everything it answers: memory and descriptors stay flat.

`RECSVC_SOAK_MINUTES` says for how long, by default two; `RECSVC_SOAK_RATE` how many requests a second, by default 25.
"""

from __future__ import annotations

import http.client
import itertools
import json
import os
import re
import statistics
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

if TYPE_CHECKING:
    from conftest import Builders, Served

MINUTES = float(os.environ.get("RECSVC_SOAK_MINUTES", "2"))
RATE = float(os.environ.get("RECSVC_SOAK_RATE", "25"))
WORKERS = 2
WARM_UP = 0.25
"""Share of the time in which caches may still fill."""

MOST_GROWTH = 0.05
# A thread opens the state when it is first asked for it, some of them late; a leak would open hundreds.
MOST_OPENED = 0.1


class Sample(NamedTuple):
    """One worker at one moment.

    Attributes:
        kib: memory of its own, in use, that no file backs.
        descriptors: open files, sockets and pipes.
    """

    kib: int
    descriptors: int


def look(pid: int) -> Sample:
    """A worker now."""
    status = Path(f"/proc/{pid}/status").read_text()
    found = re.search(r"RssAnon:\s+(\d+) kB", status)
    assert found
    return Sample(int(found[1]), len(list(Path(f"/proc/{pid}/fd").iterdir())))


def requests() -> Iterator[tuple[str, str, str]]:
    """Pages, carts, known customers, mails, prices, events, metrics and mistakes, for ever: method, path, body."""
    items, customers = ("tea", "cup-blue", "pot", "mug", "biscuit", "nobody's"), ("ann", "ben", "stranger")
    for turn in itertools.count():
        item, customer = items[turn % len(items)], customers[turn % len(customers)]
        cart = {"cart": [{"item_id": item}, {"item_id": "spoon"}], "n": 1 + turn % 12}
        seen = {"event_id": f"e{turn}", "type": "view", "items": [{"item_id": "tea"}], "customer_id": customer}
        yield "GET", f"/recommend?item_id={item.replace(' ', '%20')}&n={1 + turn % 12}", ""
        yield "POST", "/recommend", json.dumps(cart)
        yield "GET", f"/recommend?item_id={item}&customer_id={customer}", ""
        yield "GET", f"/customers/{customer}/picks?campaign=c{turn}", ""
        yield "POST", "/items", json.dumps({"items": [{"item_id": "mug", "price": f"{10 + turn % 5}.00"}]})
        yield "POST", "/events", json.dumps({"events": [seen]})
        yield "GET", "/metrics", ""
        yield "GET", f"/recommend?item_id={item}&n=none", ""


def ask(connection: http.client.HTTPConnection, method: str, path: str, body: str) -> int:
    """One request, again on a new connection where the server had closed an idle one; its status."""
    for again in (True, False):
        try:
            connection.request(method, path, body or None, {"Content-Type": "application/json"} if body else {})
            response = connection.getresponse()
            response.read()
        except (OSError, http.client.HTTPException):
            connection.close()
            if not again:
                raise
        else:
            return response.status
    raise AssertionError


def flat(samples: list[int], most_growth: float) -> bool:
    """Whether the last quarter of them lies as high as the quarter after the warm-up, or so much higher at most."""
    warm = samples[int(len(samples) * WARM_UP) :]
    quarter = max(len(warm) // 3, 1)  # of all
    return statistics.median(warm[-quarter:]) <= statistics.median(warm[:quarter]) * (1 + most_growth)


@pytest.mark.deep
def test_memory_and_descriptors_stay_flat(served: Callable[..., Served], tmp_path: Path, shop: Builders) -> None:
    """Every kind of request, version after version: no worker grows by 5 %, opens ever more, ends or fails."""
    names = [shop.write(tmp_path / "models", shop.tea(settings={"turn": turn}), turn) for turn in range(2)]
    samples: dict[int, list[Sample]] = {}
    statuses: dict[int, int] = {}
    models = ("--models", str(tmp_path / "models"))
    service = served("--workers", str(WORKERS), *models, RECSVC_STATE=str(tmp_path / "state.db"))
    clients = [http.client.HTTPConnection("127.0.0.1", service.port, timeout=20) for _ in range(8)]
    while len(pids := service.workers()) < WORKERS:
        time.sleep(0.05)
    began = time.monotonic()
    for at, (method, path, body) in enumerate(requests()):
        if (now := time.monotonic() - began) > MINUTES * 60:
            break
        time.sleep(max(at / RATE - now, 0))
        status = ask(clients[at % len(clients)], method, path, body)
        statuses[status] = statuses.get(status, 0) + 1
        if at % int(2 * RATE) == 0:
            for pid in pids:
                samples.setdefault(pid, []).append(look(pid))
        if at % int(20 * RATE) == 0:
            (tmp_path / "models" / "current").write_text(f"{names[at // int(20 * RATE) % 2]}\n")
    assert service.workers() == pids
    for client in clients:
        client.close()
    print(statuses)  # noqa: T201  # figures, for who looks with -s
    for pid, seen in samples.items():
        kib = [sample.kib for sample in seen]
        print(pid, "KiB", kib[:: max(len(kib) // 20, 1)], "descriptors", sorted({s.descriptors for s in seen}))  # noqa: T201
    assert set(statuses) == {200, 400}
    assert statuses[400] <= statuses[200] / 7
    for seen in samples.values():
        assert flat([sample.kib for sample in seen], MOST_GROWTH)
        assert flat([sample.descriptors for sample in seen], MOST_OPENED)
