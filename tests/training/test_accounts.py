"""What one account, or a few of them, can do to the lists: nothing, or little, and how it is counted."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st

from models.model import Model
from training.accounts import remarks, shoppers, votes, vouchers, without
from training.pipeline import build_model
from training.records import Orders
from training.settings import TrainSettings

Line = tuple[str, str | None, int, list[str]]
ITEMS = [f"i{number:03d}" for number in range(150)]
QUICK = TrainSettings(picks=0, rerank=0)


def shop(customers: int, seed: int) -> list[Line]:
    """Customers with one to five baskets over three months; some items sell far better than others."""
    random = np.random.default_rng(seed)
    share = 1 / np.arange(2, len(ITEMS) + 2)
    lines: list[Line] = []
    for customer in range(customers):
        for _ in range(random.integers(1, 6)):
            held = random.choice(len(ITEMS), random.integers(2, 7), replace=False, p=share / share.sum())
            day = int(random.integers(0, 90))
            lines.append((f"o{len(lines):06d}", f"c{customer:05d}", day, [ITEMS[item] for item in held]))
    return lines


def tops(model: Model, kind: str = "cross_sell") -> dict[str, list[str]]:
    """Item → the ten on its list."""
    vectors = model.vectors[kind]
    return {
        model.items.text(item): [model.items.text(other) for other in vectors.item[vectors.row(item)][:10].tolist()]
        for item in range(len(model.items))
    }


@pytest.mark.parametrize("noise", [0, 3])
def test_an_account_with_ten_thousand_orders_moves_no_list(orders_of: Callable[..., Orders], noise: int) -> None:
    """Every list of every kind, and the bestsellers, are what they were without it, whatever it adds to its baskets."""
    random = np.random.default_rng(4)
    lines = shop(300, 3)
    robot: list[Line] = [
        (f"r{number:06d}", "robot", 80, ["i140", "i001", *(ITEMS[i] for i in random.choice(140, noise))])
        for number in range(10_000)
    ]
    before = build_model(orders_of(lines), None, QUICK)
    after = build_model(orders_of([*lines, *robot]), None, QUICK)
    assert tops(after) == tops(before)
    assert tops(after, "cart") == tops(before, "cart")
    assert np.array_equal(after.bestsellers.item, before.bestsellers.item)
    found = shoppers(orders_of([*lines, *robot]), 10.0)
    assert found.robots == {"robot": 10_000}
    assert "robot (10,000 orders)" in remarks(found)[0]


def test_an_account_that_repeats_one_basket_is_left_out(orders_of: Callable[..., Orders]) -> None:
    """Forty times the same two items is no shopper; forty baskets that differ are one, and so is a daily coffee."""
    lines = shop(300, 3)
    repeated = [(f"r{number:06d}", "robot", number, ["i140", "i001"]) for number in range(40)]
    loyal = [(f"s{number:06d}", "loyal", number, [ITEMS[number], ITEMS[number + 9], "i001"]) for number in range(40)]
    coffee = [(f"t{number:06d}", "daily", number, ["i001"]) for number in range(80)]
    orders = orders_of([*lines, *repeated, *loyal, *coffee])
    found = shoppers(orders, 10.0)
    assert found.robots == {"robot": 40}
    assert found.orders.n_orders == orders.n_orders - 40
    assert shoppers(orders, 0).robots == {}


def test_a_pair_that_one_account_alone_bought_is_no_evidence(orders_of: Callable[..., Orders]) -> None:
    """Nine baskets of one customer list nothing; a second customer makes it a pair of ten."""
    lines = shop(300, 3)
    own = [(f"r{number:06d}", "one", number, ["i148", "i149", ITEMS[number]]) for number in range(9)]
    settings = QUICK

    def together(more: list[Line]) -> int:
        model = build_model(orders_of([*lines, *own, *more]), None, settings)
        row = model.vectors["cross_sell"].row(model.items.find("i148"))
        names = [model.items.text(item) for item in model.vectors["cross_sell"].item[row].tolist()]
        return int(model.vectors["cross_sell"].together[row][names.index("i149")]) if "i149" in names else 0

    assert together([]) == 0
    assert together([("x", "two", 5, ["i148", "i149"])]) == 10


def test_few_accounts_push_a_target_onto_few_lists(orders_of: Callable[..., Orders]) -> None:
    """A thousandth of the accounts, each with 25 baskets of the target and five others: one list in a hundred."""
    random = np.random.default_rng(9)
    names = [f"k{number:04d}" for number in range(1500)]
    share = 1 / np.arange(20, len(names) + 20)
    lines: list[Line] = []
    for customer in range(4000):
        for _ in range(random.integers(1, 4)):
            held = random.choice(len(names), random.integers(2, 8), replace=False, p=share / share.sum())
            day = int(random.integers(0, 90))
            lines.append((f"o{len(lines):06d}", f"c{customer:05d}", day, [names[item] for item in held]))
    target = "k1000"
    attack = [
        (f"r{account}-{number}", f"robot{account}", 89, [target, *(names[i] for i in random.choice(1500, 5))])
        for account in range(4)
        for number in range(25)
    ]
    settings = TrainSettings(cart_neighbourhood=0, picks=0, personal_questions=0, rerank=2, rerank_anchors=200)
    before = tops(build_model(orders_of(lines), None, settings))
    after = tops(build_model(orders_of([*lines, *attack]), None, settings))
    reached = sum(target in shown for item, shown in after.items() if target not in before[item])
    assert reached <= len(names) / 100


@given(st.lists(st.tuples(st.integers(-1, 3), st.sets(st.integers(0, 5), min_size=1)), min_size=1, max_size=20))
def test_an_account_has_one_vote_for_an_item(baskets: list[tuple[int, set[int]]]) -> None:
    """Votes of an item add up to the accounts that bought it, each guest order one."""
    dense = np.zeros((len(baskets), 6), dtype=np.float32)
    for row, (_, items) in enumerate(baskets):
        dense[row, sorted(items)] = 1
    account = np.array([who for who, _ in baskets], dtype=np.int32)
    found = np.asarray(votes(sp.csr_array(dense), account).sum(axis=0))
    for item in range(6):
        buyers = {who if who >= 0 else f"guest {row}" for row, (who, items) in enumerate(baskets) if item in items}
        assert found[item] == pytest.approx(len(buyers))


def test_orders_without_some_baskets(orders_of: Callable[..., Orders]) -> None:
    """What is left keeps its lines, times and customers; nothing to leave out is the same record."""
    orders = orders_of([("a", "x", 1, ["p", "q"]), ("b", None, 2, ["q"]), ("c", "y", 3, ["p", "r"])])
    fewer = without(orders, np.array([False, True, False]))
    assert fewer.indptr.tolist() == [0, 2, 4]
    assert fewer.item.tolist() == [0, 1, 0, 2]
    assert fewer.time.tolist() == [86_400, 3 * 86_400]
    assert fewer.customer.tolist() == [0, 1]
    assert without(orders, np.zeros(3, bool)) is orders


def test_nobody_is_judged_without_customers(orders_of: Callable[..., Orders]) -> None:
    """Guests are an account each: nothing to leave out, everything weighs 1."""
    found = shoppers(orders_of([("a", None, 1, ["p", "q"])] * 3), 10.0)
    assert (found.heavy, found.robots, found.eased) == (0, {}, 0)
    assert found.influence.tolist() == [1, 1, 1]


def test_an_account_speaks_again_a_month_later() -> None:
    """Twice in one span of thirty days is one voucher, in the next span it is another; guests stay guests."""
    account = np.array([0, 0, 0, 1, -1, -1], dtype=np.int32)
    day = np.array([0, 29, 30, 30, 5, 40], dtype=np.int64)
    first, again, later, other, guest, guest_too = vouchers(account, day, 30).tolist()
    assert first == again
    assert len({first, later, other}) == 3
    assert (guest, guest_too) == (-1, -1)
    assert vouchers(account, day, 0).tolist() == account.tolist()


def test_without_times_an_account_speaks_once() -> None:
    """Orders that carry no time fall into one span."""
    numbers = vouchers(np.array([3, 3, 4], dtype=np.int32), np.full(3, -1, dtype=np.int64), 30)
    assert numbers[0] == numbers[1] != numbers[2]
