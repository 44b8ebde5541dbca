"""The ledger: what a customer's events add up to."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recsvc.contact.ledger import DAY, Contact, Entry, Ledger, fold
from recsvc.state.records import EVENT_TYPES, Event, Line

TODAY = 20_000


def event(kind: str, day: int, *items: str, **said: Any) -> Event:  # noqa: ANN401  # any field's value
    """An event at noon of a day."""
    name = f"{kind}-{day}-{items}-{said}"
    said.setdefault("channel", "email")
    return Event(name, kind, day * DAY + 43_200, "ann", tuple(Line(item) for item in items), **said)  # type: ignore[arg-type]


def ledger(*events: Event, channel: str = "email", campaign: str = "") -> Ledger:
    """What they add up to, each item its own family."""
    return fold(events, lambda item: item, TODAY, channel, campaign)


def test_nothing_happened() -> None:
    """No events, an empty ledger."""
    assert ledger() == Ledger()


def test_a_showing_is_counted_once_a_day_until_somebody_reacts() -> None:
    """By hand: shown on three days, twice on one of them; then clicked; then shown again."""
    shown = [event("impression", day, "tea") for day in (19_900, 19_901, 19_901, 19_902)]
    shown[2] = event("email_sent", 19_901, "tea", campaign="other")
    assert ledger(*shown).entries == {"tea": Entry(ignored=3, shown=19_902)}
    reacted = ledger(*shown, event("click", 19_903, "tea", channel="web"), event("impression", 19_910, "tea"))
    assert reacted.entries == {"tea": Entry(ignored=1, shown=19_910, clicked=19_903)}
    assert reacted.reacted == 19_903


def test_a_page_is_no_contact() -> None:
    """Showings on the web neither cool an item down nor count as an interruption; the counter's do the first only."""
    assert (
        ledger(event("impression", 19_900, "tea", channel="web"), event("impression", 19_900, "tea", channel=None))
        == Ledger()
    )
    told = ledger(event("impression", 19_900, "tea", channel="store"))
    assert (told.entries["tea"].ignored, told.contacts) == (1, [])


def test_contacts_are_counted_per_day_channel_and_campaign() -> None:
    """A mail that is sent and whose images load is one contact; an open belongs to its campaign's newest."""
    found = ledger(
        event("email_sent", 19_900, campaign="a"),
        event("impression", 19_900, "tea", campaign="a"),
        event("email_sent", 19_901, campaign="b"),
        event("email_sent", 19_902, campaign="a"),
        event("email_open", 19_903, campaign="a"),
        event("impression", 19_904, "tea", channel="phone"),
    )
    assert found.contacts == [
        Contact(19_900, "email", "a"),
        Contact(19_901, "email", "b"),
        Contact(19_902, "email", "a", opened=True),
        Contact(19_904, "phone", ""),
    ]


def test_todays_question_does_not_hear_itself() -> None:
    """What was shown today for the same channel and campaign is left out; another campaign's showing is not."""
    same, other = event("email_sent", TODAY, "tea", campaign="a"), event("email_sent", TODAY, "pot", campaign="b")
    found = ledger(same, other, campaign="a")
    assert list(found.entries) == ["pot"]
    assert found.contacts == [Contact(TODAY, "email", "b")]


@pytest.mark.parametrize(
    ("kinds", "bought", "word"),
    [
        (["purchase"], 19_900, None),
        (["accepted"], 19_900, None),
        (["purchase", "return"], None, "returned"),
        (["declined", "purchase"], 19_901, None),
        (["declined"], None, "declined"),
        (["declined", "not_now"], None, "not_now"),
        (["has_it_elsewhere"], None, "has_it_elsewhere"),
    ],
)
def test_the_last_word_counts(kinds: list[str], bought: int | None, word: str | None) -> None:
    """A purchase ends a refusal, a return ends a purchase, a later word replaces an earlier one."""
    events = [event(kind, 19_900 + at, "tea") for at, kind in enumerate(kinds)]
    entry = ledger(*events).entries["tea"]
    assert (entry.bought, entry.word) == (bought, word)


def test_variants_share_an_entry() -> None:
    """Whoever ignored the blue cup is not shown the red one instead."""
    events = [event("impression", 19_900, "cup-blue"), event("impression", 19_901, "cup-red")]
    assert fold(events, lambda _item: 7, TODAY, "email", "").entries == {7: Entry(ignored=2, shown=19_901)}


@given(
    st.lists(st.tuples(st.sampled_from(EVENT_TYPES), st.integers(19_000, TODAY), st.sampled_from("abc")), max_size=30)
)
def test_the_order_in_which_events_arrive_does_not_matter(told: list[tuple[Any, int, str]]) -> None:
    """Mail tools report late: the ledger is by time."""
    distinct = {day: event(kind, day, item) for kind, day, item in told}
    events = list(distinct.values())
    assert ledger(*events) == ledger(*reversed(events))
