"""What the service does with its state: keep events as consent allows. Knows the contract, not HTTP."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from recsvc.contact.decided import DAY, name_of, unpack
from recsvc.events.draft import Draft
from recsvc.state.contract import StateStore
from recsvc.state.records import Event, Line, Receipt, Standing

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
    whole = (_with_items(state, draft) for draft in drafts)
    allowed = (_allowed(draft, standings.get(draft.event.customer_id or "")) for draft in whole)
    kept = [event for event in allowed if event is not None]
    return state.append(kept, now), len(drafts) - len(kept)


def _with_items(state: StateStore, draft: Draft) -> Draft:
    """A mail that does not say what it held: what picks decided for this customer, campaign and day."""
    event = draft.event
    if event.type != "email_sent" or event.items or event.customer_id is None or draft.consent != "full":
        return draft
    name = name_of(event.channel or "email", event.campaign or "", event.at // DAY)
    decided = unpack(state.customer(event.customer_id, name).decision)
    if decided is None:
        return draft
    items = tuple(Line(item) for item in decided.items[: decided.n])
    return Draft(msgspec.structs.replace(event, items=items), draft.consent)


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
