"""What browsers need to hear before a page may read an answer from another host (Fetch standard, CORS)."""

from __future__ import annotations

from collections.abc import Iterable

from flask import Response

from recsvc.web.openapi import KEY_HEADER

_PREFLIGHT_SECONDS = "600"


def allow(response: Response, origin: str) -> None:
    """Let a page of `origin` read the answer; without cookies, for the service has none."""
    response.headers["Access-Control-Allow-Origin"] = origin
    response.headers["Access-Control-Expose-Headers"] = "ETag, Retry-After"


def allow_beforehand(response: Response, origin: str, methods: Iterable[str]) -> None:
    """Let a page of `origin` send the request it asks about."""
    response.headers["Access-Control-Allow-Origin"] = origin
    response.headers["Access-Control-Allow-Methods"] = ", ".join(sorted(methods))
    response.headers["Access-Control-Allow-Headers"] = f"Content-Type, {KEY_HEADER}"
    response.headers["Access-Control-Max-Age"] = _PREFLIGHT_SECONDS
