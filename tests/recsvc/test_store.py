"""The `ModelStore` contract, over every peer, and what only the folder of versions does."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import pytest

from models.registry import CURRENT, Registry
from models.stored import scores
from recsvc.store.artefact import ArtefactStore
from recsvc.store.snapshot import Rows

if TYPE_CHECKING:
    from conftest import Builders

    from models.records import Model
    from recsvc.store.contract import ModelStore


class Peer(Protocol):
    """One peer of the contract under test: how a version reaches it."""

    store: ModelStore

    def publish(self, model: Model, minute: int) -> str:
        """Make a model the one to serve."""


class ArtefactPeer:
    """The folder of versions."""

    def __init__(self, root: Path, write: Callable[..., str]) -> None:
        self.root, self.write = root, write
        self.store = ArtefactStore(Registry(root), 0, in_background=False)

    def publish(self, model: Model, minute: int) -> str:
        """Write and publish."""
        return self.write(self.root, model, minute)


@pytest.fixture(params=["artefact"])
def peer(request: pytest.FixtureRequest, tmp_path: Path, shop: Builders) -> Peer:
    """Every peer in turn."""
    return {"artefact": ArtefactPeer}[request.param](tmp_path, shop.write)


def test_without_a_version_there_is_no_snapshot(peer: Peer) -> None:
    """Nothing to serve is None, not an error, and is said."""
    assert peer.store.snapshot() is None
    assert peer.store.status().serving is None
    assert "train one" in str(peer.store.status().note)


def test_a_snapshot_tells_what_the_model_holds(peer: Peer, shop: Builders) -> None:
    """Ids, vectors, cards, customers, lists: as they went in."""
    model = shop.tea()
    name = peer.publish(model, 0)
    snapshot = peer.store.snapshot()
    assert snapshot is not None
    assert snapshot.version == name
    assert snapshot.generated_at == "2026-11-21T02:00:00+00:00"
    assert snapshot.kinds == {"cross_sell", "upsell"}
    tea, pot, none = snapshot.find(["tea", "pot", "nothing"])
    assert none == -1
    assert snapshot.item_ids([pot, tea]) == ["pot", "tea"]
    found = snapshot.vectors(["cross_sell", "upsell", "cart"], [tea, pot])
    assert set(found) == {"cross_sell", "upsell"}
    for kind, rows in found.items():
        for item, row in zip([tea, pot], rows, strict=True):
            span = model.vectors[kind].row(item)
            assert row.item.tolist() == model.vectors[kind].item[span].tolist()
            assert row.score.tolist() == scores(model.vectors[kind].score[span]).tolist()
            assert row.together.tolist() == model.vectors[kind].together[span].tolist()
    assert snapshot.cards([pot]) == [model.cards[pot]]
    history = snapshot.customer("zoë/1")
    assert history is not None
    assert snapshot.item_ids(history.item.tolist()) == ["biscuit"]
    assert (history.count.tolist(), history.last_day.tolist()) == ([1], [shop.until_day - 1])
    assert snapshot.customer("zoë") is None
    assert snapshot.bestsellers(-1).tolist() == model.bestsellers.row(len(model.categories)).tolist()
    category = snapshot.facts.category.item(tea)
    assert snapshot.item_ids(snapshot.bestsellers(category).tolist()) == ["tea", "tea-fine", "tea-rare"]
    family = snapshot.facts.family.item(snapshot.find(["cup-red"])[0])
    assert snapshot.item_ids(snapshot.variants(family).tolist()) == ["cup-blue", "cup-red"]


def test_rows_at_hand_are_the_rows_themselves(shop: Builders) -> None:
    """Asked once or again, with room for one row or for all: what is stored, in the unit it was learnt in."""
    vectors = shop.tea().vectors["cross_sell"]
    for keep in (1, 100):
        rows = Rows(vectors, keep)
        for item in [0, 1, 1, *range(vectors.n_items), 0]:
            span, row = vectors.row(item), rows[item]
            assert row.item.tolist() == vectors.item[span].tolist()
            assert row.score.tolist() == scores(vectors.score[span]).tolist()
            assert row.together.tolist() == vectors.together[span].tolist()
            assert len(rows) <= keep


def test_a_new_version_takes_over_and_an_old_snapshot_stays_whole(peer: Peer, shop: Builders) -> None:
    """Who holds a snapshot goes on with it; who asks anew gets the new version."""
    first = peer.publish(shop.tea(), 0)
    held = peer.store.snapshot()
    second = peer.publish(shop.tea(vectors={"cross_sell": {"tea": [("mug", 1.0, 1)]}}), 1)
    now = peer.store.snapshot()
    assert held is not None
    assert now is not None
    assert (held.version, now.version) == (first, second)
    tea = held.find(["tea"])[0]
    assert len(held.vectors(["cross_sell"], [tea])["cross_sell"][0].item) == 4
    assert len(now.vectors(["cross_sell"], [tea])["cross_sell"][0].item) == 1
    assert peer.store.status().note is None


def test_rolling_back_is_publishing_the_old_one(tmp_path: Path, shop: Builders) -> None:
    """The published version wins over a newer one."""
    old = shop.write(tmp_path, shop.tea(), 0)
    shop.write(tmp_path, shop.tea(orders=7), 1)
    store = ArtefactStore(Registry(tmp_path), 0, in_background=False)
    store.snapshot()
    Registry(tmp_path).publish(old)
    snapshot = store.snapshot()
    assert snapshot is not None
    assert snapshot.version == old


def test_nothing_published_serves_the_newest_and_says_so(
    tmp_path: Path, shop: Builders, caplog: pytest.LogCaptureFixture
) -> None:
    """The newest whole version, with a note and a warning."""
    shop.write(tmp_path, shop.tea(), 0, publish=False)
    newest = shop.write(tmp_path, shop.tea(orders=7), 1, publish=False)
    store = ArtefactStore(Registry(tmp_path), 0, in_background=False)
    with caplog.at_level(logging.WARNING):
        snapshot = store.snapshot()
    assert snapshot is not None
    assert snapshot.version == newest
    assert "nothing is published" in str(store.status().note)
    assert newest in caplog.text


@pytest.mark.parametrize("name", ["items.data.npy", "facts.price.npy", "manifest.json", "run.json"])
def test_a_damaged_version_is_never_served(
    tmp_path: Path, shop: Builders, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    """One flipped bit: the newest whole version serves instead, the reason is told, the files are read once only."""
    whole = shop.write(tmp_path, shop.tea(), 0)
    damaged = shop.write(tmp_path, shop.tea(orders=7), 1)
    path = tmp_path / damaged / name
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    store = ArtefactStore(Registry(tmp_path), 0, in_background=False)
    with caplog.at_level(logging.ERROR):
        for _ in range(3):
            snapshot = store.snapshot()
    assert snapshot is not None
    assert snapshot.version == whole
    status = store.status()
    assert (status.published, status.serving) == (damaged, whole)
    assert name in status.refused[damaged]
    assert damaged in str(status.note)
    assert caplog.text.count("is not served:") == 1


def test_a_version_that_is_gone_is_not_served(tmp_path: Path, shop: Builders) -> None:
    """`current` names a folder that is not there: the newest whole one serves, and it is said."""
    whole = shop.write(tmp_path, shop.tea(), 0)
    (tmp_path / CURRENT).write_text("20270101T0000Z-abcd\n")
    store = ArtefactStore(Registry(tmp_path), 0, in_background=False)
    snapshot = store.snapshot()
    assert snapshot is not None
    assert snapshot.version == whole
    assert "20270101T0000Z-abcd" in str(store.status().note)


def test_a_good_version_outlives_its_folder(tmp_path: Path, shop: Builders) -> None:
    """What is mapped goes on serving when the folder empties."""
    name = shop.write(tmp_path / "a", shop.tea(), 0)
    store = ArtefactStore(Registry(tmp_path / "a"), 0, in_background=False)
    store.snapshot()
    (tmp_path / "a").rename(tmp_path / "b")
    snapshot = store.snapshot()
    assert snapshot is not None
    assert snapshot.version == name
    assert snapshot.find(["tea"])[0] >= 0


def test_the_folder_is_looked_at_once_in_a_while(tmp_path: Path, shop: Builders) -> None:
    """Between two looks nothing is read; after `refresh_seconds` the new version is there."""
    now = [100.0]
    store = ArtefactStore(Registry(tmp_path), 1.0, in_background=False, clock=lambda: now[0])
    assert store.snapshot() is None
    name = shop.write(tmp_path, shop.tea(), 0)
    now[0] += 0.9
    assert store.snapshot() is None
    now[0] += 0.1
    snapshot = store.snapshot()
    assert snapshot is not None
    assert snapshot.version == name


def test_a_new_version_is_opened_beside_the_old_one(tmp_path: Path, shop: Builders) -> None:
    """With a thread for opening, requests go on with the old version until the new one is ready."""
    first = shop.write(tmp_path, shop.tea(), 0)
    store = ArtefactStore(Registry(tmp_path), 0)
    snapshot = store.snapshot()
    assert snapshot is not None
    assert snapshot.version == first
    second = shop.write(tmp_path, shop.tea(orders=7), 1)
    seen = set()
    deadline = time.monotonic() + 10
    while second not in seen and time.monotonic() < deadline:
        snapshot = store.snapshot()
        assert snapshot is not None
        seen.add(snapshot.version)
    assert seen <= {first, second}
    assert second in seen
