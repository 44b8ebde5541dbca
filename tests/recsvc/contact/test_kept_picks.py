"""A decision of today is shown again from its note: the same bytes as computed anew, and nothing is computed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from models.customers import Why
from recsvc import outreach
from recsvc.state.sqlite import SqliteState

if TYPE_CHECKING:
    from conftest import Builders, CheckedClient

Serve = Callable[..., "CheckedClient"]
NOW = 20_010 * 86_400 + 36_000
AHEAD = {
    "ann": [
        ("tea", 0.9, Why.DUE),
        ("biscuit", 0.8, Why.COMPLEMENT),
        ("spoon", 0.7, Why.ALIKE),
        ("mug", 0.6, Why.TRENDING),
        ("tea-fine", 0.5, Why.ALIKE),
    ]
}


@pytest.fixture(params=[AHEAD, {}], ids=["listed", "by turns"])
def client(serve: Serve, shop: Builders, tmp_path: Path, request: pytest.FixtureRequest) -> CheckedClient:
    """The tea shop with a memory, with lists of what is next and without."""
    state = SqliteState(tmp_path / "state.db")
    return serve(shop.tea(ahead=request.param), clock=lambda: float(NOW), state=state)


def ask(client: CheckedClient, who: str = "ann", query: str = "n=3") -> Any:  # noqa: ANN401
    """An answer of picks."""
    response = client.get(f"/customers/{who}/picks?{query}")
    assert response.status_code == 200, response.text
    return response.json


def tell(client: CheckedClient, kind: str, *items: str, event_id: str = "e1") -> None:
    """An event of now."""
    event = {
        "event_id": event_id,
        "type": kind,
        "customer_id": "ann",
        "items": list(items),
        "time": "2024-10-14T10:00:00Z",
    }
    assert client.post("/events", json={"events": [event]}).json["accepted"] == 1


@pytest.fixture
def idle(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """`idle()`: from now on computing picks is an error."""

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("picks were computed again")

    return lambda: monkeypatch.setattr(outreach, "pick", refuse)


@pytest.mark.parametrize("who", ["ann", "ben", "zo%C3%AB%2F1", "nobody"])
@pytest.mark.parametrize("query", ["n=3", "n=1&channel=phone", "purchased=include", "n=20"])
def test_the_note_says_what_was_computed(
    client: CheckedClient, monkeypatch: pytest.MonkeyPatch, who: str, query: str
) -> None:
    """Every field of the first answer, from the note and computed again beside it."""
    first = ask(client, who, query)
    assert ask(client, who, query) == first
    monkeypatch.setattr(outreach, "restore", lambda *_: None)
    assert [item["item_id"] for item in ask(client, who, query)["items"]] == [i["item_id"] for i in first["items"]]


def test_asked_again_nothing_is_computed(client: CheckedClient, idle: Callable[[], None]) -> None:
    """The same answer, fewer of it, and the text part of the mail."""
    first = ask(client)
    idle()
    assert [ask(client) for _ in range(3)] == [first] * 3
    assert ask(client, query="n=1")["items"] == first["items"][:1]


def test_what_must_hold_at_once_is_checked(client: CheckedClient, idle: Callable[[], None]) -> None:
    """Bought, declined, sold out: gone, and a reserve is there; a new price is told."""
    first = [item["item_id"] for item in ask(client)["items"]]
    idle()
    tell(client, "purchase", first[0])
    second = [item["item_id"] for item in ask(client)["items"]]
    assert second[:2] == first[1:]
    assert len(second) == 3
    assert client.put(f"/items/{second[0]}", json={"stock": 0}).status_code == 200
    assert client.put(f"/items/{second[1]}", json={"price": "77.70"}).status_code == 200
    third = ask(client)["items"]
    assert [item["item_id"] for item in third][:2] == second[1:]
    assert third[0]["price"]["amount"] == "77.70"
    tell(client, "declined", third[1]["item_id"], event_id="e2")
    assert third[1]["item_id"] not in [item["item_id"] for item in ask(client, query="n=1")["items"]]


def test_where_the_note_does_not_reach_it_is_computed(
    client: CheckedClient, shop: Builders, idle: Callable[[], None]
) -> None:
    """A gift must not speak from a note, nor another version's numbers; more places than were noted."""
    first = ask(client, query="n=1")
    more = ask(client, query="n=6")
    assert (more["items"][0], more["count"]) == (first["items"][0], 6)
    assert client.put("/customers/ann/purchases", json={"item_id": "tea", "use": False}).status_code == 200
    assert "tea" not in {item["reason"]["because_item_id"] for item in ask(client, query="n=3")["items"]}
    newer = shop.write(client.root, shop.tea(orders=1_234), minute=5)
    assert ask(client, "ben", "n=2")["model_version"] == newer
    idle()
    assert client.client.get("/customers/ann/picks?n=3").status_code == 500  # it was computed, which is an error by now
