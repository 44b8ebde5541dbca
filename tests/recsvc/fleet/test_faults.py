"""A whole service while its Redis fails: every answer is a good one, and says what it lacks."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from flask.testing import FlaskClient

from models.registry import Registry
from recsvc.fleet.client import patient_client, quick_client
from recsvc.fleet.guard import Guard
from recsvc.fleet.keys import Keys
from recsvc.fleet.pointer import read_pointer
from recsvc.fleet.publisher import SupersededError, publish_version, sweep
from recsvc.fleet.store import FleetStore
from recsvc.settings import ServiceSettings
from recsvc.web.app import create_app

if TYPE_CHECKING:
    from conftest import Builders, LossyProxy, RedisServer  # type: ignore[attr-defined]  # two conftests, for people

PAGES = [f"/recommend?item_id={item}&n=4" for item in ("tea", "cup-blue", "pot", "mug", "nobody")]
CART = {"cart": [{"item_id": "tea"}, {"item_id": "pot"}], "n": 4}


class Worker:
    """One worker's app over a store whose looks the test decides."""

    def __init__(self, url: str, root: Path, keys: Keys, rest: float = 0.0) -> None:
        self.store = FleetStore(
            Registry(root),
            quick_client(url, 0.05, 10),
            patient_client(url),
            keys,
            Guard(rest=rest),
            refresh_seconds=3_600.0,
        )
        settings = ServiceSettings(models=root, answer_cache_bytes=0, cards_at_hand=0)
        self.client: FlaskClient = create_app(settings, self.store).test_client()

    def settle(self) -> None:
        """Look, finish what that began, look again."""
        self.store.snapshot()
        self.store.tick()
        self.store.wait()
        self.store.tick()

    def answers(self, ids: set[str]) -> list[Any]:
        """Every kind of answer; each is a 200 of one version with items that exist."""
        found = [self.client.get(page) for page in PAGES]
        found += [self.client.post("/recommend", json=CART), self.client.get("/customers/ann/picks")]
        assert [response.status_code for response in found] == [200] * len(found)
        documents = [response.json for response in found]
        for document in documents:
            shown = [item["item_id"] for shelf in ("cross_sell", "upsell", "items") for item in document.get(shelf, [])]
            assert set(shown) <= ids
            assert shown or document["empty_reason"]
        return documents

    def well(self, ids: set[str]) -> list[Any]:
        """The answers when Redis is well: a busy machine may miss a deadline, not in thirty rounds."""
        for _ in range(30):
            documents = self.answers(ids)
            if not any(document["degraded"] for document in documents):
                return documents
            self.store.tick()
        pytest.fail("degraded round after round, with nothing broken")

    def ready(self) -> Any:  # noqa: ANN401  # JSON
        """What /health/ready says; it is ready."""
        response = self.client.get("/health/ready")
        assert response.status_code == 200
        return response.json

    def counted(self, name: str) -> float:
        """A counter without labels."""
        lines = self.client.get("/metrics").text.splitlines()
        return next((float(line.split()[1]) for line in lines if line.startswith(f"{name} ")), 0.0)


@pytest.fixture
def publish(server: RedisServer, keys: Keys, tmp_path: Path, shop: Builders) -> Callable[..., str]:
    """`publish(minute)`: another host trains and publishes; its folder is `trainer`."""

    def go(minute: int, now: float = 0.0) -> str:
        root = tmp_path / "trainer"
        name = shop.write(root, shop.tea(orders=100 + minute), minute, publish=False)
        registry = Registry(root)
        done = publish_version(
            server.client, keys, registry.open(name), now=now, grace=60.0, known_seq=registry.pointer().seq
        )
        registry.publish(name, done.pointer)
        return name

    return go


@pytest.fixture
def ids(shop: Builders) -> set[str]:
    """The items that exist."""
    model = shop.tea()
    return {model.items.text(i) for i in range(len(model.items))}


@pytest.fixture
def no_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that a worker may not write: it lives by Redis alone."""
    root = tmp_path / "sealed"
    root.mkdir()
    allowed = os.access
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path) != root and allowed(path, mode))
    return root


@pytest.mark.parametrize("loss", ["killed", "hung", "emptied", "password"])
def test_a_lost_redis_is_told_and_the_twin_serves_on(
    server: RedisServer, keys: Keys, publish: Callable[..., str], tmp_path: Path, ids: set[str], loss: str
) -> None:
    """F1, F2, F5, F7: 200 throughout, ready throughout, `degraded` and counted until it is back; then as before."""
    name = publish(1)
    worker = Worker(server.url, tmp_path / "host", keys)
    worker.settle()
    before = worker.well(ids)
    told = worker.counted("recsvc_degraded_answers_total")
    patient = server.client
    try:
        if loss == "killed":
            server.kill()
        elif loss == "hung":
            server.pause()
        elif loss == "emptied":
            patient.flushall()
        else:
            patient.config_set("requirepass", "another")
            patient.client_kill_filter(_type="normal", skipme=True)
        worker.store.tick()
        during = worker.answers(ids)
        lost = loss != "emptied"  # an emptied Redis answers, and is refilled by the very look that finds it empty
        assert {document["degraded"] for document in during} == {lost}
        assert {document["model_version"] for document in during} == {name}
        assert worker.counted("recsvc_degraded_answers_total") - told == (len(during) if lost else 0)
        assert ("Redis does not answer" in str(worker.ready()["note"])) is lost
    finally:
        if loss == "killed":
            server.start()
        elif loss == "hung":
            server.resume()
        elif loss == "password":
            patient.config_set("requirepass", "")
    worker.settle()
    assert read_pointer(server.client, keys).version == name
    assert server.client.exists(keys.manifest(name)) == 1
    assert [shelf_of(document) for document in worker.well(ids)] == [shelf_of(document) for document in before]
    assert worker.ready()["note"] is None


@pytest.mark.parametrize("spoil", ["slow", "reset", "half", "garbage", "flipped"])
def test_spoilt_replies_never_reach_an_answer(
    proxy: LossyProxy, keys: Keys, publish: Callable[..., str], no_folder: Path, ids: set[str], spoil: str
) -> None:
    """F3: a host without a copy asks Redis for every answer; whatever comes back, items exist and answers are 200."""
    publish(1)
    worker = Worker(proxy.url, no_folder, keys)
    worker.settle()
    healthy = worker.well(ids)
    proxy.spoil = spoil
    spoilt = [worker.answers(ids) for _ in range(3)]
    # Of an unknown item nothing is asked but cards.
    assert all(document["degraded"] for round_ in spoilt for document in round_)
    assert worker.ready()["status"] == "ready"
    proxy.spoil = None
    worker.store.tick()
    assert [shelf_of(document) for document in worker.well(ids)] == [shelf_of(document) for document in healthy]


def test_late_replies_are_never_taken_for_others(
    proxy: LossyProxy, keys: Keys, publish: Callable[..., str], no_folder: Path, ids: set[str]
) -> None:
    """F3: replies now in time, now too late: an answer is the right one or degraded, never another item's."""
    publish(1)
    worker = Worker(proxy.url, no_folder, keys)
    worker.settle()
    right = {page: shelf_of(document) for page, document in zip(PAGES, worker.well(ids), strict=False)}
    proxy.delay = 0.07
    late = 0
    for turn in range(60):
        proxy.spoil = "slow" if turn % 3 == 0 else None
        page = PAGES[turn % len(PAGES)]
        document = worker.client.get(page).json
        late += document["degraded"]
        assert document["degraded"] or shelf_of(document) == right[page]
    assert 0 < late < 60


def test_a_breaker_spares_requests_the_wait(
    proxy: LossyProxy, keys: Keys, publish: Callable[..., str], no_folder: Path
) -> None:
    """After one failure Redis is left alone: the next answers cost no trip at all."""
    publish(1)
    worker = Worker(proxy.url, no_folder, keys, rest=3_600.0)
    worker.settle()
    proxy.spoil = "reset"
    assert worker.client.get(PAGES[0]).json["degraded"] is True
    proxy.spoil = None  # it would answer again, but is not asked
    assert worker.client.get(PAGES[0]).json["degraded"] is True


def test_a_host_without_a_copy_says_that_redis_was_emptied(
    server: RedisServer, keys: Keys, publish: Callable[..., str], no_folder: Path, ids: set[str]
) -> None:
    """F5: no rows, no cards: bestsellers with the ids that it holds, and `degraded`."""
    publish(1)
    worker = Worker(server.url, no_folder, keys)
    worker.settle()
    server.client.flushall()
    assert all(document["degraded"] for document in worker.answers(ids))


def test_a_replica_takes_over_one_version_behind(
    start_redis: Callable[..., RedisServer],
    server: RedisServer,
    keys: Keys,
    publish: Callable[..., str],
    tmp_path: Path,
    ids: set[str],
) -> None:
    """F6: two servers, replication cut before the second publish, then the replica is what everybody asks."""
    first = publish(1)
    replica = start_redis("--repl-diskless-load", "disabled")
    patient = replica.client
    for key in server.client.scan_iter():  # what replication had brought before it was cut
        patient.restore(key, 0, server.client.dump(key), replace=True)
    second = publish(2)
    host = tmp_path / "host"
    before = Worker(server.url, host, keys)
    before.settle()
    assert {document["model_version"] for document in before.answers(ids)} == {second}
    server.kill()
    after = Worker(replica.url, host, keys)
    after.store.snapshot()
    assert {document["model_version"] for document in after.answers(ids)} == {second}
    after.settle()
    pointer = read_pointer(patient, keys)
    assert (pointer.version, pointer.seq) == (second, 2)
    assert first != second


@pytest.mark.parametrize("jump", [-2 * 86_400.0, 2 * 86_400.0])
def test_a_clock_that_jumps_moves_nothing_back(
    server: RedisServer, keys: Keys, publish: Callable[..., str], tmp_path: Path, ids: set[str], jump: float
) -> None:
    """F14: order is by seq; what is served and the one before it are kept whatever the clock says."""
    first = publish(1, now=1e9)
    second = publish(2, now=1e9 + jump)
    assert read_pointer(server.client, keys).seq == 2
    worker = Worker(server.url, tmp_path / "host", keys)
    worker.settle()
    for moment in (1e9 - 2 * jump, 1e9, 1e9 + 2 * jump):
        assert sweep(server.client, keys, moment) == []
    assert {document["model_version"] for document in worker.answers(ids)} == {second}
    with pytest.raises(SupersededError):
        publish_version(server.client, keys, Registry(tmp_path / "trainer").open(first), now=1e9 + jump, grace=0.0)


def shelf_of(document: Any) -> Any:  # noqa: ANN401  # JSON
    """An answer without what is its own each time."""
    return {key: value for key, value in document.items() if key != "recommendation_id"}


@pytest.fixture(autouse=True)
def _nothing_left_running(server: RedisServer) -> Iterator[None]:
    """A paused server would outlive its test."""
    yield
    server.kill()
