"""Weights of personal shelves, learnt from a shop whose customers have habits."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import scipy.sparse as sp

from models.model import Model
from models.personal import FEATURES, Choice
from training.evaluation.queries import Queries
from training.personal import choice_of, fit, is_known, shelf_of
from training.pipeline import build_model
from training.records import Orders
from training.settings import TrainSettings

PLAIN = TrainSettings(picks=0, neighbours=20, cart_neighbourhood=20)


@pytest.fixture(scope="module")
def orders(orders_of: Callable[..., Orders]) -> Orders:
    """1,500 orders by 60 customers over 300 days: a common item, the customer's own tea, a random third thing."""
    random = np.random.default_rng(5)
    lines = []
    for n in range(1500):
        who = int(random.integers(0, 60))
        items = {f"common{int(random.integers(0, 4))}", f"tea{who % 12:02}", f"other{int(random.integers(0, 40)):02}"}
        lines.append((f"o{n:04}", f"c{who:02}", n // 5, sorted(items)))
    return orders_of(lines)


@pytest.fixture(scope="module")
def model(orders: Orders) -> Model:
    """Trained on them."""
    return build_model(orders, None, PLAIN, threads=1)


def test_habits_are_found(model: Model) -> None:
    """The tea that a customer takes with every order beats all that was bought now and then: on pages and in carts."""
    learnt = model.settings["personal"]
    assert isinstance(learnt, dict)
    assert learnt["features"] == list(FEATURES)
    for context, given in (("page", ["other01"]), ("cart", ["other01", "other02"])):
        page = np.array([model.items.find(name) for name in given], np.int32)
        for customer in range(12):
            choice = choice_of(model, PLAIN, page, customer)
            score = choice.features @ np.array(learnt[context])
            of = {model.items.text(item): value for item, value in zip(choice.item.tolist(), score, strict=True)}
            others = max(value for name, value in of.items() if name.startswith("other"))
            assert of[f"tea{customer:02}"] > others


def test_the_same_orders_give_the_same_weights(orders: Orders, model: Model) -> None:
    """To the last digit, with two threads too."""
    assert build_model(orders, None, PLAIN, threads=2).settings == model.settings


def test_nothing_is_learnt_where_nothing_can_be(orders_of: Callable[..., Orders], orders: Orders) -> None:
    """Guests only, no times, or a setting of 0: no weights, and no error."""
    lines = [(f"o{n:03}", None, n, ["a", "b", f"x{n % 7}"]) for n in range(200)]
    named = [(name, "ann", day, items) for name, _, day, items in lines]
    assert "personal" not in build_model(orders_of(lines), None, PLAIN, threads=1).settings
    assert "personal" not in build_model(orders_of(named, timed=False), None, PLAIN, threads=1).settings
    silent = TrainSettings(picks=0, personal_questions=0)
    assert "personal" not in build_model(orders, None, silent, threads=1).settings


def test_known_is_who_bought_before(orders: Orders, model: Model) -> None:
    """All sixty bought; a guest never did."""
    assert is_known(model, orders).all()


def test_a_question_holds_the_customers_own(model: Model) -> None:
    """The tea of customer 0 is a candidate on a page that never saw it."""
    page = model.items.find("other01")
    choice = choice_of(model, PLAIN, np.array([page], np.int32), 0)
    assert model.items.find("tea00") in choice.item[choice.own >= 0].tolist()
    assert page not in choice.family.tolist()


def test_a_page_is_its_own_vector(model: Model) -> None:
    """And a cart's scores are what the formula gives, item by item."""
    held, item = model.vectors["cross_sell"], model.items.find("common0")
    shelf = shelf_of(model, PLAIN, np.array([item], np.int32))
    assert shelf.item.tolist() == held.item[held.row(item)].tolist()


def test_fit_finds_the_likeliest_weight() -> None:
    """Two candidates, chosen 3 : 1 by the one feature that differs: the weight is about log 3, as a grid finds."""
    rows = np.zeros((2, len(FEATURES)))
    rows[0, 0] = 1.0
    choices = [Choice(np.arange(2), np.arange(2, dtype=np.int32), np.full(2, -1), rows) for _ in range(400)]
    sought = sp.csr_array((np.ones(400), (np.arange(400), [0, 0, 0, 1] * 100)), shape=(400, 2))
    asked = Queries(sp.csr_array((400, 2)), sought, np.arange(400))
    grid = np.arange(0, 2, 0.001)
    # The penalty counts weights times spread, which is 1/2 here.
    slow = grid[np.argmin(np.log(np.exp(grid) + 1) - 0.75 * grid + 1e-4 * (grid / 2) ** 2)]
    found = fit(choices, asked)
    assert found[0] == pytest.approx(slow, abs=0.002)
    assert not found[1:].any()
