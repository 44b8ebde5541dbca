"""Picks: due consumables and complements by turns, stable, with flat doubles."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from recsvc.habits import due_items
from recsvc.picks import PicksSettings, purchase_weights
from recsvc.store.contract import History, Trait

if TYPE_CHECKING:
    from conftest import Builders, CheckedClient

Serve = Callable[..., "CheckedClient"]
TODAY = 20_000


def picks(client: CheckedClient, customer: str, query: str = "") -> dict[str, Any]:
    """The picks of a customer, 200."""
    response = client.get(f"/customers/{customer}/picks{query}")
    assert response.status_code == 200, response.text
    assert response.headers["Cache-Control"] == "private, no-store"
    assert response.content_type == "application/json; charset=utf-8"
    found: dict[str, Any] = response.json
    return found


def history(entries: list[tuple[int, ...]]) -> History:
    """(item, count, last_day[, first_day]), last bought first; without a first day it is the last one."""
    columns = [np.array(column, np.int32) for column in zip(*entries, strict=True)]
    count = columns[1].astype(np.uint32)
    return History(
        item=columns[0],
        count=count,
        last_day=columns[2],
        first_day=columns[-1],
        habit=count.astype(np.float16),
        interval_days=np.zeros(len(count), np.uint16),
        quantity=np.ones(len(count), np.float16),
        traits=Trait(len(count), business=False, value=None, alive=None),
    )


def test_due_and_complementary_items_take_turns(tea: CheckedClient) -> None:
    """Ann's tea is due, then what goes with her last purchases; what she has is not shown again."""
    answer = picks(tea, "ann")
    assert [(i["item_id"], i["reason"]["code"]) for i in answer["items"]] == [
        ("tea", "due_again"),
        ("biscuit", "bought_together"),
        ("mug", "bought_together"),
        ("spoon", "bought_together"),
    ]
    assert answer["items"][0]["reason"]["evidence"] == {"own_orders": 4, "interval_days": 28.0, "days_since": 30}
    assert (answer["source"], answer["send"], answer["send_reason"], answer["count"]) == ("personal", True, None, 4)


def test_scores_are_recency_weighted_sums_by_hand(tea: CheckedClient) -> None:
    """Biscuits: 0.4 from tea of 30 days (half) and 0.2 from a cup of 90 days (an eighth) make 0.225."""
    biscuit = picks(tea, "ann")["items"][1]
    assert biscuit["score"] == 0.225
    assert biscuit["reason"]["because_item_id"] == "tea"


def test_an_unknown_customer_gets_what_is_popular(tea: CheckedClient) -> None:
    """Labelled as such, and still worth sending."""
    answer = picks(tea, "nobody", "?n=2")
    assert [i["item_id"] for i in answer["items"]] == ["tea", "biscuit"]
    assert (answer["source"], answer["send"]) == ("popular", True)
    assert all(i["source"] == "fallback" for i in answer["items"])


def test_a_customer_without_vectors_gets_popular_items_without_their_own(tea: CheckedClient) -> None:
    """Ben bought a mug, of which nothing is known: bestsellers of its category, then of the shop; no mug."""
    answer = picks(tea, "ben", "?n=100")
    shown = [i["item_id"] for i in answer["items"]]
    assert shown[:2] == ["cup-blue", "spoon"]
    assert "mug" not in shown
    assert answer["source"] == "popular"


def test_the_same_question_gets_the_same_answer(tea: CheckedClient) -> None:
    """Mail tools ask several times per recipient."""
    first = tea.get("/customers/ann/picks?n=3").data
    assert all(tea.get("/customers/ann/picks?limit=3").data == first for _ in range(3))


def test_flat_doubles_repeat_every_pick(tea: CheckedClient) -> None:
    """Text only; an unknown price is empty, never null."""
    answer = picks(tea, "ann")
    for at, item in enumerate(answer["items"], 1):
        price = item["price"] or {"amount": "", "currency": ""}
        assert answer[f"item_{at}_id"] == item["item_id"]
        assert answer[f"item_{at}_title"] == item["title"]
        assert answer[f"item_{at}_link"] == item["link"]
        assert answer[f"item_{at}_image_link"] == ""
        assert answer[f"item_{at}_price"] == price["amount"]
        assert answer[f"item_{at}_currency"] == price["currency"]
        assert answer[f"item_{at}_reason"] == item["reason"]["text"]
    assert answer["item_4_price"] == ""
    assert "item_5_id" not in answer


@pytest.mark.parametrize(
    ("path", "customer"),
    [("zo%C3%AB%2F1", "zoë/1"), ("zoë/1", "zoë/1"), ("a%20b", "a b"), ("%2Fx%2F%2Fpicks", "/x//picks"), ("%3F", "?")],
)
def test_customer_ids_may_be_any_text(tea: CheckedClient, path: str, customer: str) -> None:
    """Percent-encoded or not, slashes too."""
    assert picks(tea, path)["customer_id"] == customer


def test_zoe_keeps_her_biscuits_to_herself(tea: CheckedClient) -> None:
    """What was bought yesterday is not due: the bestseller she has stays out."""
    assert "biscuit" not in [i["item_id"] for i in picks(tea, "zo%C3%AB%2F1", "?n=100")["items"]]


def test_a_variant_stands_in_for_what_is_due_but_gone(serve: Serve, shop: Builders) -> None:
    """Ann's soap is due and sold out: its variant is offered, with her rhythm of the soap as the reason."""
    soap = {"consumable": 1, "family": "soap"}
    model = shop.model(
        {"soap-a": {**soap, "in_stock": 0}, "soap-b": soap}, customers={"ann": [("soap-a", 4, TODAY - 30)]}
    )
    (item,) = picks(serve(model), "ann")["items"]
    assert (item["item_id"], item["reason"]["code"]) == ("soap-b", "due_again")
    assert item["reason"]["evidence"]["own_orders"] == 4


def test_nothing_to_show_is_not_worth_sending(serve: Serve, shop: Builders) -> None:
    """A customer who owns the whole shop gets silence, with the reason."""
    client = serve(shop.model({"pot": {}}, customers={"ann": [("pot", 1, TODAY)]}))
    answer = picks(client, "ann")
    assert (answer["items"], answer["send"], answer["send_reason"]) == ([], False, "nothing_to_show")


def test_orders_without_times_weigh_by_their_place(serve: Serve, shop: Builders) -> None:
    """No dates: later purchases still speak louder, and nothing is due."""
    vectors = {"cross_sell": {"pot": [("mug", 0.5, 2)], "tea": [("spoon", 0.5, 2)]}}
    model = shop.tea(vectors=vectors, customers={"ann": [("tea", 3, -1), ("pot", 1, -1)]}, timed=False)
    answer = picks(serve(model), "ann", "?n=2")
    assert [(i["item_id"], i["score"]) for i in answer["items"]] == [("spoon", 0.5), ("mug", 0.425)]


def test_due_by_the_customers_own_rhythm(shop: Builders) -> None:
    """Bought 5 times in 40 days: every 10 days, so due from day 8 to day 30 after the last time."""
    facts = shop.model({"tea": {"consumable": 1}}).facts
    for age, due in ((7, False), (8, True), (30, True), (31, False)):
        found = due_items(history([(0, 5, TODAY - age, TODAY - age - 40)]), facts, TODAY, 28.0)
        assert [(d.interval_days, d.days_since) for d in found] == ([(10.0, age)] if due else [])


def test_what_is_not_due(shop: Builders) -> None:
    """Durables, one-time purchases, purchases without a date; the most habitual come first."""
    facts = shop.model({"a": {"consumable": 1}, "b": {"consumable": 1}, "c": {}}).facts
    bought = history([(0, 2, TODAY - 30), (1, 3, TODAY - 40), (2, 9, TODAY - 30)])
    assert [d.item for d in due_items(bought, facts, TODAY, 28.0)] == [1, 0]
    assert due_items(bought, facts, None, 28.0) == []
    assert due_items(history([(0, 1, TODAY - 30)]), facts, TODAY, 28.0) == []
    assert due_items(history([(0, 3, -1)]), facts, TODAY, 28.0) == []


def test_weights_halve_with_every_half_life() -> None:
    """A purchase of today speaks at 1, one of 30 days at 0.5, one of 90 at 0.125; only the last ones speak."""
    settings = PicksSettings(history=3, half_life_days=30.0, due_after_days=28.0, stem_cap=2)
    bought = history([(0, 1, TODAY), (1, 1, TODAY - 30), (2, 1, TODAY - 90), (3, 1, TODAY - 91)])
    assert purchase_weights(bought, TODAY, settings) == [1.0, 0.5, 0.125]
