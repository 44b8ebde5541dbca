"""Records into responses."""

from __future__ import annotations

from typing import Any

import msgspec
from flask import Response

from recsvc.web import caching
from recsvc.web.openapi import JSON

JSON_UTF8 = f"{JSON}; charset=utf-8"

_json = msgspec.json.Encoder()


def respond(answer: Any) -> Response:  # noqa: ANN401  # a record, its builtins, or JSON already written
    """An answer that no cache keeps, unless its headers are changed."""
    data = answer if isinstance(answer, bytes) else _json.encode(answer)
    return Response(data, headers=[("Content-Type", JSON_UTF8), ("Cache-Control", caching.PRIVATE)])
