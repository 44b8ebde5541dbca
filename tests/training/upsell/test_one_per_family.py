"""One item stands for all variants of its family."""

from collections.abc import Callable

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from training.evaluation.one_per_family import one_per_family
from training.records import Orders


def test_by_hand(orders_of: Callable[..., Orders]) -> None:
    """Red sold twice before the cut and blue once, so red stands for both; an order with both has one line of it."""
    orders = orders_of(
        [
            ("1", "ann", 1, ["red", "tea"]),
            ("2", "bo", 2, ["red", "blue"]),
            ("3", "ann", 3, ["blue"]),
            ("4", "bo", 4, ["blue"]),
        ]
    )
    orders.quantity[:] = [1, 2, 3, 4, 5, 6]  # red, tea; blue, red; blue; blue: blue is 0, red 1, tea 2
    found = one_per_family(orders, np.array([7, 7, 3]), 2)
    assert found.indptr.tolist() == [0, 2, 3, 4, 5]
    assert found.item.tolist() == [1, 2, 1, 1, 1]
    assert found.quantity.tolist() == [1, 2, 7, 5, 6]
    assert one_per_family(orders, np.array([0, 1, 2]), 2) is orders


@given(
    lines=st.lists(st.sets(st.integers(0, 5), min_size=1), min_size=1, max_size=12),
    family=st.lists(st.integers(0, 3), min_size=6, max_size=6),
)
def test_equal_to_the_obvious_loop(orders_of: Callable[..., Orders], lines: list[set[int]], family: list[int]) -> None:
    """Every order holds its items' stand-ins, once each, rising; no quantity is lost."""
    orders = orders_of([(f"o{n:02}", None, n, sorted(f"i{i}" for i in items)) for n, items in enumerate(lines)])
    labels = np.array([family[int(orders.items.text(i)[1:])] for i in range(len(orders.items))])
    found = one_per_family(orders, labels, orders.n_orders)
    sold = np.bincount(orders.item, minlength=len(labels))
    stands_for = [
        min((i for i in range(len(labels)) if labels[i] == label), key=lambda i: (-sold[i], i)) for label in labels
    ]
    for order in range(orders.n_orders):
        before = orders.item[orders.indptr[order] : orders.indptr[order + 1]].tolist()
        after = found.item[found.indptr[order] : found.indptr[order + 1]].tolist()
        assert after == sorted({stands_for[item] for item in before})
    assert found.quantity.sum() == orders.quantity.sum()
