"""Keys with the real server: rotation under load, no key in its log, and what it refuses to start with."""

from __future__ import annotations

import itertools
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from recsvc.cli.main import main

if TYPE_CHECKING:
    from conftest import Builders, Served

COMMAND = [sys.executable, "-c", "import sys; from recsvc.cli.main import main; sys.exit(main())"]
SECRET = "0123456789abcdef0123456789abcdef"  # noqa: S105  # a test's


class Running:
    """A service with keys, and its command line."""

    def __init__(self, served: Callable[..., Served], environment: Mapping[str, str], folder: Path) -> None:
        settings = {
            "RECSVC_KEYS": str(folder / "keys.json"),
            "RECSVC_TOKEN_SECRET": SECRET,
            "RECSVC_LOG_LEVEL": "debug",
            "RECSVC_REFRESH_SECONDS": "0.2",
            "RECSVC_ALLOW_OPEN": "0",
        }
        self.environment = {**environment, **settings}
        self.first = self.keys("add", "--scope", "recommend", "--scope", "customers", "--name", "shop")
        where = ("--bind", "0.0.0.0:0", "--models", str(folder / "models"))
        self.service = served(*where, "--workers", "2", "--threads", "2", **settings)
        self.process, self.log, self.address = self.service.process, self.service.log, self.service.address

    def keys(self, *words: str) -> str:
        """`recsvc keys …`: what it printed."""
        command = [*COMMAND, "keys", *words]
        return subprocess.run(
            command, env=self.environment, check=True, text=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        ).stdout.strip()

    def status(self, key: str, path: str = "/recommend?item_id=tea") -> int:
        """The status that a key gets."""
        request = urllib.request.Request(self.address + path, headers={"X-API-Key": key})  # noqa: S310  # http
        try:
            with urllib.request.urlopen(request, timeout=10) as response:  # noqa: S310  # http on loopback
                return int(response.status)
        except urllib.error.HTTPError as error:
            with error:
                return error.code

    def within(self, seconds: float, key: str, status: int) -> bool:
        """Whether both workers come to give a key this status: thirty answers in a row."""
        deadline = time.monotonic() + seconds
        row = 0
        while row < 30 and time.monotonic() < deadline:
            row = row + 1 if self.status(key) == status else 0
            time.sleep(0.01)
        return row == 30


@pytest.fixture
def running(served: Callable[..., Served], environment: dict[str, str], tmp_path: Path, shop: Builders) -> Running:
    """The tea shop behind keys, reachable from other machines; ended with the test."""
    shop.write(tmp_path / "models", shop.tea())
    return Running(served, environment, tmp_path)


def test_rotation_fails_no_request_and_logs_no_key(running: Running) -> None:
    """A caller that takes up the new secret within the grace sees nothing but 200; a revoked one is out in seconds."""
    current = [running.first]
    seen: Counter[int] = Counter()
    done = threading.Event()

    def ask() -> None:
        while not done.is_set():
            seen[running.status(current[0])] += 1

    caller = threading.Thread(target=ask)
    caller.start()
    secrets = [running.first]
    for turn in itertools.count():
        secrets.append(running.keys("rotate", "shop"))
        assert running.within(20, secrets[-1], 200)
        current[0] = secrets[-1]
        if turn == 2:
            break
        running.keys("revoke", "shop", "--old")
        assert running.within(20, secrets[-2], 401)
    done.set()
    caller.join()
    assert set(seen) == {200}
    assert seen[200] > 30
    assert running.status(secrets[-2]) == 200  # its grace lasts
    running.keys("revoke", "shop")
    assert running.within(20, secrets[-1], 401)

    token = running.keys("token", "--customer", "ann")
    assert running.status("", f"/customers/ann/picks?token={token}") == 200
    assert running.status("", f"/customers/ben/picks?token={token}") == 403
    assert running.status("", f"/recommend?item_id=tea&key={secrets[-1]}") == 401
    running.process.send_signal(signal.SIGTERM)
    assert running.process.wait(timeout=30) == 0
    log = running.log.read_text()
    assert "keys.json" in log
    assert [secret for secret in [*secrets, token, SECRET] if secret in log] == []
    assert "Traceback" not in log


def test_a_worker_that_starts_beside_a_broken_file_stays_up_and_lets_nobody_in(running: Running) -> None:
    """The worker that knows the keys goes on; the new one answers 503 until the file is whole again."""
    whole = Path(running.environment["RECSVC_KEYS"]).read_bytes()
    assert running.within(20, running.first, 200)
    Path(running.environment["RECSVC_KEYS"]).write_bytes(b"{")
    os.kill(min(running.service.workers()), signal.SIGKILL)
    deadline = time.monotonic() + 30
    seen: set[int] = set()

    def ask(_: int) -> int:
        try:
            return running.status(running.first)
        except OSError:  # the connection that the killed worker had taken
            return 0

    with ThreadPoolExecutor(8) as many:  # at once, so that neither worker stays idle
        while not seen >= {200, 503} and time.monotonic() < deadline:
            seen.update(many.map(ask, range(16)))
    assert seen - {0} == {200, 503}
    Path(running.environment["RECSVC_KEYS"]).write_bytes(whole)
    assert running.within(20, running.first, 200)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"RECSVC_KEYS": "none.json"}, "none.json does not exist; add a first key"),
        ({"RECSVC_TOKEN_SECRET": "short-secret"}, "RECSVC_TOKEN_SECRET=(not shown) must have 32 bytes or more"),
        ({"RECSVC_TOKEN_SECRET_FILE": "none"}, "none cannot be read"),
        ({"RECSVC_TOKEN_SECRET": SECRET, "RECSVC_TOKEN_SECRET_FILE": "none"}, "both set"),
        ({"RECSVC_PROXIES": "many"}, "RECSVC_PROXIES='many' must be a whole number"),
    ],
)
def test_what_cannot_be_used_stops_the_start(
    changes: dict[str, str], message: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 2 and a sentence that names the variable or file, never the secret."""
    for name in [name for name in os.environ if name.startswith("RECSVC_")]:
        monkeypatch.delenv(name)
    for name, value in changes.items():
        monkeypatch.setenv(name, value)
    assert main(["serve"]) == 2
    said = capsys.readouterr().err
    assert message in said
    assert "short-secret" not in said


def test_the_demonstration_shop_is_not_shown_behind_keys(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It has no key to ask with; better said at the start than by empty shelves."""
    monkeypatch.setenv("RECSVC_KEYS", str(tmp_path / "keys.json"))
    assert main(["keys", "add", "--scope", "recommend"]) == 0
    (tmp_path / "shoppers.json").write_text("[]")
    assert main(["serve", "--storefront", str(tmp_path)]) == 2
    assert "unset RECSVC_KEYS" in capsys.readouterr().err
