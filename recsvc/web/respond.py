"""Records into responses."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import msgspec
from flask import Response

from recsvc.web import caching
from recsvc.web.openapi import JSON

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

JSON_UTF8 = f"{JSON}; charset=utf-8"

SECURITY = (
    ("X-Content-Type-Options", "nosniff"),
    ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"),
    ("Referrer-Policy", "no-referrer"),
)
"""Of every answer of the interface, errors too: it is data, never a page (OWASP REST Security Cheat Sheet)."""

_json = msgspec.json.Encoder()


class Answer(Response):
    """A whole body with all that is to be said of it: sent as it is, where Werkzeug would look through it once more."""

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Send it; to `HEAD` its headers alone (RFC 9110, 9.3.2)."""
        start_response(self.status, [*self.headers, *SECURITY])
        return [] if environ["REQUEST_METHOD"] == "HEAD" else self.iter_encoded()


def respond(answer: Any) -> Response:  # noqa: ANN401  # a record, its builtins, or JSON already written
    """An answer that no cache keeps, unless its headers are changed."""
    data = answer if isinstance(answer, bytes) else _json.encode(answer)
    return Answer(data, headers=[("Content-Type", JSON_UTF8), ("Cache-Control", caching.PRIVATE)])
