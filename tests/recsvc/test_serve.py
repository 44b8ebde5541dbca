"""`recsvc serve`, the real thing: two workers, a publish, a TERM."""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from recsvc.cli.main import main

if TYPE_CHECKING:
    from conftest import Builders, Served


def get(address: str, path: str, data: bytes | None = None) -> tuple[int, str]:
    """Status and body."""
    request = urllib.request.Request(address + path, data, {"Content-Type": "application/json"})  # noqa: S310  # http
    try:
        with urllib.request.urlopen(request, timeout=10) as response:  # noqa: S310  # http on loopback
            return response.status, response.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def test_serve_answers_swaps_versions_and_ends(served: Callable[..., Served], tmp_path: Path, shop: Builders) -> None:
    """Both workers answer, count together, pick up a published version within 2 s, and end at TERM with 0."""
    models = tmp_path / "models"
    first = shop.write(models, shop.tea(), 0)
    service = served("--workers", "2", "--threads", "2", "--models", str(models))
    process, address = service.process, service.address
    assert json.loads(get(address, "/health/ready")[1])["model_version"] == first
    status, body = get(address, "/recommend", b'{"cart":[{"item_id":"tea"}],"type":"cross_sell","n":10}')
    assert (status, json.loads(body)["cross_sell"][0]["item_id"]) == (200, "cup-blue")
    assert get(address, "/customers/zo%C3%AB%2F1/picks")[0] == 200
    assert get(address, "/recommend?item_id=tea&n=0")[0] == 400
    assert get(address, "/recommend", b"x" * 5_000_000)[0] == 413
    status, body = get(address, "/recommend?item_id=" + "x" * 20_000)
    assert (status, json.loads(body)["status"]) == (414, 414)
    for _ in range(20):
        get(address, "/recommend?item_id=pot")
    counters = get(address, "/metrics")[1]
    assert 'recsvc_requests_total{method="GET",route="/recommend",status="200"} 20.0' in counters
    trained = datetime(2026, 11, 21, 2, 0, tzinfo=UTC).timestamp()
    for _ in range(8):  # whichever worker answers, and whether the other has answered anything yet or not
        counters = get(address, "/metrics")[1]
        ages = re.findall(r"^recsvc_model_age_seconds (\S+)$", counters, re.M)
        assert [abs(time.time() - trained - float(age)) < 60 for age in ages] == [True]
        told = re.findall(r"^recsvc_model_trained_timestamp_seconds (\S+)$", counters, re.M)
        assert [float(value) for value in told] == [trained]

    second = shop.write(models, shop.tea(orders=50), 1)
    deadline = time.monotonic() + 20
    seen: list[str] = []
    while seen[-12:] != [second] * 12 and time.monotonic() < deadline:
        status, body = get(address, "/recommend?item_id=tea")
        assert status == 200
        seen.append(json.loads(body)["model_version"])
        time.sleep(0.1)
    assert seen[-12:] == [second] * 12
    assert set(seen) <= {first, second}

    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=30) == 0
    assert not list(tmp_path.glob("recsvc-counters-*"))
    assert not (tmp_path / ".gunicorn").exists()
    log = service.log.read_text()
    assert f"serving the published version {second}" in log
    assert "Traceback" not in log


def test_serve_without_a_model_says_so(served: Callable[..., Served], tmp_path: Path) -> None:
    """It starts, answers `no_model`, and is not ready."""
    address = served("--workers", "1", "--models", str(tmp_path / "none")).address
    status, body = get(address, "/recommend?item_id=tea")
    assert (status, json.loads(body)["empty_reason"]) == (200, "no_model")
    assert get(address, "/health/ready")[0] == 503


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--bind", "0.0.0.0:8000"], "RECSVC_ALLOW_OPEN=1"),
        (["--bind", "8000"], "--bind='8000' must be HOST:PORT"),
        (["--workers", "-1"], "--workers='-1' must be a whole number"),
        (["--threads", "0"], "--threads='0'"),
        (["--models", __file__], "is not a folder"),
        (["--bind", "192.0.2.1:8000"], "RECSVC_ALLOW_OPEN=1"),
    ],
)
def test_a_bad_option_stops_the_start(options: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 2 and a sentence that names the option."""
    assert main(["serve", *[f"{options[0]}={options[1]}"]]) == 2
    assert message in capsys.readouterr().err


def test_an_address_that_is_taken_stops_the_start(capsys: pytest.CaptureFixture[str]) -> None:
    """At once, and the message names the address and the option."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        assert main(["serve", f"--bind=127.0.0.1:{port}"]) == 2
    told = f"cannot listen on 127.0.0.1:{port}: another program listens there. Choose with --bind HOST:PORT"
    assert told in capsys.readouterr().err


@pytest.mark.parametrize("variable", ["RECSVC_REDIS_URL", "RECSVC_STATE_URL"])
def test_what_is_no_redis_url_stops_the_start(
    variable: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Before any worker is there, and by the variable's name."""
    monkeypatch.setenv(variable, "localhost:6379")
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path))
    assert main(["serve", "--bind=127.0.0.1:0"]) == 2
    assert f"{variable}: Redis URL must specify" in capsys.readouterr().err


def test_nothing_happens_when_the_service_is_imported(environment: dict[str, str]) -> None:
    """No thread, no socket, no file: a fresh interpreter imports every module of the room and has done nothing."""
    code = (
        "import sys, threading, socket\n"
        "socket.socket.connect = socket.socket.bind = None\n"
        "import recsvc.web.app, recsvc.server, recsvc.store.artefact, recsvc.cli.serve\n"
        "assert threading.active_count() == 1\n"
        "banned = {'scipy', 'implicit', 'polars', 'training', 'redis'} & set(sys.modules)\n"
        "assert not banned, banned\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, env=environment)
