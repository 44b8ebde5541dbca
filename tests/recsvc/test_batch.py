"""Several shelves of one page: one answer each, nothing twice, errors that name their question."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from conftest import CheckedClient

Serve = Callable[..., "CheckedClient"]


def batch(client: CheckedClient, *requests: dict[str, Any]) -> list[dict[str, Any]]:
    """The answers to several questions."""
    response = client.post("/recommend/batch", json={"requests": requests})
    assert response.status_code == 200, response.text
    assert response.headers["Cache-Control"] == "private, no-store"
    answers: list[dict[str, Any]] = response.json["answers"]
    return answers


def cart(*item_ids: str, **wishes: object) -> dict[str, Any]:
    """One question."""
    return {"cart": [{"item_id": item_id} for item_id in item_ids], "type": "cross_sell", **wishes}


def ids(answer: dict[str, Any]) -> list[str]:
    """What stands on its shelf."""
    return [item["item_id"] for item in answer["cross_sell"]]


def test_one_question_is_the_cart_question(tea: CheckedClient) -> None:
    """A batch of one answers as the same question alone does, but for the answer's name."""
    (answer,) = batch(tea, cart("tea", n=3))
    alone = tea.post("/recommend", json=cart("tea", n=3)).json
    assert {**answer, "recommendation_id": ""} == {**alone, "recommendation_id": ""}


def test_nothing_stands_on_two_shelves(tea: CheckedClient) -> None:
    """The second shelf goes without the first one's items, and without their variants."""
    first, second = batch(tea, cart("tea", n=2, fallback=False), cart("pot", n=5, fallback=False))
    assert ids(first) == ["cup-blue", "biscuit"]
    alone = [item["item_id"] for item in tea.post("/recommend", json=cart("pot", fallback=False)).json["cross_sell"]]
    assert "cup-blue" in alone
    assert ids(second) == [item_id for item_id in alone if item_id != "cup-blue"]


def test_both_shelves_of_one_question_count(tea: CheckedClient) -> None:
    """An upsell shown above is no companion below."""
    first, second = batch(tea, {"cart": [{"item_id": "cup-blue"}], "type": "upsell"}, cart("tea", n=10))
    assert [item["item_id"] for item in first["upsell"]] == ["mug"]
    assert "mug" not in ids(second)


def test_without_a_version_every_question_says_so(serve: Serve) -> None:
    """No model at all: empty shelves, as elsewhere."""
    answers = batch(serve(None), cart("tea"), cart("pot"))
    assert [answer["empty_reason"] for answer in answers] == ["no_model", "no_model"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"requests": []}, "requests"),
        ({"requests": [{"cart": []}] * 101}, "requests"),
        ({"requests": [{"cart": []}, {"cart": [], "n": 0}]}, "requests[1].n"),
        ({"requests": [{"cart": [{"item_id": ""}]}]}, "requests[0].cart[0].item_id"),
        ({"requests": [7]}, "requests[0]"),
        ({"questions": []}, "questions"),
    ],
)
def test_bad_questions_are_named(tea: CheckedClient, body: dict[str, Any], field: str) -> None:
    """The 400 names the question and the field in it."""
    response = tea.post("/recommend/batch", json=body)
    assert response.status_code == 400
    assert field in {error["field"] for error in response.json["errors"]}
