"""The circuit breaker."""

import pytest
import redis

from recsvc.fleet.client import RedisUrlError, quick_client
from recsvc.fleet.guard import Guard


class Clock:
    """Seconds that a test moves."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        """What time it is."""
        return self.now


def test_a_failure_rests_and_one_caller_tries_again() -> None:
    """After a failure calls cost nothing for a moment; then one tries, and success closes the circuit."""
    clock, counted, calls = Clock(), [], []
    guard = Guard(rest=1.0, failed=lambda: counted.append(1), clock=clock)

    def fail() -> str:
        calls.append("fail")
        raise redis.TimeoutError

    def work() -> str:
        calls.append("work")
        return "answer"

    assert guard.call(work, "neutral") == "answer"
    assert guard.call(fail, "neutral") == "neutral"
    assert guard.is_open
    assert guard.call(work, "neutral") == "neutral"
    assert calls == ["work", "fail"]
    clock.now += 1.0
    assert guard.call(work, "neutral") == "answer"
    assert not guard.is_open
    assert guard.call(work, "neutral") == "answer"
    assert len(counted) == 2


def test_while_one_tries_the_others_rest() -> None:
    """A half-open circuit lets a single caller through."""
    clock = Clock()
    guard = Guard(rest=1.0, clock=clock)

    def fail() -> str:
        raise ConnectionResetError

    assert guard.call(fail, "neutral") == "neutral"
    clock.now += 1.0
    assert guard.call(lambda: guard.call(lambda: "second", "neutral"), "x") == "neutral"


def test_our_own_mistakes_are_not_hidden() -> None:
    """Only Redis failing gets a neutral answer."""
    with pytest.raises(ZeroDivisionError):
        Guard().call(lambda: 1 / 0, 0.0)


def test_a_url_that_is_none_says_so() -> None:
    """The message names the variable and shows a good one."""
    with pytest.raises(RedisUrlError, match=r"RECSVC_REDIS_URL.*redis://HOST"):
        quick_client("localhost:6379", 0.05, 4)
