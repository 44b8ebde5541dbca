"""A toy shop, generated, trained and served once for all browser tests, and the browser."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

FLAGS = (
    "--no-sandbox",  # tests may run as root, in a container
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
MUST = "RECSVC_REQUIRE_BROWSER"


class Served(NamedTuple):
    """A demo shop that answers.

    Attributes:
        url: where, without a slash at its end.
        folder: what `recsvc demo-shop` wrote.
    """

    url: str
    folder: Path


def recsvc(*arguments: str | Path) -> list[str]:
    """The command line of `recsvc`, in this very environment."""
    code = "import sys; from recsvc.cli.main import main; sys.exit(main())"
    return [sys.executable, "-c", code, *map(str, arguments)]


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The toy shop behind the real server."""
    root = tmp_path_factory.mktemp("shop")
    folder, models = root / "demo", root / "models"
    orders, catalogue = folder / "orders.csv", folder / "catalogue.csv"
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), "OMP_NUM_THREADS": "1"}
    for step in (
        recsvc("demo-shop", "--size", "toy", "--out", folder),
        recsvc("train", "--orders", orders, "--catalogue", catalogue, "--models", models, "--threads", "1"),
    ):
        subprocess.run(step, check=True, env=environment, cwd=root, capture_output=True)
    where = ("--bind", "127.0.0.1:0", "--workers", "1", "--models", models, "--state", root / "state.db")
    command = recsvc("serve", *where, "--storefront", folder)
    log = root / "log"
    with (
        log.open("w") as errors,
        subprocess.Popen(
            command, env=environment, cwd=root, stdout=subprocess.PIPE, stderr=errors, text=True
        ) as server,
    ):
        assert server.stdout is not None
        first = server.stdout.readline()
        assert "serves on http://127.0.0.1:" in first, log.read_text()
        yield Served(first.split()[-1], folder)
        server.terminate()
        server.wait(20)


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Debian's Chromium under Playwright; skipped where either is absent, unless `RECSVC_REQUIRE_BROWSER=1`."""
    path = os.environ.get("RECSVC_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if not path:
        missing("no Chromium here; on Debian: apt-get install chromium")
    try:
        from playwright.sync_api import sync_playwright  # noqa: PLC0415  # an extra that may be absent
    except ModuleNotFoundError:
        missing("no Playwright here; pip install '.[browser]'")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield opened
        opened.close()


def missing(what: str) -> None:
    """Skip with a reason, or fail where the browser is required."""
    if os.environ.get(MUST) == "1":
        pytest.fail(what)
    pytest.skip(what)
