"""Prices and stock between two nights."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from models.registry import Registry
from recsvc.live_items import LiveItems, with_words
from recsvc.state.contract import StateUnavailableError
from recsvc.state.records import LiveItem
from recsvc.state.sqlite import SqliteState
from recsvc.store.artefact import ArtefactStore

if TYPE_CHECKING:
    from conftest import Builders, CheckedClient

Serve = Callable[..., "CheckedClient"]


@pytest.fixture
def state(tmp_path: Path) -> SqliteState:
    """An empty state."""
    return SqliteState(tmp_path / "state.db")


@pytest.fixture
def client(serve: Serve, shop: Builders, state: SqliteState) -> CheckedClient:
    """The tea shop with a state."""
    return serve(shop.tea(), state=state)


def test_what_a_word_does_to_a_fact(shop: Builders) -> None:
    """A price moves, sold out is not to be bought, stock brings the silver pot back, silence changes nothing."""
    model = shop.tea()
    at = model.items.find
    words = [
        (at("tea"), LiveItem(item_id="tea", price=50_000)),
        (at("mug"), LiveItem(item_id="mug", stock=0)),
        (at("pot-silver"), LiveItem(item_id="pot-silver", stock=3)),
        (at("pot"), LiveItem(item_id="pot", stock=3, available=False)),
        (at("spoon"), LiveItem(item_id="spoon")),
    ]
    facts = with_words(model.facts, words)
    changed = {model.items.text(i) for i in np.flatnonzero(facts.in_stock != model.facts.in_stock).tolist()}
    assert changed == {"mug", "pot-silver", "pot"}
    assert (facts.in_stock[at("mug")], facts.in_stock[at("pot-silver")], facts.in_stock[at("pot")]) == (0, 1, 0)
    assert np.flatnonzero(facts.price != model.facts.price).tolist() == [at("tea")]
    assert facts.price[at("tea")] == 50_000


def test_the_newest_price_is_shown_and_filtered_by(client: CheckedClient) -> None:
    """Biscuits become dear: every shelf shows it, `max_price` leaves them out, and the tag moves on."""
    before = client.get("/recommend?item_id=tea&type=cross_sell")
    receipt = client.post("/items", json={"items": [{"item_id": "biscuit", "price": "30.00"}]}).json
    assert receipt == {"updated": 1, "unknown_ids": [], "revision": 1, "durable": True}
    after = client.get("/recommend?item_id=tea&type=cross_sell")
    prices = {item["item_id"]: item["price"]["amount"] for item in after.json["cross_sell"] if item["price"]}
    assert prices["biscuit"] == "30.00"
    assert before.headers["ETag"] != after.headers["ETag"]
    assert "biscuit" not in client.shelf("item_id=tea&max_price=20")


def test_an_upsell_is_what_is_dearer_now(client: CheckedClient) -> None:
    """Fine tea, reduced below plain tea, is no upsell of it any more."""
    assert "tea-fine" in client.shelf("item_id=tea&fallback=false", "upsell")
    client.put("/items/tea-fine", json={"price": 4})
    assert "tea-fine" not in client.shelf("item_id=tea&fallback=false", "upsell")


def test_a_sold_out_item_leaves_no_hole(client: CheckedClient) -> None:
    """The blue cup's variant stands in for it; then the next best; the shelf stays as long as it was."""
    full = client.shelf("item_id=tea&n=3")
    assert full[0] == "cup-blue"
    client.put("/items/cup-blue", json={"stock": 0})
    without = client.shelf("item_id=tea&n=3")
    assert (without[0], len(without)) == ("cup-red", len(full))
    client.put("/items/cup-red", json={"availability": "out_of_stock"})
    neither = client.shelf("item_id=tea&n=3")
    assert not {"cup-blue", "cup-red"} & set(neither)
    assert len(neither) == len(full)
    assert "cup-blue" in client.shelf("item_id=tea&n=3&in_stock=false")
    client.put("/items/cup-blue", json={"stock": 7})
    assert client.shelf("item_id=tea&n=3") == full


def test_a_price_of_another_form_is_told_what_it_should_be(client: CheckedClient) -> None:
    """In words, in bodies and in addresses alike; no pattern of ours is shown."""
    told = "expected a decimal such as 12.50, at most 4 decimals"
    for response in (
        client.put("/items/tea", json={"price": "12,50"}),
        client.get("/recommend?item_id=tea&max_price=12,50"),
    ):
        assert (response.status_code, response.json["errors"][0]["message"]) == (400, told)


def test_what_was_said_outlives_a_publish(client: CheckedClient, shop: Builders) -> None:
    """Another version, the same word."""
    client.put("/items/cup-blue", json={"stock": 0})
    name = shop.write(client.root, shop.tea(orders=50), 1)
    answer = client.get("/recommend?item_id=tea&type=cross_sell").json
    assert answer["model_version"] == name
    assert "cup-blue" not in [item["item_id"] for item in answer["cross_sell"]]


def test_an_item_of_tomorrow_is_kept(client: CheckedClient, state: SqliteState) -> None:
    """Unknown ids are told, not refused; odd ids pass through a path; of one item the last word counts."""
    body = {
        "items": [{"item_id": "new", "stock": 1}, {"item_id": "tea", "price": 5}, {"item_id": "tea", "price": "6.0"}]
    }
    assert client.post("/items", json=body).json["unknown_ids"] == ["new"]
    assert client.put("/items/%C3%BCn%C3%AF%2F%C3%A7ode%20id%2C1", json={"stock": 0}).json["unknown_ids"] == []
    _, said = state.items_since(0)
    assert {word.item_id: word.price for word in said}["tea"] == 60_000
    assert "new" in {word.item_id for word in said}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"items": [{"item_id": "tea", "stock": -1}]}, "items[0].stock"),
        ({"items": [{"item_id": "tea", "price": "1,5"}]}, "items[0].price"),
        ({"items": [{"item_id": "tea", "colour": "red"}]}, "items[0].colour"),
        ({"items": [{"stock": 1}]}, "items[0].item_id"),
        ({"items": [{"item_id": f"i{n}"} for n in range(1_001)]}, "items"),
        ({}, "items"),
    ],
)
def test_a_bad_word_names_its_field(client: CheckedClient, body: object, field: str) -> None:
    """400, and nothing of the batch is kept."""
    response = client.post("/items", json=body)
    assert (response.status_code, response.json["errors"][0]["field"]) == (400, field)
    assert client.put("/items/tea", json={"price": "9"}).json["revision"] == 1


def test_without_a_state_there_is_no_memory(tea: CheckedClient) -> None:
    """503, and what to set."""
    response = tea.post("/items", json={"items": []})
    assert response.status_code == 503
    assert "RECSVC_STATE" in response.json["detail"]


def test_a_lost_state_leaves_what_was_heard(client: CheckedClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """Prices heard last hold, answers say `degraded`, readiness stays; writing is a 503 that says to send it again."""
    client.put("/items/cup-blue", json={"stock": 0})
    assert client.shelf("item_id=tea")[0] == "cup-red"

    def fails(*_: object) -> None:
        raise StateUnavailableError("the disk is gone")

    monkeypatch.setattr(SqliteState, "items_since", fails)
    monkeypatch.setattr(SqliteState, "put_items", fails)
    answer = client.get("/recommend?item_id=tea&type=cross_sell").json
    assert (answer["cross_sell"][0]["item_id"], answer["degraded"]) == ("cup-red", True)
    ready = client.get("/health/ready")
    assert (ready.status_code, "prices and stock" in ready.json["note"]) == (200, True)
    refused = client.put("/items/tea", json={"stock": 0})
    assert (refused.status_code, "Retry-After" in refused.headers) == (503, True)
    monkeypatch.undo()
    assert client.get("/recommend?item_id=tea").json["degraded"] is False


def test_words_arrive_by_themselves(tmp_path: Path, shop: Builders, state: SqliteState) -> None:
    """A worker that only listens hears within its refresh, without being asked anything."""
    shop.write(tmp_path / "models", shop.tea())
    store = LiveItems(ArtefactStore(Registry(tmp_path / "models")), state, 0.02)
    first = store.snapshot()
    assert first is not None
    state.put_items([LiveItem(item_id="tea", price=77_700)])
    heard = threading.Event()
    for _ in range(250):
        snapshot = store.snapshot()
        assert snapshot is not None
        if snapshot.facts.price[snapshot.find(["tea"])[0]] == 77_700:
            heard.set()
            break
        threading.Event().wait(0.02)
    assert heard.is_set()
    assert first.facts.price[first.find(["tea"])[0]] == 45_000
