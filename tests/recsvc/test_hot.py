"""What a worker keeps at hand is always what it would compute."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from models.registry import Registry
from recsvc.store.artefact import ArtefactStore
from recsvc.web.goods import Goods
from recsvc.web.hot import HotAnswer, HotAnswers
from recsvc.web.metrics import Tally

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Builders, CheckedClient

Serve = Callable[..., "CheckedClient"]


def answer(size: int = 100) -> HotAnswer:
    """Some answer."""
    return HotAnswer(b"x" * size, "tag", "public", Tally(()))


def counted(client: CheckedClient, name: str) -> float:
    """A counter without labels."""
    lines = client.client.get("/metrics").text.splitlines()
    return next((float(line.split()[1]) for line in lines if line.startswith(f"{name} ")), 0.0)


def test_another_state_of_the_world_forgets_everything() -> None:
    """An answer is found in the state that it was given in, and in no other."""
    hot, kept = HotAnswers(10_000), answer()
    hot.keep(("v1", False), "q", kept)
    assert hot.find(("v1", False), "q") is kept
    assert hot.find(("v1", True), "q") is None
    hot.keep(("v2", False), "p", answer())
    assert hot.find(("v1", False), "q") is None
    assert hot.find(("v2", False), "q") is None


def test_memory_is_bounded_and_the_least_lately_asked_goes() -> None:
    """Room for two: the one that was asked for again stays; one that is larger than all the room is not kept."""
    hot = HotAnswers(1_300)
    for name in ("a", "b"):
        hot.keep(1, name, answer())
    hot.find(1, "a")
    hot.keep(1, "c", answer())
    assert [name for name in "abc" if hot.find(1, name)] == ["a", "c"]
    hot.keep(1, "large", answer(5_000))
    assert [name for name in ("a", "c", "large") if hot.find(1, name)] == ["a", "c"]
    none = HotAnswers(0)
    none.keep(1, "a", answer())
    assert none.find(1, "a") is None


def test_an_answer_at_hand_is_the_answer(serve: Serve, shop: Builders) -> None:
    """Second time: the same bytes and headers as first time and as from a service that keeps nothing; counted alike."""
    keeping, bare = serve(shop.tea()), serve(shop.tea(), answer_cache_bytes=0, cards_at_hand=0)
    for query in ("item_id=tea", "item_id=tea&type=upsell&n=2", "item_id=nobody", "item_id=pot&fields=title"):
        first, second, other = (client.get(f"/recommend?{query}") for client in (keeping, keeping, bare))
        assert first.data == second.data == other.data
        assert dict(first.headers) == dict(second.headers) == dict(other.headers)
        again = keeping.get(f"/recommend?{query}", headers={"If-None-Match": first.headers["ETag"]})
        assert (again.status_code, again.headers["ETag"]) == (304, first.headers["ETag"])
    assert counted(keeping, "recsvc_cached_answers_total") == 8
    assert counted(bare, "recsvc_cached_answers_total") == 0
    assert counted(keeping, "recsvc_missing_ids_total") == 2


@pytest.mark.parametrize(
    "query", ["item_id=tea&customer_id=ann", "item_id=tea&item_id=pot", "item_id=tea&consent=none"]
)
def test_what_is_private_is_not_kept(tea: CheckedClient, query: str) -> None:
    """A customer's, a cart's and an anonymous answer are computed each time, under a name of their own."""
    first, second = tea.get(f"/recommend?{query}").json, tea.get(f"/recommend?{query}").json
    assert first["recommendation_id"] != second["recommendation_id"]
    assert counted(tea, "recsvc_cached_answers_total") == 0


def test_a_new_version_is_seen_behind_what_was_kept(serve: Serve, shop: Builders) -> None:
    """The question is the same, the version another: so is the answer."""
    client = serve(shop.tea())
    first = client.get("/recommend?item_id=tea").json
    client.get("/recommend?item_id=tea")
    second_version = shop.write(client.root, shop.tea(orders=50), 1)
    second = client.get("/recommend?item_id=tea").json
    assert first["model_version"] != second["model_version"] == second_version


def test_cards_at_hand_are_those_of_the_version(tmp_path: Path, shop: Builders) -> None:
    """Whatever was looked up before, ids and cards are the version's; no more are held than allowed."""
    shop.write(tmp_path, shop.tea())
    snapshot = ArtefactStore(Registry(tmp_path)).snapshot()
    assert snapshot is not None
    fresh, few = Goods(), Goods(3)
    for items in ([0, 1, 2], [2, 3, 3, 4], [0, 4], [5, 6, 7, 8, 9]):
        found = few.of(snapshot, items)
        assert found == fresh.of(snapshot, items)
        assert {item: good.item_id for item, good in found.items()} == {
            item: snapshot.item_ids([item])[0] for item in items
        }
        assert len(few._held[1]) <= 3
