"""Who buys as a business does."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from recsvc.cli.main import main
from training.business import business, takes
from training.readers.options import ReadOptions
from training.readers.orders import read_orders
from training.records import Orders

OrdersOf = Callable[..., Orders]


@pytest.fixture
def shop(orders_of: OrdersOf) -> Orders:
    """Thirty accounts, six orders of one item each, one of it; the last account is set by each test."""
    lines = [(f"o{n:03}", f"c{n % 30:02}", n, [("screw", "sofa")[n // 30 % 2]]) for n in range(180)]
    return orders_of(lines)


def taking(orders: Orders, account: int, each: dict[int, float]) -> Orders:
    """The orders, with an account taking so many of each item."""
    quantity = orders.quantity.copy()
    for row in np.flatnonzero(orders.customer == account).tolist():
        quantity[row] = each[int(orders.item[row])]
    return dataclasses.replace(orders, quantity=quantity)


def test_takes_by_hand(orders_of: OrdersOf) -> None:
    """Ann takes 4 tea, Bo 1: the mean line is 2, so 2 and 1/2; the guest's 2 cups are the cup's own mean."""
    orders = orders_of([("1", "ann", 1, ["tea"]), ("2", "bo", 2, ["tea"]), ("3", None, 3, ["cup"])])
    orders.quantity[:] = [4, 1, 2]
    assert takes(orders).tolist() == pytest.approx([2, 1 / 2])


def test_who_takes_far_more_of_the_same_is_a_business(shop: Orders) -> None:
    """Ten of each where others take one; everybody alike, or one of 29 with 1.2 times as much, is nobody."""
    assert business(shop).sum() == 0
    assert np.flatnonzero(business(taking(shop, 7, {0: 10, 1: 10}))).tolist() == [7]
    assert business(taking(shop, 7, {0: 1.2, 1: 1.2})).sum() == 0


def test_an_article_that_all_take_by_the_hundred_makes_no_business(shop: Orders) -> None:
    """Who buys only screws, of which everybody takes a hundred, takes what everybody takes."""
    quantity = np.where(shop.item == 0, 100, 1).astype(np.float32)
    alike = dataclasses.replace(shop, quantity=quantity)
    assert business(alike).sum() == 0
    assert np.flatnonzero(business(taking(alike, 3, {0: 1000, 1: 10}))).tolist() == [3]


def test_too_few_orders_or_accounts_to_judge(shop: Orders, orders_of: OrdersOf) -> None:
    """A single big order makes no business, and among three accounts nothing is usual."""
    once = orders_of(
        [*((f"o{n:03}", f"c{n % 30:02}", n, ["screw"]) for n in range(180)), ("big", "new", 200, ["screw"])]
    )
    once.quantity[-1] = 500
    assert business(once).sum() == 0
    few = orders_of([(f"o{n}", f"c{n % 3}", n, ["screw"]) for n in range(30)])
    assert business(taking(few, 1, {0: 50})).sum() == 0
    assert business(orders_of([("1", None, 1, ["tea"])])).tolist() == []
    assert len(shop.customers) == 30


def test_a_demo_shops_businesses_are_found(tmp_path: Path) -> None:
    """The generator gives some accounts a business's quantities: 9 of 10 found are such accounts, and half are found.

    Asked of those with enough orders to be judged; chance would make one of nine right.
    """
    assert main(["demo-shop", "--size", "toy", "--out", str(tmp_path)]) == 0
    orders, _ = read_orders([tmp_path / "orders.csv"], ReadOptions(), None)
    truth = np.array([orders.customers.text(at).startswith("B") for at in range(len(orders.customers))])
    found = business(orders) > 0
    judged = np.bincount(orders.customer[orders.customer >= 0], minlength=len(truth)) >= 5
    assert (found & truth).sum() >= 0.9 * found.sum()
    assert (found & truth).sum() >= 0.5 * (truth & judged).sum()
