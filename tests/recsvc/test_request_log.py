"""What is written of a request, and what never is; and the headers that every answer carries."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from recsvc.web.request_log import RequestLog

if TYPE_CHECKING:
    from conftest import Builders, CheckedClient

Serve = Callable[..., "CheckedClient"]
ASKED = [
    ("/recommend?item_id=tea&customer_id=ann.private.example.org", 200),
    ("/recommend?item_id=tea&n=0&key=pk_secret", 400),
    ("/customers/ann.private.example.org/picks", 200),
    ("/nowhere/ann.private", 404),
]


def test_a_line_is_one_json_object(serve: Serve, shop: Builders, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    """Kind, status, version, time taken, degraded: one line a request, hot answers too, in their order."""
    client = serve(shop.tea(), request_log="json")
    capsysbinary.readouterr()
    for path, _ in [*ASKED, ("/recommend?item_id=tea", 200), ("/recommend?item_id=tea", 200)]:
        client.get(path)
    lines = [json.loads(line) for line in capsysbinary.readouterr().err.splitlines()]
    assert [(line["kind"], line["status"]) for line in lines] == [
        ("recommend", 200),
        ("recommend", 400),
        ("picks", 200),
        ("none", 404),
        ("recommend", 200),
        ("recommend", 200),
    ]
    version = client.get("/health/ready").json["model_version"]
    assert [line["version"] for line in lines] == [version, version, version, None, version, version]
    assert {line["degraded"] for line in lines} == {False}
    assert all(line["took_ms"] >= 0 and set(line) == set(lines[0]) for line in lines)


@pytest.mark.parametrize("form", ["json", "text"])
def test_nobody_is_named(serve: Serve, shop: Builders, capsysbinary: pytest.CaptureFixture[bytes], form: str) -> None:
    """No customer, no address, no key, no query: whatever is asked, and whether or not it is understood."""
    client = serve(shop.tea(), request_log=form)
    for path, status in ASKED:
        assert client.get(path, environ_base={"REMOTE_ADDR": "203.0.113.7"}).status_code == status
    client.post("/recommend", json={"cart": [{"item_id": "tea"}], "customer_id": "ann.private@example.org"})
    written = capsysbinary.readouterr().err.decode()
    assert written.count("\n") >= len(ASKED) + 1
    for secret in ("ann", "private", "example.org", "203.0.113", "pk_", "tea"):
        assert secret not in written


def test_text_by_hand() -> None:
    """One line, as a person reads it."""
    stream = io.BytesIO()
    RequestLog("text", lambda: 0.0, stream).write("picks", "GET", 200, 0.00123, None, degraded=True)
    assert stream.getvalue() == (
        b"1970-01-01T00:00:00.000+00:00 request kind=picks method=GET status=200 took_ms=1.23 version=- degraded=true\n"
    )


def test_nothing_is_written_unless_asked_for(
    serve: Serve, shop: Builders, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    """By default a request leaves no line."""
    serve(shop.tea()).get("/recommend?item_id=tea")
    assert capsysbinary.readouterr().err == b""


@pytest.mark.parametrize("path", ["/recommend?item_id=tea", "/recommend", "/nowhere", "/health/live", "/metrics"])
def test_every_answer_carries_security_headers(tea: CheckedClient, path: str) -> None:
    """Data, never a page: no sniffing, no framing, no script; also on errors, and a second time."""
    for _ in range(2):
        headers = tea.client.get(path).headers
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert "Server" not in headers
