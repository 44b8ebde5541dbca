"""What runs in a container without an engine: the daily loop, the health check, and what the files promise."""

from __future__ import annotations

import http.server
import os
import re
import shutil
import subprocess
import threading
import time
import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from recsvc import healthcheck
from recsvc.settings import ServiceSettings
from recsvc.state.assembly import open_state

REPOSITORY = Path(__file__).parents[2]
REDIS = os.environ.get("RECSVC_REDIS_SERVER") or shutil.which("redis-server")
DAILY = REPOSITORY / "scripts" / "daily.sh"


def daily(models: Path, *command: str, at: str = "02:10") -> subprocess.Popen[str]:
    """The loop over a folder of versions."""
    env = {"PATH": os.environ["PATH"], "TZ": "UTC", "RECSVC_MODELS": str(models), "RECSVC_NIGHTLY_AT": at}
    return subprocess.Popen([str(DAILY), *command], env=env, stderr=subprocess.PIPE, text=True)


def test_the_first_run_begins_at_once_and_the_next_is_at_its_hour(tmp_path: Path) -> None:
    """Without a published version it runs, says how it ended, and waits for the hour; TERM ends the waiting."""
    with daily(tmp_path, "sh", "-c", f"echo ran >> {tmp_path}/log; exit 3") as process:
        assert process.stderr is not None
        before = datetime.now(UTC)
        said = [process.stderr.readline().strip() for _ in range(3)]
        process.terminate()
        assert process.wait(timeout=30) == 0
    assert said[:2] == ["daily: nothing is published yet, running now", "daily: exit code 3"]
    moment = datetime.strptime(said[2], "daily: next run at %Y-%m-%dT%H:%M%z")
    assert (moment.hour, moment.minute) == (2, 10)
    assert timedelta(0) < moment - before <= timedelta(days=1)
    assert (tmp_path / "log").read_text() == "ran\n"


def test_it_waits_where_a_version_is_published(tmp_path: Path) -> None:
    """A restart does not train again."""
    (tmp_path / "current").write_text("20261121T0200Z-0000\n")
    with daily(tmp_path, "touch", str(tmp_path / "ran")) as process:
        assert process.stderr is not None
        assert process.stderr.readline().startswith("daily: next run at ")
        process.terminate()
        assert process.wait(timeout=30) == 0
    assert not (tmp_path / "ran").exists()


def test_term_reaches_the_run_under_way(tmp_path: Path) -> None:
    """The run is told and awaited, so that it can write its record."""
    code = f"trap 'echo told > {tmp_path}/told; exit 130' TERM; touch {tmp_path}/begun; while :; do sleep 0.02; done"
    with daily(tmp_path / "models", "sh", "-c", code) as process:
        deadline = time.monotonic() + 30
        while not (tmp_path / "begun").exists() and time.monotonic() < deadline:
            time.sleep(0.01)
        process.terminate()
        assert process.wait(timeout=30) == 0
    assert (tmp_path / "told").read_text() == "told\n"


@pytest.mark.parametrize("at", ["24:00", "2:10", "02:60", "night", "02:10;id"])
def test_a_time_that_is_none_is_refused(tmp_path: Path, at: str) -> None:
    """At the start, not at two in the morning."""
    with daily(tmp_path, "true", at=at) as process:
        assert process.wait(timeout=30) == 2
        assert process.stderr is not None
        assert f"RECSVC_NIGHTLY_AT={at} is no time of day" in process.stderr.read()


@pytest.fixture
def answering(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """A service that answers `/health/ready` with the status in this list, bound as a container's is."""
    status = [200]

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status[0] if self.path == "/health/ready" else 404)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *_: object) -> None:
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as server:
        monkeypatch.setenv("RECSVC_BIND", f"0.0.0.0:{server.server_port}")
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield status
        server.shutdown()


def test_the_health_check_is_the_services_word(answering: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    """0 for 200; 1 for 503, for nobody there, and for a setting that makes no sense."""
    assert healthcheck.main() == 0
    answering[0] = 503
    assert healthcheck.main() == 1
    monkeypatch.setenv("RECSVC_BIND", "127.0.0.1:1")
    assert healthcheck.main() == 1
    monkeypatch.setenv("RECSVC_BIND", "somewhere")
    assert healthcheck.main() == 1


def test_images_are_pinned_and_the_serving_one_is_the_service_alone() -> None:
    """Every base by its tag, every install by its hashes, no root, a health check; trained versions stay out."""
    dockerfile = (REPOSITORY / "Dockerfile").read_text("utf-8")
    assert re.search(r"^ARG PYTHON_IMAGE=python:3\.\d+\.\d+-slim-\w+$", dockerfile, re.M)
    assert set(re.findall(r"^FROM (\S+)", dockerfile, re.M)) == {"${PYTHON_IMAGE}", "base", "builder"}
    for install in re.findall(r"pip .*?install.*", dockerfile):
        assert "--require-hashes" in install or "--no-index" in install
    serve, train = dockerfile.split(" AS built-serve\n")[1].split(" AS built-train\n")
    assert 'wheel.packages="recsvc;models"' in serve
    assert "locks/serve.txt" in serve
    assert "locks/train.txt" in train
    assert all("USER 10001:10001" in stage for stage in re.split(r"^FROM base AS ", dockerfile, flags=re.M)[2:])
    assert "HEALTHCHECK" in dockerfile.split(" AS serve\n")[1]
    left_out = (REPOSITORY / ".dockerignore").read_text("utf-8").splitlines()
    assert {".git", ".venv", "models/trained", "tests", "docs"} <= set(left_out)


def test_what_is_published_of_the_composed_service_is_on_loopback() -> None:
    """The one port is the host's own, for no key is asked; versions are never evicted; state is forced to disk."""
    compose = (REPOSITORY / "compose.yaml").read_text("utf-8")
    assert re.findall(r"ports: (.*)", compose) == ['["127.0.0.1:8000:8000"]']
    assert len(re.findall("maxmemory-policy, noeviction", compose)) == 2
    assert '--appendonly, "yes", --appendfsync, always' in compose


def test_the_composed_service_has_a_memory() -> None:
    """`serve` names the state's Redis, which starts with it, is another than the versions' and lives in a volume."""
    compose = (REPOSITORY / "compose.yaml").read_text("utf-8")
    serve = compose.split("\n  serve:\n")[1].split("\n  nightly:\n")[0]
    state = compose.split("\n  redis-state:\n")[1].split("\nvolumes:\n")[0]
    assert "RECSVC_STATE_URL: redis://redis-state:6379/0" in serve
    assert re.findall(r"(redis-\w+): \{condition: service_healthy\}", serve) == ["redis-versions", "redis-state"]
    assert "profiles" not in state
    assert "volumes: [state:/data]" in state
    assert re.search(r"^  state:$", compose, re.M)


@pytest.mark.skipif(not REDIS, reason="no redis-server: run `make test`, which brings one, or set RECSVC_REDIS_SERVER")
def test_the_composed_memory_promises_what_it_acknowledges(tmp_path: Path) -> None:
    """A Redis started with the very options of compose.yaml is durable to the service's own judgement."""
    compose = (REPOSITORY / "compose.yaml").read_text("utf-8")
    command = compose.split("\n  redis-state:\n")[1].split("command: [redis-server, ")[1].split("]")[0]
    options = [part.strip().strip('"') for part in command.split(",")]
    filled = ["256mb" if option.startswith("${") else option for option in options]
    socket = tmp_path / "s"
    where = ["--port", "0", "--unixsocket", str(socket), "--dir", str(tmp_path)]
    with subprocess.Popen([str(REDIS), *filled, *where], stdout=subprocess.DEVNULL) as server:
        try:
            deadline = time.monotonic() + 30
            while not socket.exists() and time.monotonic() < deadline:
                time.sleep(0.02)
            state = open_state(ServiceSettings(state_url=f"unix://{socket}"))
            assert state is not None
            told = state.status()
            state.close()
        finally:
            server.terminate()
    assert (told.reachable, told.durable) == (True, True)


def test_the_build_lock_pins_the_build_backend() -> None:
    """locks/build.txt has what pyproject.toml builds with, at that version."""
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text("utf-8"))
    lock = (REPOSITORY / "locks" / "build.txt").read_text("utf-8")
    assert all(f"{requirement} \\\n" in lock for requirement in project["build-system"]["requires"])
