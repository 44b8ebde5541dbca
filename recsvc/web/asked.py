"""The request being answered, with what is noted of it on the way."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from flask import Request, request

if TYPE_CHECKING:
    from recsvc.web.access import Caller


class Asked(Request):
    """A request, and what its answer and the log need to know of it.

    Attributes:
        began: when it came, in seconds of `perf_counter`.
        caller: who asks, None until the door knows.
        version: the version that it sees, None where it sees none.
        degraded: whether its answer says so.
    """

    began: float = 0.0
    caller: Caller | None = None
    version: str | None = None
    degraded: bool = False


def asked() -> Asked:
    """The request itself; Flask's `request` looks it up anew for every attribute, at five times the price."""
    return cast("Asked", request._get_current_object())  # type: ignore[attr-defined]  # Flask's own way, under a type that hides it
