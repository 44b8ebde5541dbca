"""Picks with a memory, asked over HTTP."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from recsvc.state.mirror import NAME, Mirror
from recsvc.state.sqlite import SqliteState

if TYPE_CHECKING:
    from conftest import Builders, CheckedClient

Serve = Callable[..., "CheckedClient"]
DAY = 86_400
START = 20_010 * DAY + 36_000


class Clock:
    """A clock that tests set."""

    def __init__(self) -> None:
        self.now = float(START)

    def __call__(self) -> float:
        """Seconds since 1970."""
        return self.now


class World:
    """A served tea shop with a memory and a clock."""

    def __init__(self, client: CheckedClient, state: SqliteState, clock: Clock) -> None:
        self.client, self.state, self.clock = client, state, clock
        self._events = 0

    def picks(self, query: str = "", who: str = "ann") -> Any:  # noqa: ANN401  # JSON
        """An answer of picks."""
        response = self.client.get(f"/customers/{who}/picks?{query}")
        assert response.status_code == 200, response.text
        return response.json

    def ids(self, query: str = "", who: str = "ann") -> list[str]:
        """Its items."""
        return [item["item_id"] for item in self.picks(query, who)["items"]]

    def tell(self, kind: str, *items: str, who: str = "ann", **said: Any) -> None:  # noqa: ANN401  # any field
        """Send an event of this moment."""
        self._events += 1
        time = datetime.fromtimestamp(self.clock.now, UTC).isoformat()
        event = {"event_id": f"e{self._events}", "type": kind, "customer_id": who, "time": time, **said}
        answer = self.client.post("/events", json={"events": [event | ({"items": list(items)} if items else {})]})
        assert answer.json["accepted"] == 1, answer.text

    def days_later(self, days: int) -> None:
        """Let time pass."""
        self.clock.now += days * DAY


@pytest.fixture
def world(serve: Serve, shop: Builders, tmp_path: Path) -> World:
    """The tea shop, remembered."""
    clock, state = Clock(), SqliteState(tmp_path / "state.db")
    return World(serve(shop.tea(), clock=clock, state=state), state, clock)


def test_a_fresh_memory_changes_nothing(world: World, tea: CheckedClient) -> None:
    """The items are those of a service without one."""
    plain = tea.get("/customers/ann/picks").json
    assert world.picks()["items"] == plain["items"]
    assert world.picks()["send"] is True


def test_asking_is_not_showing(world: World) -> None:
    """Asked for thirty days and never shown: always the same, never a cap."""
    first = world.ids()
    for _ in range(30):
        world.days_later(1)
        assert world.ids() == first


def test_the_same_answer_for_customer_campaign_and_day(world: World) -> None:
    """Before, while and after it is sent, opened and shown; another campaign knows better."""
    first = world.picks("campaign=a")
    world.tell("email_sent", campaign="a")
    world.tell("impression", *[item["item_id"] for item in first["items"]], channel="email", campaign="a")
    world.tell("email_open", campaign="a")
    again = world.picks("campaign=a")
    assert again == first
    other = world.picks("campaign=b")
    assert (other["send"], other["send_reason"], other["items"]) == (False, "pause", [])
    assert other["next_eligible_at"] == "2024-10-17T00:00:00Z"


def test_what_was_sent_and_ignored_rests(world: World) -> None:
    """A mail sent without naming its items held what picks decided; they come back after their cool-down."""
    first = world.ids("n=2&campaign=a")
    world.tell("email_sent", campaign="a")
    world.days_later(4)
    assert not set(world.ids("n=2&campaign=b")) & set(first)
    world.days_later(10)
    assert world.ids("n=2&campaign=c") == first


def test_what_is_bought_is_gone_at_once(world: World) -> None:
    """From the answer of this morning, replaced by a reserve; from shelves and carts too; also a consumable."""
    first = world.ids("n=2&campaign=a")
    world.tell("purchase", first[0])
    again = world.ids("n=2&campaign=a")
    assert first[0] not in again
    assert again[0] == first[1]
    assert len(again) == 2
    assert "mug" in world.client.shelf("item_id=tea&n=10&customer_id=new")
    world.tell("purchase", "mug", who="new")
    assert "mug" not in world.client.shelf("item_id=tea&n=10&customer_id=new")


def test_a_no_is_heard_at_once_and_for_months(world: World) -> None:
    """On the phone, and from then on in mails; `not_now` is shorter."""
    answer = world.picks("channel=phone")
    assert answer["count"] == 3
    assert all(item["say"] for item in answer["items"])
    no, later = answer["items"][0]["item_id"], answer["items"][1]["item_id"]
    world.tell("declined", no, channel="phone")
    world.tell("not_now", later, channel="phone")
    assert not {no, later} & set(world.ids("channel=phone&n=20"))
    assert not {no, later} & set(world.ids("n=20"))
    world.days_later(31)
    assert later in world.ids("n=20")
    assert no not in world.ids("n=20")
    world.days_later(150)
    assert no in world.ids("n=20")


def test_people_speak_the_customers_language(world: World) -> None:
    """One sentence each, in the locale asked for; mails have none."""
    english = [item["say"] for item in world.picks("channel=store")["items"]]
    assert english[0] == "You have bought Green tea 4 times; shall I add it again?"
    german = world.picks("channel=chat&locale=de")["items"]
    assert german[0]["say"] == "Green tea haben Sie schon 4 Mal gekauft; soll ich es wieder dazulegen?"
    mail = world.picks("locale=de")
    assert "say" not in mail["items"][0]
    assert mail["item_1_reason"] == "Schon 4 Mal gekauft; vielleicht ist es wieder Zeit"
    assert world.picks()["item_1_reason"] == "You have bought this 4 times; it may be time again"


def test_people_get_their_sentences_without_a_memory_too(tea: CheckedClient) -> None:
    """Three places, each with one."""
    found = tea.get("/customers/ann/picks?channel=phone&locale=es").json["items"]
    assert [bool(item["say"]) for item in found] == [True] * 3
    assert found[0]["say"] == "Ha comprado Green tea 4 veces; ¿se lo añado otra vez?"


def test_silence_where_nothing_is_left(world: World) -> None:
    """Everything shown and ignored: `send: false`, why, and when it is worth asking again."""
    world.tell("impression", *world.ids("n=20&channel=web"), channel="store")
    held = world.picks()
    assert (held["send"], held["send_reason"], held["count"]) == (False, "cooled_down", 0)
    assert held["next_eligible_at"] == "2024-10-28T00:00:00Z"
    assert "item_1_id" not in held
    assert 'recsvc_picks_total{source="held_back"} 1.0' in world.client.get("/metrics").text


def test_who_did_not_consent_is_not_written_to(world: World) -> None:
    """No mail; at the counter they are a guest."""
    world.state.set_consent("ann", "none")
    assert world.picks()["send_reason"] == "no_consent"
    assert world.picks("channel=store")["source"] == "popular"


def test_a_question_may_say_that_consent_is_missing(world: World) -> None:
    """No mail; at the counter a guest with sentences; nothing of the customer is read, and nothing noted."""
    held = world.picks("consent=session")
    assert (held["send"], held["send_reason"], held["items"]) == (False, "no_consent", [])
    guest = world.picks("channel=store&consent=none")
    assert (guest["source"], len(guest["items"])) == ("popular", 3)
    assert all(item["say"] for item in guest["items"])
    assert world.picks("channel=store")["source"] == "personal"
    assert world.state.customer("ann", f"{START // DAY}|email|").decision is None


def test_a_silent_memory_stops_mails_and_not_shelves(serve: Serve, shop: Builders, tmp_path: Path) -> None:
    """`state_unavailable`; shelves come from the version, but not for who was erased: that is written down twice."""
    (tmp_path / "broken").mkdir()
    client = serve(shop.tea(), state=SqliteState(tmp_path / "broken"))
    held = client.get("/customers/ann/picks").json
    assert (held["send"], held["send_reason"], held["items"]) == (False, "state_unavailable", [])
    assert "mug" not in client.shelf("item_id=tea&n=10&customer_id=ben")
    erased = SqliteState(tmp_path / "state.db")
    erased.erase("ben", START)
    Mirror(client.root, erased).refresh(now=True)
    forgetful = serve(shop.tea(), state=SqliteState(tmp_path / "broken"))
    (forgetful.root / NAME).write_bytes((client.root / NAME).read_bytes())
    assert "mug" in forgetful.shelf("item_id=tea&n=10&customer_id=ben")


def test_a_version_published_at_noon_changes_no_morning_decision(world: World, shop: Builders) -> None:
    """The items named first are named again, though the new version would name others."""
    first = world.ids("campaign=a")
    shop.write(world.client.root, shop.tea(customers={}), 5)
    assert world.picks("campaign=a")["model_version"].startswith("20261121T0205Z")
    assert world.ids("campaign=a") == first
    assert world.ids("campaign=b") != first
