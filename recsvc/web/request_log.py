"""One line for every request: what was asked, by kind, and how it went; never by whom or about whom."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import UTC, datetime
from typing import BinaryIO

import msgspec
from msgspec import Struct

from recsvc.settings import LogForm


class Line(Struct):
    """A request, without path, query, body, address or key: those may hold customers, and secrets.

    Attributes:
        time: ISO 8601 (UTC).
        kind: the operation's id in `/openapi.json`, `none` for paths that do not exist.
        method: of HTTP.
        status: of the answer.
        took_ms: from request to answer.
        version: the model version that answered, None where none did.
        degraded: whether the answer says so.
    """

    time: str
    kind: str
    method: str
    status: int
    took_ms: float
    version: str | None
    degraded: bool


class RequestLog:
    """Writes lines, each in one piece.

    Args:
        form: `json`, `text` (`key=value`), or `off`.
        clock: seconds since 1970.
        stream: where to; by default standard error, as it is when the line is written.
    """

    def __init__(self, form: LogForm, clock: Callable[[], float], stream: BinaryIO | None = None) -> None:
        self.on = form != "off"
        self._json = form == "json"
        self._clock = clock
        self._stream = stream

    def write(
        self, kind: str, method: str, status: int, seconds: float, version: str | None, *, degraded: bool
    ) -> None:
        """Write one line."""
        moment = datetime.fromtimestamp(self._clock(), UTC).isoformat(timespec="milliseconds")
        line = Line(moment, kind, method, status, round(seconds * 1e3, 2), version, degraded)
        data = msgspec.json.encode(line) if self._json else _text(line)
        stream = self._stream or sys.stderr.buffer
        stream.write(data + b"\n")
        stream.flush()


def _text(line: Line) -> bytes:
    told = (
        f"{name}={str(value).lower() if isinstance(value, bool) else '-' if value is None else value}"
        for name, value in msgspec.structs.asdict(line).items()
        if name != "time"
    )
    return f"{line.time} request {' '.join(told)}".encode("ascii", "backslashreplace")
