"""Redis clients: one that answers within a budget or not at all, one with the patience to publish."""

from __future__ import annotations

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

PATIENT_SECONDS = 30.0
"""How long a publisher waits for one answer."""


class RedisUrlError(ValueError):
    """A `RECSVC_REDIS_URL` that is no Redis URL."""


def quick_client(url: str, timeout: float, connections: int) -> redis.Redis:
    """For requests: no retry, `timeout` seconds for connecting and for every answer.

    The stock client would wait a minute for a hung server: ten retries of five seconds.
    """
    return _client(url, timeout, connections)


def patient_client(url: str) -> redis.Redis:
    """For publishing and mirroring: long answers are awaited, failures are still reported at once."""
    return _client(url, PATIENT_SECONDS, 4)


def _client(url: str, timeout: float, connections: int) -> redis.Redis:
    try:
        return redis.Redis.from_url(
            url,
            socket_timeout=timeout,
            socket_connect_timeout=timeout,
            retry=Retry(NoBackoff(), 0),
            health_check_interval=0,
            max_connections=connections,
        )
    except ValueError as error:
        raise RedisUrlError(f"RECSVC_REDIS_URL: {error}; it looks like redis://HOST:6379/0") from error
