"""A circuit breaker: after a failure Redis is left alone for a moment, and the neutral answer is given at once."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TypeVar

import redis

T = TypeVar("T")


class Guard:
    """Calls Redis within its budget, or not at all.

    Closed: calls go through. After a failed call it is open: for `rest` seconds every call gets its neutral answer
    without a try; then one caller tries, and the others go on resting until that try comes back. Nygard's circuit
    breaker ("Release It!", 2007) with a threshold of one: a call's budget is so small that one failure is news enough.

    Args:
        rest: seconds to leave Redis alone.
        failed: told of every call that got its neutral answer.
        clock: monotonic seconds.
    """

    def __init__(
        self,
        rest: float = 1.0,
        failed: Callable[[], None] = lambda: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._rest = rest
        self._failed = failed
        self._clock = clock
        self._open_until = 0.0
        self._lock = threading.Lock()

    @property
    def is_open(self) -> bool:
        """Whether Redis is being left alone."""
        return self._clock() < self._open_until

    def call(self, trip: Callable[[], T], neutral: T) -> T:
        """What `trip` returns, or `neutral` where Redis rests, fails or takes too long."""
        now = self._clock()
        if now < self._open_until:
            self._failed()
            return neutral
        if self._open_until:
            with self._lock:
                if now < self._open_until:
                    self._failed()
                    return neutral
                self._open_until = now + self._rest  # the others rest while this caller tries
        try:
            found = trip()
        except (redis.RedisError, OSError):
            self._open_until = self._clock() + self._rest
            self._failed()
            return neutral
        self._open_until = 0.0
        return found
