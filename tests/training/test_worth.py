"""Shelves ranked for revenue or margin."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from models.model import Model
from training.backtest import windows
from training.pipeline import build_model
from training.records import Catalogue, Orders
from training.settings import SettingsError, TrainSettings
from training.trade_off import trade_off
from training.worth import OBJECTIVES, with_worth, worth

QUICK = TrainSettings(picks=0)
REVENUE, MARGIN = with_worth(QUICK, "revenue"), with_worth(QUICK, "margin")


def test_worth_by_hand() -> None:
    """Prices 1, 2 and 4: the median sells for 2, an unknown price counts as that; margins of 0.5, 1 and a loss."""
    price, cost = np.array([10_000, 20_000, 40_000, -1]), np.array([5_000, 10_000, 50_000, -1])
    assert worth(price, cost, QUICK) is None
    found = worth(price, cost, REVENUE)
    assert found is not None
    assert found.tolist() == [0.5, 1, 2, 1]
    found = worth(price, cost, MARGIN)
    assert found is not None
    assert found.tolist() == [1, 2, 0, 1]


def test_an_objective_is_a_setting() -> None:
    """Named, it changes the setting; not named, nothing."""
    assert REVENUE.cross_sell_objective == OBJECTIVES["revenue"]
    assert with_worth(REVENUE, None) is REVENUE
    assert with_worth(REVENUE, "orders") == QUICK


def test_what_is_missing_is_named() -> None:
    """Revenue needs prices, margin a cost; the message says which, and what else to choose."""
    unknown, price = np.array([-1, -1]), np.array([10_000, 20_000])
    with pytest.raises(SettingsError, match=r"need prices.*--objective orders"):
        worth(unknown, unknown, REVENUE)
    with pytest.raises(SettingsError, match=r"column `cost`.*--objective revenue"):
        worth(price, unknown, MARGIN)


@pytest.fixture(scope="module")
def orders(orders_of: Callable[..., Orders]) -> Orders:
    """An anchor often bought with a cheap thing, a little less often with a dear one; and other trade."""
    random = np.random.default_rng(6)
    lines = []
    for number in range(400):
        held = ["anchor", "cheap"] if number % 5 < 3 else ["anchor", "dear"]
        other = f"x{random.integers(0, 15):02d}"
        lines.append(
            (f"o{number:03d}", f"c{number % 90}", number // 4, [*held, other] if number % 3 else ["x00", other])
        )
    prices = {"anchor": 2.0, "cheap": 1.0, "dear": 4.0} | {f"x{item:02d}": 2.0 for item in range(15)}
    return orders_of(lines, prices=prices)


def first(model: Model, kind: str, item: str) -> str:
    """The item that stands first."""
    row = model.vectors[kind].row(model.items.find(item))
    return model.items.text(int(model.vectors[kind].item[row][0]))


def test_revenue_puts_the_dear_one_first(orders: Orders) -> None:
    """40 % of 4 is more than 60 % of 1; for orders the cheap one leads. On pages and in carts."""
    plain, dear = build_model(orders, None, QUICK), build_model(orders, None, REVENUE)
    for kind in ("cross_sell", "cart"):
        assert first(plain, kind, "anchor") == "cheap"
        assert first(dear, kind, "anchor") == "dear"


def test_what_sells_at_a_loss_is_not_listed(orders: Orders, catalogue_of: Callable[..., Catalogue]) -> None:
    """For margin an item that costs more than its price brings nothing and stands on no list."""
    rows = [
        {"item_id": "anchor", "price": 2, "cost": 1},
        {"item_id": "cheap", "price": 1, "cost": 0.5},
        {"item_id": "dear", "price": 4, "cost": 5},
    ]
    model = build_model(orders, catalogue_of(rows), MARGIN)
    dear = model.items.find("dear")
    assert dear not in model.vectors["cross_sell"].item.tolist()
    assert dear not in model.vectors["cart"].item.tolist()
    assert first(model, "cross_sell", "anchor") == "cheap"


def test_the_trade_off_is_counted_place_by_place(orders: Orders) -> None:
    """Accuracy falls; a place brings the worth of the hits over all places; for orders there is nothing to tell."""
    [asked] = windows(orders, None, QUICK, questions=200, cuts=(0.9,), threads=1)
    assert trade_off(asked, QUICK) is None
    found = trade_off(asked, REVENUE)
    assert found is not None
    assert found.ndcg < found.ndcg_before == asked.page(QUICK)
    value = worth(asked.trade.price, asked.trade.cost, REVENUE)
    assert value is not None
    queries = asked.questions["page"]
    for settings, told in ((QUICK, found.value_before), (REVENUE, found.value)):
        lists, brought = asked.pages(settings), 0.0
        for query in range(len(queries)):
            [anchor] = queries.given[[query]].indices.tolist()
            sought = queries.sought[[query]].indices.tolist()
            shown = lists.item[lists.row(anchor)][:10].tolist()
            brought += sum(value[item] for item in shown if item in sought)
        assert told == pytest.approx(brought / (10 * len(queries)))
