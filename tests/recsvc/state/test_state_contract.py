"""Both peers of the state keep the same word."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from recsvc.state.records import LiveItem, Standing, Word, customer_digest

if TYPE_CHECKING:
    from conftest import Words

    from recsvc.state.contract import StateStore

NOW = 1_790_000_000
DAY = 86_400
FAR = 4_000_000_000
"""A server's own clock ends what is over: this is not, yet."""


def test_an_event_is_kept_once_however_often_it_is_sent(state: StateStore, say: Words) -> None:
    """Known names are duplicates, within a batch, in a later one, and a day later."""
    first = state.append([say.event("a"), say.event("b"), say.event("a")], NOW)
    assert (first.accepted, first.duplicates, first.durable) == ((0, 1), (2,), True)
    again = state.append([say.event("b"), say.event("c", type="click")], NOW + 86_400)
    assert (again.accepted, again.duplicates) == ((1,), (0,))
    assert [e.event_id for _, e in state.log("", 10)] == ["a", "b", "c"]
    assert state.append([], NOW).accepted == ()


def test_a_customer_has_their_newest_events_oldest_first(state: StateStore, say: Words) -> None:
    """As many as are remembered, whole, in the order kept; others' and guests' events are not among them."""
    mine = [say.event(f"m{i}", customer_id="ann", items=(f"item-{i}", "茶"), campaign="c", at=i) for i in range(30)]
    state.append([*mine, say.event("o", customer_id="ben"), say.event("g")], NOW)
    assert state.customer("ann").events == tuple(mine[-20:])
    assert [e.event_id for e in state.customer("ben").events] == ["o"]
    assert state.customer("nobody").events == ()
    assert state.customer("nobody").standing == Standing()


def test_the_log_is_read_in_parts_and_let_go_of_once_archived(state: StateStore, say: Words) -> None:
    """Each part goes on after the last; what is let go of is no more in the log."""
    state.append([say.event(f"e{i}") for i in range(5)], NOW)
    head = state.log("", 2)
    tail = state.log(head[-1][0], 10)
    assert [e.event_id for _, e in [*head, *tail]] == [f"e{i}" for i in range(5)]
    assert state.log(tail[-1][0], 10) == []
    assert state.forget_log(head[-1][0], 4_000_000_000) == 2
    assert [e.event_id for _, e in state.log("", 10)] == ["e2", "e3", "e4"]
    assert state.forget_log("", 4_000_000_000) == 0


def test_consent_is_remembered_and_forgets(state: StateStore, say: Words) -> None:
    """Without full consent what was held goes, also from the log; the word stays, also after an erasure."""
    state.append([say.event("a", customer_id="ann"), say.event("b", customer_id="ben")], NOW)
    state.set_consent("ben", "full")
    state.set_consent("ann", "none")
    assert state.customer("ann").events == ()
    assert [e.event_id for _, e in state.log("", 10)] == ["b"]
    assert state.standings(["ann", "ben", "cat"]) == {"ann": Standing("none"), "ben": Standing("full")}
    state.erase("ann", NOW)
    assert state.customer("ann").standing == Standing("none", NOW)
    assert state.words() == [Word(customer_digest("ann"), NOW, "none")]


def test_an_erasure_leaves_a_digest_and_a_time(state: StateStore, say: Words) -> None:
    """Events, decisions and gifts are gone; the standing says what may be kept."""
    state.append([say.event("a", customer_id="ann"), say.event("b", customer_id="ben")], NOW)
    state.set_use("ann", "pot", "o1", use=False)
    state.decide("ann", "today", b"yes", NOW, NOW + 9_000_000_000)
    state.erase("ann", NOW + 5)
    found = state.customer("ann", "today")
    assert (found.events, found.unused, found.decision) == ((), frozenset(), None)
    assert not found.standing.remembers(NOW + 5)
    assert found.standing.remembers(NOW + 6)
    assert [e.event_id for _, e in state.log("", 10)] == ["b"]
    assert state.words() == [Word(customer_digest("ann"), NOW + 5)]


def test_purchases_not_to_use_can_be_used_again(state: StateStore) -> None:
    """By item and order, or by item alone; the trainer is told by digest."""
    state.set_use("ann", "pot", "o1", use=False)
    state.set_use("ann", "cup", "", use=False)
    state.set_use("ann", "cup", "", use=False)
    assert state.customer("ann").unused == {("pot", "o1"), ("cup", "")}
    assert state.words() == [Word(customer_digest("ann"), unused=(("cup", ""), ("pot", "o1")))]
    state.set_use("ann", "pot", "o1", use=True)
    state.set_use("ann", "cup", "", use=True)
    assert state.customer("ann").unused == frozenset()
    assert state.words() == []


def test_the_first_decision_of_a_name_stands(state: StateStore) -> None:
    """Asked twice at the same time, one answer is kept."""
    state.decide("ann", "monday", b"first", NOW, NOW + 9_000_000_000)
    state.decide("ann", "monday", b"second", NOW, NOW + 9_000_000_000)
    assert state.customer("ann", "monday").decision == b"first"
    assert state.customer("ann", "tuesday").decision is None
    assert state.customer("ben", "monday").decision is None


def test_a_decision_goes_when_its_time_is_over(state: StateStore) -> None:
    """Asked every day for a month: two days' decisions are held, those still of use; the others were let go of."""
    for day in range(30):
        now = FAR + day * DAY
        state.decide("ann", f"day {day}", b"%d" % day, now, now + 2 * DAY)
    held = [day for day in range(30) if state.customer("ann", f"day {day}").decision == b"%d" % day]
    assert held == [28, 29]


def test_live_items_change_field_by_field(state: StateStore) -> None:
    """What is not said stays as it was; a reader asks for what changed since."""
    assert state.items_since(0) == (0, [])
    one = state.put_items([LiveItem(item_id="tea", price=45_000, stock=3), LiveItem(item_id="cup", available=False)])
    two = state.put_items([LiveItem(item_id="tea", price=9_000_000_000_000_001, available=True)])
    assert two > one > 0
    tea = LiveItem(item_id="tea", price=9_000_000_000_000_001, stock=3, available=True)
    assert state.items_since(one) == (two, [tea])
    newest, everything = state.items_since(0)
    assert newest == two
    assert {item.item_id: item for item in everything} == {"tea": tea, "cup": LiveItem(item_id="cup", available=False)}
    assert state.items_since(two) == (two, [])
    assert state.put_items([]) == two


def test_many_threads_write_at_once(state: StateStore, say: Words) -> None:
    """Batches that share their names with others': every name is kept once, every batch is answered."""
    receipts = []

    def send(part: int) -> None:
        batch = [say.event(f"e{number}", customer_id=f"c{part}") for number in range(part * 5, part * 5 + 10)]
        receipts.append(state.append(batch, NOW))

    threads = [threading.Thread(target=send, args=(part,)) for part in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(len(receipt.accepted) for receipt in receipts) == 85
    assert sum(len(receipt.duplicates) for receipt in receipts) == 75
    assert sorted(e.event_id for _, e in state.log("", 1_000)) == sorted(f"e{number}" for number in range(85))


@pytest.mark.parametrize("customer_id", ["a@b.example", "ann\x00", "茶/1", "\ud800"])
def test_any_text_is_a_customer(state: StateStore, say: Words, customer_id: str) -> None:
    """Ids are never part of a key or a file's name; a lone surrogate, which no packer takes, is no event's customer."""
    state.set_consent(customer_id, "full")
    assert state.customer(customer_id).standing.consent == "full"
    if customer_id.isprintable() or "\x00" in customer_id:
        state.append([say.event("a", customer_id=customer_id)], NOW)
        assert state.customer(customer_id).events[0].customer_id == customer_id
