"""A page on another host, a public key, and a browser that minds who may read what."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from conftest import Served

SCRIPT = Path(__file__).parents[2] / "recsvc" / "storefront" / "static" / "recsvc-shelf.js"
SECRET = "0123456789abcdef0123456789abcdef"  # noqa: S105  # a test's
COMMAND = [sys.executable, "-c", "import sys; from recsvc.cli.main import main; sys.exit(main())"]
Show = Callable[..., tuple[str, str]]


@pytest.fixture(scope="module")
def behind_keys(served: Served, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Callable[..., str]]]:
    """The toy shop's model behind keys: its address, and `recsvc keys …`."""
    root = tmp_path_factory.mktemp("keys")
    environment = {
        **os.environ,
        "PYTHONPATH": str(Path(__file__).parents[2]),
        "RECSVC_KEYS": str(root / "keys.json"),
        "RECSVC_TOKEN_SECRET": SECRET,
        "RECSVC_REFRESH_SECONDS": "0",
    }

    def keys(*words: str) -> str:
        done = subprocess.run([*COMMAND, "keys", *words], check=True, env=environment, capture_output=True, text=True)
        return done.stdout.strip()

    keys("add", "--scope", "admin")
    models = served.folder.parent / "models"
    command = [*COMMAND, "serve", "--bind", "127.0.0.1:0", "--workers", "1", "--models", str(models)]
    with subprocess.Popen(command, env=environment, cwd=root, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        yield server.stdout.readline().split()[-1], keys
        server.terminate()
        server.wait(20)


class Elsewhere(ThreadingHTTPServer):
    """A web server of its own: another port is another origin, and the browser decides by what really comes."""

    source = b""

    class Handler(BaseHTTPRequestHandler):
        """Hands out the page and the shelf's script."""

        def do_GET(self) -> None:  # the library's name
            """Answer."""
            script = self.path.endswith(".js")
            body = SCRIPT.read_bytes() if script else self.server.source  # type: ignore[attr-defined]  # ours
            self.send_response(200)
            self.send_header("Content-Type", "text/javascript" if script else "text/html")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), self.Handler)
        self.origin = f"http://127.0.0.1:{self.server_port}"


@pytest.fixture
def elsewhere() -> Iterator[Elsewhere]:
    """The merchant's web server."""
    with Elsewhere() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def show(browser: Any, elsewhere: Elsewhere, behind_keys: tuple[str, Callable[..., str]]) -> Iterator[Show]:  # noqa: ANN401  # Playwright is optional
    """`show(attributes)`: the event that a shelf on a page elsewhere ends with, and its reason."""
    page = browser.new_page()

    def shelf(attributes: str, cart: str = "") -> tuple[str, str]:
        elsewhere.source = f"""<!doctype html><title>Elsewhere</title><script>
            window.heard = [];
            for (const name of ["recsvc-filled", "recsvc-empty"])
              addEventListener(name, (event) => heard.push([name, event.detail.reason ?? ""]));
            </script><script type="module" src="/recsvc-shelf.js"></script><body>
            <recsvc-shelf timeout="20000" endpoint="{behind_keys[0]}" {attributes}></recsvc-shelf>
            <script type="module">{cart}</script>""".encode()
        page.goto(f"{elsewhere.origin}/page")
        page.wait_for_function("heard.some(([, reason]) => reason !== 'nothing_asked')")
        return tuple(page.evaluate("heard.at(-1)"))  # type: ignore[return-value]  # a name and a reason

    yield shelf
    page.close()


def test_a_listed_page_elsewhere_shows_shelves(
    behind_keys: tuple[str, Callable[..., str]], elsewhere: Elsewhere, show: Show
) -> None:
    """By GET; by POST, which the browser asks about beforehand; with a token for its customer.

    An unlisted page gets nothing that it may read, nor does one without a key.
    """
    _, keys = behind_keys
    listed = keys("add", "--scope", "recommend", "--public", "--origin", elsewhere.origin)
    unlisted = keys("add", "--scope", "recommend", "--public", "--origin", "https://other.example")
    token = keys("token", "--customer", "anyone", "--scope", "web")
    item = 'item-id="D0000001"'
    cart = 'document.querySelector("recsvc-shelf").cart = [{ item_id: "D0000001", quantity: 1 }];'
    assert show(f'{item} key="{listed}"')[0] == "recsvc-filled"
    assert show(f'key="{listed}"', cart)[0] == "recsvc-filled"
    assert show(f'{item} key="{listed}" customer-id="anyone" token="{token}"')[0] == "recsvc-filled"
    assert show(f'{item} key="{listed}" customer-id="another" token="{token}"') == ("recsvc-empty", "status_403")
    assert show(f'{item} key="{unlisted}"') == ("recsvc-empty", "unreachable")
    assert show(item) == ("recsvc-empty", "unreachable")
