"""The ledger: who was shown what, when, and how it ended, folded from a customer's events. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Literal

from recsvc.contact.rules import CONTACT_CHANNELS, PUSHED
from recsvc.state.records import Event

DAY = 86_400

Word = Literal["declined", "not_now", "has_it_elsewhere", "returned"]

_REACTIONS = frozenset({"click", "add_to_cart", "accepted", "purchase"})
_WORDS: dict[str, Word] = {
    "declined": "declined",
    "not_now": "not_now",
    "has_it_elsewhere": "has_it_elsewhere",
    "return": "returned",
}
_SHOWINGS = frozenset({"impression", "email_sent"})


@dataclass(slots=True)
class Entry:
    """What happened to one family of items.

    Attributes:
        ignored: days with a showing on a contact channel since the customer last reacted to it.
        shown: day of the last such showing, None for never.
        clicked: day of the last reaction, None for never.
        bought: day of the last purchase that was not returned, None for none since the version's data.
        word: what the customer said of it last.
        said: day of that word.
    """

    ignored: int = 0
    shown: int | None = None
    clicked: int | None = None
    bought: int | None = None
    word: Word | None = None
    said: int = 0


@dataclass(slots=True)
class Contact:
    """One interruption.

    Attributes:
        day: when.
        channel: where.
        campaign: for what, "" where nobody told.
        opened: whether it was looked at.
    """

    day: int
    channel: str
    campaign: str
    opened: bool = False


@dataclass(slots=True)
class Ledger:
    """A customer's ledger.

    Attributes:
        entries: family → what happened to it.
        contacts: interruptions, oldest first, one per day, channel and campaign.
        reacted: day of the last reaction to anything, None for never.
    """

    entries: dict[int | str, Entry] = field(default_factory=dict)
    contacts: list[Contact] = field(default_factory=list)
    reacted: int | None = None


def fold(
    events: Iterable[Event], family_of: Callable[[str], int | str], today: int, channel: str, campaign: str
) -> Ledger:
    """The ledger as today's question must see it.

    What was shown today for the question's own channel and campaign is left out: the question is asked several times,
    before, while and after it is answered, and must hear the same. A word or a purchase of today counts at once.

    Args:
        events: a customer's, any order.
        family_of: item id → its family, or the id itself where it is not known.
        today: days since 1970.
        channel: of the question.
        campaign: of the question, "" for none.

    Returns:
        the ledger; empty for no events. Cost: one step per item of each event.
    """
    ledger = Ledger()
    seen: dict[tuple[int, str, str], Contact] = {}
    for event in sorted(events, key=lambda e: e.at):  # stable: of one second, in the order kept
        day = event.at // DAY
        if event.type in _SHOWINGS:
            if (day, event.channel, event.campaign or "") != (today, channel, campaign):
                _show(ledger, event, day, family_of, seen)
        elif event.type == "email_open":
            _open(ledger, event)
        else:
            _react(ledger, event, day, family_of)
    return ledger


def _show(
    ledger: Ledger,
    event: Event,
    day: int,
    family_of: Callable[[str], int | str],
    seen: dict[tuple[int, str, str], Contact],
) -> None:
    if event.channel in PUSHED:
        key = (day, event.channel, event.campaign or "")
        if key not in seen:
            seen[key] = Contact(*key)
            ledger.contacts.append(seen[key])
    if event.channel not in CONTACT_CHANNELS:
        return
    for line in event.items:
        entry = ledger.entries.setdefault(family_of(line.item_id), Entry())
        if entry.shown != day:
            entry.ignored += 1
            entry.shown = day


def _open(ledger: Ledger, event: Event) -> None:
    """The newest contact of the campaign, or the newest at all where none is named, was looked at."""
    for contact in reversed(ledger.contacts):
        if event.campaign is None or contact.campaign == event.campaign:
            contact.opened = True
            return


def _react(ledger: Ledger, event: Event, day: int, family_of: Callable[[str], int | str]) -> None:
    if event.type in _REACTIONS:
        ledger.reacted = day
    for line in event.items:
        entry = ledger.entries.setdefault(family_of(line.item_id), Entry())
        if event.type in _REACTIONS:
            entry.ignored, entry.clicked = 0, day
        if event.type in ("purchase", "accepted"):
            entry.bought, entry.word = day, None
        elif event.type in _WORDS:
            entry.word, entry.said = _WORDS[event.type], day
            if event.type == "return":
                entry.bought = None
