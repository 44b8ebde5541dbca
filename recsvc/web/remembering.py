"""The handlers that write into the state."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import msgspec
from flask import Request, Response, request

from recsvc.events.door import read_events
from recsvc.memory import keep
from recsvc.state.contract import StateStore, StateUnavailableError
from recsvc.web import door, parse
from recsvc.web.access import Access
from recsvc.web.messages import NoQuery
from recsvc.web.metrics import Metrics
from recsvc.web.problems import InputError, Refusal, input_error
from recsvc.web.respond import respond
from recsvc.web.state_messages import EVENTS_BODY_BYTES, EventBatch, EventsReceipt, RejectedEvent

_RETRY = {"Retry-After": "2"}


class Remembering:
    """The handlers of events, over a state that may not be there.

    Args:
        state: where to keep things, None where the operator chose none.
        access: who may.
        metrics: counts what happens.
        clock: seconds since 1970.
    """

    def __init__(
        self, state: StateStore | None, access: Access, metrics: Metrics, clock: Callable[[], float] = time.time
    ) -> None:
        self._state = state
        self._access = access
        self._metrics = metrics
        self._clock = clock

    def events(self) -> Response:
        """`POST /events`."""
        door.permit(self._access, None)
        parse.read_query(request, NoQuery)
        body, envelope = _read_batch(request)
        now = int(self._clock())
        drafts, rejected = read_events(body.events, envelope, now)
        try:
            receipt, not_stored = keep(self.state(), drafts, now)
        except StateUnavailableError as error:
            raise unavailable(error) from error
        self._metrics.events(len(receipt.accepted), len(receipt.duplicates), len(rejected), not_stored)
        return respond(
            EventsReceipt(
                accepted=len(receipt.accepted),
                duplicates=len(receipt.duplicates),
                rejected=[RejectedEvent(r.index, r.field, r.message) for r in rejected],
                not_stored=not_stored,
                durable=receipt.durable,
            )
        )

    def state(self) -> StateStore:
        """The state.

        Raises:
            Refusal: 503, there is none.
        """
        if self._state is None:
            raise Refusal(503, "This service has no memory: set RECSVC_STATE or RECSVC_STATE_URL.")
        return self._state


def unavailable(error: StateUnavailableError) -> Refusal:
    """The answer while the state does not answer: nothing was dropped, send it again."""
    return Refusal(503, f"Nothing was lost, send it again: {error}.", _RETRY)


def _read_batch(asked: Request) -> tuple[EventBatch, dict[str, Any]]:
    """The events, and the body around them; a lone event and Segment's `batch` are batches too."""
    asked.max_content_length = EVENTS_BODY_BYTES
    document = parse.read_json(asked, "events")
    if isinstance(document, dict) and "events" not in document:
        if "batch" in document:
            document = {**document, "events": document["batch"]}
        elif isinstance(document.get("event"), str):
            document = {"events": [document]}
    try:
        batch = msgspec.convert(document, EventBatch)
    except msgspec.ValidationError as error:
        raise input_error(error) from error
    if not isinstance(document, dict):  # convert() has refused it
        raise InputError("", "the body is an object")
    return batch, document
