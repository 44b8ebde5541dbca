"""How often somebody may ask: the generic cell rate algorithm, one number per client, in this process."""

from __future__ import annotations

import ipaddress
import threading
import time
from collections.abc import Callable

_MINUTE = 60.0
_SLACK = 1e-3
"""Share of a token that sums of floats may be off by."""


class Rates:
    """Counts askers and says how long one has to wait.

    A bucket of N tokens that N a minute refill evenly: N requests at once, then one every 60/N s. Kept as the time at
    which the bucket will be full again (ITU-T I.371, generic cell rate algorithm): one float per asker, no thread, no
    clean-up but when there are too many.

    Args:
        clock: monotonic seconds.
        most: askers remembered. Beyond, those with full buckets are forgotten; where that frees less than half, all.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic, most: int = 100_000) -> None:
        self._clock = clock
        self._most = most
        self._full_at: dict[tuple[str, str], float] = {}
        self._lock = threading.Lock()

    def wait(self, asker: tuple[str, str], per_minute: int) -> float:
        """Seconds until this asker may ask; 0: now, and that counts."""
        step = _MINUTE / per_minute
        with self._lock:
            now = self._clock()
            full_at = max(self._full_at.get(asker, now), now)
            if (ahead := full_at - now + step - _MINUTE) > step * _SLACK:
                return ahead
            self._full_at[asker] = full_at + step
            if len(self._full_at) > self._most:
                self._forget(now)
            return 0.0

    def __len__(self) -> int:
        return len(self._full_at)

    def _forget(self, now: float) -> None:
        waiting = {asker: full_at for asker, full_at in self._full_at.items() if full_at > now}
        self._full_at = waiting if len(waiting) <= self._most // 2 else {}


def client_of(address: str | None) -> str:
    """Whom an address stands for: an IPv4 address for itself, an IPv6 address for its /64, which is one connection."""
    try:
        found = ipaddress.ip_address(address or "")
    except ValueError:
        return "unknown"
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped:
            return str(found.ipv4_mapped)
        return str(ipaddress.ip_network((int(found) >> 64 << 64, 64)))
    return str(found)
