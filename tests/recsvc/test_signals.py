"""`recsvc serve` under signals and load: reloads and ends lose nothing, a killed worker loses what it held."""

from __future__ import annotations

import http.client
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Builders

REPOSITORY = Path(__file__).parents[2]
COMMAND = [sys.executable, "-c", "import sys; from recsvc.cli.main import main; sys.exit(main())"]
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
def service(folder: Path) -> Iterator[tuple[subprocess.Popen[str], Load]]:
    """Two workers under load."""
    bare = {k: v for k, v in os.environ.items() if not k.startswith(("RECSVC_", "PROMETHEUS_", "GUNICORN_"))}
    options = ["serve", "--bind", "127.0.0.1:0", "--workers", str(WORKERS), "--threads", "4"]
    with (folder / "log").open("a") as log:
        process = subprocess.Popen(
            [*COMMAND, *options, "--models", str(folder / "models")],
            env={**bare, "PYTHONPATH": str(REPOSITORY), "TMPDIR": str(folder)},
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
    try:
        assert process.stdout is not None
        found = re.search(r":(\d+)$", process.stdout.readline().strip())
        assert found, (folder / "log").read_text()
        load = Load(int(found[1]))
        load.wait_for(20)
        yield process, load
        load.end()
    finally:
        process.kill()
        process.wait()
        if process.stdout:
            process.stdout.close()


def workers(process: subprocess.Popen[str]) -> set[int]:
    """The processes that answer."""
    return {int(pid) for pid in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()}


def reload_under_load(folder: Path, times: int) -> Load:
    """HUP so many times, each with answers in between and other workers afterwards."""
    with service(folder) as (process, load):
        for _ in range(times):
            before = workers(process)
            process.send_signal(signal.SIGHUP)
            deadline = time.monotonic() + 60
            while (workers(process) & before or len(workers(process)) < WORKERS) and time.monotonic() < deadline:
                time.sleep(0.05)
            assert not workers(process) & before
            load.wait_for(50)
    return load


def test_a_reload_under_load_fails_nobody(tmp_path: Path, shop: Builders) -> None:
    """F15: HUP twice under kept-alive load: every worker is another, no request fails."""
    shop.write(tmp_path / "models", shop.tea())
    load = reload_under_load(tmp_path, 2)
    assert load.failed == []


@pytest.mark.deep
def test_ten_reloads_under_load_fail_nobody(tmp_path: Path, shop: Builders) -> None:
    """F15: the same ten times."""
    shop.write(tmp_path / "models", shop.tea())
    load = reload_under_load(tmp_path, 10)
    assert load.failed == []


def test_a_killed_worker_costs_what_it_held(tmp_path: Path, shop: Builders) -> None:
    """F15: kill -9: at most the requests in flight fail, and another worker takes its place."""
    shop.write(tmp_path / "models", shop.tea())
    with service(tmp_path) as (process, load):
        victim = min(workers(process))
        os.kill(victim, signal.SIGKILL)
        load.wait_for(100)
        deadline = time.monotonic() + 30
        while (victim in workers(process) or len(workers(process)) < WORKERS) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert len(workers(process) - {victim}) == WORKERS
        load.wait_for(50)
    assert len(load.failed) <= CLIENTS


def test_an_end_under_load_answers_what_it_took(tmp_path: Path, shop: Builders) -> None:
    """F15: TERM: the service ends with 0, and nobody got a half answer or an error of ours."""
    shop.write(tmp_path / "models", shop.tea())
    with service(tmp_path) as (process, load):
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=40) == 0
    assert not [said for said in load.failed if "ConnectionRefused" not in said and "Connection" not in said]
    assert "Traceback" not in (tmp_path / "log").read_text()
