"""Who was sent a mailing, noted from a list: for mail tools whose own reports name people by their addresses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from recsvc.events.draft import Draft, EventError, Names, checked
from recsvc.events.naming import name_of
from recsvc.memory import keep
from recsvc.state.contract import StateStore
from recsvc.state.records import Event

DAY = 86_400
_BATCH = 1_000
_NAMES = Names()


@dataclass(frozen=True, slots=True)
class Noted:
    """What became of a list.

    Attributes:
        accepted: customers noted.
        duplicates: customers who were noted before.
        not_stored: customers whom consent or an erasure keeps out.
        refused: lines that are no customer's id.
    """

    accepted: int
    duplicates: int
    not_stored: int
    refused: int


def note_sent(state: StateStore, customers: Sequence[str], campaign: str, day: int, now: int) -> Noted:
    """Keep an `email_sent` for each customer; it held what picks decided for them, this campaign and day.

    The same list noted again doubles nothing: an event is named by customer, campaign and day.

    Args:
        state: where to.
        customers: ids.
        campaign: as picks were asked for it, "" for none.
        day: of the mailing, days since 1970.
        now: seconds since 1970.

    Raises:
        StateUnavailableError: some may be noted; noted again, nobody is noted twice.
    """
    drafts, refused = [], 0
    for customer in customers:
        name = name_of("sent", campaign, customer, None, day, ())
        at = min(now, day * DAY + DAY // 2)
        event = Event(name, "email_sent", at, customer, channel="email", campaign=campaign or None)
        try:
            drafts.append(Draft(checked(event, now, _NAMES)))
        except EventError:
            refused += 1
    accepted = duplicates = not_stored = 0
    for start in range(0, len(drafts), _BATCH):
        receipt, left_out = keep(state, drafts[start : start + _BATCH], now)
        accepted, duplicates = accepted + len(receipt.accepted), duplicates + len(receipt.duplicates)
        not_stored += left_out
    return Noted(accepted, duplicates, not_stored, refused)
