"""Kill -9 of the running service and of its store, while callers send: nothing lost, nothing doubled."""

from __future__ import annotations

import json
import os
import random
import signal
import socket
import time
from collections import Counter
from collections.abc import Callable
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

import pytest

from recsvc.state.sqlite import SqliteState

if TYPE_CHECKING:
    from conftest import RedisServer, Served, Words

    from recsvc.state.contract import StateStore

SIZE = 7
CALLERS = 2


class Caller(Thread):
    """Sends batch after batch; one without a receipt is sent again, as a caller must.

    Attributes:
        acknowledged: numbers of the batches with a receipt.
        refused: how many calls were answered otherwise, or not at all.
    """

    def __init__(self, name: str, port: int) -> None:
        super().__init__(daemon=True)
        self.name, self.port = name, port
        self.acknowledged: list[int] = []
        self.refused = 0
        self.stopping = False

    def run(self) -> None:
        """Send until told to stop."""
        number, connection = 0, HTTPConnection("127.0.0.1", self.port, timeout=10)
        while not self.stopping:
            events = [
                {"event_id": f"{self.name}{number}-{at}", "type": "view", "item_id": "tea", "customer_id": f"c{at}"}
                for at in range(SIZE)
            ]
            try:
                body = json.dumps({"events": events})
                connection.request("POST", "/events", body, {"Content-Type": "application/json"})
                answer = connection.getresponse()
                said = json.loads(answer.read())
            except (HTTPException, OSError, ValueError):
                connection.close()
                self.refused += 1
                time.sleep(0.01)
                continue
            if answer.status == 200:
                assert said["accepted"] + said["duplicates"] == SIZE
                assert said["durable"] is True
                self.acknowledged.append(number)
                number += 1
            else:
                assert answer.status == 503
                self.refused += 1
                time.sleep(0.01)
        connection.close()


def free_port() -> int:
    """A port that nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def kill_often(
    start: Callable[[], Served], callers: list[Caller], kills: int, seed: int, store: RedisServer | None
) -> Counter[str]:
    """Kill a worker, the whole service or the store at random moments; what was killed how often."""
    chance, killed = random.Random(seed), Counter[str]()  # moments, not secrets
    service = start()
    for caller in callers:
        caller.start()
    for _ in range(kills):
        before = sum(len(caller.acknowledged) for caller in callers)
        patience = time.monotonic() + 30
        while sum(len(caller.acknowledged) for caller in callers) == before and time.monotonic() < patience:
            time.sleep(0.002)  # it must be up, or a kill proves nothing
        time.sleep(chance.uniform(0.0, 0.05))
        what = chance.choices(["worker", "service", "store"], [70, 10, 20 if store else 0])[0]
        killed[what] += 1
        workers = sorted(service.workers())
        if what == "store" and store is not None:
            store.kill()
            store.start()
        elif what == "worker" and workers:
            os.kill(chance.choice(workers), signal.SIGKILL)
        else:
            service.end()
            for worker in workers:
                os.kill(worker, signal.SIGKILL)
            service = start()
    for caller in callers:
        caller.stopping = True
    for caller in callers:
        caller.join()
    return killed


@pytest.mark.parametrize("peer", ["sqlite", "redis"])
@pytest.mark.parametrize("kills", [6, pytest.param(500, marks=pytest.mark.deep)])
def test_a_killed_service_loses_and_doubles_nothing(
    served: Callable[..., Served],
    state_server: Callable[..., RedisServer],
    say: Words,
    tmp_path: Path,
    peer: str,
    kills: int,
) -> None:
    """Two callers over HTTP, two workers: every receipt's events are there, once, their batches whole."""
    store = state_server() if peer == "redis" else None
    settings = {"RECSVC_STATE": str(tmp_path / "state.db")} if store is None else {"RECSVC_STATE_URL": store.url}
    port = free_port()
    callers = [Caller("ab"[at], port) for at in range(CALLERS)]
    settings["RECSVC_NAMESPACE"] = "shop"
    options = ("--workers", "2", "--bind", f"127.0.0.1:{port}", "--models", str(tmp_path / "models"))
    killed = kill_often(lambda: served(*options, **settings), callers, kills, 11, store)
    assert killed.total() == kills
    state: StateStore = SqliteState(tmp_path / "state.db") if store is None else say.redis(store.url)
    names = say.kept(state)
    archived = say.archived(state, tmp_path / "archive")
    state.close()
    acknowledged = [(caller.name, number) for caller in callers for number in caller.acknowledged]
    assert len(acknowledged) > kills
    lost = [f"{who}{n}-{at}" for who, n in acknowledged for at in range(SIZE) if not names[f"{who}{n}-{at}"]]
    assert lost == []
    if store is None:  # a Redis that died may repeat what was half written: whoever reads takes it once
        assert [name for name, count in names.items() if count > 1] == []
    assert set(archived) == set(names)
    assert [name for name, count in archived.items() if count > 1] == []
    batches = Counter(name.split("-")[0] for name in names)
    assert [batch for batch, count in batches.items() if count != SIZE] == []
