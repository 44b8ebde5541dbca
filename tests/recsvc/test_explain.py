"""Why an item is, or is not, on a shelf: every gate's word, and the shelf itself as the judge of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest

from recsvc.state.contract import StateUnavailableError
from recsvc.state.sqlite import SqliteState

if TYPE_CHECKING:
    from conftest import Builders, CheckedClient

Serve = Callable[..., "CheckedClient"]
DAY = 86_400
ITEMS = ("tea", "tea-fine", "tea-rare", "cup-blue", "cup-red", "mug", "pot", "pot-silver", "biscuit", "spoon")


def asked(client: CheckedClient, item: str, candidate: str, kind: str = "cross_sell", more: str = "") -> Any:  # noqa: ANN401
    """The answer."""
    response = client.get(f"/explain?item_id={quote(item, '')}&candidate_id={quote(candidate, '')}&type={kind}{more}")
    assert response.status_code == 200, response.text
    return response.json


def failing(answer: Any, binds: str = "shelf") -> list[str]:  # noqa: ANN401
    """The gates that say no."""
    return [v["gate"] for v in answer["verdicts"] if not v["passes"] and v["binds"] == binds]


def test_an_item_that_stands_there(tea: CheckedClient) -> None:
    """Its place on the shelf and in the vector, and the orders behind it; no gate says no."""
    answer = asked(tea, "tea", "biscuit")
    assert (answer["shown"], answer["rank"], answer["source"], answer["decided_by"]) == (True, 2, "learned", None)
    assert answer["vector"] == {"rank": 2, "score": pytest.approx(0.4, rel=1e-3), "item_id": "biscuit", "together": 30}
    assert failing(answer) == []


@pytest.mark.parametrize("kind", ["cross_sell", "upsell"])
@pytest.mark.parametrize("more", ["&n=2", "&n=10", "&n=3&customer_id=ann", "&customer_id=ben"])
def test_the_answer_is_the_shelfs(tea: CheckedClient, kind: str, more: str) -> None:
    """For every pair: shown where `/recommend` shows it, at its place; else the gate that decides says no.

    Of an item that is shown no gate says no but those that a bestseller passes by.
    """
    for item in ITEMS:
        shelf = tea.shelf(f"item_id={item}{more}", kind)
        for candidate in ITEMS:
            answer = asked(tea, item, candidate, kind, more)
            assert answer["shown"] == (candidate in shelf), (item, candidate)
            assert answer["rank"] == (shelf.index(candidate) + 1 if candidate in shelf else None)
            if answer["shown"]:
                assert set(failing(answer)) <= {"vector", "evidence"}
            else:
                assert answer["decided_by"] in failing(answer), (item, candidate)


@pytest.mark.parametrize(
    ("item", "candidate", "kind", "more", "gate"),
    [
        ("tea", "nothing", "cross_sell", "", "known"),
        ("nothing", "tea", "upsell", "", "known"),
        ("cup-blue", "cup-red", "cross_sell", "", "family"),
        ("tea", "cup-red", "cross_sell", "", "family"),
        ("pot", "pot-silver", "upsell", "", "stock"),
        ("tea", "biscuit", "upsell", "", "price"),
        ("tea", "spoon", "upsell", "", "price"),
        ("tea", "mug", "cross_sell", "&customer_id=ben", "bought"),
        ("pot", "pot-silver", "upsell", "&customer_id=ann", "stock"),
        ("cup-blue", "mug", "upsell", "&customer_id=ann", "bought"),
        ("tea", "mug", "cross_sell", "&n=1", "place"),
    ],
)
def test_the_gate_that_decides(tea: CheckedClient, item: str, candidate: str, kind: str, more: str, gate: str) -> None:
    """Unknown, a variant, sold out, not dearer, bought and lasting, or no place left."""
    answer = asked(tea, item, candidate, kind, more)
    assert (answer["shown"], answer["decided_by"]) == (False, gate)
    assert all(v["text"] for v in answer["verdicts"])


def test_a_variant_stands_in(tea: CheckedClient) -> None:
    """The red cup is not there, for the blue one is; the vector lists the blue one."""
    answer = asked(tea, "tea", "cup-red")
    assert (answer["instead"], answer["vector"]["item_id"]) == ("cup-blue", "cup-blue")


def test_a_bestseller_is_said_to_be_one(tea: CheckedClient) -> None:
    """No vector lists it, and it stands there as a fallback."""
    answer = asked(tea, "mug", "tea")
    assert (answer["shown"], answer["source"], answer["vector"]) == (True, "fallback", None)
    assert failing(answer) == ["vector"]


def test_the_shops_own_rules(serve: Serve, shop: Builders) -> None:
    """Pairs that never meet, links that stand alone, a cap on prices, titles alike."""
    vectors: dict[str, Any] = {
        "cross_sell": {"tea": [("cup-blue", 0.5, 24), ("biscuit", 0.4, 30)], "pot": [("mug", 0.4, 0)]},
        "upsell": {"tea": [("tea-fine", 0.7, 6), ("tea-rare", 0.2, 1)]},
        "never": {"tea": [("biscuit", 1.0, 0)]},
        "linked_cross_sell": {"tea": [("spoon", 1.0, 0)]},
    }
    client = serve(shop.tea(vectors=vectors), links="only", upsell_cap=3.0)
    assert asked(client, "tea", "biscuit")["decided_by"] == "never"
    assert asked(client, "tea", "cup-blue")["decided_by"] == "links"
    assert (asked(client, "tea", "spoon")["shown"], asked(client, "tea", "spoon")["source"]) == (True, "manual")
    assert asked(client, "tea", "tea-rare", "upsell")["decided_by"] == "price"
    assert "evidence" in failing(asked(client, "pot", "mug"))
    items = {name: {"stem": "tea" if name.startswith("tea") else None} for name in ("pot", "tea-a", "tea-b", "tea-c")}
    rows = {"cross_sell": {"pot": [("tea-a", 0.9, 9), ("tea-b", 0.8, 9), ("tea-c", 0.7, 9)]}, "upsell": {}}
    alike = serve(shop.model(items=items, vectors=rows))
    assert asked(alike, "pot", "tea-c")["decided_by"] == "stem"


def test_what_the_memory_says_binds_mails(serve: Serve, shop: Builders, tmp_path: Path) -> None:
    """Cooled down, declined, bought since, without consent: told with a date, and the page's shelf goes its own way."""
    now = 20_010 * DAY
    client = serve(shop.tea(), clock=lambda: float(now), state=SqliteState(tmp_path / "state.db"))

    def tell(number: int, kind: str, **said: Any) -> None:  # noqa: ANN401
        event = {"event_id": f"e{number}", "type": kind, "customer_id": "ben", "time": "2024-10-14T00:00:00Z", **said}
        assert client.post("/events", json={"events": [event]}).json["accepted"] == 1

    fresh = asked(client, "tea", "biscuit", more="&customer_id=ben")
    assert failing(fresh, "picks") == []
    tell(1, "email_sent", items=["biscuit"])
    rests = asked(client, "tea", "biscuit", more="&customer_id=ben")
    assert (failing(rests, "picks"), rests["shown"]) == (["cooled_down"], True)
    assert next(v["until"] for v in rests["verdicts"] if not v["passes"]) == "2024-10-28"
    tell(2, "declined", items=["biscuit"], channel="phone")
    assert failing(asked(client, "tea", "biscuit", more="&customer_id=ben"), "picks") == ["declined"]
    tell(3, "purchase", items=["pot"], order_id="o1")
    bought = asked(client, "tea", "pot", more="&customer_id=ben")
    assert (failing(bought, "picks"), bought["decided_by"]) == (["bought"], "bought")
    assert client.put("/customers/ben/consent", json={"consent": "none"}).status_code == 200
    assert "consent" in failing(asked(client, "tea", "biscuit", more="&customer_id=ben"), "picks")


def test_a_memory_that_does_not_answer(
    serve: Serve, shop: Builders, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The shelf is explained as ever; of picks it is said that nothing may be sent."""
    state = SqliteState(tmp_path / "state.db")
    client = serve(shop.tea(), state=state)

    def away(*_: object) -> None:
        raise StateUnavailableError("it is away")

    monkeypatch.setattr(state, "customer", away)
    answer = asked(client, "tea", "biscuit", more="&customer_id=ann")
    assert (answer["shown"], failing(answer, "picks")) == (True, ["consent"])


def test_without_a_version(serve: Serve) -> None:
    """A 200 that says so."""
    answer = asked(serve(), "tea", "biscuit")
    assert (answer["shown"], answer["decided_by"], answer["verdicts"]) == (False, "no_model", [])


def test_bad_questions_name_the_parameter(tea: CheckedClient) -> None:
    """Missing, unknown, out of bounds."""
    for query, field in (
        ("item_id=tea&type=upsell", "candidate_id"),
        ("item_id=tea&candidate_id=mug", "type"),
        ("item_id=tea&candidate_id=mug&type=upsell&n=0", "n"),
        ("item_id=tea&candidate_id=mug&type=upsell&when=now", "when"),
    ):
        response = tea.get(f"/explain?{query}")
        assert response.status_code == 400
        assert response.json["errors"][0]["field"] == field
