"""What each customer bought, and what is bought again."""

from collections.abc import Callable

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from training.histories import bought_again, buyers, histories
from training.records import Orders


def test_by_hand(orders_of: Callable[..., Orders]) -> None:
    """Ada bought tea on days 1 and 5 and a cup on day 1; a guest leaves no history."""
    orders = orders_of(
        [
            ("o1", "ada", 1, ["tea", "cup"]),
            ("o2", None, 2, ["tea"]),
            ("o3", "ada", 5, ["tea"]),
            ("o4", "bo", 3, ["cup"]),
        ]
    )
    customers = histories(orders, np.arange(2, dtype=np.int32))
    assert [customers.ids.text(i) for i in range(2)] == ["ada", "bo"]
    held = customers.purchases
    assert held.indptr.tolist() == [0, 2, 3]
    assert held.item.tolist() == [1, 0, 0]  # cup is 0, tea is 1
    assert held.count.tolist() == [2, 1, 1]
    assert held.last_day.tolist() == [5, 1, 3]
    assert held.first_day.tolist() == [1, 1, 3]
    assert customers.traits.orders.tolist() == [2, 1]
    assert customers.next.indptr.tolist() == [0, 0, 0]


def test_habits_fade_by_hand(orders_of: Callable[..., Orders]) -> None:
    """Data of four days, half-life a quarter of them: baskets four, one and no days old make 1/16 + 1/2 + 1."""
    orders = orders_of([("o1", "ada", 1, ["tea"]), ("o2", "ada", 4, ["tea"]), ("o3", "ada", 5, ["tea"])])
    orders.quantity[:] = [1, 2, 6]
    held = histories(orders, np.zeros(1, dtype=np.int32), habit_half_life=0.25).purchases
    assert held.habit.tolist() == [1.5625]
    assert held.quantity.tolist() == [3.0]
    assert histories(orders, np.zeros(1, dtype=np.int32)).purchases.habit.tolist() == [3.0]


def test_nobody_known_leaves_no_history(orders_of: Callable[..., Orders]) -> None:
    """Guests only, and no order at all: empty rows, no error."""
    assert len(histories(orders_of([("o1", None, 1, ["tea"])]), np.zeros(1, dtype=np.int32), 0.5).ids) == 0
    assert len(histories(orders_of([]), np.zeros(0, dtype=np.int32), 0.5).purchases) == 0


@given(st.lists(st.tuples(st.integers(-1, 3), st.integers(0, 9), st.sets(st.integers(0, 5), min_size=1)), max_size=30))
def test_equal_to_the_obvious_loop(orders_of: Callable[..., Orders], lines: list[tuple[int, int, set[int]]]) -> None:
    """Counts and last days are what a dict over all orders gives."""
    orders = orders_of(
        [
            (f"o{n:03}", None if who < 0 else f"c{who}", day, [f"i{i}" for i in items])
            for n, (who, day, items) in enumerate(lines)
        ]
    )
    customers = histories(orders, np.arange(len(orders.items), dtype=np.int32))
    slow: dict[tuple[str, str], tuple[int, int]] = {}
    for who, day, items in sorted(lines, key=lambda line: line[1]):
        for item in items if who >= 0 else ():
            count, _ = slow.get((f"c{who}", f"i{item}"), (0, 0))
            slow[f"c{who}", f"i{item}"] = (count + 1, day)
    found = {}
    held = customers.purchases
    for row in range(len(customers.ids)):
        entries = range(held.indptr[row], held.indptr[row + 1])
        days = [int(held.last_day[e]) for e in entries]
        assert days == sorted(days, reverse=True)
        for e in entries:
            name = orders.items.text(int(held.item[e]))
            found[customers.ids.text(row), name] = (int(held.count[e]), int(held.last_day[e]))
    assert found == slow


def test_consumables_are_what_enough_buyers_bought_again(orders_of: Callable[..., Orders]) -> None:
    """Tea: 2 of 4 buyers came back. Kettle: 0 of 4. Rum: its only buyer came back, one buyer proves nothing."""
    lines = [(f"o{n}", f"c{n}", 1, ["tea", "kettle"]) for n in range(4)]
    lines += [("p0", "c0", 2, ["tea"]), ("p1", "c1", 2, ["tea"]), ("q0", "c9", 1, ["rum"]), ("q1", "c9", 2, ["rum"])]
    orders = orders_of(lines)
    customers = histories(orders, np.arange(3, dtype=np.int32))
    again = bought_again(customers, 3, share=0.5, buyers=2)
    assert dict(zip(["kettle", "rum", "tea"], again.tolist(), strict=True)) == {
        "kettle": False,
        "rum": False,
        "tea": True,
    }


def test_buyers_are_counted_once(orders_of: Callable[..., Orders]) -> None:
    """Ada bought tea twice and the cup once, Bo the cup; a guest is nobody; cup and pot of one family share buyers."""
    orders = orders_of(
        [
            ("o1", "ada", 1, ["tea", "cup"]),
            ("o2", "ada", 2, ["tea"]),
            ("o3", None, 3, ["tea", "cup"]),
            ("o4", "bo", 4, ["cup"]),
        ]
    )
    assert buyers(orders, np.arange(2, dtype=np.int32), 3).tolist() == [2, 1, 0]
    assert buyers(orders, np.zeros(2, dtype=np.int32), 1).tolist() == [2]
