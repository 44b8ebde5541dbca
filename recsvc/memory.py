"""What the service does with its state: keep events as consent allows. Knows the contract, not HTTP."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from recsvc.events.draft import Draft
from recsvc.state.contract import StateStore
from recsvc.state.records import Event, Receipt, Standing

_NAMELESS = frozenset(
    {"impression", "click", "view", "add_to_cart", "remove_from_cart", "purchase", "return"},
)
"""Types that say something without their customer."""


def keep(state: StateStore, drafts: Sequence[Draft], now: int) -> tuple[Receipt, int]:
    """Keep events as far as consent and erasures allow.

    With consent `session`, said with the event or by the customer before, an event is kept without its customer; with
    `none`, or where its customer was erased since it happened, it is not kept.

    Args:
        state: where to.
        drafts: checked events.
        now: seconds since 1970.

    Returns:
        what the state says, and how many events it was not given.

    Raises:
        StateUnavailableError: nothing was kept, or not in time; sent again, nothing is doubled.
    """
    customers = list(dict.fromkeys(d.event.customer_id for d in drafts if d.event.customer_id is not None))
    standings = state.standings(customers) if customers else {}
    kept = [
        event
        for draft in drafts
        if (event := _allowed(draft, standings.get(draft.event.customer_id or ""))) is not None
    ]
    return state.append(kept, now), len(drafts) - len(kept)


def _allowed(draft: Draft, standing: Standing | None) -> Event | None:
    """The event as it may be kept, None where it may not."""
    event = draft.event
    said = {draft.consent, standing.consent if standing else None}
    if "none" in said:
        return None
    if event.customer_id is None:
        return event
    if standing is not None and standing.erased_at is not None and event.at <= standing.erased_at:
        return None
    if "session" in said:
        return msgspec.structs.replace(event, customer_id=None) if event.type in _NAMELESS else None
    return event
