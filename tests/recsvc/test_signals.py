"""`recsvc serve` under signals and load: reloads and ends lose nothing, a killed worker loses what it held."""

from __future__ import annotations

import http.client
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Builders, Served

WORKERS = 2
CLIENTS = 4


class Load:
    """Clients that keep their connections and ask without pause.

    Attributes:
        answered: answers of 200.
        failed: other answers, and requests that got none, also not when asked again on a new connection: a server may
            close an idle connection at any time, and clients repeat what is safe to repeat (RFC 9110, 9.2.2).
    """

    def __init__(self, port: int) -> None:
        self.answered = 0
        self.failed: list[str] = []
        self._port = port
        self._over = threading.Event()
        self._counting = threading.Lock()
        self._threads = [threading.Thread(target=self._ask, daemon=True) for _ in range(CLIENTS)]
        for thread in self._threads:
            thread.start()

    def wait_for(self, more: int) -> None:
        """Until so many more were answered."""
        goal = self.answered + more
        deadline = time.monotonic() + 60
        while self.answered < goal and time.monotonic() < deadline:
            time.sleep(0.01)
        assert self.answered >= goal

    def end(self) -> None:
        """Stop asking."""
        self._over.set()
        for thread in self._threads:
            thread.join(30)

    def _ask(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=20)
        while not self._over.is_set():
            outcome = self._once(connection)
            if isinstance(outcome, Exception):
                connection.close()
                outcome = self._once(connection)
            with self._counting:
                if outcome == 200:
                    self.answered += 1
                elif not self._over.is_set():
                    self.failed.append(repr(outcome))
        connection.close()

    @staticmethod
    def _once(connection: http.client.HTTPConnection) -> int | Exception:
        try:
            connection.request("GET", "/recommend?item_id=tea")
            response = connection.getresponse()
            response.read()
        except (OSError, http.client.HTTPException) as error:
            return error
        return response.status


@contextmanager
def under_load(served: Callable[..., Served], folder: Path) -> Iterator[tuple[Served, Load]]:
    """Two workers under load."""
    service = served("--workers", str(WORKERS), "--threads", "4", "--models", str(folder / "models"))
    load = Load(service.port)
    load.wait_for(20)
    yield service, load
    load.end()


def reload_under_load(served: Callable[..., Served], folder: Path, times: int) -> Load:
    """HUP so many times, each with answers in between and other workers afterwards."""
    with under_load(served, folder) as (service, load):
        for _ in range(times):
            before = service.workers()
            service.process.send_signal(signal.SIGHUP)
            deadline = time.monotonic() + 60
            while (service.workers() & before or len(service.workers()) < WORKERS) and time.monotonic() < deadline:
                time.sleep(0.05)
            assert not service.workers() & before
            load.wait_for(50)
    return load


def test_a_reload_under_load_fails_nobody(served: Callable[..., Served], tmp_path: Path, shop: Builders) -> None:
    """F15: HUP twice under kept-alive load: every worker is another, no request fails."""
    shop.write(tmp_path / "models", shop.tea())
    load = reload_under_load(served, tmp_path, 2)
    assert load.failed == []


@pytest.mark.deep
def test_ten_reloads_under_load_fail_nobody(served: Callable[..., Served], tmp_path: Path, shop: Builders) -> None:
    """F15: the same ten times."""
    shop.write(tmp_path / "models", shop.tea())
    load = reload_under_load(served, tmp_path, 10)
    assert load.failed == []


def test_a_killed_worker_costs_what_it_held(served: Callable[..., Served], tmp_path: Path, shop: Builders) -> None:
    """F15: kill -9: at most the requests in flight fail, and another worker takes its place."""
    shop.write(tmp_path / "models", shop.tea())
    with under_load(served, tmp_path) as (service, load):
        victim = min(service.workers())
        os.kill(victim, signal.SIGKILL)
        load.wait_for(100)
        deadline = time.monotonic() + 30
        while (victim in service.workers() or len(service.workers()) < WORKERS) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert len(service.workers() - {victim}) == WORKERS
        load.wait_for(50)
    assert len(load.failed) <= CLIENTS


# A worker is told to end as soon as it is born; with the second one the service itself is.
_TOLD_AT_BIRTH = """
import os, signal, sys
from recsvc.cli.main import main
fork, born = os.fork, []

def told():
    born.append(1)
    child = fork()
    if len(born) == (2 if child else 1):
        os.kill(os.getpid(), signal.SIGTERM)
    return child

os.fork = told
sys.exit(main())
"""


def test_a_worker_hears_at_birth_that_it_shall_end(
    served: Callable[..., Served], tmp_path: Path, shop: Builders
) -> None:
    """Nobody waits out the grace of 30 seconds for a worker that was told before it could listen."""
    shop.write(tmp_path / "models", shop.tea())
    service = served("--workers", "1", "--models", str(tmp_path / "models"), program=_TOLD_AT_BIRTH)
    assert service.process.wait(20) == 0


def test_an_end_under_load_answers_what_it_took(served: Callable[..., Served], tmp_path: Path, shop: Builders) -> None:
    """F15: TERM: the service ends with 0, and nobody got a half answer or an error of ours."""
    shop.write(tmp_path / "models", shop.tea())
    with under_load(served, tmp_path) as (service, load):
        service.process.send_signal(signal.SIGTERM)
        assert service.process.wait(timeout=40) == 0
    assert not [said for said in load.failed if "ConnectionRefused" not in said and "Connection" not in said]
    assert "Traceback" not in service.log.read_text()
