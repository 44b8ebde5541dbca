"""Answers kept in a worker while nothing that they depend on has changed."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass

from recsvc.web.metrics import Tally

_OVERHEAD = 500
"""Bytes that an entry costs beside its body, about: key, headers, places in the table."""


@dataclass(frozen=True, slots=True)
class HotAnswer:
    """An answer that may be given again as it is.

    Attributes:
        body: the JSON.
        etag: its tag, without quotes.
        policy: its `Cache-Control`.
        tally: what the counters hear each time.
    """

    body: bytes
    etag: str
    policy: str
    tally: Tally


class HotAnswers:
    """The answers asked for last, by question; they all belong to one state of the world and are forgotten with it.

    Only for answers that are a function of state and question alone: no customer, no moment, no chance. Then what is
    kept can never be stale, however long: a new version, a new price or a lost Redis is another state.

    Args:
        most_bytes: memory for them; 0 keeps none.
    """

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self._state: Hashable = None
        self._held: OrderedDict[Hashable, HotAnswer] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def find(self, state: Hashable, question: Hashable) -> HotAnswer | None:
        """The answer to a question in a state of the world, None where it is not at hand."""
        if not self._most_bytes:
            return None
        with self._lock:
            if state != self._state:
                return None
            if (found := self._held.get(question)) is not None:
                self._held.move_to_end(question)
            return found

    def keep(self, state: Hashable, question: Hashable, answer: HotAnswer) -> None:
        """Keep an answer given in `state`; those least lately asked for make room."""
        size = len(answer.body) + _OVERHEAD
        if size > self._most_bytes:
            return
        with self._lock:
            if state != self._state:
                self._held.clear()
                self._bytes, self._state = 0, state
            if question in self._held:
                return
            self._held[question] = answer
            self._bytes += size
            while self._bytes > self._most_bytes:
                _, gone = self._held.popitem(last=False)
                self._bytes -= len(gone.body) + _OVERHEAD
