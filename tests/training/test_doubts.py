"""Orders that look misread."""

from __future__ import annotations

import numpy as np
import pytest

from models.strings import StringTable
from training.doubts import doubts
from training.records import Orders

NOW = 1_700_000_000


def orders(sizes: list[int], times: list[int]) -> Orders:
    """Baskets of so many items at these times."""
    item = np.concatenate([np.arange(size) for size in sizes]).astype(np.int32)
    return Orders(
        items=StringTable.of([f"i{i}" for i in range(max(sizes))]),
        titles=StringTable.of([""] * max(sizes)),
        customers=StringTable.of([]),
        time=np.array(times, dtype=np.int64),
        customer=np.full(len(sizes), -1, dtype=np.int32),
        indptr=np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
        item=item,
        quantity=np.ones(len(item), dtype=np.float32),
        price=np.zeros(len(item), dtype=np.int64),
    )


@pytest.mark.parametrize(("several", "told"), [(0, True), (1, True), (2, False), (200, False)])
def test_orders_of_one_item_are_doubted(several: int, told: bool) -> None:
    """Under one in a hundred with two items or more: the order's number is probably the line's."""
    said = doubts(orders([2] * several + [1] * (200 - several), [NOW] * 200), NOW)
    assert [text.startswith(f"{several} of 200 orders hold two items or more") for text in said] == [True] * told


def test_orders_still_to_come_are_doubted() -> None:
    """A clock in another zone is none, and neither are orders without times."""
    assert doubts(orders([2, 2], [NOW - 5, NOW + 50_000]), NOW) == ()
    assert doubts(orders([2, 2], [-1, -1]), NOW) == ()
    (said,) = doubts(orders([2, 2, 2], [NOW, NOW + 90_000, 1_900_000_000]), NOW)
    assert said.startswith("2 of 3 orders are still to come, the last on 2030-03-17.")
