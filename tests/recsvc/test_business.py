"""Customers who buy as businesses do: told to a shop's own servers, and to nobody else."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from models.model import Model
from recsvc.state.sqlite import SqliteState

if TYPE_CHECKING:
    from conftest import Builders, CheckedClient

Serve = Callable[..., "CheckedClient"]


@pytest.fixture
def model(shop: Builders) -> Model:
    """The tea shop, where ben is a business."""
    plain = shop.tea()
    traits = dataclasses.replace(plain.customers.traits, business=np.array([0, 1, 0], np.uint8))
    return dataclasses.replace(plain, customers=dataclasses.replace(plain.customers, traits=traits))


def test_picks_and_explain_tell_a_business(serve: Serve, model: Model) -> None:
    """Ben is one, ann is none, of a stranger nothing is known; a question for nobody has no customer."""
    client = serve(model)
    told = {who: client.get(f"/customers/{who}/picks").json.get("business") for who in ("ann", "ben", "eve")}
    assert told == {"ann": False, "ben": True, "eve": None}
    asked = "/explain?item_id=tea&candidate_id=tea-fine&type=upsell"
    assert client.get(f"{asked}&customer_id=ben").json["business"] is True
    assert client.get(f"{asked}&customer_id=eve").json["business"] is None
    assert client.get(asked).json["business"] is None


def test_who_withdrew_consent_is_no_business(serve: Serve, model: Model, tmp_path: Path) -> None:
    """The version's own word of a customer does not speak any more."""
    state = SqliteState(tmp_path / "state.db")
    client = serve(model, state=state)
    assert client.get("/customers/ben/picks").json["business"] is True
    assert client.put("/customers/ben/consent", json={"consent": "none"}).status_code == 200
    assert "business" not in client.get("/customers/ben/picks").json
    asked = "/explain?item_id=tea&candidate_id=tea-fine&type=upsell&customer_id=ben"
    assert client.get(asked).json["business"] is None


def test_an_upsell_says_of_how_many(serve: Serve, shop: Builders) -> None:
    """On the shelf in one sentence; explain has both counts, and without keys everybody is the shop itself."""
    client = serve(shop.tea())
    reason = client.get("/recommend?item_id=tea&type=upsell").json["upsell"][0]["reason"]
    assert reason["evidence"]["customers_with_item"] == 8
    assert reason["evidence"]["told"] == (
        "6 of 8 customers who bought Green tea later chose this, +7.50 EUR, same category Tea"
    )
    vector = client.get("/explain?item_id=tea&candidate_id=tea-fine&type=upsell").json["vector"]
    assert (vector["together"], vector["of"]) == (6, 8)
    assert "of" not in client.get("/explain?item_id=tea&candidate_id=mug&type=cross_sell").json["vector"]
