"""The customer's rights: seen, erased, refused, given away; from the answer on, and through rollback and import."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from models.registry import Registry
from recsvc.cli.main import main
from recsvc.state.mirror import NAME, Mirror, merge, pack, read_words
from recsvc.state.records import Word, customer_digest
from recsvc.state.sqlite import SqliteState
from recsvc.store.artefact import ArtefactStore

if TYPE_CHECKING:
    from conftest import Builders, CheckedClient, CliShop

Serve = Callable[..., "CheckedClient"]
NOW = 1_790_000_000.0


@pytest.fixture
def client(serve: Serve, shop: Builders, tmp_path: Path) -> CheckedClient:
    """The tea shop with a memory."""
    return serve(shop.tea(), clock=lambda: NOW, state=SqliteState(tmp_path / "state.db"))


def buy(client: CheckedClient, who: str, *items: str, name: str = "b1") -> None:
    """A purchase just now."""
    event = {"event_id": name, "type": "purchase", "customer_id": who, "items": list(items)}
    assert client.post("/events", json={"events": [event]}).status_code == 200


def test_everything_that_is_held_is_shown(client: CheckedClient) -> None:
    """Purchases of the version, events, and which purchase drives which pick."""
    buy(client, "ann", "mug")
    client.put("/customers/ann/purchases", json={"item_id": "pot", "use": False})
    found = client.get("/customers/ann/data").json
    assert [p["item_id"] for p in found["purchases"]] == ["mug", "tea", "cup-blue"]
    assert found["unused"] == [{"item_id": "pot", "order_id": None}]
    assert [(e["type"], e["items"], e["order_id"]) for e in found["events"]] == [("purchase", ["mug"], "b1")]
    assert found["picks"][0] == {"item_id": "tea", "reason": "due_again", "because_item_id": "tea"}
    assert (found["consent"], found["erased_at"], found["kept_days"]) == (None, None, 400)
    nobody = client.get("/customers/nobody/data").json
    assert (nobody["purchases"], nobody["events"]) == ([], [])


def test_an_erased_customer_is_nobody_from_the_answer_on(client: CheckedClient) -> None:
    """Picks, shelves and data; a digest is what is left, on disk too; new purchases are theirs."""
    buy(client, "ann", "mug")
    assert client.get("/customers/ann/picks").json["source"] == "personal"
    done = client.delete("/customers/ann/data").json
    assert done == {"customer_id": "ann", "consent": None, "erased_at": "2026-09-21T14:13:20Z"}
    assert client.get("/customers/ann/picks?campaign=b").json["source"] == "popular"
    assert "mug" in client.shelf("item_id=tea&n=10&customer_id=ann")
    assert client.get("/customers/ann/replenish").json["empty_reason"] == "unknown_customer"
    found = client.get("/customers/ann/data").json
    assert (found["purchases"], found["events"]) == ([], [])
    assert read_words(client.root / NAME) == [Word(customer_digest("ann"), int(NOW))]
    buy(client, "ann", "pot")  # sent late: it happened in the second of the erasure or before
    assert client.get("/customers/ann/data").json["events"] == []


def test_an_erasure_outlives_another_version_and_a_lost_state(
    client: CheckedClient, shop: Builders, tmp_path: Path
) -> None:
    """A version trained again on the same orders, and a state restored from before: still nobody."""
    client.delete("/customers/ann/data")
    shop.write(client.root, shop.tea(), 5)
    assert client.get("/customers/ann/picks?campaign=c").json["source"] == "popular"
    older = SqliteState(tmp_path / "older.db")
    Mirror(client.root, older).refresh(now=True)
    assert read_words(client.root / NAME)[0].erased_at == int(NOW)


def test_consent_is_noted_and_forgets(client: CheckedClient) -> None:
    """What was held goes; `full` again starts anew."""
    buy(client, "ann", "tea")
    assert client.put("/customers/ann/consent", json={"consent": "session"}).json["consent"] == "session"
    assert client.get("/customers/ann/data").json["events"] == []
    assert client.get("/customers/ann/picks?channel=web").json["source"] == "popular"
    assert read_words(client.root / NAME)[0].consent == "session"
    client.put("/customers/ann/consent", json={"consent": "full"})
    assert client.get("/customers/ann/picks?channel=web&campaign=x").json["source"] == "personal"
    assert read_words(client.root / NAME) == []


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/customers/ann/consent", {"consent": "maybe"}),
        ("/customers/ann/consent", {}),
        ("/customers/ann/purchases", {"item_id": "tea"}),
        ("/customers/ann/purchases", {"item_id": "", "use": True}),
        ("/customers/ann/purchases", {"item_id": "tea", "use": True, "x": 1}),
        ("/customers/ann@shop.example/consent", {"consent": "full"}),
        ("/customers/" + "x" * 257 + "/consent", {"consent": "full"}),
    ],
)
def test_what_cannot_be_noted_is_refused(client: CheckedClient, path: str, body: object) -> None:
    """400 with the field at fault."""
    assert client.put(path, json=body).status_code == 400


def test_without_a_memory_only_the_version_can_be_shown(serve: Serve, shop: Builders) -> None:
    """Its purchases are told; nothing can be noted: 503."""
    client = serve(shop.tea())
    assert len(client.get("/customers/ann/data").json["purchases"]) == 3
    assert client.delete("/customers/ann/data").status_code == 503
    assert client.put("/customers/ann/consent", json={"consent": "none"}).status_code == 503


def test_the_copy_takes_back_consents_and_never_erasures() -> None:
    """Of one customer the later erasure; words that the state no longer has go, but for erasures."""
    kept = [Word("a", 5, "none", (("tea", ""),)), Word("b", None, "none"), Word("c", 9)]
    said = [Word("c", 7, "session"), Word("d", 1)]
    assert merge(kept, said) == [Word("a", 5), Word("c", 9, "session"), Word("d", 1)]
    assert merge([], said) == said


def test_training_leaves_out_the_erased(cli: CliShop, capsys: pytest.CaptureFixture[str]) -> None:
    """`recsvc train` reads the copy beside the versions, also on a second import, and its report says so."""
    assert main(cli.train()) == 0
    cli.models.joinpath(NAME).write_bytes(pack([Word(customer_digest("c1"), 4_000_000_000)]))
    assert main([*cli.train(), "--force", "--no-gate"]) == 0
    assert "left out at the customer's wish" in capsys.readouterr().out
    newest = ArtefactStore(Registry(cli.models), 0, in_background=False).snapshot()
    assert newest is not None
    assert newest.customer("c1") is None
    assert newest.customer("c2") is not None
    cli.models.joinpath(NAME).write_text("half a li")
    assert main([*cli.train(), "--force", "--no-gate"]) == 2


def test_training_asks_the_state_where_it_is_named(
    cli: CliShop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With RECSVC_STATE set, an erasure of a minute ago is honoured."""
    state = SqliteState(tmp_path / "state.db")
    state.set_consent("c1", "none")
    state.close()
    monkeypatch.setenv("RECSVC_STATE", str(tmp_path / "state.db"))
    assert main(cli.train()) == 0
    newest = ArtefactStore(Registry(cli.models), 0, in_background=False).snapshot()
    assert newest is not None
    assert newest.customer("c1") is None
    shutil.rmtree(cli.models)


def test_no_id_stands_in_logs_or_in_the_copy(client: CheckedClient, caplog: pytest.LogCaptureFixture) -> None:
    """The most talkative log and the file beside the versions name nobody."""
    with caplog.at_level(logging.DEBUG):
        buy(client, "customer-4711", "tea")
        client.get("/customers/customer-4711/picks")
        client.delete("/customers/customer-4711/data")
    assert "4711" not in caplog.text
    assert b"4711" not in (client.root / NAME).read_bytes()
