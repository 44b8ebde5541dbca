"""Settings chosen on the past: deterministic, guarded, within a budget."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable

import numpy as np
import pytest

from training.backtest import Window, windows
from training.evaluation.split import cut, first
from training.pipeline import build_model
from training.records import Orders
from training.settings import TrainSettings
from training.tuning import CART_GRID, GUARD, PAGE_GRID, changed, tune

QUICK = TrainSettings(picks=0)
ITEMS = [f"i{number:02d}" for number in range(40)]


@pytest.fixture(scope="module")
def orders(orders_of: Callable[..., Orders]) -> Orders:
    """Five hundred baskets: a partner goes with every item, the bestsellers with everything."""
    random = np.random.default_rng(8)
    share = 1 / np.arange(1, 21)
    lines = []
    for number in range(500):
        held = random.choice(20, 2, replace=False, p=share / share.sum()).tolist()
        held += [item + 20 for item in held if random.random() < 0.6]
        lines.append((f"o{number:04d}", f"c{random.integers(0, 120)}", number // 5, [ITEMS[item] for item in held]))
    return orders_of(lines)


@pytest.fixture(scope="module")
def asked(orders: Orders) -> list[Window]:
    """Its windows."""
    return windows(orders, None, QUICK, questions=60, threads=1)


def test_there_is_a_window_per_cut(asked: list[Window], orders: Orders) -> None:
    """Three cuts, each with all that came before it and questions about what came after."""
    assert [window.trade.baskets.shape[0] for window in asked] == [350, 400, 450]
    assert all(len(queries) for window in asked for queries in window.questions.values())
    assert windows(first(orders, 5), None, QUICK, questions=60) == []


def test_a_window_answers_as_a_trained_model_does(asked: list[Window], orders: Orders) -> None:
    """Its first tens for pages are those of the vectors that training on its past gives, but for the bound on reach."""
    past = first(orders, cut(orders.n_orders, 0.8))
    vectors = build_model(past, None, QUICK).vectors["cross_sell"]
    from_model = [vectors.item[vectors.row(item)][:10].tolist() for item in range(20)]
    pages = asked[1]._pages(QUICK)  # what the window keeps between configurations
    assert [pages.item[pages.row(item)][:10].tolist() for item in range(20)] == from_model


def test_what_is_kept_between_configurations_changes_nothing(asked: list[Window]) -> None:
    """A window asked for many settings in turn says of each what a fresh one says."""
    for setting, values in (*PAGE_GRID.items(), *CART_GRID.items()):
        other = changed(QUICK, {setting: values[0]})
        fresh = dataclasses.replace(asked[0], _kept={})
        assert asked[0].page(other) == fresh.page(other)
        assert asked[0].carts(other) == fresh.carts(other)


def test_the_same_windows_give_the_same_choice(asked: list[Window]) -> None:
    """Every trial, gain and choice again; each left its default for more than half a per cent, one step at a time."""
    found = tune(asked, QUICK, budget=30)
    assert found == tune(asked, QUICK, budget=30)
    assert found.windows == 3
    assert not found.truncated
    best = QUICK
    for trial in found.trials:
        values = {**PAGE_GRID, **CART_GRID}[trial.setting]
        assert abs(values.index(trial.value) - values.index(getattr(best, trial.setting))) == 1
        if trial.kept:
            assert trial.gain > GUARD
            best = changed(best, {trial.setting: trial.value})
    assert changed(QUICK, found.chosen) == best


def test_a_better_setting_is_found(asked: list[Window]) -> None:
    """From a start that believes in bestsellers far too much the search comes back, and answers better."""
    poor = changed(QUICK, {"popular_prior": 40.0})
    found = tune(asked, poor, budget=12)
    assert found.chosen["popular_prior"] < 40
    best = changed(poor, found.chosen)
    assert sum(window.page(best) for window in asked) > sum(window.page(poor) for window in asked)


def test_the_budget_counts_the_start(asked: list[Window]) -> None:
    """A budget of one tries nothing; of five, four."""
    assert tune(asked, QUICK, budget=1).trials == ()
    assert len(tune(asked, QUICK, budget=5).trials) == 4


def test_time_that_runs_out_is_told(asked: list[Window]) -> None:
    """Stopped at the third question: two trials, and the record says truncated."""
    calls = itertools.count()
    found = tune(asked, QUICK, stop=lambda: next(calls) >= 2)
    assert len(found.trials) == 2
    assert found.truncated


def test_what_somebody_chose_stays(asked: list[Window]) -> None:
    """A value that is not on the grid is not touched."""
    found = tune(asked, changed(QUICK, {"discount": 0.3}), budget=40)
    assert "discount" not in {trial.setting for trial in found.trials}


def test_no_windows_choose_nothing() -> None:
    """A shop too small to ask keeps the defaults."""
    assert tune([], QUICK).chosen == {}
