"""What is due again: dates by hand, families, stock, the day counted from, phases."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from models.days import date_of, day_of
from recsvc.phases import phase_of
from recsvc.replenish import day_asked
from recsvc.web.replenish_messages import Date

if TYPE_CHECKING:
    from conftest import Builders, CheckedClient

Serve = Callable[..., "CheckedClient"]
UNTIL_DAY = 20_000
ITEMS: dict[str, dict[str, Any]] = {
    "tea": {"category": "Tea", "consumable": 1, "repeat": 0.6, "price": 4},
    "soap-a": {"category": "Soap", "consumable": 1, "repeat": 0.3, "family": "soap", "price": 2},
    "soap-b": {"category": "Soap", "consumable": 1, "repeat": 0.3, "family": "soap", "price": 2},
    "pot": {"category": "Pots", "price": 30},
    "rice": {"category": "Food", "consumable": 1, "repeat": 0.5, "price": 1},
}


def day(offset: int) -> str:
    """The date so many days after the last order."""
    return date_of(UNTIL_DAY + offset)


def answer(client: CheckedClient, customer: str, query: str = "") -> dict[str, Any]:
    """What a customer is due to buy again."""
    response = client.get(f"/customers/{customer}/replenish{query}")
    assert response.status_code == 200, response.text
    found: dict[str, Any] = response.json
    return found


def bought(*rows: tuple[str, int, int, int]) -> dict[str, list[tuple[Any, ...]]]:
    """Ann's purchases: item, count, days since the first and since the last one; newest first."""
    return {
        "ann": sorted(((i, n, UNTIL_DAY - last, UNTIL_DAY - first) for i, n, first, last in rows), key=lambda e: -e[2])
    }


def test_dates_by_hand(serve: Serve, shop: Builders) -> None:
    """Tea on days -50, …, -10, every 10 days: due today, expected within two days of it, one at a time."""
    client = serve(shop.model(ITEMS, customers=bought(("tea", 5, 50, 10))))
    found = answer(client, "ann")
    (item,) = found["items"]
    assert found["as_of"] == day(0)
    assert item["due_at"] == day(0)
    assert item["window"] == {"from": day(0), "to": day(4)}  # from today on: what is due today may come late
    assert (item["interval_days"], item["based_on_orders"], item["suggested_quantity"]) == (10, 5, 1.0)
    assert (item["last_ordered_at"], item["phase"]) == (day(-10), "due")
    assert item["reason"]["code"] == "due_again"
    assert item["reason"]["evidence"] == {"own_orders": 5, "interval_days": 10.0, "days_since": 10}
    assert 0 < item["likelihood"] < 1


def test_what_is_due_later_is_told_when_asked_for(serve: Serve, shop: Builders) -> None:
    """Due in twenty days: not within seven, but within thirty, and on that day itself."""
    client = serve(shop.model(ITEMS, customers=bought(("tea", 3, 90, 10))))
    assert answer(client, "ann")["empty_reason"] == "nothing_due"
    (later,) = answer(client, "ann", "?within_days=30")["items"]
    assert (later["due_at"], later["phase"]) == (day(30), "settled")
    assert later["window"] == {"from": day(22), "to": day(38)}
    (then,) = answer(client, "ann", f"?as_of={day(30)}&within_days=0")["items"]
    assert (then["due_at"], then["phase"]) == (day(30), "due")


def test_overdue_and_lapsed(serve: Serve, shop: Builders) -> None:
    """Twice the interval: overdue, expected from today on. More than three: the customer has left it."""
    version = shop.model(ITEMS, customers=bought(("tea", 5, 60, 20), ("rice", 5, 71, 31)))
    (item,) = answer(serve(version), "ann")["items"]
    assert (item["item_id"], item["phase"], item["due_at"]) == ("tea", "overdue", day(-10))
    assert item["window"] == {"from": day(0), "to": day(4)}


def test_durables_and_single_purchases_are_not_due(serve: Serve, shop: Builders) -> None:
    """A pot bought twice is no consumable; rice bought once tells no rhythm."""
    client = serve(shop.model(ITEMS, customers=bought(("pot", 2, 20, 10), ("rice", 1, 9, 9))))
    assert answer(client, "ann")["items"] == []


def test_a_variant_bought_since_counts(serve: Serve, shop: Builders) -> None:
    """Soap A is due by its own days, but soap B was bought yesterday: neither is offered."""
    client = serve(shop.model(ITEMS, customers=bought(("soap-a", 5, 50, 10), ("soap-b", 1, 1, 1))))
    assert answer(client, "ann", "?within_days=0")["items"] == []


def test_a_variant_stands_in_for_what_is_sold_out(serve: Serve, shop: Builders) -> None:
    """Soap A is due and cannot be bought: soap B is offered, with the dates of A."""
    items = {**ITEMS, "soap-a": {**ITEMS["soap-a"], "in_stock": 0}}
    (item,) = answer(serve(shop.model(items, customers=bought(("soap-a", 5, 50, 10)))), "ann")["items"]
    assert (item["item_id"], item["last_ordered_at"]) == ("soap-b", day(-10))


def test_the_likelier_stands_first(serve: Serve, shop: Builders) -> None:
    """Both due today; bought twenty times is likelier than bought three times."""
    client = serve(shop.model(ITEMS, customers=bought(("rice", 3, 30, 10), ("tea", 20, 200, 10))))
    items = answer(client, "ann")["items"]
    assert [item["item_id"] for item in items] == ["tea", "rice"]
    assert [item["rank"] for item in items] == [1, 2]
    assert items[0]["likelihood"] > items[1]["likelihood"]
    assert answer(client, "ann", "?n=1")["items"] == items[:1]


def test_phases_per_category(serve: Serve, shop: Builders) -> None:
    """Tea is due, the pot of last week asks for what goes with it; the category bought last comes first."""
    client = serve(shop.model(ITEMS, customers=bought(("tea", 5, 50, 10), ("pot", 1, 6, 6))))
    found = answer(client, "ann")["categories"]
    assert [(c["category"], c["phase"], c["job"], c["interval_days"]) for c in found] == [
        ("Pots", "just_bought", "accessory", None),
        ("Tea", "due", "replenishment", 10),
    ]


@pytest.mark.parametrize(
    ("since", "interval", "phase"),
    [
        (0, 0, "just_bought"),
        (7, 0, "just_bought"),
        (8, 0, "accessory_window"),
        (61, 0, "settled"),
        (2, 10, "just_bought"),
        (5, 10, "settled"),
        (8, 10, "due"),
        (12, 10, "due"),
        (13, 10, "overdue"),
        (30, 10, "overdue"),
        (31, 10, "lapsed"),
    ],
)
def test_phases_by_hand(since: int, interval: int, phase: str) -> None:
    """Durables by days, consumables by shares of their interval."""
    assert phase_of(since, interval) == phase


def test_why_nothing_is_due(serve: Serve, shop: Builders) -> None:
    """A stranger, orders without times, and no version at all are told apart."""
    client = serve(shop.model(ITEMS, customers=bought(("tea", 5, 50, 10))))
    assert answer(client, "stranger")["empty_reason"] == "unknown_customer"
    untimed = shop.model(ITEMS, customers={"ann": [("tea", 5, -1)]}, timed=False)
    assert answer(serve(untimed), "ann")["empty_reason"] == "no_times"
    assert answer(serve(None), "ann")["empty_reason"] == "no_model"


@pytest.mark.parametrize("query", ["as_of=tomorrow", "as_of=2026-02-30", "within_days=-1", "n=0", "days=3"])
def test_bad_questions_name_their_field(serve: Serve, shop: Builders, query: str) -> None:
    """A date that does not exist, a negative time, an unknown parameter: 400 with the field."""
    client = serve(shop.model(ITEMS, customers=bought(("tea", 5, 50, 10))))
    response = client.get(f"/customers/ann/replenish?{query}")
    assert response.status_code == 400
    assert query.partition("=")[0] in {error["field"] for error in response.json["errors"]}


def test_every_day_may_be_named_and_no_other() -> None:
    """The specification's pattern holds the days that there are: leap years by the rule of centuries."""
    (pattern,) = [each.pattern for each in Date.__metadata__]
    first, last = date(1880, 1, 1).toordinal(), date(2120, 12, 31).toordinal()
    named = {date.fromordinal(day).isoformat() for day in range(first, last + 1)}
    cells = itertools.product(range(1880, 2121), range(1, 13), range(28, 33))
    written = {f"{year}-{month:02}-{day:02}" for year, month, day in cells}
    fits = re.compile(pattern).match
    assert all(fits(day) for day in named)
    assert not any(fits(day) for day in written - named)


def test_the_day_counted_from() -> None:
    """Today while orders are fresh; the end of the orders where they are older than a month; none without times."""
    assert day_asked(UNTIL_DAY + 31, UNTIL_DAY) == UNTIL_DAY + 31
    assert day_asked(UNTIL_DAY + 32, UNTIL_DAY) == UNTIL_DAY
    assert day_asked(UNTIL_DAY, None) is None


def test_days_and_dates() -> None:
    """A day is a date is a day; times of another zone fall on their UTC day."""
    assert date_of(0) == "1970-01-01"
    for number in np.random.default_rng(0).integers(0, 40_000, 50).tolist():
        assert date_of(number) == (date(1970, 1, 1) + timedelta(days=number)).isoformat()
        assert day_of(date_of(number)) == number
    assert day_of("2024-10-05T01:00:00+02:00") == day_of("2024-10-04")
