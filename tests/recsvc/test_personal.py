"""Shelves of a customer who is known, over the tea shop."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from models.personal import FEATURES
from models.stored import scores
from recsvc.personal import weights_of
from recsvc.shelves import cross_sell_votes
from recsvc.store.contract import Row
from recsvc.votes import merge
from training.personal import shelf_of
from training.settings import TrainSettings

if TYPE_CHECKING:
    from conftest import Builders, CheckedClient

    from models.model import Model

Serve = Callable[..., "CheckedClient"]


def weights(**of: float) -> dict[str, object]:
    """A version's settings with these weights for pages and carts, 0 for the rest."""
    row = [of.get(name, 0.0) for name in FEATURES]
    return {"personal": {"features": list(FEATURES), "page": row, "cart": row}}


@pytest.fixture
def fond(serve: Serve, shop: Builders) -> CheckedClient:
    """The tea shop with weights that put what was bought before first, and else follow the shelf."""
    return serve(shop.tea(settings=weights(own_is=5, own_count=1, own_share=1, new_share=1)))


def answer(client: CheckedClient, query: str) -> list[dict[str, Any]]:
    """The cross-sell shelf of `GET /recommend`."""
    response = client.get(f"/recommend?type=cross_sell&{query}")
    assert response.status_code == 200, response.text
    found: list[dict[str, Any]] = response.json["cross_sell"]
    return found


def test_what_was_bought_before_comes_with_its_evidence(fond: CheckedClient) -> None:
    """Ann bought tea four times, last 30 days before the data end; the page of a pot does not list tea."""
    first = answer(fond, "item_id=pot&customer_id=ann")[0]
    assert first["item_id"] == "tea"
    assert (first["score"], first["source"]) == (1.0, "learned")
    assert first["reason"] == {
        "code": "bought_before",
        "text": "You have bought this 4 times, last 30 days ago",
        "because_item_id": "tea",
        "evidence": {"own_orders": 4, "days_since": 30},
    }


def test_durables_that_were_bought_stay_away_unless_asked_for(fond: CheckedClient) -> None:
    """Ann's cup and pot are durables: not by default, not as due; with `include` they stand there."""
    page = "item_id=biscuit&fallback=false&customer_id=ann"
    shown = {choice: {i["item_id"] for i in answer(fond, page + choice)} for choice in ("", "&purchased=include")}
    assert "tea" in shown[""]
    assert not {"cup-blue", "cup-red", "pot"} & shown[""]
    assert {"tea", "cup-blue", "pot"} <= shown["&purchased=include"]
    assert not {"tea", "cup-blue", "pot"} & {i["item_id"] for i in answer(fond, page + "&purchased=exclude")}


@pytest.mark.parametrize(("since", "due"), [(10, False), (23, True), (60, True), (90, False)])
def test_due_is_what_the_interval_says(serve: Serve, shop: Builders, since: int, due: bool) -> None:
    """Tea every 28 days: from 0.8 intervals on it is due, after three it is left behind."""
    last = shop.until_day - since
    customers = {"ann": [("tea", 4, last, last - 3 * 28)]}
    client = serve(shop.tea(settings=weights(own_is=5), customers=customers))
    shown = [i["item_id"] for i in answer(client, "item_id=biscuit&customer_id=ann&purchased=due&fallback=false")]
    assert ("tea" in shown) is due


@pytest.mark.parametrize("item", ["item_id=tea", "item_id=tea&item_id=pot", "item_id=nothing"])
def test_who_is_not_known_gets_the_very_same_shelf(fond: CheckedClient, item: str) -> None:
    """Unknown customers, and Ann without her consent, get the bytes that everyone gets."""
    everyone = json.dumps(answer(fond, item))
    for who in ("customer_id=nobody", "customer_id=ann&consent=none", "customer_id=ann&consent=session"):
        assert json.dumps(answer(fond, f"{item}&{who}")) == everyone


def test_without_learnt_weights_the_order_is_everyones(serve: Serve, shop: Builders) -> None:
    """A shop with too few orders learns none; weights for other features than this release's are not used."""
    other = {"personal": {"features": ["own_is"], "page": [9.0], "cart": [9.0]}}
    for settings in ({}, other, {"personal": "?"}):
        client = serve(shop.tea(settings=settings))
        page = "item_id=tea&fallback=false"
        assert answer(client, f"{page}&customer_id=ann&purchased=include") == answer(client, page)
        assert weights_of(settings) == {}


def test_new_items_near_the_customers_purchases_may_join(serve: Serve, shop: Builders) -> None:
    """Mug stands nowhere on the pot's page, but beside Ann's tea: the reason names the tea."""
    client = serve(shop.tea(settings=weights(new_around=1)))
    found = {i["item_id"]: i for i in answer(client, "item_id=pot&customer_id=ann&fallback=false")}
    assert found["mug"]["reason"]["because_item_id"] == "tea"
    assert found["mug"]["reason"]["code"] == "bought_together"


def test_a_cart_is_ranked_by_its_own_weights(serve: Serve, shop: Builders) -> None:
    """Weights of pages put tea first, weights of carts put it last."""
    up, down = ([sign if name == "own_is" else 0.0 for name in FEATURES] for sign in (5.0, -5.0))
    settings = {"personal": {"features": list(FEATURES), "page": up, "cart": down}}
    client = serve(shop.tea(settings=settings))
    assert answer(client, "item_id=biscuit&customer_id=ann&fallback=false")[0]["item_id"] == "tea"
    assert answer(client, "item_id=biscuit&item_id=mug&customer_id=ann&fallback=false")[-1]["item_id"] == "tea"


def test_the_trainer_scores_shelves_as_the_service_does(shop: Builders) -> None:
    """A page and a cart of three, cart vectors and all: the same candidates with the same scores."""
    vectors = {
        "cross_sell": {"tea": [("pot", 0.5, 3), ("mug", 0.2, 2)], "spoon": [("pot", 0.3, 3)], "biscuit": []},
        "cart": {"tea": [("mug", 0.25, 2)], "spoon": [("pot", 0.125, 1), ("mug", 0.5, 1)]},
        "upsell": {},
    }
    chosen = TrainSettings()
    settings = {name: getattr(chosen, name) for name in ("cart_blend", "cart_blend_fall", "cart_power")}
    model = shop.tea(vectors=vectors, settings=settings)
    for names in (["tea"], ["tea", "spoon", "biscuit"]):
        anchors = [model.items.find(name) for name in names]
        rows = {kind: [_row(model, kind, item) for item in anchors] for kind in ("cross_sell", "cart")}
        votes = merge(*cross_sell_votes(model.settings, rows, len(anchors)))
        found = shelf_of(model, chosen, np.array(anchors, np.int32))
        served = dict(zip(votes.item.tolist(), votes.score.tolist(), strict=True))
        assert dict(zip(found.item.tolist(), found.score.tolist(), strict=True)) == pytest.approx(served)


def _row(model: Model, kind: str, item: int) -> Row:
    held = model.vectors[kind]
    span = held.row(item)
    return Row(held.item[span], scores(held.score[span]), held.together[span])


def test_weights_are_read_in_the_order_of_their_features() -> None:
    """A list of numbers per context."""
    found = weights_of(weights(own_is=2))
    assert sorted(found) == ["cart", "page"]
    assert found["page"][FEATURES.index("own_is")] == 2
    assert np.count_nonzero(found["page"]) == 1
