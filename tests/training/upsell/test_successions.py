"""Who took which step, counted beside an obvious loop."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.records import Orders
from training.upsell import purchases as module
from training.upsell.purchases import Steps, purchases
from training.upsell.successions import count_steps, trade_ups

NAMES = "abcdef"
GROUP = np.array([0, 0, 0, 1, 1, 1])
STEPS = Steps(np.array([0, 0, 1, 3, 4]), np.array([1, 2, 2, 4, 5]), 6)
baskets = st.lists(
    st.tuples(st.sampled_from([None, "x", "y", "z"]), st.sets(st.sampled_from(NAMES), min_size=1)), max_size=20
)


@given(drawn=baskets, share=st.floats(0, 1))
def test_equal_to_the_obvious_loop(
    orders_of: Callable[..., Orders], drawn: list[tuple[str | None, set[str]]], share: float
) -> None:
    """Owners of both, customers who moved up, baskets with both, and trade-ups after a cut."""
    orders = orders_of([(f"o{n:02}", who, n, sorted(items)) for n, (who, items) in enumerate(drawn)])
    numbers = np.array([NAMES.index(name.decode()) for name in orders.items], dtype=np.int32)
    cut = int(len(drawn) * share)
    past, whole = (purchases(orders, numbers, 6, end) for end in (cut, len(drawn)))
    found = count_steps(whole, orders, numbers, GROUP, STEPS)
    taken = trade_ups(past, whole, GROUP, STEPS)
    first: dict[tuple[str, str], int] = {}
    last: dict[tuple[str, str], int] = {}
    for n, (who, items) in enumerate(drawn):
        for item in items if who else ():
            first.setdefault((who or "", item), n)
            if n < cut:
                last[who or "", item] = n
    slow: Counter[tuple[int, int]] = Counter()
    pairs = list(zip(STEPS.item.tolist(), STEPS.better.tolist(), strict=True))
    for (who, better), n in first.items():
        below = [i for i, j in pairs if NAMES[j] == better and (who, NAMES[i]) in last]
        if n >= cut and below:
            slow[min(below, key=lambda i: (-last[who, NAMES[i]], i)), NAMES.index(better)] += 1
    for place, (i, j) in enumerate(pairs):
        one, other = NAMES[i], NAMES[j]
        both = [who for who in "xyz" if (who, one) in first and (who, other) in first]
        assert found.both[place] == len(both)
        assert found.later[place] == sum(first[who, one] < first[who, other] for who in both)
        assert found.beside[place] == sum({one, other} <= items for _, items in drawn)
        assert taken[place] == slow[i, j]


def test_small_parts_change_nothing(orders_of: Callable[..., Orders], monkeypatch: pytest.MonkeyPatch) -> None:
    """Counting goes in parts of any size."""
    orders = orders_of([(f"o{n:02}", f"c{n % 4}", n, NAMES[n % 3 : n % 3 + 3]) for n in range(30)])
    numbers = np.array([NAMES.index(name.decode()) for name in orders.items], dtype=np.int32)
    whole = purchases(orders, numbers, 6, 30)
    at_once = count_steps(whole, orders, numbers, GROUP, STEPS)
    monkeypatch.setattr(module, "_ROWS", 3)
    in_parts = count_steps(whole, orders, numbers, GROUP, STEPS)
    assert at_once.both.sum() > 0
    for name in ("both", "later", "beside"):
        assert getattr(at_once, name).tolist() == getattr(in_parts, name).tolist()
