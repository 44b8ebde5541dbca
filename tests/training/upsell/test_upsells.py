"""From orders to upsell vectors."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from training.records import Orders
from training.upsell import Ladder, Said, upsells
from training.upsell.purchases import LONGEST

NAMES = ["basic", "better", "best", "fashion"]
LADDER = Ladder(k=5, min_ratio=1.05, max_ratio=3.0, same_kind=0.5, min_trade_ups=20, lost=0.0, power=0.0)


def said(
    orders: Orders, titles: list[str] | None = None, category: int = 0, price: tuple[int, ...] = (10, 12, 15, 16)
) -> Said:
    """Four things of one category, each dearer than the one before."""
    return Said(
        titles=titles or [""] * 4,
        brand=np.full(4, -1),
        category=np.full(4, category, dtype=np.int32),
        price=np.array(price) * 10_000,
        recent=np.bincount([NAMES.index(orders.items.text(i)) for i in orders.item], minlength=4).astype(np.float64),
    )


@pytest.fixture(scope="module")
def orders(orders_of: Callable[..., Orders]) -> Orders:
    """Who bought `basic` comes back for `best`; strangers buy `fashion`, the bestseller, and `better`."""
    lines = []
    for n in range(300):
        lines += [(f"a{n:03}", f"c{n:03}", n, ["basic"]), (f"b{n:03}", f"c{n:03}", n + 100, ["best"])]
        lines += [(f"d{n:03}", f"s{n:03}", n, ["fashion"]), (f"e{n:03}", f"t{n:03}", n, ["fashion", "better"])]
    return orders_of(lines)


def named(orders: Orders, given: Said, ladder: Ladder = LADDER) -> tuple[list[str], list[int]]:
    """The upsells of `basic` and their evidence."""
    item_map = np.array([NAMES.index(name.decode()) for name in orders.items], dtype=np.int32)
    vectors = upsells(orders, item_map, given, ladder)
    row = vectors.row(0)
    return [NAMES[j] for j in vectors.item[row].tolist()], vectors.together[row].tolist()


def test_what_buyers_take_next_beats_what_sells_most(orders: Orders) -> None:
    """`best` comes before the bestseller, with the 300 customers who chose it later."""
    names, together = named(orders, said(orders))
    assert names[0] == "best"
    assert together[0] == 300


def test_without_enough_trade_ups_what_sells_leads(orders: Orders) -> None:
    """The bestseller first; the customers are counted all the same."""
    many = Ladder(5, 1.05, 3.0, 0.5, min_trade_ups=10_000, lost=0.0, power=0.0)
    names, together = named(orders, said(orders), many)
    assert names[0] == "fashion"
    assert dict(zip(names, together, strict=True)) == {"fashion": 0, "best": 300, "better": 0}


def test_without_times_nothing_is_later(orders_of: Callable[..., Orders]) -> None:
    """Orders in the order of a file claim no succession."""
    untimed = orders_of([(f"o{n}", "c", n, [name]) for n, name in enumerate(NAMES)], timed=False)
    names, together = named(untimed, said(untimed))
    assert sorted(names) == ["best", "better", "fashion"]
    assert not any(together)


def test_without_categories_titles_say_what_is_of_a_kind(orders: Orders) -> None:
    """A lamp's upsell is a lamp; without titles there is none."""
    titles = ["reading lamp", "bath towel", "garden lamp", "bath towel large"]
    assert named(orders, said(orders, titles, category=-1, price=(30, 4, 36, 5)))[0] == ["best"]
    assert named(orders, said(orders, category=-1))[0] == []


def test_same_orders_same_bytes(orders: Orders) -> None:
    """Learning is deterministic."""
    item_map = np.array([NAMES.index(name.decode()) for name in orders.items], dtype=np.int32)
    first, again = (upsells(orders, item_map, said(orders), LADDER) for _ in range(2))
    assert first.score.tobytes() == again.score.tobytes()
    assert first.item.tobytes() == again.item.tobytes()


def test_a_reseller_is_looked_at_in_part(orders_of: Callable[..., Orders]) -> None:
    """A customer with more purchases of a group than are paired still counts, with the newest."""
    things = [f"i{n:03}" for n in range(LONGEST + 50)]
    orders = orders_of([(f"o{n:03}", "reseller", n, [thing]) for n, thing in enumerate(things)])
    price = 10_000 + 50 * np.arange(len(things))
    given = Said(
        [""] * len(things), np.full(len(things), -1), np.zeros(len(things), np.int32), price, np.ones(len(things))
    )
    vectors = upsells(
        orders, np.arange(len(things), dtype=np.int32), given, Ladder(5, 1.05, 3.0, 0.5, 1, lost=0.0, power=0.0)
    )
    assert vectors.together.max() == 1
    assert not vectors.together[: vectors.indptr[50]].any()
